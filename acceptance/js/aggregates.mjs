// Both aggregate queries, asked of the sandbox, which stands in the place of Genesys Cloud.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { analytics, sandbox } from './shared.mjs';

const timeZone = 'Europe/Berlin';
const interval = '2026-10-22T22:00:00.000Z/2026-10-29T23:00:00.000Z';

/** What the sandbox says that happened. */
async function truth(kind) {
  const query = new URLSearchParams({ kind, interval, timeZone });
  const answer = await fetch(`${sandbox.url}/sandbox/facts?${query}`);
  const facts = (await answer.text()).trimEnd().split('\n');
  return facts.map((line) => JSON.parse(line));
}

const key = (user, media) => `${user} ${media}`;
const add = (sums, name, more) => sums.set(name, (sums.get(name) ?? 0) + more);

for (const [kind, metric, count, ask] of [
  ['handle_time', 'tHandle', 'handle_count', 'postAnalyticsConversationsAggregatesQuery'],
  ['evaluation', 'oTotalScore', 'score_count', 'postAnalyticsEvaluationsAggregatesQuery'],
]) {
  test(`${metric} by user and media type`, async () => {
    const groupBy = ['userId', 'mediaType'];
    const query = { interval, timeZone, granularity: 'P1D', groupBy, metrics: [metric] };
    const { results } = (await analytics[ask](query)).body;
    const told = new Map();
    for (const { group, data } of results) {
      for (const { metrics } of data) {
        add(told, key(group.userId, group.mediaType), metrics[0].stats.count);
      }
    }
    const expected = new Map();
    for (const fact of await truth(kind)) {
      if (fact[count]) add(expected, key(fact.user_id, fact.media_type), fact[count]);
    }
    assert.ok(expected.size > 50);
    assert.deepEqual(told, expected);
  });
}

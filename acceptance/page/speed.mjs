// Lighthouse gives every view 95 or more.
import assert from 'node:assert/strict';

import { test } from './lib/cases.mjs';
import { LEAST, isGood, judgeFairly } from './lib/lighthouse.mjs';
import { VIEWS, pathOf } from './lib/views.mjs';
import { url } from './world.mjs';

for (const view of VIEWS) {
  test(`lighthouse: ${view.name}`, async () => {
    const scores = await judgeFairly(url + pathOf(view));
    assert.ok(isGood(scores), `below ${LEAST}: ${JSON.stringify(scores)}`);
  });
}

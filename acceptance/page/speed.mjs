// Lighthouse gives every view 95 or more.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { LEAST, chrome, isGood, judgeFairly } from './lib/lighthouse.mjs';
import { VIEWS, pathOf } from './lib/views.mjs';
import { url } from './world.mjs';

const { port, kill } = await chrome();
after(kill);

for (const view of VIEWS) {
  test(`lighthouse: ${view.name}`, async () => {
    const scores = await judgeFairly(port, url + pathOf(view));
    assert.ok(isGood(scores), `below ${LEAST}: ${JSON.stringify(scores)}`);
  });
}

// Every test of this folder, one after the other.
import { test } from 'node:test';

import { browser } from './lib/browser.mjs';
import { stopAll } from './lib/headcount.mjs';

await import('./access.mjs');
for (const view of ['overview', 'people', 'person', 'tree', 'groups', 'reports', 'findings', 'changes', 'sync']) {
  await import(`./views/${view}.mjs`);
}
await import('./accessible.mjs');
await import('./hostile.mjs');
await import('./speed.mjs');

// They are run in turn, so this is the last one.
test('the browser and the servers end', async () => {
  await browser.close();
  stopAll();
});

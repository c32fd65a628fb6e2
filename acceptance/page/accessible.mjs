// axe-core finds nothing on any view, in light and dark, wide and on a phone; and every view can be
// read without a script.
import assert from 'node:assert/strict';

import { check } from './lib/axe.mjs';
import { open } from './lib/browser.mjs';
import { test } from './lib/cases.mjs';
import { VIEWS, pathOf } from './lib/views.mjs';
import { url } from './world.mjs';

for (const view of VIEWS) {
  test(`axe: ${view.name}`, async () => {
    const page = await open(url);
    await page.goto(pathOf(view));
    await check(page);
    await page.end();
  });
}

for (const view of VIEWS) {
  test(`without a script: ${view.name}`, async () => {
    const page = await open(url, { javaScriptEnabled: false });
    await page.goto(pathOf(view));
    assert.equal(await page.locator('h1').count(), 1);
    if (view.title) assert.equal((await page.locator('h1').textContent()).trim(), view.title);
    await page.locator(view.shows).first().waitFor();
    // Nothing waits for a script that never comes.
    assert.equal(await page.locator('main [aria-busy=true]').count(), 0);
    await page.end();
  });
}

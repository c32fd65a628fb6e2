// A person: who they are, who is above and below them, and what they were.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { open } from '../lib/browser.mjs';
import { SOMEBODY } from '../lib/orgs.mjs';
import { url } from '../world.mjs';

test('person: reached from the list, with their manager a click away', async () => {
  const page = await open(url);
  await page.goto('/people');
  const link = page.locator('main tbody a[href^="/people/"]').first();
  const name = (await link.textContent()).trim();
  await link.click();
  assert.ok((await page.locator('h1').textContent()).includes(name));
  await page.goto(`/people/${SOMEBODY}`);
  await page.end();
});

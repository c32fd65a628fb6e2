// Findings: worst first, with advice, and the people they are about.
import assert from 'node:assert/strict';

import { follow, open, texts } from '../lib/browser.mjs';
import { test } from '../lib/cases.mjs';
import { url } from '../world.mjs';

const number = (text) => Number(text.replace(/\D/g, ''));

test('findings: as many as each rule says, with why it matters and how to mend it', async () => {
  const page = await open(url);
  await page.goto('/findings');
  const all = number(await page.locator('#h-list').textContent());
  const rules = page.getByRole('region', { name: 'By rule' }).locator('tbody tr');
  const counts = await rules.locator('td.number').allTextContents();
  assert.equal(counts.map(number).reduce((sum, count) => sum + count, 0), all);

  await rules.first().locator('summary').click();
  assert.ok((await rules.first().locator('details p').allTextContents()).every((text) => text.length > 20));

  await follow(page, () => page.getByRole('group', { name: 'Severity' }).getByLabel(/error/).click());
  assert.equal(new URL(page.url()).searchParams.get('severity'), 'error');
  const errors = number(await page.locator('#h-list').textContent());
  assert.ok(errors > 0 && errors < all);
  assert.deepEqual([...new Set(await texts(page, '[aria-labelledby=h-list] td:last-child .tag'))], ['error']);
  await page.end();
});

test('findings: each leads to whom it is about', async () => {
  const page = await open(url);
  await page.goto('/findings?rule=manager-gone');
  const link = page.locator('[aria-labelledby=h-list] tbody a[href^="/people/"]').first();
  const name = await link.textContent();
  await follow(page, () => link.click());
  assert.ok((await page.locator('h1').textContent()).startsWith(name.replace('…', '')));
  assert.match(await page.getByRole('region', { name: 'Findings' }).textContent(), /manager-gone/);
  await page.end();
});

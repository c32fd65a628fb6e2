// Changes: day by day, what was and what is.
import assert from 'node:assert/strict';

import { follow, open, texts } from '../lib/browser.mjs';
import { test } from '../lib/cases.mjs';
import { NOW, day } from '../lib/orgs.mjs';
import { url } from '../world.mjs';

const number = (text) => Number(text.replace(/\D/g, ''));
const DAY = 86_400_000;

test('changes: each says from what to what, and leads to whom', async () => {
  const page = await open(url);
  await page.goto('/changes');
  const row = page.locator('.moves > li', { has: page.locator('.tag.moved') }).first();
  assert.ok((await row.locator('del').count()) >= 1 && (await row.locator('ins').count()) >= 1);
  const link = row.locator('a[href^="/people/"]');
  const name = await link.textContent();
  await follow(page, () => link.click());
  assert.ok((await page.locator('h1').textContent()).startsWith(name.replace('…', '')));
  await page.end();
});

test('changes: by kind, by day and by name', async () => {
  const page = await open(url);
  await page.goto('/changes');
  const all = number(await page.locator('#h-list').textContent());
  await follow(page, () => page.getByRole('group', { name: 'What happened' }).getByLabel(/join/i).click());
  assert.equal(new URL(page.url()).searchParams.get('kind'), 'joined');
  const joined = number(await page.locator('#h-list').textContent());
  assert.ok(joined > 0 && joined < all);
  assert.deepEqual([...new Set(await texts(page, '.moves > li > .tag'))], ['joined']);

  const first = day(NOW - 7 * DAY);
  await page.goto(`/changes?from=${first}`);
  const recent = number(await page.locator('#h-list').textContent());
  assert.ok(recent > 0 && recent < all);
  await page.goto('/changes?q=baker-hughes');
  const told = (await texts(page, '.moves > li')).join(' ').replace(/\s+/g, ' ');
  assert.match(told, /Billing/);
  assert.match(told, /Customer Care/);
  await page.end();
});

test('changes: the overview leads to the joiners of its 30 days', async () => {
  const page = await open(url);
  await page.goto('/');
  const card = page.locator('.card', { hasText: 'Joiners' });
  const joiners = number(await card.locator('.much').textContent());
  await follow(page, () => card.locator('a').click());
  assert.equal(number(await page.locator('#h-list').textContent()), joiners);
  await page.end();
});

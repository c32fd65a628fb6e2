// Departments and divisions: numbers that add up, spellings that stand together.
import assert from 'node:assert/strict';

import { follow, open, texts } from '../lib/browser.mjs';
import { test } from '../lib/cases.mjs';
import { url } from '../world.mjs';

const number = (text) => Number(text.replace(/\D/g, ''));

for (const [path, what] of [['/departments', 'department'], ['/divisions', 'division']]) {
  test(`${what}s: rows add up to all users, and each leads to its people`, async () => {
    const page = await open(url);
    await page.goto('/');
    const all = number(await page.locator('.card .much').first().textContent());
    await page.goto(path);
    let sum = 0;
    for (;;) {
      for (const cell of await texts(page, 'table.groups tbody td:last-child')) sum += number(cell);
      const next = page.locator('.pages a', { hasText: 'Next' });
      if ((await next.count()) === 0) break;
      await follow(page, () => next.click());
    }
    assert.equal(sum, all);

    await page.goto(path);
    const row = page.locator('table.groups tbody tr').nth(1);
    const active = number(await row.locator('td.number').first().textContent());
    await follow(page, () => row.locator('th a').click());
    assert.ok(new URL(page.url()).searchParams.has(what));
    assert.ok((await page.locator('#h-people').textContent()).replace(/\D/g, '').endsWith(`${active}`));
    await page.end();
  });
}

test('departments: filtered as one types; spellings of one stand together', async () => {
  const page = await open(url);
  await page.goto('/departments');
  const variants = await texts(page, '[aria-labelledby=h-variants] tbody tr');
  assert.ok(variants.some((row) => /Customer Care/.test(row) && /Customer-Care/.test(row)), variants.join('|'));
  const answered = page.waitForResponse((response) => new URL(response.url()).searchParams.get('q') === 'care');
  await page.getByLabel('Filter by name').pressSequentially('care', { delay: 15 });
  await answered;
  await page.locator('#shown[aria-busy=true]').waitFor({ state: 'detached' });
  for (const name of await texts(page, 'table.groups tbody th')) assert.match(name, /care/i);
  await page.end();
});

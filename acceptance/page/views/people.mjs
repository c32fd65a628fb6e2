// People: search as one types, filters, columns, order, and the past.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { open, texts } from '../lib/browser.mjs';
import { NOW, day } from '../lib/orgs.mjs';
import { url } from '../world.mjs';

const ROWS = 'main tbody tr';

/** Waits until the part that a search puts in is there. */
const settled = (page) => page.locator('main [aria-busy=true]').waitFor({ state: 'detached' });

async function type(page, text) {
  const answered = page.waitForResponse((response) => new URL(response.url()).searchParams.get('q') === text);
  await page.locator('input[name=q]').fill('');
  await page.locator('input[name=q]').pressSequentially(text, { delay: 15 });
  await answered;
  await settled(page);
}

test('people: what is typed is found at once, and the address keeps it', async () => {
  const page = await open(url);
  await page.goto('/people');
  await page.keyboard.press('/');
  await type(page, 'smith');
  assert.equal(new URL(page.url()).searchParams.get('q'), 'smith');
  const rows = await texts(page, ROWS);
  assert.ok(rows.length > 3);
  for (const row of rows) assert.match(row, /smith/i);
  // Whoever types stays in the field.
  assert.equal(await page.evaluate(() => document.activeElement.name), 'q');

  await page.reload();
  assert.deepEqual(await texts(page, ROWS), rows);
  assert.equal(await page.locator('input[name=q]').inputValue(), 'smith');
  await type(page, 'zzzz nobody');
  assert.equal(await page.locator(`${ROWS} a[href^="/people/"]`).count(), 0);
  await page.end();
});

// Reports: chosen, compared, drawn, and the same numbers as the command line has.
import assert from 'node:assert/strict';

import { check } from '../lib/axe.mjs';
import { open, texts } from '../lib/browser.mjs';
import { test } from '../lib/cases.mjs';
import { FIRST_DAY, LAST_DAY, NOW } from '../lib/orgs.mjs';
import { demo, url } from '../world.mjs';

const number = (text) => Number(text.replace(/[^\d.]/g, ''));
const settled = (page) => page.locator('#report[aria-busy=true]').waitFor({ state: 'detached' });

/** Chooses something, and waits for the report. */
async function choose(page, name, value, place = 0) {
  const answered = page.waitForResponse((response) => new URL(response.url()).searchParams.getAll(name).includes(value));
  await page.locator(`select[name=${name}]`).nth(place).selectOption(value);
  await answered;
  await settled(page);
}

test('reports: what is chosen is shown at once, and the address keeps it', async () => {
  const page = await open(url);
  await page.goto(`/reports?kind=aht&by=department&from=${FIRST_DAY}&to=${LAST_DAY}`);
  assert.ok((await page.locator('#report .picture > svg').count()) >= 1);
  const rows = await texts(page, 'table.sums tbody th');
  assert.ok(rows.some((row) => row.trim() === 'Support'));
  assert.match(await page.locator('.sum').textContent(), /adds up/);

  await choose(page, 'by', 'division');
  assert.equal(new URL(page.url()).searchParams.get('by'), 'division');
  const divisions = await texts(page, 'table.sums tbody th');
  assert.notDeepEqual(divisions, rows);
  await choose(page, 'by', 'week', 1);
  assert.ok((await texts(page, 'table.sums thead th.label')).length === 2);
  await page.reload();
  assert.ok((await texts(page, 'table.sums thead th.label')).length === 2);
  await page.end();
});

test('reports: compared with the period before, and drawn', async () => {
  const page = await open(url);
  await page.goto(`/reports?kind=aht&by=department&from=${FIRST_DAY}&to=${LAST_DAY}`);
  const heads = (await texts(page, 'table.sums thead th')).length;
  await choose(page, 'compare', 'previous');
  assert.ok((await texts(page, 'table.sums thead th')).length > heads);
  assert.ok((await page.locator('#report .picture > svg').count()) >= 1);
  await check(page);
  await choose(page, 'kind', 'evaluations');
  assert.ok((await page.locator('table.sums tbody tr').count()) > 3);
  await check(page);
  await page.end();
});

test('reports: the numbers are those of the command line', async () => {
  const told = JSON.parse(
    await demo.command(NOW, 'report', 'aht', '--by', 'division', '--from', FIRST_DAY, '--to', LAST_DAY, '--output', 'json'),
  );
  const page = await open(url);
  await page.goto(`/reports?kind=aht&by=division&from=${FIRST_DAY}&to=${LAST_DAY}`);
  const found = await page.locator('table.sums tbody tr').evaluateAll((rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent.trim())),
  );
  assert.equal(found.length, told.rows.length);
  for (const row of told.rows) {
    const own = found.filter(([name]) => name === (row.division.trim() || name));
    assert.ok(own.some((cells) => cells.slice(1).some((cell) => number(cell) === row.count)), JSON.stringify(row));
  }
  await page.end();
});

test('reports: days without facts are told, not left out', async () => {
  const page = await open(url);
  page.expect(404);
  await page.goto('/reports?kind=aht&by=department&from=2020-01-01&to=2020-01-07');
  assert.match(await page.getByRole('alert').textContent(), /facts/);
  assert.match(await page.locator('#report pre').textContent(), /headcount facts pull --from 2020-01-01/);
  await check(page);
  await page.end();
});

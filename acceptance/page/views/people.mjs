// People: search as one types, filters, columns, order, and the past.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { check } from '../lib/axe.mjs';
import { follow, open, texts } from '../lib/browser.mjs';
import { test } from '../lib/cases.mjs';
import { NOW, day } from '../lib/orgs.mjs';
import { url } from '../world.mjs';

const ROWS = 'main .table tbody tr';
const DAY = 86_400_000;

const parameters = (page) => new URL(page.url()).searchParams;

/** How many people are found, of all pages. */
async function total(page) {
  const told = await page.locator('#h-people').textContent();
  return Number(told.split(' of ').at(-1).replace(/\D/g, ''));
}

/** Types letter by letter, and waits for the answer to the last. */
async function type(page, text) {
  const answered = page.waitForResponse((response) => new URL(response.url()).searchParams.get('q') === text);
  await page.locator('input[type=search]').fill('');
  await page.locator('input[type=search]').pressSequentially(text, { delay: 15 });
  await answered;
  await page.locator('#found[aria-busy=true]').waitFor({ state: 'detached' });
}

/** Opens a menu of the bar over the list. */
async function menu(page, name) {
  await page.locator('.drops summary', { hasText: name }).click();
  return page.locator('.drops details[open]');
}

test('people: what is typed is found at once, and the address keeps it', async () => {
  const page = await open(url);
  await page.goto('/people');
  const everybody = await total(page);
  await page.keyboard.press('/');
  await type(page, 'smith');
  assert.equal(parameters(page).get('q'), 'smith');
  const rows = await texts(page, ROWS);
  assert.ok(rows.length > 3 && (await total(page)) < everybody);
  for (const row of rows) assert.match(row, /smith/i);
  // Whoever types stays in the field.
  assert.equal(await page.evaluate(() => document.activeElement.name), 'q');

  await page.reload();
  assert.deepEqual(await texts(page, ROWS), rows);
  assert.equal(await page.locator('input[type=search]').inputValue(), 'smith');
  await type(page, 'zzzz nobody');
  assert.equal(await page.locator(ROWS).count(), 0);
  assert.match(await page.locator('#found').textContent(), /Nobody is like that/);
  await check(page);
  await page.end();
});

test('people: each filter leaves as many as it says, and can be taken away', async () => {
  const page = await open(url);
  await page.goto('/people');
  let left = await total(page);
  for (const [name, parameter] of [['State', 'state'], ['Department', 'department'], ['Division', 'division']]) {
    const value = (await menu(page, name)).locator('.values a:not([aria-current])').first();
    const text = await value.locator('bdi').textContent();
    const number = Number((await value.locator('.count').textContent()).replace(/\D/g, ''));
    await follow(page, () => value.click());
    assert.ok(parameters(page).has(parameter));
    // The menu that the address names opens again, however late.
    await page.locator('.drops details[open]').waitFor();
    // Active users are shown unless asked otherwise: another state comes to them.
    left = name === 'State' ? left + number : number;
    assert.ok(number > 0);
    assert.equal(await total(page), left, name);
    assert.ok((await texts(page, '.chips .chip bdi')).includes(text));
  }
  await check(page);
  await page.locator('.drops details[open] > summary').click();
  await follow(page, () => page.getByRole('link', { name: 'Clear all filters' }).click());
  assert.ok((await total(page)) > left);
  await page.end();
});

test('people: columns are chosen, and the list is put in order by any of them', async () => {
  const page = await open(url);
  await page.goto('/people?q=smith');
  const columns = await menu(page, 'Columns');
  await columns.getByLabel('Title', { exact: true }).uncheck();
  await columns.getByLabel('E-mail', { exact: true }).check();
  await follow(page, () => columns.getByRole('button', { name: 'Show' }).click());
  const heads = await texts(page, 'main thead th');
  assert.ok(heads.includes('E-mail') && !heads.includes('Title'), heads.join());
  assert.equal(parameters(page).get('q'), 'smith');

  await follow(page, () => page.locator('main thead a', { hasText: 'E-mail' }).click());
  const at = heads.indexOf('E-mail') + 1;
  const emails = await texts(page, `${ROWS} > :nth-child(${at})`);
  assert.deepEqual(emails, [...emails].sort());
  assert.equal(await page.locator('main thead th[aria-sort]').textContent(), 'E-mail');
  await follow(page, () => page.locator('main thead a', { hasText: 'E-mail' }).click());
  const turned = await texts(page, `${ROWS} > :nth-child(${at})`);
  assert.deepEqual(turned, [...turned].sort().reverse());
  await page.end();
});

test('people: every page has others, and the table that is downloaded has all of them', async () => {
  const page = await open(url);
  await page.goto('/people?q=smith&state=active');
  const all = await total(page);
  const seen = [];
  for (;;) {
    seen.push(...(await page.locator(`${ROWS} th a`).evaluateAll((links) => links.map((link) => new URL(link.href).pathname))));
    const next = page.locator('nav.pages a[rel=next]');
    if ((await next.count()) === 0) break;
    await follow(page, () => next.click());
  }
  assert.equal(seen.length, all);
  assert.equal(new Set(seen).size, all);

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download CSV' }).click(),
  ]);
  const csv = await readFile(await download.path(), 'utf8');
  assert.equal(csv.trimEnd().split('\r\n').length, all + 1);
  await page.end();
});

test('people: the past is asked for by a date, told on top, and left again', async () => {
  const page = await open(url);
  await page.goto('/people');
  const now = await total(page);
  const past = await menu(page, 'As of');
  const date = day(NOW - 200 * DAY);
  await past.getByLabel(/end of the day/).fill(date);
  await follow(page, () => past.getByRole('button', { name: 'Show' }).click());
  assert.equal(parameters(page).get('asOf'), date);
  assert.ok((await total(page)) < now);
  assert.match(await page.locator('.banner').textContent(), new RegExp(`as of ${date}`));
  // Who is looked at from there is looked at as of then.
  await follow(page, () => page.locator(`${ROWS} th a`).first().click());
  assert.equal(parameters(page).get('asOf'), date);
  await follow(page, () => page.getByRole('link', { name: 'Back to the present' }).click());
  assert.equal(parameters(page).get('asOf'), null);
  await page.end();
});

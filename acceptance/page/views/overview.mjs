// The overview: numbers that lead to the people behind them.
import assert from 'node:assert/strict';

import { follow, open, texts } from '../lib/browser.mjs';
import { test } from '../lib/cases.mjs';
import { USERS, url } from '../world.mjs';

const number = (text) => Number(text.replace(/\D/g, ''));

test('overview: states add up, and each leads to its people', async () => {
  const page = await open(url);
  await page.goto('/');
  const cards = page.locator('main > .cards .card');
  const told = new Map();
  for (const card of await cards.all()) {
    told.set((await card.locator('.what').textContent()).trim(), number(await card.locator('.much').textContent()));
  }
  const all = told.get('All users');
  assert.ok(all > USERS * 0.9 && all < USERS * 1.1, `${all}`);
  assert.equal(told.get('active') + told.get('inactive') + told.get('deleted'), all);
  for (const kind of ['Joiners', 'Leavers', 'Movers']) assert.ok(told.get(kind) > 0, kind);

  await follow(page, () => cards.filter({ hasText: /^\s*active/ }).getByRole('link').click());
  assert.equal(new URL(page.url()).searchParams.get('state'), 'active');
  assert.ok((await page.locator('main').textContent()).replace(/[,.\s]/g, '').includes(`${told.get('active')}`));
  await page.end();
});

test('overview: a year of headcount is drawn, and the last sync is told', async () => {
  const page = await open(url);
  await page.goto('/');
  const chart = page.locator('svg.chart').first();
  assert.match(await chart.getAttribute('aria-label'), /Active users from .*2025 to .*2026/);
  const labels = await chart.locator('text').allTextContents();
  assert.ok(labels.length > 6, labels.join());
  const panel = page.getByRole('region', { name: 'Last sync' });
  assert.match(await panel.textContent(), /complete/);
  await page.end();
});

test('overview: every place of the navigation is there, and a keyboard gets to it', async () => {
  const page = await open(url);
  await page.goto('/');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
  const places = await page.locator('nav.places a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  for (const place of places) {
    await page.goto(place);
    assert.deepEqual(await page.locator('nav.places [aria-current=page]').evaluateAll((links) => links.map((link) => link.getAttribute('href'))), [place]);
    assert.equal((await texts(page, 'h1')).length, 1);
  }
  await page.end();
});

test('overview: numbers and dates are those of the reader', async () => {
  for (const [locale, all, published] of [
    ['de-DE', /^\d\.\d{3}$/, /24\.11\.2026, 03:12/],
    ['en-US', /^\d,\d{3}$/, /Nov 24, 2026, 3:12\sAM/],
  ]) {
    const page = await open(url, { locale });
    await page.goto('/');
    assert.match((await page.locator('.card .much').first().textContent()).trim(), all);
    assert.match(await page.locator('main').textContent(), published);
    await page.end();
  }
});

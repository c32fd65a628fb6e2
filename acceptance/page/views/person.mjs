// A person: who they are, who is above and below them, and what they were.
import assert from 'node:assert/strict';

import { follow, open, texts } from '../lib/browser.mjs';
import { test } from '../lib/cases.mjs';
import { SOMEBODY } from '../lib/orgs.mjs';
import { url } from '../world.mjs';

test('person: reached from the list, with manager and reports a click away', async () => {
  const page = await open(url);
  await page.goto('/people?q=baker-hughes&state=active');
  await follow(page, () => page.locator('main tbody th a').first().click());
  assert.equal(new URL(page.url()).pathname, `/people/${SOMEBODY}`);
  assert.equal(await page.locator('h1').textContent(), 'Grace Baker-Hughes');
  const reports = page.getByRole('region', { name: 'Reports' });
  assert.ok((await reports.locator('tbody tr').count()) > 3);

  const manager = page.getByRole('region', { name: 'Managers' }).locator('a').last();
  const name = await manager.textContent();
  await follow(page, () => manager.click());
  assert.ok((await page.locator('h1').textContent()).startsWith(name.replace('…', '')));
  const team = await page.getByRole('region', { name: 'Reports' }).locator('tbody th').allTextContents();
  assert.ok(team.includes('Grace Baker-Hughes'), team.join());
  await page.end();
});

test('person: every change of theirs is told, from what to what', async () => {
  const page = await open(url);
  await page.goto(`/people/${SOMEBODY}`);
  const life = page.getByRole('region', { name: 'What happened' });
  const told = await life.locator('dl.facts').allTextContents();
  const text = told.join(' ').replace(/\s+/g, ' ');
  for (const [what, was, is] of [
    ['name', 'Grace Baker', 'Grace Baker-Hughes'],
    ['department', 'Billing', 'Customer Care'],
    ['department', 'Customer Care', 'Quality'],
  ]) {
    assert.ok(text.includes(`${what} ${was}${is}`), `${what}: ${was} → ${is} in ${text}`);
  }
  const dels = await life.locator('del').count();
  assert.equal(dels, await life.locator('ins').count());
  await page.end();
});

test('person: the numbers of the last weeks come by themselves', async () => {
  const page = await open(url);
  await page.goto(`/people/${SOMEBODY}`);
  const numbers = page.getByRole('region', { name: 'Numbers of the last weeks' });
  await numbers.locator('svg.chart').first().waitFor();
  assert.ok((await numbers.locator('tbody tr').count()) > 1);
  assert.ok((await texts(page, '#numbers td')).some((text) => /\d/.test(text)));
  await page.end();
});

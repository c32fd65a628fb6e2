// Syncs: the runs with their certificates, and a person who accepts what was held back.
import assert from 'node:assert/strict';

import { check } from '../lib/axe.mjs';
import { NARROW, assertFits, follow, open } from '../lib/browser.mjs';
import { test } from '../lib/cases.mjs';
import { NOW } from '../lib/orgs.mjs';
import { demo, url } from '../world.mjs';

const VIEW = 'directory:user:view';
const number = (text) => Number(text.replace(/\D/g, ''));

test('sync: every run is told, and its certificate is a click away', async () => {
  const page = await open(url);
  await page.goto('/sync');
  const rows = page.locator('main tbody tr');
  assert.ok((await rows.count()) > 20);
  await follow(page, () => rows.first().locator('a').first().click());
  assert.match(await page.locator('h1').textContent(), /Snapshot/);
  assert.match(await page.locator('main').textContent(), /complete/);
  await check(page);
  await page.setViewportSize(NARROW);
  await assertFits(page);
  await page.end();
});

test('sync: what was held back is looked at, and accepted by who may', async () => {
  const org = await demo.copy('held');
  const tokens = { look: await org.token([VIEW]), accept: await org.token([VIEW, 'headcount:sync:accept']) };
  // Three in ten are gone: held back.
  await org.change({ do: 'purge', share: 0.3 });
  await org.sync(NOW - 600_000, 4);
  const held = await org.serve();

  async function signedIn(token) {
    const page = await open(held);
    await page.goto('/sync');
    await page.getByLabel('Token').fill(token);
    await follow(page, () => page.getByRole('button', { name: 'Sign in' }).click());
    assert.equal(new URL(page.url()).pathname, '/sync');
    return page;
  }
  const users = async (page) => {
    await page.goto('/');
    const all = number(await page.locator('.card .much').first().textContent());
    await page.goto('/sync');
    return all;
  };

  const looking = await signedIn(tokens.look);
  assert.match(await looking.locator('#held').textContent(), /not published/);
  assert.match(await looking.locator('#held').textContent(), /headcount:sync:accept/);
  assert.equal(await looking.getByRole('button', { name: /Accept/ }).count(), 0);
  const before = await users(looking);
  await check(looking);
  await looking.end();

  const page = await signedIn(tokens.accept);
  await page.locator('#held summary').click();
  assert.ok((await page.locator('#held details tbody tr').count()) > 10);
  await check(page);
  await page.setViewportSize(NARROW);
  await assertFits(page);
  page.agree();
  await page.getByRole('button', { name: /Accept/ }).click();
  await page.locator('#held').waitFor({ state: 'detached' });
  assert.equal(new URL(page.url()).pathname, '/sync');
  // It is served within a second.
  await page.waitForTimeout(1000);
  assert.ok((await users(page)) < before * 0.75);
  await page.end();
  await org.server.stop();
});

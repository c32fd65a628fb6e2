// The org tree: branches that open in their place, and whoever is looked for in it.
import assert from 'node:assert/strict';

import { check } from '../lib/axe.mjs';
import { follow, open } from '../lib/browser.mjs';
import { test } from '../lib/cases.mjs';
import { SOMEBODY } from '../lib/orgs.mjs';
import { url } from '../world.mjs';

const number = (text) => Number(text.replace(/\D/g, ''));

test('tree: a branch opens in its place, with as many as it says', async () => {
  const page = await open(url);
  await page.goto('/tree');
  const closed = page.locator('details[data-branch]').first();
  for (let level = 0; level < 3; level += 1) {
    const branch = level === 0 ? closed : page.locator('details[data-branch][open] details[data-branch]').nth(level - 1);
    if ((await branch.count()) === 0) break;
    const direct = number((await branch.locator('> summary').textContent()).match(/([\d,.]+) direct/)[1]);
    const before = page.url();
    await branch.locator('> summary').click({ position: { x: 4, y: 4 } });
    await branch.locator('> [data-here] > ul > li').first().waitFor();
    const below = await branch.locator('> [data-here] > ul > li:not(.more)').count();
    assert.ok(below === direct || (below < direct && (await branch.locator('> [data-here] > ul > li.more').count()) === 1), `${below} of ${direct}`);
    assert.equal(page.url(), before);
  }
  await check(page);
  await page.end();
});

test('tree: a keyboard opens and closes branches', async () => {
  const page = await open(url);
  await page.goto('/tree');
  const branch = page.locator('details[data-branch]').first();
  await branch.locator('> summary').focus();
  await page.keyboard.press('Enter');
  await branch.locator('> [data-here] > ul > li').first().waitFor();
  await page.keyboard.press('Enter');
  assert.equal(await branch.evaluate((details) => details.open), false);
  await page.end();
});

test('tree: who is looked for is shown in their place, below all of their managers', async () => {
  const page = await open(url);
  await page.goto('/tree');
  await page.getByLabel('Find a person in the tree').pressSequentially('baker-hughes', { delay: 15 });
  await page.locator('#found .found a').first().waitFor();
  await follow(page, () => page.locator('#found .found a').first().click());
  const here = page.locator('#here');
  assert.match(await here.textContent(), /Grace Baker-Hughes/);
  assert.ok(await here.isVisible());
  const above = await here.evaluate((element) => {
    const names = [];
    for (let at = element.parentElement.closest('li'); at; at = at.parentElement.closest('li')) {
      names.push(at.querySelector(':scope > .row bdi').textContent);
    }
    return names;
  });
  await page.goto(`/people/${SOMEBODY}`);
  const managers = await page.getByRole('region', { name: 'Managers' }).locator('a bdi').allTextContents();
  assert.deepEqual(above.reverse().slice(-managers.length), managers);
  await page.end();
});

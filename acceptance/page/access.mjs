// Signing in and out, and what is shown to somebody who may not look.
import assert from 'node:assert/strict';

import { check } from './lib/axe.mjs';
import { follow, open } from './lib/browser.mjs';
import { test } from './lib/cases.mjs';
import { TEXTS } from './lib/hostile.mjs';
import { demo } from './world.mjs';

const VIEW = 'directory:user:view';
const guarded = await demo.copy('guarded');
const tokens = {
  all: await guarded.token([VIEW], '--name', TEXTS.image),
  metrics: await guarded.token(['headcount:metrics:view']),
  part: await guarded.token([VIEW], '--division', 'Home'),
};
const url = await guarded.serve();

async function signIn(page, token) {
  await page.getByLabel('Token').fill(token);
  await follow(page, () => page.getByRole('button', { name: 'Sign in' }).click());
}

test('whoever is not signed in is sent to do so, and comes back to what was asked for', async () => {
  const page = await open(url);
  await page.goto('/?a=%3Cb%3E');
  assert.equal(new URL(page.url()).pathname, '/sign-in');
  assert.equal(await page.locator('h1').textContent(), 'Sign in');
  await check(page);

  page.expect(401);
  await signIn(page, 'hc_nobody_knows');
  assert.match(await page.getByRole('alert').textContent(), /not known/);
  assert.equal(await page.getByLabel('Token').inputValue(), '');
  await check(page);

  await signIn(page, tokens.all);
  assert.equal(page.url(), `${url}/?a=%3Cb%3E`);
  assert.equal(await page.locator('h1').textContent(), 'Overview');
  // Who is signed in is told, as text.
  assert.ok((await page.locator('header').textContent()).includes(TEXTS.image));
  await check(page);
  await page.end();
});

test('a session is out of the reach of scripts and ends with signing out', async () => {
  const page = await open(url);
  await page.goto('/');
  await signIn(page, tokens.all);
  const cookies = await page.context().cookies();
  assert.deepEqual(
    cookies.map(({ httpOnly, sameSite, path }) => ({ httpOnly, sameSite, path })),
    [{ httpOnly: true, sameSite: 'Lax', path: '/' }],
  );
  assert.ok(!cookies[0].value.includes(tokens.all.split('_').at(-1)), 'the cookie is not the token');
  assert.equal(await page.evaluate(() => document.cookie), '');
  // What was shown is kept nowhere.
  const shown = await page.goto('/people');
  assert.equal(shown.headers()['cache-control'], 'no-store');
  await follow(page, () => page.getByRole('button', { name: 'Sign out' }).click());
  assert.equal(new URL(page.url()).pathname, '/sign-in');
  await page.goto('/people');
  assert.equal(new URL(page.url()).pathname, '/sign-in');
  await page.end();
});

test('somebody who may not look is told so, in words', async () => {
  const page = await open(url);
  await page.goto('/');
  page.expect(403);
  await signIn(page, tokens.metrics);
  assert.equal(await page.locator('h1').textContent(), 'Not allowed');
  assert.match(await page.locator('main').textContent(), /directory:user:view/);
  await check(page);
  // The way out is there.
  await follow(page, () => page.getByRole('button', { name: 'Sign out' }).click());
  assert.equal(new URL(page.url()).pathname, '/sign-in');
  await page.end();
});

test('what is not there, and what cannot be asked, is told in words', async () => {
  const page = await open(url);
  await page.goto('/');
  await signIn(page, tokens.all);
  page.expect(400, 404);
  for (const [at, title] of [
    ['/people/00000000-0000-4000-8000-000000000000', 'Not found'],
    ['/people?asOf=yesterday-ish', "That can't be shown"],
  ]) {
    await page.goto(at);
    assert.equal(await page.locator('h1').textContent(), title, at);
    await check(page);
  }
  await page.end();
});

test('somebody who sees one division sees that the rest is left out', async () => {
  const all = await open(url);
  await all.goto('/');
  await signIn(all, tokens.all);
  const part = await open(url);
  await part.goto('/');
  await signIn(part, tokens.part);
  const users = async (page) => Number((await page.locator('.card .much').first().textContent()).replace(/\D/g, ''));
  assert.ok((await users(part)) < (await users(all)));
  assert.match(await part.locator('.banner').textContent(), /limited/);
  await check(part);
  await all.end();
  await part.end();
});

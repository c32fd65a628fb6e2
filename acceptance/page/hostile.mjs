// People whose texts were made to break a page: every view shows them as what they are.
import assert from 'node:assert/strict';

import { NARROW, assertFits, open } from './lib/browser.mjs';
import { test } from './lib/cases.mjs';
import { PEOPLE, TEXTS } from './lib/hostile.mjs';
import { NOW, hostile } from './lib/orgs.mjs';
import { VIEWS, pathOf } from './lib/views.mjs';

const HOUR = 3_600_000;
const org = await hostile('hostile');
// Each is somebody else afterwards, so that what changed is shown too.
const values = Object.values(TEXTS);
await org.change(
  ...PEOPLE.flatMap(({ id }, place) => [
    { do: 'rename', user: id, value: values[(place + 5) % values.length] },
    { do: 'move-department', user: id, value: values[(place + 6) % values.length] },
  ]),
);
await org.sync(NOW - HOUR);
await org.pull(28);
const url = await org.serve();

/** What a list shows of a text. */
const brief = (text) => ([...text].length > 80 ? `${[...text].slice(0, 80).join('')}…` : text);

for (const view of VIEWS) {
  test(`hostile texts: ${view.name}`, async () => {
    const page = await open(url, { viewport: NARROW });
    const answer = await page.goto(pathOf(view, PEOPLE[0].id).replace('q=smi', 'q=alert'));
    assert.ok((await answer.body()).length < 100_000, `${(await answer.body()).length} bytes`);
    await assertFits(page);
    const told = await page.evaluate(() => ({
      texts: [...document.querySelectorAll('main bdi')].map((element) => element.textContent),
      // What no template has made.
      made: document.querySelectorAll('main script, main iframe, main [onerror], main [onload], main [onmouseover], main [onfocus], main img').length,
      links: [...document.querySelectorAll('main a[href], main form')].map(
        (link) => new URL(link.getAttribute('href') ?? link.getAttribute('action') ?? '', location.href).href,
      ),
    }));
    assert.equal(told.made, 0);
    for (const link of told.links) assert.equal(new URL(link).origin, url, link);
    const known = new Set(values.flatMap((text) => [text, brief(text)]));
    if (view.name !== 'sync') {
      assert.ok(told.texts.some((text) => known.has(text)), 'no text is shown');
    }
    await page.end();
  });
}

test('the view of a person has the whole of every text', async () => {
  const page = await open(url, { viewport: NARROW });
  for (const [place, { id }] of PEOPLE.entries()) {
    const [name, department] = [5, 6].map((shift) => values[(place + shift) % values.length]);
    await page.goto(`/people/${id}`);
    assert.equal((await page.locator('h1').textContent()).trim(), brief(name).trim());
    const texts = await page.locator('main bdi').allTextContents();
    for (const text of [name, department]) assert.ok(texts.includes(text), `${id}: ${text.slice(0, 40)}`);
    await assertFits(page);
  }
  await page.end();
});

test('what is typed is shown as text again', async () => {
  const page = await open(url, { viewport: NARROW });
  for (const value of values) {
    // No more than a search may have.
    const text = [...value.split(/\s+/).slice(0, 6).join(' ')].slice(0, 90).join('').trim();
    for (const view of ['/people', '/tree', '/departments', '/changes', '/findings']) {
      await page.goto(`${view}?${new URLSearchParams({ q: text })}`);
      assert.equal(await page.locator('input[type=search]').inputValue(), text, view);
      await assertFits(page);
    }
  }
  await page.end();
});

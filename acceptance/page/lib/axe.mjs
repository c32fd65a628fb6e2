// axe-core, put into a page that is open.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { DESKTOP, PHONE, installed } from './browser.mjs';

const source = readFileSync(installed.resolve('axe-core/axe.min.js'), 'utf8');

/** What the dark scheme can do to a page: it has other colours, and nothing else. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** Looks at a page in light and dark, wide and on a phone: nothing may be found. */
export async function check(page) {
  const before = page.viewportSize();
  await page.evaluate(source);
  // Where, by what is wrong.
  const found = new Map();
  for (const viewport of [DESKTOP, PHONE]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      const violations = await page.evaluate(async (runOnly) => {
        const { violations } = await window.axe.run(document, { resultTypes: ['violations'], runOnly });
        return violations.map(({ id, help, nodes }) => `${id}, ${help}, ${nodes.length} times: ${nodes[0].html.slice(0, 300)} ${nodes[0].failureSummary}`);
      }, colorScheme === 'dark' ? OF_COLOURS : undefined);
      for (const violation of violations) {
        found.set(violation, [...(found.get(violation) ?? []), `${colorScheme} ${viewport.width}`]);
      }
    }
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: 'light' });
  assert.deepEqual([...found].map(([what, where]) => `${where.join(', ')}: ${what}`), []);
}

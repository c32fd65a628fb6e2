// Lighthouse, with a browser of its own.
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { QUIET, installed } from './browser.mjs';
import { endsToo, folder } from './headcount.mjs';

const load = (name) => import(pathToFileURL(installed.resolve(name)));
const { default: lighthouse } = await load('lighthouse');
const { launch } = await load('chrome-launcher');

export const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
export const LEAST = 95;

let chrome = null;

/** The port of the browser that Lighthouse uses. */
async function port() {
  if (chrome === null) {
    chrome = await launch({
      chromePath: process.env.PAGE_BROWSER,
      chromeFlags: ['--headless=new', '--no-sandbox', ...QUIET],
      userDataDir: mkdtempSync(path.join(folder, 'chrome.')),
      logLevel: 'silent',
    });
    endsToo(() => chrome.kill());
  }
  return chrome.port;
}

/** Scores of an address from 0 to 100, on a telephone with a slow line as Lighthouse imagines it, and
 * what kept them from being full. */
async function judge(address, tries = 3) {
  const { lhr } = await lighthouse(address, {
    port: await port(),
    onlyCategories: CATEGORIES,
    // Of the screen in each step nobody here looks at a picture.
    disableFullPageScreenshot: true,
    logLevel: 'silent',
  });
  if (lhr.runtimeError) {
    // A busy machine makes it miss the beginning of a page now and then.
    if (tries > 1) return judge(address, tries - 1);
    throw new Error(`${address}: ${lhr.runtimeError.message}`);
  }
  const scores = Object.fromEntries(CATEGORIES.map((name) => [name, Math.round(lhr.categories[name].score * 100)]));
  const lost = Object.values(lhr.audits)
    .filter(({ score, scoreDisplayMode }) => score !== null && score < 0.9 && scoreDisplayMode !== 'informative')
    .map(({ id, displayValue }) => (displayValue ? `${id} (${displayValue})` : id));
  return { ...scores, lost };
}

/** Whether all scores are as high as they must be. */
export const isGood = (scores) => CATEGORIES.every((name) => scores[name] >= LEAST);

/** The same; scores that are too low are the median of three, since other work on the machine costs
 * speed. */
export async function judgeFairly(address) {
  const first = await judge(address);
  if (isGood(first)) return first;
  const all = [first, await judge(address), await judge(address)];
  const median = (name) => all.map((scores) => scores[name]).sort((a, b) => a - b)[1];
  return { ...Object.fromEntries(CATEGORIES.map((name) => [name, median(name)])), lost: first.lost };
}

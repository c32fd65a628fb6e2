// The browser, and pages that remember everything that went wrong on them.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';

const { PAGE_BROWSER: executablePath, PAGE_MODULES: modules } = process.env;
export const installed = createRequire(path.join(modules, 'package.json'));
const { chromium } = installed('playwright-core');

/** What the browser must be told so that it asks nobody but us. */
export const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  // The same letters on every machine.
  '--font-render-hinting=none',
  '--force-color-profile=srgb',
];

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };
/** The narrowest that a page must fit into. */
export const NARROW = { width: 375, height: 800 };

export const browser = await chromium.launch({ executablePath, args: QUIET });

/** A page that may only ask `url`, and tells what went wrong on it. */
export async function open(url, options = {}) {
  const context = await browser.newContext({
    baseURL: url,
    viewport: DESKTOP,
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const wrong = [];
  const told = (what) => wrong.push(`${new URL(page.url() || url).pathname}: ${what}`);
  // What the test itself brings about, such as a page that is not there.
  let expected = new Set();
  let agreed = false;
  page.on('console', (message) => {
    const about = message.location().url;
    const foreseen = [...expected].some((status) => message.text().includes(`status of ${status}`));
    if (['error', 'warning'].includes(message.type()) && !foreseen) told(`console: ${message.text()} ${about}`);
  });
  page.on('pageerror', (error) => told(`script: ${error.message}`));
  page.on('crash', () => told('the page crashed'));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) told(`asks another host: ${request.url()}`);
  });
  page.on('requestfailed', (request) => {
    const { errorText } = request.failure();
    // A search that the next letter made needless, or the picture of a view that was left already.
    const isNeedless = request.headers()['x-headcount-part'] || new URL(request.url()).pathname === '/page/icon.svg';
    if (errorText !== 'net::ERR_ABORTED' || !isNeedless) told(`failed: ${request.method()} ${request.url()} ${errorText}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && !expected.has(response.status())) told(`${response.status()} ${response.url()}`);
  });
  page.on('dialog', (dialog) => {
    if (agreed) return dialog.accept();
    told(`a dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  await page.exposeBinding('headcountViolation', (_, violation) => told(`policy: ${violation}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.headcountViolation(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return Object.assign(page, {
    /** Statuses that are meant to come. */
    expect: (...statuses) => (expected = new Set(statuses)),
    /** Questions are answered with yes from now on. */
    agree: () => (agreed = true),
    /** Nothing went wrong so far. */
    assertFine() {
      assert.deepEqual(wrong, []);
    },
    async end() {
      await context.close();
      assert.deepEqual(wrong, []);
    },
  });
}

/** Does what leads to another page, and waits until it is there. */
export async function follow(page, act) {
  await Promise.all([page.waitForEvent('load'), act()]);
}

/** The texts of all elements that a selector finds. */
export const texts = (page, selector) => page.locator(selector).allTextContents();

/** Nothing is wider than the window. */
export async function assertFits(page) {
  const [width, room, widest] = await page.evaluate(() => {
    const inside = (element) => element.parentElement?.closest('.table, pre, .places, [data-scrolls]');
    const wide = [...document.querySelectorAll('body *')].find(
      (element) => element.getBoundingClientRect().right > innerWidth + 0.5 && !inside(element),
    );
    return [document.documentElement.scrollWidth, innerWidth, wide?.outerHTML.slice(0, 200)];
  });
  assert.ok(width <= room, `${page.url()}: ${width} wide for ${room}: ${widest}`);
}

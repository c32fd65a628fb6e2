// Takes the pictures of every view.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { DESKTOP, PHONE, browser, open } from './lib/browser.mjs';
import { grown } from './lib/orgs.mjs';
import { VIEWS, pathOf } from './lib/views.mjs';

const folder = path.resolve(process.argv[2]);
await mkdir(folder, { recursive: true });

const org = await grown('demo', 5000);
const url = await org.serve();
const guarded = await org.copy('guarded');
await guarded.token(['directory:user:view']);
const guardedUrl = await guarded.serve();

async function take(name, at, { from = url, ...options } = {}) {
  for (const [width, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
    const page = await open(from, { viewport, ...options });
    await page.goto(at);
    // What a view adds by itself is there.
    await page.waitForLoadState('networkidle');
    const file = path.join(folder, `${name}-${width}.png`);
    await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' });
    await page.end();
  }
}

for (const view of VIEWS) await take(view.name, pathOf(view));
await take('overview-dark', '/', { colorScheme: 'dark' });
await take('sign-in', '/', { from: guardedUrl });
await browser.close();
await org.server.stop();
process.exit(0);

// What the tests share: the grown org, served to everybody, and somebody to look at.
import { grown } from './lib/orgs.mjs';
import { open } from './lib/browser.mjs';
import { somebody } from './lib/views.mjs';

export const USERS = 5000;
export const demo = await grown('demo', USERS);
export const url = await demo.serve();

const page = await open(url);
export const id = await somebody(page);
await page.end();

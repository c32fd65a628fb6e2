// What the tests share: the grown org, served to everybody on this machine.
import { grown } from './lib/orgs.mjs';

export const USERS = 5000;
export const demo = await grown('demo', USERS);
export const url = await demo.serve();

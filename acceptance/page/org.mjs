// Leaves the store of a grown org in a folder.
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import path from 'node:path';

import { FIRST_DAY, LAST_DAY, grown } from './lib/orgs.mjs';

const [folder, users, days] = process.argv.slice(2);
if (existsSync(folder)) {
  console.error(`${folder} is there already`);
  process.exit(2);
}
const org = await grown('demo', Number(users), Number(days));
await org.sandbox.stop();
await cp(org.folder, path.resolve(folder), { recursive: true });
const store = path.resolve(folder, 'headcount.db');
console.log(JSON.stringify({ store, org: 'demo', from: FIRST_DAY, to: LAST_DAY }));
process.exit(0);

// Scores of every view, or of those that are named, for an org of so many users or a server that
// runs.
import { browser } from './lib/browser.mjs';
import { isGood, judgeFairly } from './lib/lighthouse.mjs';
import { grown } from './lib/orgs.mjs';
import { VIEWS, pathOf } from './lib/views.mjs';

const [what = '5000', ...names] = process.argv.slice(2);
const isUrl = what.startsWith('http');
const url = isUrl ? what.replace(/\/$/, '') : await (await grown('lighthouse', Number(what), 14)).serve();
await browser.close();

const views = VIEWS.filter((view) => names.length === 0 || names.includes(view.name));
let good = true;
for (const view of views) {
  const at = pathOf(view);
  const scores = await judgeFairly(url + at);
  good &&= isGood(scores);
  console.log(JSON.stringify({ view: view.name, at, ...scores }));
}
process.exit(good ? 0 : 1);

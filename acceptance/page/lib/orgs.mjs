// The orgs that the page is shown on. Each is fetched from a sandbox, at times of our choice.
import { writeFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';

import { ask, folder, run, start } from './headcount.mjs';
import { scenario } from './hostile.mjs';

const DAY = 86_400_000;
/** The moment that everything is looked at: a Tuesday morning. */
export const NOW = Date.UTC(2026, 10, 24, 9, 12);
/** The day that a moment is in. */
export const day = (ms) => new Date(ms).toISOString().slice(0, 10);
/** The last day that has facts, and the first of the two weeks before. */
export const LAST_DAY = day(NOW - DAY);
export const FIRST_DAY = day(NOW - 14 * DAY);

/** A team leader with a manager, a team and a past; the seed gives the same person to every grown org. */
export const SOMEBODY = 'c272927e-abf6-4418-9237-4a1effeb96a0';
const PAST = new Map([
  [3, { do: 'move-department', value: 'Billing' }],
  [7, { do: 'rename', value: 'Grace Baker-Hughes' }],
  [11, { do: 'move-department', value: 'Customer Care' }],
  [16, { do: 'move-division', value: 'EMEA' }],
  [21, { do: 'move-department', value: 'Quality' }],
]);

/** The store of an org, served. */
export class Org {
  constructor(name) {
    this.name = name;
    this.folder = path.join(folder, name);
    this.store = `sqlite:${path.join(this.folder, 'headcount.db')}`;
  }

  /** A command about this org, at a time; gives what it printed. */
  command(ms, ...args) {
    return run(ms, [...args, '--store', this.store, '--org', 'demo'], { env: this.credentials });
  }

  /** A sync at a time, which must end so. */
  sync(ms, code = 0) {
    const args = ['sync', '--quiet', '--output', 'json', '--store', this.store, '--org', 'demo'];
    return run(ms, args, { env: this.credentials, code });
  }

  /** Starts the sandbox that the org is fetched from. */
  async from(...options) {
    await mkdir(this.folder, { recursive: true });
    // Its own clock stands at the end: facts are told of what is over.
    const args = ['sandbox', '--listen', '127.0.0.1:0', '--window', 'off', '--rate-limit', 'off', ...options];
    this.sandbox = await start(NOW, args);
    this.credentials = {
      HEADCOUNT_API_URL: this.sandbox.url,
      GENESYSCLOUD_OAUTHCLIENT_ID: this.sandbox.client_id,
      GENESYSCLOUD_OAUTHCLIENT_SECRET: this.sandbox.client_secret,
    };
  }

  /** Makes changes in the sandbox. */
  change(...changes) {
    const headers = { 'content-type': 'application/json' };
    return ask(`${this.sandbox.url}/sandbox/change`, { method: 'POST', headers, body: JSON.stringify(changes) });
  }

  /** Facts of days, the last of which is yesterday. */
  pull(days) {
    return this.command(NOW - DAY / 24, 'facts', 'pull', '--quiet', '--from', day(NOW - days * DAY), '--to', LAST_DAY);
  }

  /** A token that may do this. */
  async token(permissions, ...options) {
    const named = permissions.flatMap((permission) => ['--permission', permission]);
    const made = await this.command(NOW - DAY, 'token', 'create', '--rate-limit', 'off', '--output', 'json', ...named, ...options);
    return JSON.parse(made).token;
  }

  /** The same store once more, for somebody who changes it; the sandbox is shared. */
  async copy(name) {
    const copy = Object.assign(new Org(name), { sandbox: this.sandbox, credentials: this.credentials });
    await cp(this.folder, copy.folder, { recursive: true });
    return copy;
  }

  /** Serves it; gives the URL. */
  async serve(...options) {
    const args = ['serve', '--listen', '127.0.0.1:0', '--rate-limit', 'off', '--store', this.store, '--org', 'demo'];
    this.server = await start(NOW, [...args, ...options]);
    const url = this.server.url.replace(/\/$/, '');
    for (let tries = 0; tries < 600; tries += 1) {
      const { ok } = await fetch(`${url}/health/ready`);
      if (ok) return url;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`the server did not get ready: ${this.server.log()}`);
  }
}

/** The org of `headcount demo` after a year of joiners, movers and leavers: a snapshot every two
 * weeks, then every week, then every day. */
export async function grown(name, users, days = 28) {
  const org = new Org(name);
  await org.from('--users', String(Math.round(users * 0.82)));
  const times = [];
  for (let before = 330; before > 84; before -= 15) times.push(before);
  for (let before = 84; before > 7; before -= 7) times.push(before);
  for (let before = 7; before >= 0; before -= 1) times.push(before);
  // Early in the morning, as a nightly job would.
  const morning = NOW - 6 * 3_600_000;
  await org.sync(morning - 360 * DAY);
  for (const [place, before] of times.entries()) {
    await org.change(...life(users, before, place, times));
    await org.sync(morning - before * DAY);
  }
  await org.pull(days);
  return org;
}

/** What happens to an org of so many users until a snapshot. */
function life(users, before, place, times) {
  const span = (times[place - 1] ?? 360) - before;
  const many = (aDay, least = 0) => Math.max(least, Math.round((aDay * span * users) / 5000));
  // Contracts end after the busy months at the end of a year, and many are hired before the next.
  const [hired, left] = before > 240 ? [1.2, 3.4] : before > 130 || before < 15 ? [2.2, 0.9] : [7, 0.7];
  const own = PAST.has(place) ? [{ user: SOMEBODY, ...PAST.get(place) }] : [];
  const others = [
    { do: 'join', count: many(hired, 2) },
    { do: 'leave', count: many(left, 1) },
    { do: 'return', count: many(0.05) },
    { do: 'move-department', count: many(0.5, 2) },
    { do: 'move-division', count: many(0.25, 1) },
    { do: 'rename', count: many(0.1, 1) },
    { do: 'deactivate', count: many(0.15) },
    { do: 'activate', count: many(0.15) },
  ].filter((change) => change.count > 0);
  return [...others, ...own];
}

/** An org of people whose texts were made to break a page. */
export async function hostile(name) {
  const org = new Org(name);
  await mkdir(org.folder, { recursive: true });
  const file = path.join(org.folder, 'hostile.toml');
  writeFileSync(file, scenario());
  await org.from('--scenario', file);
  await org.sync(NOW - 70 * DAY);
  return org;
}

// The binary that is tested, on a day of our choice: commands that end, and servers that go on.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const { PAGE_BINARY: binary, PAGE_FAKETIME: faketime, PATH } = process.env;

/** Everything that is made lies here, and is gone afterwards. */
export const folder = mkdtempSync(path.join(tmpdir(), 'headcount-page.'));
const started = new Set();
const others = [];

/** Ends something else with the rest. */
export const endsToo = (end) => others.push(end);

/** Ends whatever still goes on. */
export function stopAll() {
  for (const child of started) child.kill('SIGKILL');
  for (const end of others.splice(0)) end();
  rmSync(folder, { recursive: true, force: true });
}
process.on('exit', stopAll);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

/** Nothing of the settings of whoever runs this, and a clock that begins at a time, ms UTC. */
function environment(ms, added) {
  return {
    PATH,
    HOME: folder,
    XDG_CONFIG_HOME: folder,
    XDG_DATA_HOME: folder,
    TZ: 'UTC',
    LD_PRELOAD: faketime,
    FAKETIME: `@${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}`,
    // How long something takes stays what it is.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    ...added,
  };
}

/** Runs a command to its end, at a time; gives what it printed. */
export function run(ms, args, { env = {}, code = 0 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { env: environment(ms, env), stdio: ['ignore', 'pipe', 'pipe'] });
    const told = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (told.out += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (told.err += text));
    child.on('error', reject);
    child.on('close', (ended) => {
      if (ended === code) resolve(told.out);
      else reject(new Error(`headcount ${args.join(' ')}: exit code ${ended} for ${code}: ${told.err}`));
    });
  });
}

/** Starts a command that goes on, at a time; gives the JSON that it tells first, and how to end it. */
export function start(ms, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { env: environment(ms), stdio: ['ignore', 'pipe', 'pipe'] });
    started.add(child);
    let [out, err] = ['', ''];
    child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
    child.stdout.setEncoding('utf8').on('data', (text) => {
      if (out.includes('\n')) return;
      out += text;
      if (out.includes('\n')) resolve({ ...JSON.parse(out), log: () => err, stop });
    });
    const ended = new Promise((done) => child.on('close', done));
    ended.then(() => {
      started.delete(child);
      reject(new Error(`headcount ${args.join(' ')} ended: ${err}`));
    });
    child.on('error', reject);
    const stop = async () => {
      child.kill('SIGTERM');
      await ended;
    };
  });
}

/** Asks a server; gives the JSON of its answer. */
export async function ask(url, options) {
  const answer = await fetch(url, options);
  const text = await answer.text();
  assert.ok(answer.ok, `${url}: ${answer.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
}

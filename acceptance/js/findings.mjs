// `headcount check --output sarif` against the official schema of SARIF 2.1.0.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';

const { ACCEPTANCE_BINARY: binary, ACCEPTANCE_WORK: work } = process.env;
const require = createRequire(path.join(process.env.ACCEPTANCE_MODULES, 'package.json'));
const Ajv = require('ajv');
const schema = require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');

// The schema is of draft 4, and names formats that say nothing about the shape.
const ajv = new Ajv({ schemaId: 'id', meta: false, allErrors: true, unknownFormats: 'ignore' });
ajv.addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json'));
const valid = ajv.compile(schema);

/** What a check of the org `small` prints as SARIF. */
function check(code, ...more) {
  const ran = spawnSync(
    binary,
    ['check', '--org', 'small', '--output', 'sarif', '--quiet', ...more],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  assert.equal(ran.status, code, ran.stderr);
  const log = JSON.parse(ran.stdout);
  assert.ok(valid(log), ajv.errorsText(valid.errors));
  return log.runs[0].results;
}

test('findings are valid SARIF', () => {
  const results = check(3);
  assert.ok(results.length > 100);
  assert.ok(results.every((result) => result.suppressions === undefined));
});

test('what is known is suppressed', () => {
  const baseline = ['--baseline', path.join(work, 'baseline.json')];
  const results = check(0, ...baseline, '--update-baseline');
  assert.ok(results.length > 100);
  assert.ok(results.every((result) => result.baselineState === 'unchanged'));
});

test('a list of HR adds rules of its own', () => {
  const list = path.join(work, 'hr.csv');
  writeFileSync(list, 'E-Mail;Department\nsomebody@example.com;Sales\n');
  const results = check(0, '--expected', list, '--fail-on', 'never');
  assert.ok(results.some((result) => result.ruleId === 'HX001'));
  assert.ok(results.some((result) => result.ruleId === 'HX002'));
});

test('the schema refuses what is not SARIF', () => {
  assert.ok(!valid({ version: '2.1.0', runs: [{ results: [] }] }));
});

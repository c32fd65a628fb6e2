// Tests, of which those alone are run whose names match the pattern of whoever asked for some.
import nodeTest from 'node:test';

const pattern = new RegExp(process.env.PAGE_ONLY ?? '', 'i');

export function test(name, run) {
  if (pattern.test(name)) nodeTest(name, { timeout: 180_000 }, run);
}

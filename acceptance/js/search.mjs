// Every case of python/cases.py: all criterion types, joining, order, expand.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertDocuments, cases, idsOf, same, searchAll } from './shared.mjs';

test('all fourteen types are asked', () => {
  const types = cases.flatMap((one) => one.body.query.map((criterion) => criterion.type));
  assert.equal(new Set(types).size, 14);
});

for (const { name, body, ids } of cases) {
  test(`search: ${name}`, async () => {
    const { found, total } = await searchAll(body);
    same(idsOf(found), ids);
    assert.equal(total, ids.length);
    assertDocuments(found);
  });
}

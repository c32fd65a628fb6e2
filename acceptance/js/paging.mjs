// Every user exactly once, whichever way the pages are asked for.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertDocuments, ids, idsOf, q64Of, same, search, searchAll, users } from './shared.mjs';

const STATES = ['active', 'inactive', 'deleted'];

test('pages by number, sorted by id', async () => {
  const { found, total } = await searchAll({ sortBy: 'id', sortOrder: 'ASC' }, 100);
  same(idsOf(found), ids('active'));
  assert.equal(total, found.length);
  assertDocuments(found);
});

test('pages by number, unsorted', async () => {
  const { found } = await searchAll({ query: [{ type: 'MATCH_ALL' }] });
  same(idsOf(found).sort(), ids('active'));
});

test('pages by number, every state', async () => {
  const query = [{ type: 'EXACT', fields: ['state'], values: STATES }];
  const { found } = await searchAll({ query, sortBy: 'id', sortOrder: 'DESC' });
  same(idsOf(found).reverse(), ids(...STATES));
});

test('pages by q64 link', async () => {
  let page = await search({ pageSize: 500, sortBy: 'id', sortOrder: 'ASC' });
  const found = idsOf(page.results);
  assert.equal(page.previousPage, undefined);
  while (page.nextPage) {
    const before = page;
    page = (await users.getUsersSearch(q64Of(page.nextPage))).body;
    assert.equal(page.pageNumber, before.pageNumber + 1);
    assert.equal(page.previousPage, before.currentPage);
    found.push(...idsOf(page.results));
  }
  assert.equal(page.pageNumber, page.pageCount);
  same(found, ids('active'));
});

async function byCursor(options) {
  const found = [];
  let cursor;
  do {
    const page = (await users.getUsersQuery({ pageSize: 500, cursor, ...options })).body;
    found.push(...page.entities);
    cursor = page.cursor;
  } while (cursor);
  return found;
}

test('pages by cursor', async () => {
  const found = await byCursor({});
  same(idsOf(found), ids('active'));
  assertDocuments(found);
});

test('pages by cursor, every state, downwards', async () => {
  const found = await byCursor({ state: 'any', sortOrder: 'DESC' });
  same(idsOf(found).reverse(), ids(...STATES));
});

for (const [state, states] of [
  [undefined, ['active']],
  ['inactive', ['inactive']],
  ['deleted', ['deleted']],
  ['any', STATES],
]) {
  test(`listing, state ${state ?? 'left out'}`, async () => {
    const found = [];
    for (let pageNumber = 1; ; pageNumber += 1) {
      const page = (await users.getUsers({ pageSize: 500, pageNumber, state })).body;
      assert.equal(page.total, ids(...states).length);
      found.push(...idsOf(page.entities));
      assert.equal(page.nextUri !== undefined, pageNumber < page.pageCount);
      if (pageNumber >= page.pageCount) break;
    }
    same(found, ids(...states));
  });
}

test('a page past the end is empty', async () => {
  const page = await search({ pageSize: 500, pageNumber: 1000 });
  assert.deepEqual([page.results, page.total], [[], ids('active').length]);
});

test('one user by id, of every state', async () => {
  const [active, inactive, deleted] = STATES.map((state) => ids(state)[17]);
  assertDocuments([(await users.getUser(active)).body, (await users.getUser(inactive)).body]);
  assertDocuments([(await users.getUser(deleted, { state: 'deleted' })).body]);
  const expand = ['skills', 'presence'];
  assertDocuments([(await users.getUser(active, { expand })).body]);
  const some = (await users.getUsers({ id: [active, deleted], state: 'any' })).body;
  same(idsOf(some.entities).sort(), [active, deleted].sort());
});

// Bad requests: status and code as the SDK hands them on.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { api, refused, setup, users } from './shared.mjs';

const UNKNOWN = '00000000-0000-4000-8000-000000000000';
const criterion = (members) => ({
  query: [{ type: 'EXACT', fields: ['name'], value: 'x', ...members }],
});

for (const [name, id, secret, status] of [
  ['wrong secret', setup.client_id, 'wrong', 401],
  ['unknown client', UNKNOWN, 'wrong', 400],
]) {
  test(`login: ${name}`, async () => {
    const error = await api()
      .client.loginClientCredentialsGrant(id, secret)
      .then(assert.fail, (reason) => reason);
    assert.equal(error.response?.status, status, String(error));
    assert.equal(error.response.data.error, 'invalid_client');
  });
}

test('unknown token', () => refused(401, 'bad.credentials', api('nonsense').users.getUsers()));

test('no token', () => refused(401, 'authentication.required', api().users.getUsers()));

for (const [name, code, body] of [
  ['page of none', 'constraint.validation', { pageSize: 0 }],
  ['page of too many', 'constraint.validation', { pageSize: 501 }],
  ['page zero', 'constraint.validation', { pageNumber: 0 }],
  ['unknown type', 'invalid.value', criterion({ type: 'DATE_RANGE' })],
  ['unknown operator', 'invalid.value', criterion({ operator: 'XOR' })],
  ['unknown field', 'invalid.property', criterion({ fields: ['departmant'] })],
  ['unknown field to sort by', 'invalid.property', { sortBy: 'nonsense' }],
  ['unknown order', 'invalid.value', { sortBy: 'name', sortOrder: 'UP' }],
  ['unknown expand', 'invalid.value', { expand: ['salary'] }],
  [
    'bad date',
    'invalid.date',
    criterion({ type: 'LESS_THAN', fields: ['employerInfo.dateHire'], value: 'yesterday' }),
  ],
  ['bad expression', 'constraint.validation', criterion({ type: 'REGEX', value: '(open' })],
  ['not this shape', 'bad.request', { query: 'everybody' }],
]) {
  test(`search: ${name}`, () => refused(400, code, users.postUsersSearch(body)));
}

test('bad q64', () => refused(400, 'bad.request', users.getUsersSearch('nonsense')));

test('bad cursor', () => refused(400, 'bad.request', users.getUsersQuery({ cursor: 'nonsense' })));

test('unknown state', () =>
  refused(400, 'invalid.query.param.value', users.getUsers({ state: 'gone' })));

test('unknown user', () => refused(404, 'not.found', users.getUser(UNKNOWN)));

test('an id that is none', () => refused(400, 'invalid.id', users.getUser('jane')));

test('a limit', async () => {
  const limited = api(setup.limited).users;
  for (let request = 0; request < 5; request += 1) {
    assert.equal((await limited.getUsers({ pageSize: 1 })).status, 200);
  }
  const error = await refused(429, 'too.many.requests.retry.after', limited.getUsers());
  assert.match(error.headers['retry-after'], /^[1-9]\d?$/);
});

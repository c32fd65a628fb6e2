// What the tests share: the server, the users that it must serve, and asking it with the SDK.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const { ACCEPTANCE_WORK: work, ACCEPTANCE_MODULES: modules } = process.env;
const read = (name) => readFileSync(path.join(work, name), 'utf8');

// The SDK is kept in the cache directory, where `import` would not find it.
const sdk = createRequire(path.join(modules, 'package.json'))('purecloud-platform-client-v2');

export const setup = JSON.parse(read('setup.json'));
export const cases = JSON.parse(read('cases.json'));

/** Every user by id, in the order of ids. */
export const documents = new Map(
  read('users.ndjson')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((user) => [user.id, user]),
);

/** Ids of the users in these states, in order. */
export const ids = (...states) =>
  [...documents.values()].filter((user) => states.includes(user.state)).map((user) => user.id);

/** A client of its own, which is pointed at a server as at a gateway. */
function clientOf(url) {
  const client = new sdk.ApiClientClass();
  const { hostname: host, port, protocol } = new URL(url);
  client.setGateway({ host, port: Number(port), protocol: protocol.replace(':', '') });
  // Status and headers come with every answer.
  client.setReturnExtendedResponses(true);
  return client;
}

/** A users API of a client of its own. */
export function api(token) {
  const client = clientOf(setup.url);
  if (token !== undefined) client.setAccessToken(token);
  const users = new sdk.UsersApi(client);
  return { client, users };
}

const known = api();
const login = await known.client.loginClientCredentialsGrant(setup.client_id, setup.client_secret);
assert.ok(login.accessToken);

/** The users API as the client that acceptance/run made. */
export const users = known.users;

/** The sandbox that stands in the place of Genesys Cloud, and its analytics API. */
export const sandbox = JSON.parse(read('small.json').split('\n')[0]);
const upstream = clientOf(sandbox.url);
await upstream.loginClientCredentialsGrant(sandbox.client_id, sandbox.client_secret);
export const analytics = new sdk.AnalyticsApi(upstream);

export const search = async (body) => (await users.postUsersSearch(body)).body;

/** Users of all pages of a search, and its total. */
export async function searchAll(body, pageSize = 500) {
  const found = [];
  for (let pageNumber = 1; ; pageNumber += 1) {
    const page = await search({ ...body, pageSize, pageNumber });
    found.push(...page.results);
    if (pageNumber >= page.pageCount) return { found, total: page.total };
  }
}

/** The parameter of a link to a page. */
export function q64Of(link) {
  const url = new URL(link, setup.url);
  assert.equal(url.pathname, '/api/v2/users/search');
  return url.searchParams.get('q64');
}

export const idsOf = (found) => found.map((user) => user.id);

/** The same list; when it is not, says how it differs instead of printing thousands. */
export function same(found, expected) {
  const [has, wants] = [new Set(found), new Set(expected)];
  const missing = expected.filter((id) => !has.has(id)).length;
  const more = found.filter((id) => !wants.has(id)).length;
  const told = `${found.length} for ${expected.length}, ${missing} missing, ${more} too many`;
  assert.ok(found.length === expected.length && found.every((id, at) => id === expected[at]), told);
}

/** Every user has every field of its document, and no other. */
export function assertDocuments(found) {
  for (const user of found) assert.deepEqual(user, documents.get(user.id));
}

/** `promise` fails with this status and code. */
export async function refused(status, code, promise) {
  const error = await promise.then(
    () => assert.fail('it was answered'),
    (reason) => reason,
  );
  assert.equal(error.status, status, String(error));
  assert.equal(error.body.code, code, error.body.message);
  assert.equal(error.body.status, status);
  assert.equal(error.body.contextId, error.headers['inin-correlation-id']);
  return error;
}

"""What the tests share: the server, the documents that it must serve, and asking it with the SDK."""

import functools
import json
import os
import pathlib
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

import PureCloudPlatformClientV2 as genesys
from PureCloudPlatformClientV2.rest import ApiException

WORK = pathlib.Path(os.environ["ACCEPTANCE_WORK"])
STATES = ["active", "inactive", "deleted"]


def first_line(name):
    with open(WORK / name) as file:
        return json.loads(file.readline())


URL = first_line("serve.json")["url"]
genesys.configuration.host = URL


def headcount(*arguments):
    """Runs the command and reads the JSON that it prints."""
    command = [os.environ["ACCEPTANCE_BINARY"], *arguments, "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"headcount {' '.join(arguments)} failed: {done.stderr}")
    return json.loads(done.stdout)


@functools.cache
def documents():
    """Every user of the org by id, as `headcount users` prints them, in the order of ids."""
    with open(WORK / "users.ndjson") as lines:
        users = [json.loads(line) for line in lines]
    return {user["id"]: user for user in sorted(users, key=lambda user: user["id"])}


def ids(*states):
    """Ids of the users in these states, in order."""
    return [id for id, user in documents().items() if user["state"] in states]


def login(client_id, client_secret):
    """The SDK's users API after a login by client credentials."""
    client = genesys.api_client.ApiClient()
    return genesys.UsersApi(client.get_client_credentials_token(client_id, client_secret))


@functools.cache
def users():
    """The users API as the client that acceptance/run made."""
    client = first_line("client.json")
    return login(client["client_id"], client["client_secret"])


def with_token(token):
    """The users API with a token that is there already."""
    client = genesys.api_client.ApiClient()
    client.access_token = token
    return genesys.UsersApi(client)


def model(name, body):
    """The SDK's model `name`, filled from JSON."""
    result = getattr(genesys, name)()
    nested = {"query": "UserSearchCriteria", "group": "UserSearchCriteria", "sort": "SearchSort"}
    for attribute, key in result.attribute_map.items():
        if key in body:
            value = body[key]
            if key in nested:
                value = [model(nested[key], item) for item in value]
            setattr(result, attribute, value)
    unknown = set(body) - set(result.attribute_map.values())
    assert not unknown, f"{name} has no {unknown}"
    return result


def search(body, api=None):
    """One page of a search."""
    return (api or users()).post_users_search(model("UserSearchRequest", body))


def search_all(body, api=None, size=500):
    """Users of all pages of a search, and its total."""
    found, number = [], 1
    while True:
        page = search({**body, "pageSize": size, "pageNumber": number}, api)
        found += page.results
        if number >= page.page_count:
            return found, page.total
        number += 1


def q64_of(link):
    """The parameter of a link to a page."""
    parts = urllib.parse.urlsplit(link)
    assert parts.path == "/api/v2/users/search", link
    return urllib.parse.parse_qs(parts.query, strict_parsing=True)["q64"][0]


class Answer:
    """An answer that the SDK would hide: status, headers, body as it came."""

    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)


def http(path, body=None, token=None, method=None, **headers):
    """Asks without the SDK; names of headers have `_` for `-`."""
    data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
    request = urllib.request.Request(URL + path, data, method=method)
    if data is not None:
        request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request) as response:
            return Answer(response)
    except urllib.error.HTTPError as error:
        return Answer(error)


def token():
    """The token of the client that acceptance/run made."""
    return users().api_client.access_token


class Case(unittest.TestCase):
    """Assertions that several files need."""

    maxDiff = 2000

    def assert_same(self, found, expected):
        """The same list; when it is not, says how it differs instead of printing thousands."""
        if found == expected:
            return
        doubled = len(found) - len(set(found))
        missing = [id for id in expected if id not in set(found)]
        more = [id for id in found if id not in set(expected)]
        self.fail(
            f"{len(found)} instead of {len(expected)} users: {doubled} twice, "
            f"{len(missing)} missing {missing[:3]}, {len(more)} too many {more[:3]}, "
            f"order {'differs' if sorted(found) == sorted(expected) else 'not compared'}"
        )

    def assert_documents(self, found, api=None):
        """Every user became a User of the SDK with every field of its document, and no other."""
        client = (api or users()).api_client
        for user in found:
            self.assertIsInstance(user, genesys.User)
            self.assertEqual(client.sanitize_for_serialization(user), documents()[user.id])

    def assert_refused(self, status, code, ask):
        """`ask` raises the SDK's exception with this status and code; the body is returned."""
        with self.assertRaises(ApiException) as caught:
            ask()
        error = caught.exception
        body = json.loads(error.body)
        self.assertEqual((error.status, body.get("code")), (status, code), error.body)
        self.assert_error_body(body, status, error.headers)
        return body

    def assert_error_body(self, body, status, headers):
        """The shape of every error of the API."""
        self.assertEqual(
            set(body), {"message", "code", "status", "contextId", "details", "errors"}
        )
        self.assertEqual(body["status"], status)
        self.assertEqual(body["contextId"], headers["ININ-Correlation-Id"])
        self.assertEqual((body["details"], body["errors"]), ([], []))
        self.assertGreater(len(body["message"]), 10)

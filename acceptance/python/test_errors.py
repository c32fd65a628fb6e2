"""Bad requests: the SDK's exception has the right status and code, each its own message."""

import base64
import json

from shared import (
    ApiException,
    Case,
    first_line,
    http,
    ids,
    login,
    search,
    token,
    users,
    with_token,
)

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def criterion(**members):
    return {"query": [{"type": "EXACT", "fields": ["name"], "value": "x", **members}]}


class Login(Case):
    def refused(self, client_id, client_secret):
        with self.assertRaises(ApiException) as caught:
            login(client_id, client_secret)
        body = json.loads(caught.exception.body)
        self.assertEqual(set(body), {"error", "description"})
        return caught.exception.status, body["error"]

    def test_wrong_secret(self):
        known = first_line("client.json")["client_id"]
        self.assertEqual(self.refused(known, "wrong"), (401, "invalid_client"))

    def test_unknown_client(self):
        self.assertEqual(self.refused(UNKNOWN, "wrong"), (400, "invalid_client"))

    def test_unknown_token(self):
        ask = with_token("nonsense").get_users
        self.assert_refused(401, "bad.credentials", ask)

    def test_no_token(self):
        self.assert_refused(401, "authentication.required", with_token("").get_users)
        answer = http("/api/v2/users")
        self.assertEqual((answer.status, answer.json()["code"]), (401, "authentication.required"))


class Search(Case):
    def refused(self, code, body):
        """Refused as plain JSON, since the SDK's models hold known values only; the message."""
        ask = lambda: users().post_users_search(body)
        return self.assert_refused(400, code, ask)["message"]

    def test_page_size(self):
        for size in (0, -1, 501):
            self.assertIn("pageSize", self.refused("constraint.validation", {"pageSize": size}))

    def test_page_number(self):
        for number in (0, -3):
            self.assertIn("pageNumber", self.refused("constraint.validation", {"pageNumber": number}))

    def test_unknown_type(self):
        message = self.refused("invalid.value", criterion(type="SIMPLE"))
        self.assertTrue("SIMPLE" in message and "QUERY_STRING" in message, message)

    def test_a_type_that_the_sdk_does_not_know(self):
        self.assert_refused(400, "invalid.value", lambda: search(criterion(type="DATE_RANGE")))

    def test_unknown_operator(self):
        self.assertIn("XOR", self.refused("invalid.value", criterion(operator="XOR")))

    def test_unknown_field(self):
        message = self.refused("invalid.property", criterion(fields=["departmant"]))
        self.assertIn("department", message)

    def test_unknown_field_to_sort_by(self):
        self.assertIn("nonsense", self.refused("invalid.property", {"sortBy": "nonsense"}))

    def test_unknown_order(self):
        self.assertIn("UP", self.refused("invalid.value", {"sortBy": "name", "sortOrder": "UP"}))

    def test_bad_date(self):
        bad = criterion(type="GREATER_THAN", fields=["employerInfo.dateHire"], value="yesterday")
        self.assertIn("yesterday", self.refused("invalid.date", bad))

    def test_bad_date_format(self):
        bad = criterion(fields=["employerInfo.dateHire"], value="1", dateFormat="'open")
        self.refused("invalid.date", bad)

    def test_bad_number(self):
        bad = criterion(type="LESS_THAN", fields=["version"], value="many")
        self.assertIn("many", self.refused("constraint.validation", bad))

    def test_bad_expression(self):
        self.refused("constraint.validation", criterion(type="REGEX", value="(open"))

    def test_a_range_without_bounds(self):
        self.assertIn("RANGE", self.refused("constraint.validation", criterion(type="RANGE", value=None)))

    def test_a_criterion_without_a_value(self):
        self.refused("constraint.validation", criterion(value=None))

    def test_unknown_expand(self):
        message = self.refused("invalid.value", {"expand": ["presence", "salary"]})
        self.assertTrue("salary" in message and "routingStatus" in message, message)

    def test_bad_q64(self):
        no_gzip = base64.urlsafe_b64encode(b"no gzip").decode()
        for bad in ("nonsense", no_gzip, "%"):
            self.assert_refused(400, "bad.request", lambda: users().get_users_search(bad))

    def test_not_this_shape(self):
        for body in (b"{", b"[]", b'{"pageSize":"many"}', b'{"query":{}}', b""):
            answer = http("/api/v2/users/search", body, token(), method="POST")
            self.assertEqual((answer.status, answer.json().get("code")), (400, "bad.request"), body)
            self.assert_error_body(answer.json(), 400, answer.headers)

    def test_not_json(self):
        answer = http("/api/v2/users/search", b"pageSize=1", token(), Content_Type="text/plain")
        self.assertEqual((answer.status, answer.json()["code"]), (415, "unsupported.media.type"))
        self.assert_error_body(answer.json(), 415, answer.headers)


class Listing(Case):
    def test_page_size(self):
        for size in (0, 501):
            self.assert_refused(400, "constraint.validation", lambda: users().get_users(page_size=size))
            ask = lambda: users().get_users_query(page_size=size)
            self.assert_refused(400, "constraint.validation", ask)

    def test_page_number(self):
        self.assert_refused(400, "constraint.validation", lambda: users().get_users(page_number=0))

    def test_what_is_no_number(self):
        ask = lambda: users().get_users(page_size="many")
        self.assertIn("many", self.assert_refused(400, "invalid.query.param.value", ask)["message"])

    def test_unknown_state(self):
        for ask in (users().get_users, users().get_users_query):
            body = self.assert_refused(400, "invalid.query.param.value", lambda: ask(state="gone"))
            self.assertTrue("gone" in body["message"] and "inactive" in body["message"])

    def test_unknown_order(self):
        for ask in (users().get_users, users().get_users_query):
            ask_badly = lambda: ask(sort_order="SCORE")
            self.assert_refused(400, "invalid.query.param.value", ask_badly)

    def test_unknown_expand(self):
        for ask in (users().get_users, users().get_users_query):
            self.assert_refused(400, "invalid.value", lambda: ask(expand=["salary"]))

    def test_bad_cursor(self):
        ask = lambda: users().get_users_query(cursor="nonsense")
        self.assert_refused(400, "bad.request", ask)

    def test_cursor_of_another_listing(self):
        cursor = users().get_users_query(state="inactive").cursor
        for other in ({"state": "active"}, {"state": "inactive", "sort_order": "DESC"}):
            ask = lambda: users().get_users_query(cursor=cursor, **other)
            self.assert_refused(400, "bad.request", ask)

    def test_unknown_user(self):
        self.assert_refused(404, "not.found", lambda: users().get_user(UNKNOWN))

    def test_an_id_that_is_none(self):
        for id in ("jane", ids("active")[0][:-1], "x" * 36):
            self.assert_refused(400, "invalid.id", lambda: users().get_user(id))

    def test_other_methods(self):
        for path, method in (
            ("/api/v2/users/search", "DELETE"),
            ("/api/v2/users", "POST"),
            (f"/api/v2/users/{UNKNOWN}", "PATCH"),
            ("/oauth/token", "GET"),
        ):
            answer = http(path, method=method, token=token())
            self.assertEqual((answer.status, answer.json()["code"]), (405, "method.not.allowed"))
            self.assertNotIn(method, answer.headers["Allow"].split(", "))

    def test_unknown_path(self):
        answer = http("/api/v2/nonsense", token=token())
        self.assertEqual((answer.status, answer.json()["code"]), (404, "not.found"))
        self.assert_error_body(answer.json(), 404, answer.headers)

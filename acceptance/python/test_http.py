"""What the SDKs hide: headers, answers not sent again, compression, the login by form."""

import base64
import datetime
import email.utils
import gzip
import time
import urllib.parse

from shared import Case, first_line, http, ids, token

PAGE = "/api/v2/users?pageSize=100"


class Headers(Case):
    def test_every_answer_has_its_own_correlation_id(self):
        seen = {http(PAGE, token=token()).headers["ININ-Correlation-Id"] for _ in range(5)}
        self.assertEqual(len(seen), 5)
        self.assertTrue(all(len(id) == 36 for id in seen), seen)

    def test_how_fresh_the_answer_is(self):
        answer = http(PAGE, token=token())
        self.assertEqual(answer.headers["Content-Type"].split(";")[0], "application/json")
        self.assertEqual(answer.headers["Cache-Control"], "private, no-cache")
        fetched = email.utils.parsedate_to_datetime(answer.headers["Last-Modified"]).timestamp()
        age = int(answer.headers["Age"])
        self.assertAlmostEqual(time.time() - fetched, age, delta=3)
        self.assertLess(age, 3600)

    def test_what_did_not_change_is_not_sent_again(self):
        for path in (PAGE, "/api/v2/users/query", f"/api/v2/users/{ids('active')[0]}"):
            first = http(path, token=token())
            tag = first.headers["ETag"]
            self.assertTrue(tag.startswith('W/"'), tag)
            again = http(path, token=token(), If_None_Match=tag)
            self.assertEqual((again.status, again.body), (304, b""))
            self.assertEqual(again.headers["ETag"], tag)
            since = http(path, token=token(), If_Modified_Since=first.headers["Last-Modified"])
            self.assertEqual((since.status, since.body), (304, b""))
            other = http(path, token=token(), If_None_Match='W/"other"')
            self.assertEqual((other.status, other.body), (200, first.body))

    def test_without_a_token_there_is_no_304(self):
        tag = http(PAGE, token=token()).headers["ETag"]
        self.assertEqual(http(PAGE, If_None_Match=tag).status, 401)


class Compression(Case):
    def test_gzip(self):
        plain = http(PAGE, token=token())
        self.assertIsNone(plain.headers["Content-Encoding"])
        for path, body in ((PAGE, None), ("/api/v2/users/search", {"pageSize": 100})):
            plain = http(path, body, token())
            packed = http(path, body, token(), Accept_Encoding="gzip")
            self.assertEqual(packed.headers["Content-Encoding"], "gzip")
            self.assertEqual(gzip.decompress(packed.body), plain.body)
            self.assertLess(len(packed.body), len(plain.body) / 2)

    def test_zstd(self):
        packed = http(PAGE, token=token(), Accept_Encoding="zstd")
        self.assertEqual(packed.headers["Content-Encoding"], "zstd")
        self.assertEqual(packed.body[:4], b"\x28\xb5\x2f\xfd")


class Login(Case):
    def ask(self, form, **headers):
        headers["Content_Type"] = "application/x-www-form-urlencoded"
        body = urllib.parse.urlencode(form).encode()
        return http("/oauth/token", body, method="POST", **headers)

    def assert_token(self, answer):
        self.assertEqual(answer.status, 200, answer.body)
        body = answer.json()
        self.assertEqual(set(body), {"access_token", "token_type", "expires_in"})
        self.assertEqual((body["token_type"].lower(), body["expires_in"]), ("bearer", 86400))
        self.assertEqual(http(PAGE, token=body["access_token"]).status, 200)

    def test_by_header_with_the_name_of_an_org(self):
        client = first_line("client.json")
        pair = f"{client['client_id']}:{client['client_secret']}"
        basic = "Basic " + base64.b64encode(pair.encode()).decode()
        form = {"grant_type": "client_credentials", "OrgName": "anything"}
        self.assert_token(self.ask(form, Authorization=basic))

    def test_by_form(self):
        client = first_line("client.json")
        self.assert_token(self.ask({"grant_type": "client_credentials", **client}))

    def test_another_grant(self):
        answer = self.ask({"grant_type": "password", **first_line("client.json")})
        self.assertEqual((answer.status, answer.json()["error"]), (400, "unsupported_grant_type"))

    def test_nothing_asked(self):
        answer = self.ask({})
        self.assertEqual((answer.status, answer.json()["error"]), (400, "invalid_request"))


class Extensions(Case):
    def test_as_of(self):
        tomorrow = datetime.date.today() + datetime.timedelta(days=1)
        page = http(f"{PAGE}&asOf={tomorrow}", token=token())
        self.assertEqual(page.status, 200, page.body)
        self.assertEqual([user["id"] for user in page.json()["entities"]], ids("active")[:100])

    def test_as_of_before_the_first_snapshot(self):
        for answer in (
            http(f"{PAGE}&asOf=2001-01-01", token=token()),
            http("/api/v2/users/search", {"asOf": "2001-01-01"}, token()),
        ):
            self.assertEqual(answer.status, 400)
            self.assert_error_body(answer.json(), 400, answer.headers)

    def test_as_of_nonsense(self):
        answer = http(f"{PAGE}&asOf=yesterday", token=token())
        self.assertEqual((answer.status, answer.json().get("code")), (400, "invalid.date"))

    def test_aggregations(self):
        wanted = [{"type": "COUNT", "name": "n"}, {"type": "TERM", "field": "state", "name": "s"}]
        answer = http("/api/v2/users/search", {"aggregations": wanted, "pageSize": 1}, token())
        count = len(ids("active"))
        counted = answer.json()["aggregations"]
        self.assertEqual(counted["n"]["count"], count)
        self.assertEqual(counted["s"]["buckets"], [{"key": "active", "count": count}])
        self.assertEqual((counted["s"]["other"], counted["s"]["total"]), (0, count))
        self.assertEqual(answer.json()["total"], count)

"""Who may ask: secrets that end, tokens that see a part of the org, limits, several orgs."""

import time

from shared import (
    Case,
    STATES,
    documents,
    headcount,
    http,
    ids,
    login,
    search,
    search_all,
    users,
    with_token,
)
from shared import ApiException


def token(*options, org="acme"):
    return headcount("token", "create", "--org", org, *options)["token"]


def everybody(**more):
    return {"query": [{"type": "EXACT", "fields": ["state"], "values": STATES}], **more}


class Endings(Case):
    def refused_within_a_second(self, api, code):
        """Answers at first, and no more from a second after `end` on."""
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            try:
                search({"pageSize": 1}, api)
            except ApiException:
                break
            time.sleep(0.02)
        self.assert_refused(401, code, lambda: search({"pageSize": 1}, api))

    def test_a_revoked_client(self):
        client = headcount("client", "create", "--org", "acme", "--name", "short-lived")
        api = login(client["client_id"], client["client_secret"])
        page = search({"pageSize": 500}, api)
        headcount("client", "revoke", client["client_id"], "--org", "acme")
        self.refused_within_a_second(api, "bad.credentials")
        # In mid-paging too, and there is no new token for it.
        link = page.next_page
        answer = http(link, token=api.api_client.access_token)
        self.assertEqual((answer.status, answer.json()["code"]), (401, "bad.credentials"))
        with self.assertRaises(ApiException) as caught:
            login(client["client_id"], client["client_secret"])
        self.assertIn(caught.exception.status, (400, 401))
        self.assertIn("invalid_client", caught.exception.body)
        # Nobody else is touched.
        self.assertEqual(len(search({"pageSize": 1}).results), 1)

    def test_a_revoked_token(self):
        made = headcount("token", "create", "--org", "acme")["token"]
        api = with_token(made)
        self.assertEqual(len(search({"pageSize": 1}, api).results), 1)
        # The id of a token is the part between the first two underscores.
        headcount("token", "revoke", made.split("_")[1], "--org", "acme")
        self.refused_within_a_second(api, "bad.credentials")

    def test_an_expired_token(self):
        api = with_token(token("--expires", "2s"))
        self.assertEqual(len(search({"pageSize": 1}, api).results), 1)
        time.sleep(2.1)
        self.assert_refused(401, "credentials.expired", lambda: search({"pageSize": 1}, api))

    def test_a_token_without_the_permission(self):
        api = with_token(token("--permission", "headcount:metrics:view"))
        body = self.assert_refused(403, "missing.permissions", lambda: search({}, api))
        self.assertIn("directory:user:view", body["message"])
        self.assert_refused(403, "missing.permissions", api.get_users_query)


class Divisions(Case):
    """A token with divisions: nothing outside them may be learned."""

    def division(self, name):
        """Id of a division, and the ids of its users."""
        inside = [id for id, user in documents().items() if user["division"]["name"] == name]
        return documents()[inside[0]]["division"]["id"], inside

    def test_one_division_by_id(self):
        division, inside = self.division("Riyadh")
        api = with_token(token("--division", division))
        found, total = search_all(everybody(), api)
        self.assert_same([user.id for user in found], inside)
        self.assertEqual(total, len(inside))
        self.assert_documents(found)

    def test_enforcing_permissions_changes_nothing(self):
        division, inside = self.division("APAC")
        api = with_token(token("--division", division))
        for enforce in (True, False):
            found, _ = search_all(everybody(enforcePermissions=enforce), api)
            self.assert_same([user.id for user in found], inside)

    def test_two_divisions_one_by_name(self):
        (emea, of_emea), (_, of_service) = self.division("EMEA"), self.division("Sales & Service")
        api = with_token(token("--division", emea, "--division", "Sales & Service"))
        found, _ = search_all(everybody(), api)
        self.assert_same([user.id for user in found], sorted(of_emea + of_service))

    def test_the_listings(self):
        division, inside = self.division("Deutschland")
        api = with_token(token("--division", division))
        page = api.get_users(page_size=500, state="any")
        self.assertEqual(page.total, len(inside))
        self.assert_same([user.id for user in page.entities], inside[:500])
        # Genesys Cloud has no cursor listing for some divisions; here it shows the part or refuses.
        try:
            page = api.get_users_query(page_size=500, state="any")
        except ApiException as error:
            self.assertEqual(error.status, 403)
        else:
            self.assert_same([user.id for user in page.entities], inside[:500])

    def test_who_is_outside_is_unknown(self):
        division, inside = self.division("Riyadh")
        api = with_token(token("--division", division))
        mine = next(id for id in inside if documents()[id]["state"] == "active")
        self.assert_documents([api.get_user(mine)], api)
        outside = next(id for id in ids("active") if id not in set(inside))
        hidden = self.assert_refused(404, "not.found", lambda: api.get_user(outside))
        unknown = "00000000-0000-4000-8000-000000000000"
        absent = self.assert_refused(404, "not.found", lambda: api.get_user(unknown))
        for body in (hidden, absent):
            del body["contextId"]
        self.assertEqual(hidden, absent)
        self.assertEqual(api.get_users(id=[outside, mine]).total, 1)
        asked = {"query": [{"type": "EXACT", "fields": ["id"], "values": [outside, mine]}]}
        self.assertEqual([user.id for user in search(asked, api).results], [mine])

    def test_names_of_managers_outside_are_unknown(self):
        division, inside = self.division("Riyadh")
        api, inside = with_token(token("--division", division)), set(inside)
        managed = (documents()[id] for id in sorted(inside) if "manager" in documents()[id])
        boss = next(
            documents()[user["manager"]["id"]]
            for user in managed
            if user["manager"]["id"] in documents() and user["manager"]["id"] not in inside
        )
        asks = {"type": "EXACT", "fields": ["manager.email"], "value": boss["email"]}
        self.assertGreater(search({"query": everybody()["query"] + [asks]}).total, 0)
        self.assertEqual(search({"query": everybody()["query"] + [asks]}, api).total, 0)


class Limits(Case):
    def test_a_limit(self):
        limited = token("--rate-limit", "5")
        for number in range(1, 6):
            answer = http("/api/v2/users?pageSize=1", token=limited)
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["inin-ratelimit-count"], str(number))
            self.assertEqual(answer.headers["inin-ratelimit-allowed"], "5")
            self.assertIn(int(answer.headers["inin-ratelimit-reset"]), range(0, 62))
        answer = http("/api/v2/users/search", {}, limited)
        body = answer.json()
        self.assertEqual((answer.status, body["code"]), (429, "too.many.requests.retry.after"))
        self.assert_error_body(body, 429, answer.headers)
        wait = int(answer.headers["Retry-After"])
        self.assertIn(wait, range(1, 62))
        self.assertIn(f"[{wait}] seconds", body["message"])
        # The limit is the token's own.
        self.assertEqual(len(search({"pageSize": 1}).results), 1)


class Orgs(Case):
    def test_the_token_decides_the_org(self):
        api = with_token(token(org="seed"))
        page = search(everybody(), api)
        self.assertEqual([user.name for user in page.results], ["Jane Doe"])
        self.assert_refused(404, "not.found", lambda: api.get_user(ids("active")[0]))
        self.assert_refused(404, "not.found", lambda: users().get_user(page.results[0].id))

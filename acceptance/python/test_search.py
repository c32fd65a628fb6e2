"""Every case of cases.py; and links as Genesys Cloud itself writes them."""

import base64
import gzip
import json

from shared import Case, WORK, documents, search, search_all, users

# The samples of developer.genesys.cloud, unpacked, with values that this org has.
SAMPLES = [
    '{"types":["users"],"query":[{"type":"CONTAINS","fields":["name"],"value":"Smith"}],'
    '"pageSize":25,"pageNumber":1,"returnFields":["guid"],"searchType":"QUERY_THEN_FETCH"}',
    '{"types":["users"],"query":[{"values":[],"type":"STARTS_WITH","fields":["name"],"value":"Tho",'
    '"group":[]}],"pageSize":25,"pageNumber":2,"returnFields":["guid"],"aggregations":[]}',
]


class SearchCase(Case):
    """One case; it is named by what it asks."""

    def __init__(self, case):
        super().__init__("ask")
        self.case = case

    def __str__(self):
        return f"search: {self.case['name']}"

    def ask(self):
        found, total = search_all(self.case["body"])
        self.assert_same([user.id for user in found], self.case["ids"])
        self.assertEqual(total, len(self.case["ids"]))
        self.assert_documents(found)


class Search(Case):
    def test_all_fourteen_types_are_asked(self):
        cases = json.loads((WORK / "cases.json").read_text())
        types = {criterion["type"] for case in cases for criterion in case["body"]["query"]}
        self.assertEqual(len(types), 14, types)

    def test_links_of_genesys_cloud_are_read(self):
        for sample in SAMPLES:
            asked = json.loads(sample)
            packed = base64.urlsafe_b64encode(gzip.compress(sample.encode(), mtime=0)).decode()
            page = users().get_users_search(packed)
            again = search({key: asked[key] for key in ("query", "pageSize", "pageNumber")})
            self.assertEqual((page.page_number, page.page_size), (asked["pageNumber"], 25))
            self.assertEqual(len(page.results), 25)
            self.assert_same([user.id for user in page.results], [user.id for user in again.results])

    def test_presence_of_an_integration_may_be_asked_for(self):
        page = search(
            {"integrationPresenceSource": "MicrosoftTeams", "expand": ["presence"], "pageSize": 100}
        )
        self.assertEqual(len(page.results), 100)
        self.assert_documents(page.results)

    def test_the_case_of_enumerations_does_not_matter(self):
        some = next(iter(documents().values()))
        body = {
            "query": [{"type": "exact", "fields": ["ID"], "value": some["id"].upper()}],
            "sortOrder": "asc",
        }
        body["query"].append({"type": "exact", "fields": ["state"], "value": some["state"].upper()})
        # As plain JSON, since the SDK's models hold its own spellings only.
        page = users().post_users_search(body)
        self.assertEqual([user.id for user in page.results], [some["id"]])


def load_tests(loader, tests, _pattern):
    cases = json.loads((WORK / "cases.json").read_text())
    tests.addTests(SearchCase(case) for case in cases)
    return tests

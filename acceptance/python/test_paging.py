"""Every user exactly once, whichever way the pages are asked for."""

import urllib.parse

from shared import Case, STATES, documents, ids, q64_of, search, search_all, users


class Paging(Case):
    def numbered(self, body, size, expected):
        """Ids of all pages by number; each page must say the truth about itself."""
        found, pages = [], -(-len(expected) // size)
        for number in range(1, pages + 1):
            page = search({**body, "pageSize": size, "pageNumber": number})
            self.assertEqual(
                (page.total, page.page_count, page.page_size, page.page_number, page.types),
                (len(expected), pages, size, number, ["users"]),
            )
            self.assertEqual(len(page.results), min(size, len(expected) - len(found)))
            self.assertEqual(page.previous_page is not None, number > 1)
            self.assertEqual(page.next_page is not None, number < pages)
            self.assert_documents(page.results)
            found += [user.id for user in page.results]
        return found

    def test_by_number_sorted_by_id(self):
        expected = ids("active")
        found = self.numbered({"sortBy": "id", "sortOrder": "ASC"}, 100, expected)
        self.assert_same(found, expected)

    def test_by_number_unsorted(self):
        expected = ids("active")
        found = self.numbered({"query": [{"type": "MATCH_ALL"}]}, 500, expected)
        self.assert_same(sorted(found), expected)

    def test_by_number_of_other_states(self):
        expected = ids("inactive", "deleted")
        query = [{"type": "EXACT", "fields": ["state"], "values": ["inactive", "deleted"]}]
        found = self.numbered({"query": query, "sortBy": "id", "sortOrder": "DESC"}, 500, expected)
        self.assert_same(found[::-1], expected)

    def test_by_q64_link(self):
        expected = ids("active")
        page = search({"pageSize": 500, "sortBy": "id", "sortOrder": "ASC"})
        found = [user.id for user in page.results]
        while page.next_page:
            before = page
            page = users().get_users_search(q64_of(page.next_page))
            self.assertEqual(page.page_number, before.page_number + 1)
            self.assertEqual(page.previous_page, before.current_page)
            self.assertEqual(page.current_page, before.next_page)
            found += [user.id for user in page.results]
        self.assertEqual(page.page_number, page.page_count)
        self.assert_same(found, expected)

    def test_a_q64_link_keeps_the_whole_request(self):
        body = {
            "pageSize": 10,
            "pageNumber": 3,
            "query": [{"type": "STARTS_WITH", "fields": ["name"], "value": "Jürgen"}],
            "sort": [{"sortBy": "department", "sortOrder": "DESC"}],
        }
        third = search(body)
        again = users().get_users_search(q64_of(third.current_page), expand=["presence", "skills"])
        second = users().get_users_search(q64_of(third.previous_page))
        wanted = search({**body, "pageNumber": 2})
        same = lambda a, b: self.assert_same([u.id for u in a.results], [u.id for u in b.results])
        same(again, third)
        same(second, wanted)
        self.assertEqual((again.page_number, again.page_size, again.total), (3, 10, third.total))

    def by_cursor(self, **options):
        found, page = [], users().get_users_query(page_size=500, **options)
        while True:
            self.assertEqual(page.results, len(page.entities))
            found += [user.id for user in page.entities]
            if page.cursor is None:
                self.assertIsNone(page.next_uri)
                return found
            parts = urllib.parse.urlsplit(page.next_uri)
            self.assertEqual(parts.path, "/api/v2/users/query")
            self.assertEqual(urllib.parse.parse_qs(parts.query)["cursor"], [page.cursor])
            page = users().get_users_query(page_size=500, cursor=page.cursor, **options)

    def test_by_cursor(self):
        self.assert_same(self.by_cursor(), ids("active"))

    def test_by_cursor_of_deleted_users(self):
        self.assert_same(self.by_cursor(state="deleted", expand=["presence"]), ids("deleted"))

    def test_by_cursor_downwards(self):
        self.assert_same(self.by_cursor(state="inactive", sort_order="DESC")[::-1], ids("inactive"))

    def listed(self, expected, **options):
        """Ids of all pages of the listing by number."""
        found, number, pages = [], 1, -(-len(expected) // 500)
        while True:
            page = users().get_users(page_size=500, page_number=number, **options)
            self.assertEqual(
                (page.total, page.page_count, page.page_size, page.page_number),
                (len(expected), pages, 500, number),
            )
            self.assertEqual(page.previous_uri is not None, number > 1)
            self.assertEqual(page.next_uri is not None, number < pages)
            for uri, leads_to in (
                (page.first_uri, 1),
                (page.last_uri, pages),
                (page.self_uri, number),
                (page.next_uri, number + 1),
                (page.previous_uri, number - 1),
            ):
                if uri is not None:
                    parts = urllib.parse.urlsplit(uri)
                    asked = urllib.parse.parse_qs(parts.query)
                    self.assertEqual(parts.path, "/api/v2/users")
                    self.assertEqual(asked["pageNumber"], [str(leads_to)])
                    self.assertEqual(asked["pageSize"], ["500"])
            found += [user.id for user in page.entities]
            if number >= page.page_count:
                return found
            number += 1

    def test_listing_of_active_users(self):
        self.assert_same(self.listed(ids("active")), ids("active"))

    def test_listing_of_every_state(self):
        self.assert_same(self.listed(ids(*STATES), state="any"), ids(*STATES))

    def test_listing_of_inactive_users_downwards(self):
        found = self.listed(ids("inactive"), state="inactive", sort_order="descending")
        self.assert_same(found[::-1], ids("inactive"))

    def test_listing_of_deleted_users(self):
        found = self.listed(ids("deleted"), state="deleted", sort_order="ASC", expand=["skills"])
        self.assert_same(found, ids("deleted"))

    def test_pages_have_25_users_unless_asked_otherwise(self):
        expected = ids("active")[:25]
        found = search({})
        self.assertEqual((found.page_size, found.page_number), (25, 1))
        self.assert_same([user.id for user in found.results], expected)
        self.assert_same([user.id for user in users().get_users().entities], expected)
        self.assert_same([user.id for user in users().get_users_query().entities], expected)

    def test_a_page_past_the_end_is_empty(self):
        page = search({"pageSize": 500, "pageNumber": 1000})
        self.assertEqual((page.results, page.total, page.next_page), ([], len(ids("active")), None))
        page = users().get_users(page_size=500, page_number=1000)
        self.assertEqual((page.entities, page.total, page.next_uri), ([], len(ids("active")), None))

    def test_a_search_that_finds_nobody(self):
        query = [{"type": "EXACT", "fields": ["email"], "value": "nobody@example.com"}]
        page = search({"query": query})
        self.assertEqual((page.results, page.total, page.page_count), ([], 0, 0))
        self.assertIsNone(page.next_page)

    def test_a_user_of_every_state_is_found_by_search(self):
        query = [{"type": "EXACT", "fields": ["state"], "values": STATES}]
        some = [ids(state)[1_000] for state in STATES]
        query.append({"type": "EXACT", "fields": ["id"], "values": some})
        found, total = search_all({"query": query})
        self.assertEqual(total, 3)
        self.assert_documents(found)
        self.assertEqual({user.id for user in found}, set(some))
        self.assertTrue(all(user.state == documents()[user.id]["state"] for user in found))

"""One user by id, and several by their ids."""

from shared import Case, documents, ids, users


class Users(Case):
    def test_an_active_user(self):
        for id in ids("active")[::3_000]:
            self.assert_documents([users().get_user(id)])

    def test_an_inactive_user(self):
        self.assert_documents([users().get_user(ids("inactive")[0])])

    def test_an_active_user_asked_for_by_state_and_expand(self):
        id = ids("active")[7]
        self.assert_documents([users().get_user(id, state="active", expand=["skills", "presence"])])

    def test_a_deleted_user_is_there_when_asked_for(self):
        id = ids("deleted")[0]
        self.assert_refused(404, "not.found", lambda: users().get_user(id))
        self.assert_documents([users().get_user(id, state="deleted")])

    def test_an_active_user_is_not_among_the_deleted(self):
        id = ids("active")[0]
        self.assert_refused(404, "not.found", lambda: users().get_user(id, state="deleted"))

    def test_an_id_in_capitals(self):
        id = ids("active")[5]
        self.assertEqual(users().get_user(id.upper()).id, id)

    def test_several_users_by_id(self):
        some = sorted([ids("active")[20_000], ids("active")[3], ids("active")[700]])
        page = users().get_users(id=some)
        self.assertEqual(sorted(user.id for user in page.entities), some)
        self.assert_documents(page.entities)

    def test_several_users_by_id_of_any_state(self):
        some = sorted([ids("active")[9], ids("inactive")[9], ids("deleted")[9]])
        page = users().get_users(id=some, state="any")
        self.assertEqual(sorted(user.id for user in page.entities), some)

    def test_several_users_by_jabber_id(self):
        some = [documents()[id] for id in ids("active")[40:42]]
        page = users().get_users(jabber_id=[user["chat"]["jabberId"] for user in some])
        self.assertEqual({user.id for user in page.entities}, {user["id"] for user in some})

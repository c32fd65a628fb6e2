"""Three servers with a daily job on one PostgreSQL, and all that can befall them.

Nothing but conditions is waited for. In the end every answer of every node must have been one round
of the org, every snapshot told by every node that was up within a second of its publication, every
due time worth one sync, and the history what was published.
"""

import datetime
import http.client
import json
import os
import sys
import time

from load import Load
from machines import DATABASE, Database, Headcount, Node, Sandbox, sql, until

# A publication is told by every node within so many seconds.
SOON = 1.0


class Story:
    def __init__(self, binary):
        self.headcount = Headcount(binary)
        self.headcount.environment["HEADCOUNT_STORE"] = DATABASE
        self.database = Database()
        self.sandbox = Sandbox(self.headcount)
        self.nodes = []
        self.load = None
        # Syncs that must have begun, snapshots that must have been published.
        self.runs = 0
        self.published = 0

    # --- what a person does ---------------------------------------------------------------------

    def token(self):
        options = ["--rate-limit", "off", "--output", "json"]
        return json.loads(self.headcount.told(["token", "create", *options]))["token"]

    def sync(self):
        """A round that a fourth machine publishes; every node that is up must come to tell it."""
        number = self.sandbox.next_round()
        self.headcount.told(["sync", "--quiet", "--output", "json"])
        self.runs += 1
        self.told(number)

    def told(self, number):
        self.published += 1
        up = [node for node in self.nodes if node.up]
        until(f"round {number} everywhere", lambda: self.load.everywhere(number, up), 10)

    def status(self, node, token):
        connection = http.client.HTTPConnection(node.address, timeout=10)
        headers = {"Authorization": f"Bearer {token}"}
        connection.request("GET", "/api/v2/users?pageSize=1", headers=headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status

    # --- the daily job ---------------------------------------------------------------------------

    def holder(self):
        """The node whose sync is under way and has asked for some pages, once there is one."""
        before = self.sandbox.stats()["by_endpoint"].get("search", 0)

        def at_work():
            if self.sandbox.logins() != self.runs + 1:
                return False
            return self.sandbox.stats()["by_endpoint"].get("search", 0) >= before + 4

        until("a node syncs", at_work, 80)
        self.runs += 1
        (process,) = sql("SELECT pid FROM headcount.holder")
        return next(node for node in self.nodes if node.process.pid == int(process))

    def alone(self):
        """No sync began that was not expected."""
        assert self.sandbox.logins() == self.runs, "two syncs for one due time"

    # --- the acts ----------------------------------------------------------------------------------

    def all_start_at_once(self):
        """There is no snapshot, so that the job is due on all three."""
        self.load = Load(self.sandbox, self.token())
        # What comes before takes a quarter of a minute.
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=78)
        self.first_due = soon.replace(second=0, microsecond=0)
        self.second_due = self.first_due + datetime.timedelta(minutes=1)
        cron = f"{self.first_due.minute},{self.second_due.minute} * * * *"
        self.sandbox.next_round()
        self.nodes = [Node(self.headcount, f"node-{name}", cron) for name in "abc"]
        for node in self.nodes:
            node.serving()
        for node in self.nodes:
            until("the first snapshot", lambda: self.status(node, self.load.token) == 200, 20)
            self.load.read(node)
        self.runs += 1
        self.told(1)
        # Those who were not first look again, and find nothing to do.
        self.alone()

    def anybody_publishes(self):
        for _ in range(2):
            self.sync()

    def one_is_killed(self):
        node = self.nodes[2]
        node.kill()
        self.sync()
        node.start_again()
        until(f"{node.name} is back", lambda: self.load.everywhere(self.sandbox.round, [node]), 10)
        self.sync()

    def a_token_is_revoked(self):
        token = self.token()
        for node in self.nodes:
            until("the token counts", lambda: self.status(node, token) == 200, SOON)
        self.headcount.told(["token", "revoke", token.removeprefix("hc_").split("_")[0]])
        for node in self.nodes:
            until("the token is refused", lambda: self.status(node, token) == 401, SOON)
        return token

    def the_holder_is_killed_and_the_database_crashes(self, revoked):
        """Due on all three: one begins, and dies; the next loses the database; the third does it."""
        number = self.sandbox.next_round()
        first = self.holder()
        first.kill()
        killed = time.time()
        second = self.holder()
        assert second is not first
        took_over = time.time() - killed
        self.database.stop("crash")
        for node in self.nodes:
            if node.up:
                assert self.status(node, self.load.token) == 200, "from memory"
                assert self.status(node, revoked) == 401, "also from memory"
        self.database.start()
        crashed = time.time()
        third = self.holder()
        again = time.time() - crashed
        self.told(number)
        print(f"   taken over {took_over:.1f} s after a kill, {again:.1f} s after a crash,"
              f" by {second.name} and {third.name}")
        first.start_again()
        self.alone()

    def the_database_restarts(self):
        self.database.stop("stop")
        self.database.start()
        self.sync()

    def the_holder_stands_still(self):
        number = self.sandbox.next_round()
        paused = self.holder()
        paused.pause()
        sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE application_name = '{paused.name}'")
        other = self.holder()
        assert other is not paused
        self.told(number)
        outcomes = len(paused.ended())
        paused.go_on()
        until("it tells the round", lambda: self.load.everywhere(number, [paused]), 10)
        until("its sync ends", lambda: len(paused.ended()) > outcomes, 30)
        outcome = paused.ended()[outcomes]
        assert outcome not in ("published", "held"), outcome
        print(f"   {paused.name} stood still, {other.name} published; the sync of the first: {outcome}")
        self.alone()
        self.sync()

    # --- what must be in the end -------------------------------------------------------------------

    def snapshots(self):
        told = json.loads(self.headcount.told(["snapshots", "--output", "json"]))
        for one in told:
            when = datetime.datetime.fromisoformat(one["published"].replace("Z", "+00:00"))
            one["at"] = when.timestamp()
        return sorted(told, key=lambda one: one["id"])

    def slowest(self, snapshots):
        """The longest that a node took to tell a publication, with the database and itself up."""
        worst, looked = 0.0, 0
        for one in snapshots:
            begin, end = one["at"], one["at"] + SOON
            if any(away <= end and begin <= back for away, back in self.database.away):
                continue
            for node in self.nodes:
                ends = [at for at, _ in node.epochs[1:]] + [float("inf")]
                for epoch, ((since, up), over) in enumerate(zip(node.epochs, ends), 1):
                    if up and since <= begin and end <= over and one["id"] > 1:
                        number = self.load.round_of[one["id"]]
                        took = self.load.seen_after(node.name, epoch, number, begin)
                        worst, looked = max(worst, took), looked + 1
        return worst, looked

    def history(self, snapshots):
        rounds = [self.load.round_of[one["id"]] for one in snapshots]
        assert rounds == list(range(1, self.published + 1)), rounds
        node = self.nodes[0]
        connection = http.client.HTTPConnection(node.address, timeout=30)
        headers = {"Authorization": f"Bearer {self.load.token}"}
        for number, one in zip(rounds, snapshots):
            path = f"/api/v2/users?pageSize=50&asOf={one['published']}"
            connection.request("GET", path, headers=headers)
            body = json.loads(connection.getresponse().read())
            assert body["total"] == self.sandbox.active[number], (number, body["total"])
            departments = {user["department"] for user in body["entities"]}
            assert departments == {f"round {number}"}, (number, departments)

    def copied(self):
        file = f"sqlite:{self.headcount.home / 'copy.db'}"
        self.headcount.told(["store", "copy", DATABASE, file])
        for question in (["users", "--output", "ndjson"], ["history", "--output", "json"],
                         ["snapshots", "--output", "json"]):
            here = self.headcount.told(question)
            assert len(here) > 1000 and here == self.headcount.told(question, HEADCOUNT_STORE=file)

    def run(self):
        began = time.time()

        def act(name, do, *given):
            print(f"{time.time() - began:6.1f} s  {name}", flush=True)
            return do(*given)

        act("three start at once", self.all_start_at_once)
        act("a fourth machine publishes", self.anybody_publishes)
        act("one is killed", self.one_is_killed)
        revoked = act("a token is revoked", self.a_token_is_revoked)
        act("the holder is killed, and the database crashes in the sync of the next",
            self.the_holder_is_killed_and_the_database_crashes, revoked)
        act("the database restarts", self.the_database_restarts)
        act("the holder stands still", self.the_holder_stands_still)
        self.load.end()
        act("the history", lambda: None)
        snapshots = self.snapshots()
        self.history(snapshots)
        self.copied()
        self.alone()
        assert not self.load.wrong, "\n".join(self.load.wrong[:20])
        worst, looked = self.slowest(snapshots)
        assert looked >= len(snapshots) and worst < SOON, (worst, looked)
        for node in self.nodes:
            assert "panicked" not in node.log.read_text("utf-8")
        print(f"{time.time() - began:6.1f} s  {self.load.answers} answers, none wrong;"
              f" {self.runs} syncs, {len(snapshots)} snapshots;"
              f" each told by every node within {worst:.2f} s ({looked} times)")


def main():
    story = Story(os.path.abspath(sys.argv[1]))
    try:
        story.run()
    except BaseException:
        for node in story.nodes:
            print(f"-- last of {node.name}:", *node.log.read_text("utf-8").splitlines()[-12:], sep="\n")
        if story.load:
            print(*story.load.wrong[:20], sep="\n")
        raise
    finally:
        story.headcount.end()


main()

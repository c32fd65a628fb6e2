"""The load: readers who ask every node all the time, and hold each answer against the others."""

import http.client
import json
import random
import threading
import time

PAGE = 50


class Load:
    """What all readers know. `wrong` is what must not be."""

    def __init__(self, sandbox, token):
        self.sandbox, self.token = sandbox, token
        self.lock = threading.Lock()
        self.wrong = []
        self.answers = 0
        # Round of each snapshot that was ever told.
        self.round_of = {}
        # The newest round that a node told, by node and by process.
        self.newest = {}
        # When a node told a round for the first time: node, epoch, round.
        self.first = {}
        self.over = threading.Event()
        self.threads = []

    def read(self, node, readers=2):
        for number in range(readers):
            thread = threading.Thread(target=self.reader, args=(node, number), daemon=True)
            self.threads.append(thread)
            thread.start()

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(30)

    def everywhere(self, number, nodes):
        """Whether each of these nodes tells the round."""
        with self.lock:
            return all(self.newest.get(node.name, 0) >= number for node in nodes)

    def reader(self, node, number):
        dice = random.Random(f"{node.name} {number}")
        connection, epoch = None, None
        while not self.over.is_set():
            if not node.up:
                time.sleep(0.01)
                continue
            if epoch != node.epoch:
                epoch = node.epoch
                connection = http.client.HTTPConnection(node.address, timeout=30)
            floor = self.newest.get(node.name, 0)
            try:
                answer = self.ask(connection, dice)
            except (OSError, http.client.HTTPException) as error:
                # A node that is killed or stands still answers nobody; every other does.
                if epoch == node.epoch:
                    self.complain(node, f"no answer: {error!r}")
                connection.close()
                continue
            with self.lock:
                self.judge(node, epoch, floor, *answer)
            time.sleep(0.004)

    def ask(self, connection, dice):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if dice.random() < 0.4:
            user = dice.choice(self.sandbox.kept)
            connection.request("GET", f"/api/v2/users/{user}", headers=headers)
        else:
            page = {"pageSize": PAGE, "pageNumber": dice.randint(1, 16), "sortBy": "name"}
            connection.request("POST", "/api/v2/users/search", json.dumps(page), headers)
        response = connection.getresponse()
        body = json.loads(response.read())
        return response.status, response.getheader("ETag") or "", body, time.time()

    def judge(self, node, epoch, floor, status, tag, body, at):
        self.answers += 1
        if status != 200:
            return self.complain(node, f"status {status}")
        users = body.get("results", [body])
        departments = {user.get("department") for user in users}
        if len(departments) != 1 or len(users) not in (1, PAGE):
            return self.complain(node, f"{len(users)} users of {departments} in one answer")
        number = int(departments.pop().removeprefix("round "))
        if "total" in body and body["total"] != self.sandbox.active[number]:
            return self.complain(node, f"round {number} has a total of {body['total']}")
        snapshot = int(tag.removeprefix('W/"').split(".")[0])
        if self.round_of.setdefault(snapshot, number) != number:
            return self.complain(node, f"snapshot {snapshot} has two rounds")
        if number < floor:
            return self.complain(node, f"round {number} after round {floor}")
        self.newest[node.name] = max(number, self.newest.get(node.name, 0))
        self.first.setdefault((node.name, epoch, number), at)

    def complain(self, node, what):
        self.wrong.append(f"{node.name}: {what}")

    def seen_after(self, node, epoch, number, since):
        """Seconds until this node told the round, or one after it."""
        with self.lock:
            times = [
                at for (name, of, told), at in self.first.items()
                if name == node and of == epoch and told >= number
            ]
        return min(times, default=float("inf")) - since

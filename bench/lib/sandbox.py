"""Orgs to fetch from: a running sandbox, and stores that were filled from one."""

import json
import os
import subprocess
import urllib.request

from lib.machine import Headcount, Measured

STATES = ["active", "inactive", "deleted"]


class Sandbox:
    """A running sandbox."""

    def __init__(self, users, *options):
        command = Headcount.command("sandbox", "--listen", "127.0.0.1:0", "--users", users, *options)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = json.loads(self.process.stdout.readline())
        self.url, self.id, self.secret = line["url"], line["client_id"], line["client_secret"]
        self.env = dict(
            os.environ,
            HEADCOUNT_API_URL=self.url,
            GENESYSCLOUD_OAUTHCLIENT_ID=self.id,
            GENESYSCLOUD_OAUTHCLIENT_SECRET=self.secret,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as answer:
            return json.load(answer)

    def stats(self):
        return self.get("/sandbox/stats")

    def documents(self):
        """Every user, as JSON text."""
        with urllib.request.urlopen(self.url + "/sandbox/users") as answer:
            return answer.read().decode().splitlines()

    def rename(self, ids):
        """Gives these users another name."""
        changes = json.dumps([{"do": "rename", "user": id} for id in ids]).encode()
        kind = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + "/sandbox/change", changes, kind)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["changed"]

    def token(self):
        form = f"grant_type=client_credentials&client_id={self.id}&client_secret={self.secret}"
        with urllib.request.urlopen(self.url + "/oauth/token", form.encode()) as answer:
            return json.load(answer)["access_token"]

    def sync_command(self, store, *options):
        return Headcount.command("sync", "--quiet", "--store", store_url(store), "--output", "json", *options)

    def sync(self, store, *options):
        return Measured(self.sync_command(store, *options), self.env)


def store_url(store):
    """The URL of a store, which may be a file or one already."""
    return str(store) if "://" in str(store) else f"sqlite:{store}"


def page_request(number, size):
    """The body that asks for a page of everybody."""
    return {
        "pageSize": size,
        "pageNumber": number,
        "sortBy": "id",
        "sortOrder": "ASC",
        "query": [{"type": "EXACT", "fields": ["state"], "values": STATES}],
    }


def store_bytes(store):
    """Bytes of a store on disk, its log included (what is shared in memory and the lock are not)."""
    files = [store, store.with_name(store.name + "-wal")]
    return sum(path.stat().st_size for path in files if path.exists())


def remove_store(store):
    for path in store.parent.glob(store.name + "*"):
        path.unlink()


class Orgs:
    """Stores filled from the sandbox, each made once per run of the benchmarks."""

    def __init__(self, folder):
        self.folder = folder
        self.stores = {}

    def store(self, users):
        if users not in self.stores:
            store = self.folder / f"org-{users}.db"
            with Sandbox(users) as sandbox:
                sandbox.sync(store)
            self.stores[users] = store
        return self.stores[users]

    def take(self, users):
        """A store for somebody who changes it."""
        store = self.store(users)
        del self.stores[users]
        return store

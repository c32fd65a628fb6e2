"""What does not depend on a peer's speed: use of the limit, growth with the org, counting."""

import threading
import time

from lib.machine import Headcount, Measured, median
from lib.report import Row, duration
from lib.sandbox import Sandbox, remove_store


class Limit:
    """A limit of 6,000 a minute; small pages, so that more than one window is needed."""

    TITLE = "Use of the limit"
    NEEDS = []
    ALLOWED, USERS, PAGE = 6_000, 100_000, 12

    @classmethod
    def measure(cls, bench):
        counts, over = [], threading.Event()
        with Sandbox(cls.USERS, "--window", "off", "--rate-limit", str(cls.ALLOWED)) as sandbox:

            def watch():
                while not over.wait(0.25):
                    counts.append((time.monotonic(), sandbox.stats()["requests"]))

            watcher = threading.Thread(target=watch)
            watcher.start()
            begin = time.monotonic()
            try:
                run = sandbox.sync(bench.folder / "limit.db", "--page-size", str(cls.PAGE))
            finally:
                over.set()
                watcher.join()
            stats = sandbox.stats()
        used = max(requests for at, requests in counts if at < begin + 55)
        return {
            "used": used,
            "refused": stats["by_status"].get("429", 0),
            "requests": stats["requests"],
            "seconds": run.seconds,
        }

    @classmethod
    def rows(cls, raw):
        what = f"Limit of {cls.ALLOWED:,} a minute, used in the first window"
        yield Row(what, f"{raw['used']:,}", "the limit", raw["used"] / cls.ALLOWED, at_least=0.97)
        refused = f"{raw['refused']} of {raw['requests']:,}"
        yield Row("The same, answers with 429", refused, goal="0", met=raw["refused"] == 0)


class Growth:
    """Time and memory from ten thousand to a million."""

    TITLE = "Growth with the org"
    NEEDS = []
    GOALS = {100_000: 150, 1_000_000: 250}

    @classmethod
    def measure(cls, bench):
        sizes = [10_000, 100_000] if bench.quick else [10_000, 100_000, 1_000_000]
        grown = []
        for users in sizes:
            runs = []
            with Sandbox(users) as sandbox:
                for turn in range(bench.repetitions if users < 1_000_000 else 1):
                    store = bench.folder / f"growth-{users}-{turn}.db"
                    runs.append(sandbox.sync(store))
                    remove_store(store)
            seconds, peak = median(run.seconds for run in runs), max(run.peak_mb for run in runs)
            grown.append({"users": users, "seconds": seconds, "peak_mb": peak})
        return grown

    @classmethod
    def rows(cls, raw):
        for size in raw:
            goal = cls.GOALS.get(size["users"])
            yield Row(
                f"Peak memory of `sync`, {size['users']:,} users",
                f"{size['peak_mb']:.0f} MB",
                goal=f"≤ {goal} MB" if goal else "",
                met=size["peak_mb"] <= goal if goal else None,
            )
        least = raw[0]
        for size in raw:
            each = size["seconds"] / size["users"]
            yield Row(
                f"`sync`, {size['users']:,} users, window of 10,000",
                f"{size['seconds']:.2f} s, {duration(each)} each",
                f"{least['users']:,} users: {duration(least['seconds'] / least['users'])} each",
                each * least["users"] / least["seconds"],
            )


class Count:
    """`count` beside the sqlite3 shell on the same file."""

    TITLE = "Counting 100,000 users"
    NEEDS = ["sqlite3"]

    @classmethod
    def measure(cls, bench):
        store = bench.orgs.store(100_000)
        sql = "SELECT department, count(*) FROM version_open GROUP BY department ORDER BY 2 DESC"
        count = Headcount.command("count", "--by", "department", "--store", f"sqlite:{store}")
        ours, shell = [], []
        for _ in range(bench.repetitions * 3):
            ours.append(Measured(count).seconds)
            shell.append(Measured(["sqlite3", store, sql]).seconds)
        return {"count_s": median(ours), "sqlite3_s": median(shell)}

    @classmethod
    def rows(cls, raw):
        peer = f"sqlite3 shell, same GROUP BY, same file: {duration(raw['sqlite3_s'])}"
        ratio = raw["count_s"] / raw["sqlite3_s"]
        yield Row("`count --by department`", duration(raw["count_s"]), peer, ratio, at_most=3)

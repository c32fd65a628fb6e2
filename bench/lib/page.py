"""The page of an org of 100,000 users: how long its views take, how large they are, and what
Lighthouse thinks of them."""

import json
import statistics
import subprocess
import sys
import time
import urllib.parse

from lib.machine import ROOT, Headcount, percentile
from lib.report import Row, duration
from lib.server import Open
from lib.wire import Http

USERS, TIMES = 100_000, 20
# What somebody types into the search, letter by letter.
TYPED = ["smith", "o'b", "zoë", "@example.com", "sales"]
# Of the text of a search, and of everything else.
GOALS = {"typed": 0.010, "view": 0.020}
MOST_BYTES = 100_000
LEAST_SCORE = 95
CATEGORIES = ["performance", "accessibility", "best-practices"]

TITLE = f"The page, {USERS:,} users"
NOTE = (
    "The org of `acceptance/page`: a year of joiners, movers and leavers, and two weeks of facts. A view is asked for "
    f"{TIMES} times over one connection, after once to warm up; the time is from the request to the last byte of its "
    "HTML, half of the answers within it. Search as you type asks for the part that the script puts in, after each letter. "
    "Lighthouse has a telephone with a slow line and a slow processor in mind, in Debian's Chromium."
)
NEEDS = ["node", "npm", "chromium"]


def measure(bench):
    made = prepared(bench.folder / "page")
    with Open(made["store"], "--org", made["org"]) as server:
        judged = lighthouse(server.url)
        client = Http(server.url)
        views = [dict(view, **timed(client, server.url, view["at"])) for view in judged]
        typed = letters(client, server.url)
        client.close()
        raw = {"views": views, "typed": typed, "memory_mb": server.memory()["VmHWM"]}
    return raw


def prepared(folder):
    """The org, made by the commands of acceptance/page."""
    command = [ROOT / "acceptance" / "page" / "org", Headcount.path, folder, str(USERS), "14"]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def lighthouse(url):
    """A line for each view, with its path and scores."""
    command = [ROOT / "acceptance" / "page" / "lighthouse", Headcount.path, url]
    # A score that is too low is a result, no failure.
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    views = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    if not views:
        sys.exit("Lighthouse gave no scores")
    return views


def timed(client, url, at, header=""):
    """Seconds of the median and the slowest answer, and its bytes."""
    request = f"GET {at} HTTP/1.1\r\nHost: {urllib.parse.urlsplit(url).netloc}\r\n{header}\r\n".encode()
    size = len(client.answer(request))
    seconds = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        client.answer(request)
        seconds.append(time.perf_counter() - begin)
    return {"bytes": size, "seconds": statistics.median(seconds), "slowest": max(seconds)}


def letters(client, url):
    """Each beginning of what is typed: the slowest of the medians counts."""
    found = []
    for text in TYPED:
        for end in range(1, len(text) + 1):
            at = "/people?" + urllib.parse.urlencode({"q": text[:end]})
            found.append(dict(timed(client, url, at, "x-headcount-part: 1\r\n"), typed=text[:end]))
    return found


def rows(raw):
    for view in raw["views"]:
        yield Row(
            f"{view['view']}: answered within",
            f"{duration(view['seconds'])}, slowest {duration(view['slowest'])}",
            goal=f"≤ {duration(GOALS['view'])}",
            met=view["seconds"] <= GOALS["view"],
        )
    slowest = max(raw["typed"], key=lambda asked: asked["seconds"])
    yield Row(
        f"Search as you type, the slowest of {len(raw['typed'])} beginnings, `{slowest['typed']}`",
        f"{duration(slowest['seconds'])}, median of all {duration(percentile([asked['seconds'] for asked in raw['typed']], 0.5))}",
        goal=f"≤ {duration(GOALS['typed'])}",
        met=slowest["seconds"] <= GOALS["typed"],
    )
    for view in raw["views"]:
        yield Row(
            f"HTML of {view['view']}",
            f"{view['bytes']:,} bytes",
            goal=f"< {MOST_BYTES:,} bytes",
            met=view["bytes"] < MOST_BYTES,
        )
    for view in raw["views"]:
        scores = [view[name] for name in CATEGORIES]
        yield Row(
            f"Lighthouse, {view['view']}: {', '.join(CATEGORIES).replace('-', ' ')}",
            ", ".join(map(str, scores)),
            goal=f"≥ {LEAST_SCORE}",
            met=min(scores) >= LEAST_SCORE,
        )
    yield Row("Memory of the server at its most", f"{raw['memory_mb']:,.0f} MB")

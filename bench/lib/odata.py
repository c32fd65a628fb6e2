"""Pages of the OData feed over HTTP, beside the plain search with as many bytes."""

import json
import urllib.parse

from lib.machine import median
from lib.report import Row, duration
from lib.sandbox import page_request
from lib.serve import cpu_seconds
from lib.server import SEARCH
from lib.wire import Http, get, post, wrk

TITLE = "OData pages of 1,000 users out of 100,000"
NOTE = (
    "wrk, keep-alive, all pages in turn, both with a token, both from the same server. OData: `GET /odata/v4/Users`, "
    "every property, page by page along `@odata.nextLink`. The search: `POST /api/v2/users/search` for users of every "
    "state, with as many users on a page as make up as many bytes. Figures are per page of the feed; the peer's are "
    "scaled to its bytes."
)
NEEDS = ["wrk"]
USERS, PAGE, CONNECTIONS = 100_000, 1_000, 16
QUESTIONS = {
    "every property": "",
    "three properties of them": "?%24select=Id,Name,Department",
    "those of a state": "?%24filter=State+eq+%27active%27",
}


def measure(bench):
    with bench.server(bench.orgs.store(USERS)) as server:
        feeds = {name: pages(server, query) for name, query in QUESTIONS.items()}
        size = feeds["every property"][1]
        users = fitting(server, size)
        searches = [post(server.url, SEARCH, page_request(number, users), server.token) for number in range(1, USERS // users)]
        sides = {name: asked for name, (asked, _) in feeds.items()}
        sides["search"] = searches
        # What is written when it is first asked for is there before anything is measured.
        runs = {side: [] for side in sides}
        seconds = 2 if bench.quick else 4
        for asked in sides.values():
            wrk(server.url, bench.folder, asked, CONNECTIONS, 1)
        for _ in range(bench.repetitions):
            for side, asked in sides.items():
                before = cpu_seconds([server.process.pid])
                summary = wrk(server.url, bench.folder, asked, CONNECTIONS, seconds)
                summary["cpu_s"] = cpu_seconds([server.process.pid]) - before
                runs[side].append(summary)
        return {
            "users_on_search_page": users,
            "bytes": {name: size for name, (_, size) in feeds.items()},
            "sides": {side: told(all) for side, all in runs.items()},
        }


def told(runs):
    return {
        "page_s": median(run["seconds"] / run["requests"] for run in runs),
        "byte_s": median(run["seconds"] / run["bytes"] for run in runs),
        "cpu_byte_s": median(run["cpu_s"] / run["bytes"] for run in runs),
        "p99_us": median(run["p99_us"] for run in runs),
    }


def pages(server, query):
    """The requests for all pages, and the mean size of their answers."""
    client, asked, sizes = Http(server.url), [], []
    link = f"/odata/v4/Users{query}"
    while link:
        request = page(server, link)
        body = client.answer(request)
        asked.append(request)
        sizes.append(len(body))
        following = json.loads(body).get("@odata.nextLink")
        link = following and urllib.parse.urlsplit(following)._replace(scheme="", netloc="").geturl()
    client.close()
    # The last page is a short one.
    return asked[:-1] or asked, sum(sizes[:-1]) / max(len(sizes) - 1, 1)


def page(server, link):
    head = f"\r\nAuthorization: Bearer {server.token}\r\nPrefer: odata.maxpagesize={PAGE}\r\n\r\n"
    return get(server.url, link)[:-4] + head.encode()


def fitting(server, size):
    """Users on a page of the search that has so many bytes."""
    client = Http(server.url)
    most = 500
    body = client.answer(post(server.url, SEARCH, page_request(2, most), server.token))
    client.close()
    return max(1, min(most, round(most * size / len(body))))


def rows(raw):
    search = raw["sides"]["search"]
    peer = f"search, {raw['users_on_search_page']} users on a page"
    for name, size in raw["bytes"].items():
        feed = raw["sides"][name]
        goal = {"at_most": 2} if name == "every property" else {}
        yield Row(
            f"A page, {name}, {size:,.0f} bytes: time of the server under load",
            duration(feed["page_s"]),
            f"{peer}: {duration(search['byte_s'] * size)}",
            feed["byte_s"] / search["byte_s"],
            **goal,
        )
        yield Row(
            "The same, CPU",
            duration(feed["cpu_byte_s"] * size),
            f"search: {duration(search['cpu_byte_s'] * size)}",
            feed["cpu_byte_s"] / search["cpu_byte_s"],
        )

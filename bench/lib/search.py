"""Searches over HTTP beside the same questions to PostgreSQL, and the memory that it takes."""

import itertools
import json
import sys
import time

from lib.machine import Headcount, Measured, median, percentile
from lib.postgres import Cluster, statements
from lib.questions import questions
from lib.report import Row, duration, megabytes
from lib.server import SEARCH
from lib.wire import Http, get, post, wrk

TITLE = "Searching, beside PostgreSQL"
NOTE = (
    "One client each, over loopback, the same raw-socket loop on both sides; the total and the page of "
    "25 documents in the same order; up to 200 cases per question drawn from the data, asked in turn on "
    "both sides, both checked to give the same. PostgreSQL: prepared statements with parameters, the "
    "fastest of several ways to say it, B-tree, partial and compound indexes, pg_trgm, everything in "
    "shared buffers. Under load: wrk, 32 connections, the same cases."
)
NEEDS = ["initdb", "wrk"]
SAMPLE = 5_000
# Cases that are compared document by document, and that choose the way to ask PostgreSQL.
CHECKED, TRIED = 20, 5


def measure(bench):
    sizes = [100_000] if bench.quick else [100_000, 1_000_000]
    return [measure_size(bench, users) for users in sizes]


def measure_size(bench, users):
    store = bench.orgs.store(users)
    documents, sample, active, size = export(bench.folder, store, users)
    with bench.server(store) as server, Cluster() as cluster:
        raw = {"users": users, "documents_bytes": size, "ready_s": server.ready_s, "loaded": server.memory()}
        cluster.load(documents)
        documents.unlink()
        raw["floor"] = floor(server, cluster)
        raw["questions"] = [
            ask(bench, server, cluster, question, f"{users:,} users, {question.name}")
            for question in questions(sample, active)
        ]
        raw["asked"] = server.memory()
    return raw


def export(folder, store, users):
    """The documents of a store in a file, a sample of them, how many are active, their bytes."""
    path = folder / f"documents-{users}.ndjson"
    with open(path, "w") as out:
        command = Headcount.command("users", "--output", "ndjson", "--store", f"sqlite:{store}")
        Measured(command, output=out)
    size, active, sample, every = 0, 0, [], max(1, users // SAMPLE)
    with open(path, "rb") as lines:
        for number, line in enumerate(lines):
            size += len(line) - 1
            active += b'"state":"active"' in line
            if number % every == 0:
                sample.append(line)
    return path, sample, active, size


def ask(bench, server, cluster, question, about):
    cases = list(itertools.islice(question.cases, bench.cases))
    ours, theirs = Http(server.url), cluster.client()
    requests = [post(server.url, SEARCH, case.body, server.token) for case in cases]
    chosen = choose(theirs, question, cases)
    theirs.prepare("chosen", chosen)
    executions = [theirs.execution("chosen", [*case.values, case.skipped]) for case in cases]
    totals = []
    for request, execution in itertools.islice(zip(requests, executions), CHECKED):
        totals.append(same(ours.answer(request), theirs.rows(execution), about))
    seconds = 4 if bench.quick else 8
    pairs = race(ours, theirs, requests, executions, seconds)
    ours.close()
    theirs.close()
    load = wrk(server.url, bench.folder, requests, 32, 2 if bench.quick else 4)
    print(f"{about}: {pairs['ours_s'] * 1e6:.0f} µs, PostgreSQL {pairs['postgres_s'] * 1e6:.0f} µs", file=sys.stderr)
    return {
        "name": question.name,
        "beside": question.beside,
        "median_total": median(totals),
        "sql": chosen,
        **pairs,
        "load_per_s": load["requests"] / load["seconds"],
        "load_p50_us": load["p50_us"],
        "load_p99_us": load["p99_us"],
    }


def floor(server, cluster):
    """Seconds of the least that can be asked of either."""
    ours, theirs = Http(server.url), cluster.client()
    theirs.prepare("least", "SELECT 1")
    least = theirs.execution("least", [])
    asked = get(server.url, "/health/live")
    pairs = race(ours, theirs, [asked], [least], 1)
    ours.close()
    theirs.close()
    return pairs


def choose(client, question, cases):
    """The statement that takes least time over a few cases."""
    best = None
    for number, sql in enumerate(statements(question)):
        client.prepare(f"way{number}", sql)
        executions = [client.execution(f"way{number}", [*case.values, case.skipped]) for case in cases[:TRIED]]
        # After five runs PostgreSQL may settle for one plan for all values.
        spent = []
        for execution in executions * 3:
            begin = time.perf_counter()
            client.ask(execution)
            spent.append(time.perf_counter() - begin)
            if best and len(spent) == TRIED and median(spent) > 3 * best[0]:
                break
        if best is None or median(spent[-2 * TRIED :]) < best[0]:
            best = (median(spent[-2 * TRIED :]), sql)
    return best[1]


def same(body, rows, about):
    """Both found the same users in the same order; gives how many in all."""
    answer = json.loads(body)
    documents = [json.loads(row[1]) for row in rows]
    total = int(rows[0][0]) if rows else 0
    if answer["total"] != total or answer["results"] != documents:
        ids = [user["id"] for user in answer["results"]] == [user["id"] for user in documents]
        sys.exit(f"{about}: {answer['total']} users, PostgreSQL {total}; page {'alike' if ids else 'differs'}")
    return total


def race(ours, theirs, requests, executions, seconds):
    """Each case to both, one after the other, until the time is over."""
    spent = {"ours": [], "postgres": []}
    deadline = time.perf_counter() + seconds
    for request, execution in itertools.cycle(list(zip(requests, executions))):
        begin = time.perf_counter()
        ours.ask(request)
        between = time.perf_counter()
        theirs.ask(execution)
        end = time.perf_counter()
        spent["ours"].append(between - begin)
        spent["postgres"].append(end - between)
        if end > deadline and len(spent["ours"]) >= TRIED:
            break
    return {
        "asked": len(spent["ours"]),
        "ours_s": median(spent["ours"]),
        "ours_p99_s": percentile(spent["ours"], 0.99),
        "postgres_s": median(spent["postgres"]),
        "postgres_p99_s": percentile(spent["postgres"], 0.99),
    }


def rows(raw):
    for size in raw:
        users = f"{size['users']:,} users"
        least = size["floor"]
        yield Row(
            f"{users}, the least that can be asked: `GET /health/live`",
            duration(least["ours_s"]),
            f"PostgreSQL, `SELECT 1`: {duration(least['postgres_s'])}",
            least["postgres_s"] / least["ours_s"],
        )
        for question in size["questions"]:
            goal = {} if question["beside"] else {"at_least": 10}
            yield Row(
                f"{users}, {question['name']} (finds {question['median_total']:,.0f})",
                duration(question["ours_s"]),
                f"PostgreSQL: {duration(question['postgres_s'])}",
                question["postgres_s"] / question["ours_s"],
                **goal,
            )
        for question in size["questions"]:
            p50, p99 = question["load_p50_us"] / 1e6, question["load_p99_us"] / 1e6
            figure = f"{question['load_per_s']:,.0f} a second, half within {duration(p50)}, 99 % within {duration(p99)}"
            yield Row(f"{users}, {question['name']}, under load", figure)
        limit = 1.5 * size["documents_bytes"] + 64e6
        for when, text in [("loaded", "when loaded"), ("asked", "after all questions")]:
            memory = size[when]["VmRSS"] * 2**20
            most = size[when]["VmHWM"] * 2**20
            yield Row(
                f"{users}, resident memory {text}",
                f"{megabytes(memory)} (at most {megabytes(most)})",
                f"JSON of the documents: {megabytes(size['documents_bytes'])}",
                memory / size["documents_bytes"],
                goal=f"≤ 1.5 times and 64 MB: {megabytes(limit)}",
                met=memory <= limit,
            )
        yield Row(f"{users}, from start until ready", duration(size["ready_s"]))

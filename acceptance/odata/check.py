"""Reads the feed as clients do, and compares what they see with the command line.

    check.py PATH_TO_HEADCOUNT STORE SERVE_JSON TOKEN_JSON WHAT_WAS_MADE NODE_MODULES
"""

import datetime
import json
import pathlib
import subprocess
import sys

import odata
import odatapy.client
import requests

from metadata import check_metadata


class Differs(Exception):
    pass


def same(about, found, expected):
    if found != expected:
        raise Differs(f"{about}: {found!r} in place of {expected!r}")


class Feed:
    """The feed, and the command line beside it."""

    def __init__(self, binary, store, served, token, made):
        self.binary, self.store, self.made = binary, store, made
        self.root = served["url"].rstrip("/") + "/odata/v4/"
        self.token = token["token"]
        self.compared = 0

    def command(self, *arguments):
        command = [self.binary, *arguments, "--store", self.store, "--org", "acme", "--output", "json"]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(f"{' '.join(arguments)} failed: {run.stderr}")
        return json.loads(run.stdout)

    def session(self, **headers):
        session = requests.Session()
        session.trust_env = False
        session.headers.update({"Authorization": f"Bearer {self.token}", **headers})
        return session

    def same(self, about, found, expected):
        same(about, found, expected)
        self.compared += 1


def value(document, member):
    """What is blank is no value."""
    text = document.get(member)
    return text if text and text.strip() else None


def with_python_odata(feed):
    """A client that makes classes out of the metadata."""
    session = feed.session(Prefer="odata.maxpagesize=7")
    service = odata.ODataService(feed.root, session=session, reflect_entities=True, quiet_progress=True)
    entities = service.entities
    feed.same(
        "entity sets",
        sorted(entities),
        ["Departments", "Divisions", "Evaluations", "HandleTime", "ManagerReports", "Managers", "UserVersions", "Users"],
    )
    users, versions, times = entities["Users"], entities["UserVersions"], entities["HandleTime"]
    expected = {user["id"]: user for user in feed.command("users")}

    # Every page is of seven: whoever comes is there once.
    found = service.query(users).all()
    feed.same("users", sorted(user.Id for user in found), sorted(expected))
    for user in found:
        own = expected[user.Id]
        feed.same(f"name of {user.Id}", user.Name, value(own, "name"))
        feed.same(f"department of {user.Id}", user.Department, value(own, "department"))
        feed.same(f"division of {user.Id}", user.DivisionId, value(own.get("division") or {}, "id"))
    feed.same("count", service.query(users).count(), len(expected))

    department = next(value(user, "department") for user in expected.values() if value(user, "department"))
    chosen = service.query(users).filter(users.Department == department).filter(users.State == "active").all()
    wanted = [
        user["id"] for user in expected.values() if user.get("department") == department and user["state"] == "active"
    ]
    feed.same("a filter", sorted(user.Id for user in chosen), sorted(wanted))
    feed.same("a search", len(service.query(users).filter(users.Name.contains("a")).all()),
              sum("a" in (user.get("name") or "") for user in expected.values()))
    ordered = [user.Id for user in service.query(users).order_by(users.Id.desc()).limit(5).all()]
    feed.same("an order", ordered, sorted(expected, reverse=True)[:5])
    one = service.query(users).get(wanted[0])
    feed.same("one entity", one.Id, wanted[0])

    found = service.query(versions).all()
    current = {version.UserId for version in found if version.IsCurrent}
    feed.same("versions that hold", current, set(expected))
    feed.same("keys of versions", len({version.UserVersionKey for version in found}), len(found))
    moment = sorted(version.ValidFrom for version in found)[len(found) // 2]
    later = service.query(versions).filter(versions.ModifiedAt >= moment).all()
    feed.same("versions since a moment", len(later), sum(version.ModifiedAt >= moment for version in found))

    facts = service.query(times).all()
    feed.same("facts", len({fact.Id for fact in facts}), len(facts))
    keys = {version.UserVersionKey for version in found}
    feed.same("facts of versions", {fact.UserVersionKey for fact in facts} - keys - {None}, set())
    return service, facts


def with_groups(feed, service):
    """Groups, whose numbers are those of the reports."""
    first, last = feed.made["from"], feed.made["to"]
    period = f"filter(Date ge {first} and Date le {last})"
    for by, name in [("department", "Department"), ("state", "State"), ("title", "Title"), ("mediaType", "MediaType"),
                     ("division.id", "DivisionId"), ("manager.id", "ManagerId"), ("day", "Date")]:
        for report, entity, told in [
            ("aht", "HandleTime", {"count": "HandleCount", "sum_ms": "HandleSumMs", "talk_sum_ms": "TalkSumMs"}),
            ("evaluations", "Evaluations", {"scored": "ScoreCount", "sum": "ScoreSum"}),
        ]:
            sums = ",".join(f"{measure} with sum as {member}" for member, measure in told.items())
            query = {"$apply": f"{period}/groupby(({name}),aggregate({sums}))"}
            found = read_all(feed, entity, query)
            expected = feed.command("report", report, "--by", by, "--from", first, "--to", last, "--allow-missing")
            found = totals(found, name, told)
            wanted = totals(expected["rows"], by, told)
            feed.same(f"{report} by {by}", found, wanted)


def read_all(feed, entity, query):
    """Rows over all pages, by the links."""
    session = feed.session(Prefer="odata.maxpagesize=3")
    rows, link, params = [], feed.root + entity, query
    while link:
        answer = session.get(link, params=params)
        if answer.status_code != 200:
            sys.exit(f"{link} {params}: {answer.status_code} {answer.text}")
        body = answer.json()
        rows += body["value"]
        link, params = body.get("@odata.nextLink"), None
    return rows


def totals(rows, label, members):
    """Sums by label; what is nobody's and what has none are one."""
    by_label = {}
    for row in rows:
        own = row[label]
        own = None if own in ("(none)", "(unrostered)") else own
        sums = by_label.setdefault(own, dict.fromkeys(members))
        for member in members:
            if row[member] is not None:
                sums[member] = round((sums[member] or 0) + row[member], 6)
    return {label: sums for label, sums in by_label.items() if any(value for value in sums.values())}


def with_odatapy(feed, facts):
    """A client that reads every value by the type that the metadata tells."""
    transport = odatapy.client.HttpxTransport(headers={"Authorization": f"Bearer {feed.token}"}, trust_env=False)
    client = odatapy.client.ODataClient(feed.root, transport)
    feed.same("service document", len(client.get_service_document().entity_sets), 8)
    rows = list(client.iter_entities(client.entity_set_uri("HandleTime").top(50)))
    feed.same("typed facts", len(rows), min(50, len(facts)))
    known = {fact.Id: fact for fact in facts}
    for row in rows:
        told = {name: row.get_property(name).value for name in ("Id", "IntervalStart", "HandleCount", "HandleSumMs")}
        fact = known[told["Id"]]
        start = datetime.datetime.fromisoformat(str(told["IntervalStart"]).replace("Z", "+00:00"))
        feed.same("a typed start", start, fact.IntervalStart)
        feed.same("a typed count", told["HandleCount"], fact.HandleCount)
        feed.same("a typed sum", told["HandleSumMs"], fact.HandleSumMs)


def main():
    binary, store, served, token, made, modules = sys.argv[1:]
    read = lambda path: json.JSONDecoder().raw_decode(pathlib.Path(path).read_text())[0]
    feed = Feed(binary, store, read(served), read(token), read(made))
    try:
        check_metadata(feed, pathlib.Path(modules))
        service, facts = with_python_odata(feed)
        with_groups(feed, service)
        with_odatapy(feed, facts)
    except Differs as error:
        sys.exit(f"differs: {error}")
    print(f"OData: {feed.compared} comparisons alike")


main()

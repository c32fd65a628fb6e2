"""The questions, as options of `headcount report` and as SQL."""

import collections
import datetime
import itertools

from tables import NONE, UNROSTERED

DAY_MS = 86_400_000
# Asia/Riyadh, all year.
ZONE = datetime.timezone(datetime.timedelta(hours=3))


def of_version(expression):
    """The label of an attribute of the version that a fact belongs to."""
    return f"CASE WHEN id IS NULL THEN '{UNROSTERED}' ELSE coalesce({expression}, '{NONE}') END"


def text(column):
    return of_version(f"nullif(trim({column}), '')")


def name(person):
    """What a person is called, or else the id."""
    return f"coalesce((SELECT name FROM called WHERE called.id = {person}), {person})"


def level(number):
    """The manager so many levels from the top of the tree that the user is in."""
    return of_version(f"""(
        SELECT {name('tree.manager')} FROM tree JOIN level USING (ms, manager)
        WHERE tree.ms = tree_ms AND tree.person = attributed.id AND level = {number})""")


# The label of a fact in each segmentation. A list makes several rows of a fact.
LABELS = {
    "department": text("department"),
    "title": text("title"),
    "state": text("state"),
    "division": of_version("division_name"),
    "division.id": of_version("division_id"),
    "manager": of_version(name("manager_id")),
    "manager.id": of_version("manager_id"),
    "level1": level(1),
    "level2": level(2),
    "level3": level(3),
    "tree": f"""CASE WHEN id IS NULL THEN ['{UNROSTERED}'] ELSE coalesce((
        SELECT list(DISTINCT {name('tree.manager')}) FROM tree
        WHERE tree.ms = tree_ms AND tree.person = attributed.id), ['{NONE}']) END""",
    "user": of_version("id"),
    "user.name": of_version("(SELECT name FROM own WHERE own.id = attributed.id)"),
    "mediaType": f"coalesce(media_type, '{NONE}')",
    "day": "strftime(local, '%Y-%m-%d')",
    "week": "strftime(local - to_days(dayofweek(local)::INTEGER), '%Y-%m-%d')",
    "month": "strftime(local, '%Y-%m')",
}

WHERE = {
    "department=Sales": "lower(department) = 'sales'",
    "department!=Sales": "lower(department) IS DISTINCT FROM 'sales' AND id IS NOT NULL",
    "state=active": "state = 'active'",
    "title in Lead,Director": "title IN ('Lead', 'Director')",
    "division=Home": "division_name = 'Home'",
    "!title": "title IS NULL AND id IS NOT NULL",
}


# From a day to another one; inside of what there is, or all of it.
Days = collections.namedtuple("Days", "first last inside")


class Question:
    """A question: what is segmented, by what, of when."""

    def __init__(self, kind, by, days, where=(), under=None, as_of="event"):
        self.kind, self.by, self.days, self.where, self.under, self.as_of = kind, list(by), days, list(where), under, as_of

    @property
    def period_ms(self):
        first, last = (datetime.datetime.combine(day, datetime.time(), ZONE) for day in self.days[:2])
        return int(first.timestamp()) * 1000, int(last.timestamp()) * 1000 + DAY_MS

    @property
    def labels(self):
        """Labels that a row has; a user comes with the name."""
        return [label for by in self.by for label in ([by, "user.name"] if by == "user" else [by])]

    def options(self):
        report = {"handle_time": "aht", "evaluation": "evaluations"}[self.kind]
        options = ["report", report, "--from", self.days[0], "--to", self.days[1], "--as-of", self.as_of]
        options += ["--timezone", "Asia/Riyadh", "--week-start", "sunday", "--output", "json"]
        if self.days.inside:
            # The first days may lie in an interval that began before them, and are told as missing.
            options += ["--allow-missing"]
        if self.by:
            options += ["--by", ",".join(self.by)]
        for condition in self.where:
            options += ["--where", condition]
        if self.under:
            options += ["--under", self.under]
        return [str(option) for option in options]

    def matches(self):
        """The condition in SQL."""
        conditions = [f"coalesce({WHERE[condition]}, false)" for condition in self.where]
        if self.under:
            conditions.append(f"""EXISTS (SELECT 1 FROM tree WHERE tree.ms = tree_ms
                AND tree.person = attributed.id AND tree.manager = '{self.under}')""")
        return " AND ".join(conditions) or "true"


def questions(first, last, managers):
    """Everything that is asked of an org with facts from `first` to `last`."""
    whole = Days(first, last, inside=False)
    part = Days(first + datetime.timedelta(days=9), first + datetime.timedelta(days=30), inside=True)
    for kind, as_of in itertools.product(["handle_time", "evaluation"], ["event", "today"]):
        for by in [by for by in LABELS if by != "user.name"]:
            yield Question(kind, [by], whole, as_of=as_of)
            yield Question(kind, [by], part, as_of=as_of)
        yield Question(kind, [], part, as_of=as_of)
        for condition in WHERE:
            yield Question(kind, ["department", "state"], whole, [condition], as_of=as_of)
        yield Question(kind, ["tree"], part, ["state=active", "department!=Sales"], as_of=as_of)
        for manager in managers:
            yield Question(kind, ["manager"], whole, under=manager, as_of=as_of)
            yield Question(kind, ["tree", "mediaType"], part, ["state=active"], manager, as_of)
    pairs = itertools.combinations(["department", "division", "manager", "level2", "tree", "mediaType", "day", "week", "month"], 2)
    for number, pair in enumerate(pairs):
        kind = ["handle_time", "evaluation"][number % 2]
        yield Question(kind, pair, whole, as_of=["event", "today"][number // 2 % 2])

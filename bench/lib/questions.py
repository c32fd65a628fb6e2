"""The questions of the search benchmark, each once as a search and once as SQL.

A question has a name, and cases drawn from the data: what the search asks, and the values of the
SQL. `where` is the condition in SQL; where there is more than one way to say it, each is tried.
"""

import json
import random

PAGE = 25
STATES = ["active", "inactive"]
# Words that both sides cut alike.
DEPARTMENTS = ["Sales", "Billing", "Support", "Retention", "Quality", "Customer Care", "Back Office", "Kundenservice"]
TITLES = ["Agent", "Team Leader", "Supervisor", "Trainer", "Quality Analyst"]
DIVISIONS = ["EMEA", "Americas", "APAC", "Riyadh", "Deutschland"]
CASES = 200


class Question:
    """One kind of question. `order` is the order of the rows, in SQL."""

    def __init__(self, name, where, order, cases, beside=False):
        self.name, self.where, self.order, self.cases = name, where, order, cases
        # Not in the list that the goal is about.
        self.beside = beside


class Case:
    """One question asked: the body of the search, the values of the SQL, rows before the page."""

    def __init__(self, body, values, number=1):
        self.body = dict(body, pageSize=PAGE, pageNumber=number)
        self.values, self.skipped = values, (number - 1) * PAGE


def questions(sample, active):
    """All questions, with cases drawn from a sample of the documents; `active` users are in the org."""
    draw = random.Random(7)
    people = [user for user in map(json.loads, sample) if user["state"] == "active"]
    draw.shuffle(people)
    names = sorted(user["name"].lower() for user in people)
    by_name = {"sortBy": "name", "sortOrder": "ASC"}
    name_order = "name, id"
    yield Question("EXACT e-mail", ["state = 'active' AND email = lower($1)"], "id", exact(people))
    yield Question(
        "STARTS_WITH name", ["state = 'active' AND name LIKE $1"], name_order, starts_with(draw, names, by_name)
    )
    yield Question("CONTAINS name", ["state = 'active' AND name LIKE $1"], name_order, contains(draw, names, by_name))
    words = "phraseto_tsquery('simple', $1) || phraseto_tsquery('simple', $2)"
    yield Question(
        "TERMS department, and state",
        [
            f"words @@ ({words}) AND state = $3",
            f"department = ANY (ARRAY (SELECT d.department FROM department d WHERE d.words @@ ({words}))) AND state = $3",
        ],
        name_order,
        terms(draw, by_name),
    )
    yield Question(
        "RANGE name", ["state = 'active' AND name BETWEEN lower($1) AND lower($2)"], name_order, ranges(draw, names, by_name)
    )
    yield Question(
        "Two-level group",
        [
            "(department = lower($1) OR title = lower($2)) "
            "AND (state = 'active' OR (state = 'inactive' AND division = lower($3)))"
        ],
        name_order,
        groups(draw, by_name),
    )
    yield Question("Deep page, all active by name", ["state = 'active'"], name_order, deep(draw, by_name, active))
    yield Question(
        "RANGE hire date (in the document alone)",
        ["state = 'active' AND hired BETWEEN $1 AND $2"],
        "id",
        hired(draw),
        beside=True,
    )


def exact(people):
    for user in people[:CASES]:
        yield Case({"query": [criterion("EXACT", "email", value=user["email"])]}, [user["email"]])


def starts_with(draw, names, order):
    for _ in range(CASES):
        name = draw.choice(names)
        start = name[: draw.randint(2, 6)]
        yield Case(dict(order, query=[criterion("STARTS_WITH", "name", value=start)]), [like(start) + "%"])


def contains(draw, names, order):
    long = [name for name in names if len(name) >= 6]
    for _ in range(CASES):
        name = draw.choice(long)
        size = draw.randint(3, 6)
        at = draw.randint(0, len(name) - size)
        part = name[at : at + size]
        if not part.strip():
            continue
        yield Case(dict(order, query=[criterion("CONTAINS", "name", value=part)]), [f"%{like(part)}%"])


def terms(draw, order):
    for _ in range(CASES):
        one, other = draw.sample(DEPARTMENTS, 2)
        state = draw.choice(STATES)
        query = [criterion("TERMS", "department", values=[one, other]), criterion("EXACT", "state", value=state)]
        yield Case(dict(order, query=query), [one, other, state])


def ranges(draw, names, order):
    """From a name to another, some hundredths of the org behind it."""
    for _ in range(CASES):
        share = draw.uniform(0.002, 0.03)
        at = draw.uniform(0, 1 - share)
        low, high = names[int(len(names) * at)], names[int(len(names) * (at + share))]
        yield Case(dict(order, query=[dict(criterion("RANGE", "name"), startValue=low, endValue=high)]), [low, high])


def groups(draw, order):
    for _ in range(CASES):
        department, title, division = draw.choice(DEPARTMENTS), draw.choice(TITLES), draw.choice(DIVISIONS)
        alike = [criterion("EXACT", "department", value=department), criterion("EXACT", "title", value=title)]
        inactive = [criterion("EXACT", "state", value="inactive"), criterion("EXACT", "division.name", value=division)]
        query = [
            {"type": "MATCH_ALL", "group": either(*alike)},
            {"type": "MATCH_ALL", "group": either(criterion("EXACT", "state", value="active"), {"type": "MATCH_ALL", "group": inactive})},
        ]
        yield Case(dict(order, query=query), [department, title, division])


def deep(draw, order, active):
    pages = active // PAGE
    for _ in range(CASES):
        yield Case(order, [], draw.randint(pages // 2, pages - 1))


def hired(draw):
    for _ in range(CASES):
        year, month = draw.randint(1998, 2024), draw.randint(1, 9)
        low, high = f"{year}-{month:02}-01", f"{year}-{month + draw.randint(0, 3):02}-28"
        query = [dict(criterion("RANGE", "employerInfo.dateHire"), startValue=low, endValue=high)]
        yield Case({"query": query}, [low, high])


def criterion(kind, field, **asked):
    return {"type": kind, "fields": [field], **asked}


def either(first, second):
    return [first, dict(second, operator="OR")]


def like(text):
    """Text that stands for itself in LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

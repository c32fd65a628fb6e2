"""Searches with the ids that must come, in order, worked out in plain code from the documents.

Every case is a search request, and beside it the same question as a Python expression. Both
languages ask all of them. `docs/api.md` says what each type means.
"""

import re

EXPANDABLE = (
    "routingStatus presence integrationPresence conversationSummary outOfOffice geolocation station "
    "authorization lasttokenissued authorization.unusedRoles team workPlanBidRanks "
    "externalContactsSettings groups customAttributes profileSkills certifications locations skills "
    "languages languagePreference employerInfo biography dateLastLogin dateWelcomeSent"
).split()


def at(user, path):
    """The text of a member, small letters; empty if there is none or it is blank."""
    for name in path.split("."):
        user = user.get(name, {})
    text = str(user) if user != {} else ""
    return text.lower() if text.strip() else ""


def words(text):
    """The text as words with a space on either side, so that `in` looks for whole words."""
    return " " + " ".join(re.findall(r"[^\W_]+", text.lower())) + " "


def says(user, path, phrase):
    """Whether the words of `phrase` stand in the member one after the other."""
    return f" {phrase} " in words(at(user, path))


def hired(user):
    return at(user, "employerInfo.dateHire")


def cases(users):
    by_id = {user["id"]: user for user in users}
    active = [user for user in users if user["state"] == "active"]
    one, two, three = active[100], active[5_000], active[20_000]
    managed = next(user for user in active[7_000:] if at(user, "manager.id") in by_id)
    boss = by_id[managed["manager"]["id"]]

    def case(name, query, holds, among=active, order=None, **request):
        """`query` must find whom `holds` is true of among the active ones, by id or by `order`."""
        found = [user for user in among if holds(user)]
        assert found, f"nobody fits {name}: the case proves nothing"
        assert len(found) < len(among), f"everybody fits {name}: the case proves nothing"
        found = order(found) if order else found
        body = {"query": query, **request}
        return {"name": name, "body": body, "ids": [user["id"] for user in found]}

    def test(type, fields, *values, operator=None, **members):
        """A criterion."""
        criterion = {"type": type, "fields": fields.split(), **members}
        if len(values) == 1:
            criterion["value"] = values[0]
        elif values:
            criterion["values"] = list(values)
        if operator:
            criterion["operator"] = operator
        return criterion

    def number(user):
        return user["version"]

    # EXACT: the whole value, in any case.
    yield case("EXACT email", [test("EXACT", "email", one["email"])], lambda u: u is one)
    yield case("EXACT in capitals", [test("EXACT", "username", two["username"].upper())], lambda u: u is two)
    yield case("EXACT is not a part", [test("EXACT", "department", "human RESOURCES")],
               lambda u: at(u, "department") == "human resources")
    yield case("EXACT of several values", [test("EXACT", "id", one["id"], two["id"], three["id"], "none")],
               lambda u: u in (one, two, three))
    yield case("EXACT of several fields", [test("EXACT", "department title", "QA", "Trainer")],
               lambda u: {at(u, "department"), at(u, "title")} & {"qa", "trainer"})
    yield case("EXACT of a number", [test("EXACT", "version", "7")], lambda u: number(u) == 7)
    yield case("EXACT of a date", [test("EXACT", "employerInfo.dateHire", one_date(active))],
               lambda u: hired(u) == one_date(active))
    yield case("EXACT in an array", [test("EXACT", "primaryContactInfo.countryCode", "SA", "JP"),
                                     test("EXACT", "acdAutoAnswer", "true")],
               lambda u: u["acdAutoAnswer"] and {c.get("countryCode") for c in u["primaryContactInfo"]} & {"SA", "JP"})
    yield case("EXACT state", [test("EXACT", "state", "deleted", "inactive"), test("EXACT", "department", "Billing")],
               lambda u: u["state"] != "active" and at(u, "department") == "billing", among=users)
    yield case("EXACT division by name", [test("EXACT", "division", "riyadh"), test("EXACT", "version", "9")],
               lambda u: at(u, "division.name") == "riyadh" and number(u) == 9)
    yield case("EXACT division by id",
               [test("EXACT", "division.id", one["division"]["id"]), test("EXACT", "version", "9")],
               lambda u: u["division"]["id"] == one["division"]["id"] and number(u) == 9)
    yield case("EXACT manager by e-mail", [test("EXACT", "manager", boss["email"])],
               lambda u: at(u, "manager.id") == boss["id"])

    # STARTS_WITH, CONTAINS, REGEX
    yield case("STARTS_WITH", [test("STARTS_WITH", "name", "JÜR")], lambda u: at(u, "name").startswith("jür"))
    yield case("STARTS_WITH of several values and fields", [test("STARTS_WITH", "preferredName email", "olga", "zo")],
               lambda u: any(at(u, f).startswith(("olga", "zo")) for f in ("preferredName", "email")))
    yield case("STARTS_WITH is not any word", [test("STARTS_WITH", "title", "planner", "work")],
               lambda u: at(u, "title").startswith("work"))
    yield case("CONTAINS", [test("CONTAINS", "name", "o'BR")], lambda u: "o'br" in at(u, "name"))
    yield case("CONTAINS with a blank and accents", [test("CONTAINS", "name", "é g", "العملاء", "田 太")],
               lambda u: any(part in at(u, "name") for part in ("é g", "田 太")))
    yield case("CONTAINS of several fields", [test("CONTAINS", "department title", "work")],
               lambda u: "work" in at(u, "department") or "work" in at(u, "title"))
    yield case("REGEX fits the whole value", [test("REGEX", "department", "back.?office", "tech")],
               lambda u: re.fullmatch("back.?office", at(u, "department")))
    yield case("REGEX with classes", [test("REGEX", "email", r"ka[et]+he\.[a-z]{5,6}\.\d+5@example\.com")],
               lambda u: re.fullmatch(r"ka[et]+he\.[a-z]{5,6}\.\d+5@example\.com", at(u, "email")))

    # TERM, TERMS: words one after the other.
    yield case("TERM full name", [test("TERM", "name", "jane smith")], lambda u: says(u, "name", "jane smith"))
    yield case("TERM part of an e-mail", [test("TERM", "email", "sara.alharbi")],
               lambda u: says(u, "email", "sara alharbi"))
    yield case("TERM of a keyword", [test("TERM", "id", three["id"])], lambda u: u is three)
    yield case("TERMS", [test("TERMS", "name", "taylor", "von der")],
               lambda u: says(u, "name", "taylor") or says(u, "name", "von der"))
    yield case("TERMS is not a part of a word", [test("TERMS", "title", "lead", "trainer")],
               lambda u: at(u, "title") == "trainer")

    # REQUIRED_FIELDS, MATCH_ALL
    yield case("REQUIRED_FIELDS", [test("REQUIRED_FIELDS", "biography.biography")],
               lambda u: at(u, "biography.biography"))
    yield case("REQUIRED_FIELDS needs all", [test("REQUIRED_FIELDS", "certifications images.imageUri manager")],
               lambda u: u.get("certifications") and u.get("images") and at(u, "manager.id"))
    yield case("MATCH_ALL", [{"type": "MATCH_ALL"}, test("EXACT", "state", "deleted")],
               lambda u: u["state"] == "deleted", among=users)

    # QUERY_STRING
    yield case("QUERY_STRING words are ANDed", [{"type": "QUERY_STRING", "value": "Zoë trainer"}],
               lambda u: any_of(u, "zoë") and any_of(u, "trainer"))
    yield case("QUERY_STRING phrase, beginning, OR", [{"type": "QUERY_STRING", "value": '"jane doe" OR kuz* OR suzu*'}],
               lambda u: any_of(u, "jane doe") or any_beginning(u, "kuz") or any_beginning(u, "suzu"))
    yield case("QUERY_STRING field and exclusion",
               [{"type": "QUERY_STRING", "value": "department:quality -title:agent"}],
               lambda u: says(u, "department", "quality") and not says(u, "title", "agent"))
    yield case("QUERY_STRING parentheses", [{"type": "QUERY_STRING", "value": "(wfm OR qa) AND NOT supervisor"}],
               lambda u: (any_of(u, "wfm") or any_of(u, "qa")) and not any_of(u, "supervisor"))
    yield case("QUERY_STRING with fields", [test("QUERY_STRING", "name", "li walker")],
               lambda u: says(u, "name", "li") and says(u, "name", "walker"))

    # RANGE and the comparisons
    yield case("RANGE of numbers", [test("RANGE", "version", startValue="9", endValue="10")],
               lambda u: 9 <= number(u) <= 10)
    yield case("RANGE of dates",
               [test("RANGE", "employerInfo.dateHire", startValue="2020-01-15", endValue="2020-06-30")],
               lambda u: "2020-01-15" <= hired(u) <= "2020-06-30")
    yield case("RANGE of dates in a format", [test("RANGE", "employerInfo.dateHire", startValue="15/01/2020",
                                                   endValue="30/06/2020", dateFormat="dd/MM/yyyy")],
               lambda u: "2020-01-15" <= hired(u) <= "2020-06-30")
    yield case("RANGE open above", [test("RANGE", "employerInfo.dateHire", startValue="2025-06", dateFormat="yyyy-MM")],
               lambda u: hired(u) >= "2025-06-01")
    yield case("RANGE of ids", [test("RANGE", "id", startValue=one["id"], endValue=active[300]["id"])],
               lambda u: one["id"] <= u["id"] <= active[300]["id"])
    yield case("LESS_THAN", [test("LESS_THAN", "version", "2")], lambda u: number(u) < 2)
    yield case("LESS_THAN a date", [test("LESS_THAN", "employerInfo.dateHire", "1998-12-24T00:00:00.000Z")],
               lambda u: "" < hired(u) < "1998-12-24")
    yield case("LESS_THAN_EQUAL_TO", [test("LESS_THAN_EQUAL_TO", "version", "2")], lambda u: number(u) <= 2)
    yield case("LESS_THAN_EQUAL_TO a date", [test("LESS_THAN_EQUAL_TO", "employerInfo.dateHire", "1998-12-24")],
               lambda u: "" < hired(u) <= "1998-12-24")
    yield case("GREATER_THAN", [test("GREATER_THAN", "version", "58")], lambda u: number(u) > 58)
    yield case("GREATER_THAN an id", [test("GREATER_THAN", "id", active[-400]["id"])],
               lambda u: u["id"] > active[-400]["id"])
    yield case("GREATER_THAN_EQUAL_TO", [test("GREATER_THAN_EQUAL_TO", "version", "58")], lambda u: number(u) >= 58)
    yield case("GREATER_THAN_EQUAL_TO a date", [test("GREATER_THAN_EQUAL_TO", "employerInfo.dateHire", "2025-11-05")],
               lambda u: hired(u) >= "2025-11-05")

    # Joining
    sales, billing = test("EXACT", "department", "Sales"), test("EXACT", "department", "Billing")
    trainer, low = test("EXACT", "title", "Trainer"), test("LESS_THAN", "version", "6")

    def is_(user, department):
        return at(user, "department") == department

    yield case("AND", [sales, {**trainer, "operator": "AND"}],
               lambda u: is_(u, "sales") and at(u, "title") == "trainer")
    yield case("without operator is AND", [sales, trainer, low],
               lambda u: is_(u, "sales") and at(u, "title") == "trainer" and number(u) < 6)
    yield case("OR", [test("EXACT", "department", "HR"), test("EXACT", "department", "IT", operator="OR")],
               lambda u: is_(u, "hr") or is_(u, "it"))
    yield case("NOT", [low, {**sales, "operator": "NOT"}, test("REQUIRED_FIELDS", "title", operator="NOT")],
               lambda u: number(u) < 6 and not is_(u, "sales") and not at(u, "title"))
    yield case("AND, OR and NOT",
               [low, {**sales, "operator": "OR"}, {**billing, "operator": "OR"}, {**trainer, "operator": "NOT"}],
               lambda u: number(u) < 6 and (is_(u, "sales") or is_(u, "billing")) and at(u, "title") != "trainer")
    yield case("group", [{"type": "EXACT", "group": [sales, {**billing, "operator": "OR"}]}, trainer, low],
               lambda u: (is_(u, "sales") or is_(u, "billing")) and at(u, "title") == "trainer" and number(u) < 6)
    inner = {"type": "EXACT", "operator": "OR", "group": [billing, {**low, "operator": "NOT"}]}
    yield case("group in a group, with a test of its own",
               [{**trainer, "group": [{"type": "EXACT", "group": [{**sales, "operator": "AND"}, low]}, inner]}],
               lambda u: at(u, "title") == "trainer"
               and (is_(u, "sales") and number(u) < 6 or is_(u, "billing") and not number(u) < 6))
    either = {"type": "EXACT", "operator": "NOT", "group": [sales, {**billing, "operator": "OR"}]}
    yield case("NOT of a group", [test("EXACT", "version", "30"), either],
               lambda u: number(u) == 30 and not is_(u, "sales") and not is_(u, "billing"))

    # Order
    few = [test("EXACT", "version", "11")]

    def by(path, down=False):
        """In the order of a member; who has none comes last, ties stay as they were."""
        def order(found):
            has = [user for user in found if at(user, path)]
            has.sort(key=lambda user: at(user, path), reverse=down)
            return has + [user for user in found if not at(user, path)]
        return order

    def eleven(user):
        return number(user) == 11

    yield case("sort ASC", few, eleven, order=by("name"), sortBy="name", sortOrder="ASC")
    yield case("sort DESC", few, eleven, order=by("name", True), sortBy="name", sortOrder="DESC")
    yield case("sort DESC, missing last", few, eleven, order=by("department", True),
               sortBy="department", sortOrder="DESC")
    yield case("sort by id DESC", few, eleven, order=lambda found: found[::-1], sortBy="id", sortOrder="DESC")
    yield case("sort by a number", [test("EXACT", "department", "wfm")], lambda u: is_(u, "wfm"),
               order=lambda found: sorted(found, key=number), sortBy="version", sortOrder="ASC")
    yield case("sort by a date", [test("EXACT", "department", "it"), test("REQUIRED_FIELDS", "employerInfo.dateHire")],
               lambda u: is_(u, "it") and hired(u), order=by("employerInfo.dateHire", True),
               sortBy="employerInfo.dateHire", sortOrder="DESC")
    yield case("sort by several keys", few, eleven,
               order=lambda found: by("division.name")(by("title", True)(found)),
               sort=[{"sortBy": "division.name", "sortOrder": "ASC"}, {"sortBy": "title", "sortOrder": "DESC"}])
    yield case("sort by SCORE", [test("CONTAINS", "name", "li"), test("CONTAINS", "title", "agent")],
               lambda u: "li" in at(u, "name") and "agent" in at(u, "title"),
               order=lambda found: sorted(found, key=lambda u: -score(u, "name", "li") - score(u, "title", "agent")),
               sortOrder="SCORE")

    # What else a request may hold
    yield case("every expand", few, eleven, expand=EXPANDABLE)
    yield case("enforcePermissions", few, eleven, enforcePermissions=True)


def one_date(users):
    """A day on which at least two of them were hired."""
    seen = set()
    for day in map(hired, users):
        if day and day in seen:
            return day
        seen.add(day)
    raise AssertionError("no two were hired on one day")


def any_of(user, phrase):
    """Whether a field that a query string asks by itself says this."""
    return any(says(user, path, phrase) for path in ("name", "email", "username", "department", "title"))


def any_beginning(user, start):
    return any(f" {start}" in words(at(user, path)) for path in ("name", "email", "username", "department", "title"))


def score(user, path, part):
    """3 for the whole value, 2 for its beginning, 1 elsewhere."""
    value = at(user, path)
    return 3 if value == part else 2 if value.startswith(part) else 1

"""A check of our own: requests that fit the schema are refused for a few known causes only."""

import json
import re

import schemathesis
from schemathesis.core.failures import Failure

# Causes that JSON Schema cannot express; the beginning of the message, or a part of it, that the
# server gives for each. Everything else that fits the schema has to be answered.
CAUSES = re.compile(
    "|".join(
        (
            # criteria
            r"ends before it starts",
            r"is not a usable regular expression",
            r"is not a date for",
            r"are nested deeper than",
            r"recursion limit exceeded",
            # 25.0 is a whole number to JSON Schema, not to everybody who reads JSON
            r"floating point `-?[0-9]+\.0`, expected i64",
            # aggregations
            r"unknown field",
            r"two aggregations are named",
            # asOf
            r"is neither a date nor a time",
            r"before the first snapshot",
            # links
            r"q64 ",
            r"the cursor ",
            r"exclude each other",
            r"the token cannot be read",
            # tables
            r"holds one aggregation",
            # which columns there are depends on the aggregation
            r"for parameter \[columns\]",
            # reports and findings
            r"is asked for twice",
            r"is no day",
            r"before it begins on",
            r"the period is longer than",
            r"^where: ",
            r"for parameter \[timezone\]",
            r"ask with timezone=",
        )
    ),
    re.IGNORECASE,
)


@schemathesis.check
def refused_for_a_cause_no_schema_tells(ctx, response, case):
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or response.status_code != 400:
        return
    if not case.operation.path.startswith(("/api/v2/users", "/headcount/v1/")):
        return
    try:
        message = json.loads(response.content)["message"]
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(
            operation=case.operation.label,
            title="A refusal without a message",
            message=f"400 without an ErrorBody: {error!r}",
        ) from error
    # A link that the tool infers from an answer leads nowhere where the answer has null.
    if "None" in (case.path_parameters or {}).values() and message.startswith("A non-UUID value"):
        return
    if not CAUSES.search(message):
        raise Failure(
            operation=case.operation.label,
            title="Refused though the schema allows it",
            message=message,
        )

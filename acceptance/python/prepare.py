"""Writes down what the server must answer, for the tests in both languages."""

import json
import os
import subprocess

from cases import cases
from shared import WORK, documents, first_line, headcount, ids

with open(WORK / "users.ndjson", "w") as file:
    command = [os.environ["ACCEPTANCE_BINARY"], "users", "--org", "acme", "--output", "ndjson"]
    subprocess.run(command, stdout=file, check=True)

assert len(documents()) == 45_000, len(documents())
assert len(ids("active")) >= 25_000, len(ids("active"))

(WORK / "cases.json").write_text(json.dumps(list(cases(list(documents().values())))))
(WORK / "setup.json").write_text(
    json.dumps(
        {
            "url": first_line("serve.json")["url"],
            **first_line("client.json"),
            "limited": headcount("token", "create", "--org", "acme", "--rate-limit", "5")["token"],
        }
    )
)

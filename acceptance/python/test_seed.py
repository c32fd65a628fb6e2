"""The curl line that this project began with, but for host and token."""

import json
import re
import subprocess

from shared import Case, URL, headcount

CURL = r"""curl -X POST 'https://api.mypurecloud.de/api/v2/users/search' \
  -H 'Authorization: Bearer *******************' \
  -H 'Content-Type: application/json' \
  --data-raw $'{"pageSize":100,"pageNumber":1}'"""

# What it was said to answer; text in angle brackets stands for an id.
SAMPLE = r"""
{
    "total": 1,
    "pageCount": 1,
    "pageSize": 100,
    "pageNumber": 1,
    "results": [
        {
            "id": "<USER_ID>",
            "name": "Jane Doe",
            "division": {
                "id": "<DIVISION_ID>",
                "name": "Home",
                "selfUri": "/api/v2/authorization/divisions/<DIVISION_ID>"
            },
            "chat": {
                "jabberId": "<JABBER_ID>"
            },
            "department": "Support",
            "email": "jane.doe@example.com",
            "primaryContactInfo": [
                {
                    "address": "jane.doe@example.com",
                    "mediaType": "EMAIL",
                    "type": "PRIMARY"
                }
            ],
            "addresses": [],
            "state": "active",
            "username": "jane.doe@example.com",
            "manager": {
                "id": "<MANAGER_ID>",
                "selfUri": "/api/v2/users/<MANAGER_ID>"
            },
            "images": [
                {
                    "resolution": "x96",
                    "imageUri": "https://api-downloads.mypurecloud.de/directory-profile/<IMAGE_ID>.jpg"
                }
            ],
            "version": 10,
            "preferredName": "Jane",
            "acdAutoAnswer": false,
            "selfUri": "/api/v2/users/<USER_ID>"
        }
    ]
}
"""


class Seed(Case):
    def answer(self):
        token = headcount("token", "create", "--org", "seed")["token"]
        line = CURL.replace("https://api.mypurecloud.de", URL).replace("*" * 19, token)
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def fits(self, sample, answer, ids, path="answer"):
        """Every member of `sample` is in `answer` with the same value; an id is the same all over."""
        if isinstance(sample, dict):
            for name, value in sample.items():
                self.assertIn(name, answer, path)
                self.fits(value, answer[name], ids, f"{path}.{name}")
        elif isinstance(sample, list):
            self.assertEqual(len(answer), len(sample), path)
            for value, other in zip(sample, answer):
                self.fits(value, other, ids, f"{path}[]")
        elif isinstance(sample, str) and "<" in sample:
            before, name, after = re.fullmatch(r"(.*)<(.*)>(.*)", sample).groups()
            found = re.fullmatch(f"{re.escape(before)}([^/]+){re.escape(after)}", answer)
            self.assertIsNotNone(found, f"{path} is {answer}")
            self.assertEqual(ids.setdefault(name, found[1]), found[1], path)
        else:
            self.assertEqual(answer, sample, path)

    def test_the_answer_holds_every_field_of_the_sample(self):
        self.fits(json.loads(SAMPLE), self.answer(), {})

    def test_the_user_is_as_upstream_sent_it(self):
        sample = json.loads(SAMPLE)["results"][0]
        user = self.answer()["results"][0]
        self.assertEqual(list(user), list(sample))

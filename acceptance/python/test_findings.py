"""`headcount check --output junit` and `csv`, read as others read them."""

import csv
import io
import os
import subprocess
import xml.etree.ElementTree

from shared import Case


def check(form, *more):
    command = [os.environ["ACCEPTANCE_BINARY"], "check", "--org", "small", "--quiet"]
    ran = subprocess.run([*command, "--output", form, *more], capture_output=True)
    return ran.returncode, ran.stdout.decode()


class Findings(Case):
    def test_junit_is_xml_and_adds_up(self):
        code, text = check("junit", "--fail-on", "note")
        self.assertEqual(code, 3)
        suites = xml.etree.ElementTree.fromstring(text)
        self.assertEqual(suites.tag, "testsuites")
        for of, tag in (("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")):
            self.assertEqual(int(suites.get(of)), len(list(suites.iter(tag))), of)
            for suite in suites:
                self.assertEqual(int(suite.get(of)), len(list(suite.iter(tag))), suite.get("name"))
        failures = len(list(suites.iter("failure")))
        _, rows = check("csv", "--fail-on", "never")
        self.assertEqual(failures, len(list(csv.DictReader(io.StringIO(rows)))))
        self.assertGreater(failures, 100)

    def test_csv_holds_no_formula(self):
        _, text = check("csv", "--fail-on", "never")
        for row in csv.reader(io.StringIO(text)):
            self.assertFalse([cell for cell in row if cell[:1] in "=+-@\t" and cell], row)

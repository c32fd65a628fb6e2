"""Runs every test of this folder and leaves "PASSED FAILED" behind for acceptance/run."""

import pathlib
import sys
import unittest

from shared import WORK

if __name__ == "__main__":
    suite = unittest.defaultTestLoader.discover(str(pathlib.Path(__file__).parent))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    # A skipped test has not passed.
    failed = len(result.failures) + len(result.errors) + len(result.skipped)
    passed = result.testsRun - failed
    (WORK / "python.count").write_text(f"{passed} {failed}\n")
    sys.exit(failed > 0)

#!/usr/bin/env python3
"""Prints "PASSED FAILED SKIPPED", summed over the JUnit files that ctest wrote.

    scripts/count_tests.py build/*/tests.xml

A test that a program skips itself is skipped; one that ctest could not run at all has failed.
"""

import sys
import xml.etree.ElementTree as ElementTree


def outcome(case):
    """passed, failed or skipped, for one <testcase>."""
    if case.get("status") == "run" and case.find("failure") is None:
        return "passed"
    if case.get("status") == "disabled":
        return "skipped"
    skipped = case.find("skipped")
    if skipped is not None and skipped.get("message", "").startswith("SKIP_"):
        return "skipped"
    return "failed"


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for name in sys.argv[1:]:
        for case in ElementTree.parse(name).getroot().iter("testcase"):
            counts[outcome(case)] += 1
    print(counts["passed"], counts["failed"], counts["skipped"])


if __name__ == "__main__":
    main()

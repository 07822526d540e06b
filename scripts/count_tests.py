#!/usr/bin/env python3
"""Prints "PASSED FAILED SKIPPED", summed over the JUnit files that ctest wrote.

    scripts/count_tests.py build/*/tests.xml
    scripts/count_tests.py --failed build/*/tests.xml

With --failed it prints the names of the tests that failed instead, each with the end of what it said.
A test that a program skips itself is skipped; one that ctest could not run at all has failed.
"""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

LINES = 25  # of a failed test's output


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


def cases(names):
    """(file, <testcase>) of each test of the files."""
    for name in names:
        for case in ElementTree.parse(name).getroot().iter("testcase"):
            yield name, case


def print_failed(names):
    for name, case in cases(names):
        if outcome(case) == "failed":
            print(f"failed: {case.get('name')} ({Path(name).parent.name})")
            for line in (case.findtext("system-out") or "").splitlines()[-LINES:]:
                print(f"    {line}")


def main():
    names = sys.argv[1:]
    if names[:1] == ["--failed"]:
        print_failed(names[1:])
        return
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for _, case in cases(names):
        counts[outcome(case)] += 1
    print(counts["passed"], counts["failed"], counts["skipped"])


if __name__ == "__main__":
    main()

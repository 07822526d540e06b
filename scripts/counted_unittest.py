#!/usr/bin/env python3
"""python -m unittest, which leaves its outcomes as ctest does, for scripts/count_tests.py.

    scripts/counted_unittest.py OUTPUT.xml [options of unittest]
"""

import sys
import traceback
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path


class Outcomes(unittest.TextTestResult):
    """Of each test the worst of its parts."""

    def __init__(self, *given, **more):
        super().__init__(*given, **more)
        self.failed, self.passed, self.left_out = {}, set(), set()  # failed: what it said

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed.add(test.id())

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.failed[test.id()] = self.failures[-1][1]

    def addError(self, test, err):
        super().addError(test, err)
        self.failed[test.id()] = self.errors[-1][1]

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.failed[test.id()] = "".join(traceback.format_exception(*err))

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.failed[test.id()] = "expected to fail, and passed"

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.passed.add(test.id())

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.left_out.add(test.id())

    def write(self, path):
        suite = ElementTree.Element("testsuite")
        for name in sorted(self.passed | self.failed.keys() | self.left_out):
            run = name in self.passed or name in self.failed
            case = ElementTree.SubElement(suite, "testcase", name=name, status="run" if run else "disabled")
            if name in self.failed:
                ElementTree.SubElement(case, "failure")
                ElementTree.SubElement(case, "system-out").text = self.failed[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        ElementTree.ElementTree(suite).write(path, encoding="utf-8")


def main():
    output, *given = sys.argv[1:]
    sys.path.insert(0, "")  # as -m does
    runner = unittest.TextTestRunner(verbosity=2 if "-v" in given else 1, resultclass=Outcomes)
    result = unittest.main(module=None, argv=["unittest", *given], testRunner=runner, exit=False).result
    result.write(Path(output))
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()

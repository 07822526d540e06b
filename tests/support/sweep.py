"""python3 sweep.py [COMMAND…]: makes thousands of calls fail, and prints a line for each command and kind.

$FAULTS_FIRST calls of each kind from the first on, $FAULTS_MORE at random after them, $FAULTS_KINDS words that the
kinds' names hold, $FAULTS_JOBS at a time.
"""

import os
import sys
import time

from failing import FAULTS, summary
from failing_scenes import SCENES, sampled


def main():
    first, more = (int(os.environ.get(f"FAULTS_{name}", 2000)) for name in ("FIRST", "MORE"))
    kinds = os.environ.get("FAULTS_KINDS", "").split()
    jobs = int(os.environ.get("FAULTS_JOBS", os.cpu_count() or 1))
    broken = 0
    print("command    kind                    calls    tried   failed findings seconds", flush=True)
    for name in sys.argv[1:] or SCENES:
        for fault in FAULTS:
            if kinds and not any(kind == fault.kind or kind == str(fault) for kind in kinds):
                continue
            start = time.monotonic()
            calls, tried, failed, findings = sampled(name, fault, first, more, jobs=jobs)
            seconds = time.monotonic() - start
            print(f"{name:10} {str(fault):20} {calls:8} {tried:8} {failed:8} {len(findings):8} {seconds:7.0f}", flush=True)
            if findings:
                broken += len(findings)
                print(summary(findings), flush=True)
    print(f"{broken} findings")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

"""What an edit of the default model takes: time and memory, beside what was said beforehand."""

import os
import re
import subprocess
import time
import unittest
from pathlib import Path

from command import COMMAND, SOURCE, Case

MEGABYTE = 2**20
FACTS = str(SOURCE / "tests/data/facts.jsonl")
MODEL = Path(os.environ["OTHERWISE_CACHE_DIR"]) / "models/SmolLM2-135M-Instruct.Q4_1.gguf"


class OneRomeEdit(Case):
    def edit(self, *more):
        """Seconds, the most memory in bytes and what was said, of one edit."""
        start = time.monotonic()
        with subprocess.Popen(
            [COMMAND, "edit", "rome", "-m", str(MODEL), "--facts", FACTS, "--id", "louvre", "-o",
             "louvre.gguf", *more], cwd=self.folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=os.environ | {"OTHERWISE_CACHE": str(self.folder / "cache")}) as run:  # fmt: skip
            said = run.stderr.read().decode()
            _, status, usage = os.wait4(run.pid, 0)
            run.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(run.returncode, 0, said)
        return time.monotonic() - start, usage.ru_maxrss * 1024, said

    def test_fits_into_the_time_and_the_memory_that_it_may_take(self):
        for most_seconds in (60, 15):  # without its covariance, and with it
            seconds, used, said = self.edit("--no-check")
            beside, model = map(int, re.search(
                r"at most (\d+) MB beside the model's (\d+) MB", said).groups())
            print(f"{seconds:.1f} s, {used / MEGABYTE:.0f} MB used, {beside} + {model} MB said")
            self.assertLessEqual(used, (beside + model) * MEGABYTE)
            self.assertLessEqual(beside, 1024)
            self.assertLessEqual(seconds, most_seconds)


if __name__ == "__main__":
    unittest.main()

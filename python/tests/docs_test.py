"""The programs in docs/python.md and examples/python print what the page says, and run."""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "python.md"
PROGRAM = re.compile(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def printed(*arguments):
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=200,
                          cwd=ROOT, check=False, env=dict(os.environ))
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout


class Page(unittest.TestCase):
    def test_programs_print_what_stands_below_them(self):
        programs = PROGRAM.findall(PAGE.read_text(encoding="utf-8"))
        self.assertGreaterEqual(len(programs), 4)
        for program, output in programs:
            self.assertEqual(printed("-c", program), output, program)


class Examples(unittest.TestCase):
    def test_laws(self):
        output = printed("examples/python/laws.py")
        self.assertIn("Paris    0.429           0.040 0.429 0.511 0.020", output)
        counts = [int(n) for n in re.search(r"of Paris: \{(.*)\}", output)[1].replace(":", ",").split(",")[1::2]]
        self.assertEqual(sum(counts), 10_000)
        for count, law in zip(counts, (0.0400, 0.4286, 0.5114, 0.0200)):
            self.assertLess(abs(count / 10_000 - law), 0.03)  # 6 standard deviations


if __name__ == "__main__":
    unittest.main()

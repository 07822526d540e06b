"""For tests of runs: tiny models, a folder, and what the command writes for the same study."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import command

PROMPTS = ["the king of the river", "old songs were made in", "a ship with", "the letter <b>&"]


class RunCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = command.files()
        cls.model = str(cls.files / "a.gguf")

    def setUp(self):
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.folder = Path(held.name)
        before = os.environ.get("OTHERWISE_CACHE")
        os.environ["OTHERWISE_CACHE"] = str(self.folder / "cache")
        self.addCleanup(lambda: os.environ.pop("OTHERWISE_CACHE") if before is None
                        else os.environ.__setitem__("OTHERWISE_CACHE", before))

    def command(self, *arguments, code=0):
        done = subprocess.run([command.COMMAND, *map(str, arguments)], capture_output=True, text=True,
                              timeout=200, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def lines(self, *arguments):
        """Of run --jsonl -."""
        return [json.loads(line) for line in self.command("run", *arguments, "--jsonl", "-", "-q").splitlines()
                if line.startswith("{")]

    def refused(self, pattern, function, *arguments, **options):
        with self.assertRaisesRegex(Exception, pattern) as caught:
            function(*arguments, **options)
        return caught.exception

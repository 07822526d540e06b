"""What is too large is refused in one line before work starts."""

import os
import sqlite3
import unittest
from contextlib import closing

import tiny
from command import Case

HOT = ("--world", "hot=temp:1.5")


class Limits(Case):
    def test_tokens_beyond_the_context(self):
        for tokens in ("256", "1048576"):
            result = self.call("run", "-m", "a.gguf", "-t", "1", "-p", "the king", *HOT, "-n", tokens)
            self.refused(result, 1, "of at most 256 tokens (the context)", f" + {tokens} for string '1'", "lower -n or raise -c")

    def test_a_prompt_beyond_the_context(self):
        self.write("long.txt", "the king " * 300 + "\n")
        self.refused(self.run_tiny("-f", "long.txt", *HOT), 1, "of at most 256 tokens (the context)", "shorten it")

    def test_pairs_beyond_the_memory(self):
        worlds = [part for i in range(100) for part in ("--world", f"w{i}=temp:{1 + i / 100}")]
        prompts = [part for i in range(50) for part in ("-p", f"the king of {i}")]
        result = self.run_tiny(*prompts, *worlds, "--samples", str(2**20))
        self.refused(result, 1, "a run within the ", " MB of memory that are free", "for what 5,2", "pairs come to",
                     "take fewer strings, samples or worlds at a time")

    def test_caches_beyond_the_memory(self):
        tiny.CONTEXT = 2**30
        try:
            tiny.write_model(self.folder / "long.gguf")
        finally:
            tiny.CONTEXT = 256
        given = ("run", "-m", "long.gguf", "-t", "1", "-p", "the king", *HOT)
        self.done(self.call(*given, "-n", "4"))
        asked = (*given, "-n", str(2**20), "--samples", "200", "-np", "200", "--memory", "500G")
        self.refused(self.call(*asked), 1, "MB of memory that are free", "for contexts and ", "lower --memory")

    def test_a_run_beyond_the_disk(self):
        """What no run takes less than, of which short strings without laws come nearest."""
        for more, least in (((), 80), (("--no-law",), 40)):
            asked = ("run", "-m", "a.gguf", "-t", "1", "-p", "the king", *HOT, "-n", "1", "--samples", "8000", *more, "-o", "run.db")
            self.done(self.call(*asked))
            with closing(sqlite3.connect(self.folder / "run.db")) as run:
                pairs = run.execute("SELECT count(*) FROM pairs").fetchone()[0]
            self.assertGreater((self.folder / "run.db").stat().st_size, least * pairs)
            (self.folder / "run.db").unlink()
            result = self.call(*asked, file_limit=least * pairs - 1)
            self.refused(result, 1, " MB of room for 'run.db'", "name another folder")
            self.assertEqual([path.name for path in self.folder.iterdir() if "run.db" in path.name], [])

    def test_a_model_beyond_the_memory(self):
        """A file with a hole, of 2 TB."""
        huge = self.folder / "huge.gguf"
        huge.write_bytes((self.folder / "a.gguf").read_bytes())
        os.truncate(huge, 2**41)
        result = self.run_tiny("-p", "a", *HOT, model="huge.gguf")
        self.refused(result, 1, "a model that fits into the ", " MB of memory that are free", "one of 2097153 MB", "try a smaller")


if __name__ == "__main__":
    unittest.main()

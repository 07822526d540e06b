"""The choice of streams and rows by a short measurement, which is kept and changes no result."""

import json
import os
import re
import unittest

from command import Case

STRINGS = 260  # two worlds of 24 rows each: long enough that it is worth measuring


class Shapes(Case):
    def setUp(self):
        super().setUp()
        self.cache = self.folder / "cache"
        self.write("prompts.txt", "".join(f"a {i}\n" for i in range(STRINGS)))

    def run_long(self, *more, output="out.jsonl", cache=None):
        result = self.call(
            *("run", "-m", "a.gguf", "-t", "1", "-n", "24", "-f", "prompts.txt", "--world", "up=steer:vector.gguf"),
            *("--no-null", "--no-nudge", "--jsonl", output, "--show", "0", *more),
            environment={"OTHERWISE_CACHE": str(cache or self.cache)},
        )
        self.done(result)
        return result.stderr.decode()

    def kept(self):
        return sorted((self.cache / "calls").glob("*.json"))

    def lines(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    def spoil(self, change):
        (file,) = self.kept()
        file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
        return file

    def test_is_kept_and_changes_nothing(self):
        first = self.run_long()
        self.assertRegex(first, r"\d+ strings at once \(.*measured in \d+\.\d\d s\)")
        (file,) = self.kept()
        kept = json.loads(file.read_text(encoding="utf-8"))
        self.assertIn(32, [call["rows"] for call in kept["calls"]])
        self.assertTrue(all(call["time"] > 0 for call in kept["calls"]))
        for call in kept["calls"]:
            call["time"] = call["rows"] / 32  # as a quiet machine has it
        file.write_text(json.dumps(kept), encoding="utf-8")
        self.assertRegex(self.run_long(output="again.jsonl"), r"\(.*measured before")
        for streams in ("1", "7", "64"):
            self.run_long("-np", streams, output="other.jsonl")
            self.assertEqual(self.lines("out.jsonl"), self.lines("other.jsonl"), streams)
        self.assertEqual(self.lines("out.jsonl"), self.lines("again.jsonl"))

    def test_of_another_build_is_measured_again(self):
        self.run_long()
        file = self.spoil(lambda text: re.sub(r'"build": "[^"]*"', '"build": "otherwise 0.0.1"', text))
        told = self.run_long()
        self.assertEqual(told.count("measured by another build (otherwise 0.0.1): measured again"), 1, told)
        self.assertNotIn("0.0.1", file.read_text(encoding="utf-8"))
        self.assertNotIn("another build", self.run_long())

    def test_a_broken_file_is_no_error(self):
        self.run_long()
        sound = self.kept()[0].read_text(encoding="utf-8")
        for broken in ("", "{", "[1, 2]", sound[: len(sound) // 2], sound.replace('"time": 1.0', '"time": -1.0')):
            file = self.spoil(lambda _, broken=broken: broken)
            self.assertIn("measured in", self.run_long())
            self.assertIn('"time": 1.0', file.read_text(encoding="utf-8"))

    def test_a_folder_that_takes_nothing_is_no_error(self):
        self.write("file", "no folder")
        told = self.run_long(cache=self.folder / "file")
        self.assertIn("could not be kept in", told)
        self.assertIn("measured in", told)
        self.assertEqual(len(self.lines("out.jsonl").splitlines()), STRINGS)

    def test_is_left_out(self):
        for more in (("-np", "8"), ("--fast",), ("--limit", "20")):
            self.assertNotIn("measured", self.run_long(*more), more)
            self.assertEqual(self.kept(), [], more)

    def test_a_dry_run_says_why(self):
        def dry(*more):
            result = self.call(
                *("run", "-m", "a.gguf", "-t", "1", "-f", "prompts.txt", "--world", "up=steer:vector.gguf"),
                *("--dry-run", *more),
                environment={"OTHERWISE_CACHE": str(self.cache)},
            )
            return self.done(result)

        self.assertRegex(dry("-np", "8"), r"streams +8 at once, 256 tokens each, .* \(as asked for\)")
        self.assertRegex(dry("--limit", "3"), r"streams +3 at once, .*, at most \d+ rows a call \(from the memory\)")
        self.assertRegex(dry(), r"streams +\d+ at once, .* \(.*; measured in ")


class TooLong(Case):
    def test_a_prompt_longer_than_the_context(self):
        result = self.run_tiny("-p", "a b c d e f g h " * 40, "-c", "256", "--world", "up=steer:vector.gguf")
        self.refused(result, 1, "256", "string '1'")

    def test_a_head_that_the_memory_does_not_hold(self):
        prompts = ("-p", "a b c d e f g h " * 12, "-p", "a b c d e f g h " * 11)
        result = self.run_tiny(*prompts, "--world", "up=steer:vector.gguf", "--memory", "100K")
        line = self.refused(result, 1, "--memory of at least", "for one string at a time", "raise --memory")
        wanted = re.search(r"at least (\d+) MB", line).group(1)
        self.done(self.run_tiny(*prompts, "--world", "up=steer:vector.gguf", "--memory", wanted + "M"))


if __name__ == "__main__":
    unittest.main()

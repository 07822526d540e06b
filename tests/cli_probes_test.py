"""Results of invariance probes, kept between runs: when they are taken, and when not."""

import json
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

import tiny
from command import COMMAND, Case

PROMPT = "a b c d e f g h " * 12  # long enough for the tiled kernel
NEW = r"batch invariant: 2 networks probed, at least"
KEPT = r"batch invariant: 2 networks probed before, at least"


class Probes(Case):
    def setUp(self):
        super().setUp()
        self.cache = self.folder / "cache"
        for name in ("a.gguf", "vector.gguf"):  # files of its own in place of links
            target = (self.folder / name).resolve()
            (self.folder / name).unlink()
            shutil.copy(target, self.folder / name)

    def told(self, *more, cache=None, threads="1"):
        result = self.call(
            *("run", "-m", "a.gguf", "-t", threads, "-n", "4", "-p", PROMPT, "--world", "up=steer:vector.gguf"),
            *("--no-nudge", "--jsonl", "out.jsonl", "--show", "0", *more),
            environment={"OTHERWISE_CACHE": str(cache or self.cache)},
        )
        self.done(result)
        return result.stderr.decode()

    def kept(self):
        return sorted((self.cache / "probes").glob("*.json"))

    def lines(self):
        return (self.folder / "out.jsonl").read_text(encoding="utf-8")

    def test_are_kept_and_change_nothing(self):
        self.assertRegex(self.told(), NEW)
        lines = self.lines()
        self.assertEqual(len(self.kept()), 4)  # two networks, calls and heads
        before = [file.stat().st_mtime_ns for file in self.kept()]
        self.assertRegex(self.told(), KEPT)
        self.assertEqual(self.lines(), lines)
        self.assertEqual([file.stat().st_mtime_ns for file in self.kept()], before)

    def test_of_other_files_are_made_anew(self):
        self.told()
        for name, seed in (("a.gguf", 7), ("vector.gguf", 8)):
            write = tiny.write_model if name == "a.gguf" else tiny.write_vector
            write(self.folder / name, seed=seed)
            told = self.told()
            self.assertNotRegex(told, KEPT, name)
            self.assertRegex(told, NEW if name == "a.gguf" else r"2 networks probed \(2 of 4 probes before\)")
            self.assertRegex(self.told(), KEPT)
        os.utime(self.folder / "a.gguf")
        self.assertRegex(self.told(), NEW)

    def test_of_other_settings_are_made_anew(self):
        self.told()
        for more in (("-ctk", "q8_0"), ("--no-repack",), ("-c", "512")):
            first, second = self.told(*more), self.told(*more)
            self.assertRegex(first, NEW if more[0] != "-c" else KEPT, more)  # as long as the strings
            self.assertRegex(second, KEPT, more)
        self.assertRegex(self.told(threads="2"), NEW)
        self.assertRegex(self.told("--world", "two=steer:vector.gguf:2"), r"3 networks probed \(4 of 6 probes before\)")

    def test_of_another_build_are_made_anew(self):
        self.told()
        for file in self.kept():
            text = file.read_text(encoding="utf-8")
            file.write_text(re.sub(r'"build": "[^"]*"', '"build": "otherwise 0.0.1"', text), encoding="utf-8")
        told = self.told()
        self.assertEqual(told.count("probed by another build (otherwise 0.0.1): probed again"), 1, told)
        self.assertRegex(told, NEW)
        self.assertRegex(self.told(), KEPT)

    def test_another_program_is_another_build(self):
        self.told()
        own = Path(shutil.copy(COMMAND, self.folder / "own-command"))
        arguments = ("run", "-m", "a.gguf", "-t", "1", "-n", "4", "-p", PROMPT, "--world", "up=steer:vector.gguf")
        result = subprocess.run(
            [own, *arguments, "--no-nudge", "--show", "0"],
            cwd=self.folder,
            env=os.environ | {"OTHERWISE_CACHE": str(self.cache)},
            capture_output=True,
            check=False,
        )
        self.done(result)
        self.assertIn("probed by another build (otherwise ", result.stderr.decode())

    def test_broken_files_are_no_error(self):
        self.told()
        for broken in ("", "{", "[1, 2]", '{"build": 3}'):
            for file in self.kept():
                file.write_text(broken, encoding="utf-8")
            self.assertRegex(self.told(), NEW)
            self.assertTrue(all(json.loads(file.read_text(encoding="utf-8"))["invariant"] for file in self.kept()))

    def test_a_folder_that_takes_nothing_is_no_error(self):
        self.write("file", "no folder")
        told = self.told(cache=self.folder / "file")
        self.assertRegex(told, r"2 networks probed \(could not be kept in '.*'\), at least")
        self.assertEqual(len(self.lines().splitlines()), 1)

    def test_fast_keeps_nothing(self):
        self.told("--fast")
        self.assertEqual(self.kept(), [])


SPOILT = "is not batch invariant (2 × 1 rows: logits differ by up to 0.500000 nats); small"
FACT = ("--fact", "king | the {} was made in | a")


class NoRemedy(Case):
    """Where kept probes say that no remedy helps, everything that reads states says so."""

    def setUp(self):
        super().setUp()
        for name in ("glad", "grim"):
            self.write(f"{name}.txt", "".join(f"the king and the {name} {i}\n" for i in range(10)))

    def told(self, *arguments):
        """What is said once the probe under each remedy has been kept, as one that failed."""
        cache, known = self.folder / "cache", None
        for _ in range(9):
            result = self.call(*arguments, "-m", "a.gguf", "-t", "1", environment={"OTHERWISE_CACHE": str(cache)})
            self.done(result)
            if known == (known := set((cache / "probes").glob("*.json"))):
                return result.stderr.decode()
            for file in known:
                kept = json.loads(file.read_text(encoding="utf-8"))
                kept |= {"invariant": False, "worst": 0.5, "shape": "2 × 1 rows"}
                file.write_text(json.dumps(kept), encoding="utf-8")
        self.fail("new probes each time")

    def test_is_said_by_all_that_read_states(self):
        fit = ("fit", "direction", "glad.txt", "grim.txt", "--dry-run")
        edit = ("edit", "rome", *FACT, "--layers", "0", "--dry-run")
        check = ("edit", "check", *FACT, "--lora", "lora.gguf")
        for arguments in (fit, edit, check):
            with self.subTest(arguments[:2]):
                line = f"WARNING: the model {SPOILT} differences may be noise\n"
                self.assertEqual(self.told(*arguments).count(line), 1)
                self.assertNotIn("WARNING", self.told(*arguments, "-q"))
        run = self.told("run", "-p", "the king", "-n", "4", "--world", "hot=temp:2", "--no-nudge", "--show", "0")
        self.assertIn(f"WARNING: world 'factual' {SPOILT} effects may be noise: compare with the null", run)


if __name__ == "__main__":
    unittest.main()

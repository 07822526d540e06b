"""`kill -9` at random moments: under a name there is never half a file, what strays goes with the next
start of the same command, and a run that goes on gives the bytes of one that nobody disturbed.

$OTHERWISE_KILLS is the share of a hundred kills, `make test-crash` does them all; $OTHERWISE_KILL_SEED
chooses other moments.
"""

import shutil
import sqlite3
import unittest
from contextlib import closing, contextmanager
from pathlib import Path

from cli_edit_test import FACT
from cli_fit_test import GLAD, GRIM
from kills import KillCase

STUDY = """
model = "a.gguf"
file = "prompts.txt"
samples = 2
predict = 16
seed = 5
null = "all"
nudge = "none"
[worlds]
l = "lora:lora.gguf"
sad = "steer:vector.gguf:2"
hot = "temp:1.4"
"""
RUN = ("run", "-t", "1", "-q")
OLD = (Path(__file__).parent / "data" / "first_version.sql").read_text()
MIGRATIONS = 6
MANY = 15  # kills: fewer may all come before or after what they are meant for


class Runs(KillCase):
    def setUp(self):
        super().setUp()
        self.write("prompts.txt", "".join(f"the king of {i}\n" for i in range(40)))
        self.write("study.toml", STUDY)

    def exports(self, run):
        return [self.done(self.call("export", run, *form)) for form in ((), ("--law",))]

    def whole(self, *arguments):
        """Seconds and exports of an undisturbed run."""
        seconds = self.timed(*RUN, "study.toml", "-o", "whole.db", *arguments)
        return seconds, self.exports("whole.db")

    def sound(self, run):
        """What a kill left is an SQLite file in order, of strings that are whole; how many migrations it has."""
        with self.copy(run) as copy:
            self.assertEqual(copy.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(copy.execute("PRAGMA foreign_key_check").fetchall(), [])
            done = copy.execute("SELECT count(*) FROM strings WHERE state > 0").fetchone()[0]
            pairs = copy.execute("SELECT count(*) FROM pairs").fetchone()[0]
            self.assertEqual(pairs, done * 2 * 4)  # samples, worlds
            return copy.execute("SELECT count(*) FROM migrations").fetchone()[0]

    @contextmanager
    def copy(self, run):
        """A connection that leaves the file and its WAL as they are."""
        for name in self.names(run):
            shutil.copy(self.folder / name, self.folder / ("copy" + name.removeprefix(run)))
        try:
            with closing(sqlite3.connect(self.folder / "copy")) as copy:
                yield copy
        finally:
            self.remove("copy")

    def names(self, run):
        return [run + end for end in ("", "-wal", "-shm", "-journal") if (self.folder / (run + end)).exists()]

    def remove(self, run):
        for name in self.names(run):
            (self.folder / name).unlink()

    def test_a_run_goes_on(self):
        seconds, whole = self.whole()
        wanted, run = self.kills(40), "run.db"
        while self.hits < wanted:
            self.remove(run)
            for _ in range(self.chance.randrange(1, 6)):
                there = (self.folder / run).exists()
                call = (*RUN, "--resume", run) if there else (*RUN, "study.toml", "-o", run)
                making = not there and self.chance.random() < 0.5
                self.kill(call, 0.02 if making else seconds, self.begun(run) if making else None)
                if (self.folder / run).exists():
                    self.sound(run)
            there = (self.folder / run).exists()
            self.done(self.call(*RUN, *(("--resume", run) if there else ("study.toml", "-o", run))))
            self.assertEqual(self.exports(run), whole)
            self.assertEqual(self.names(run), [run])
            if not there:
                self.assertEqual(self.unfinished(), [])
        self.remove(run)
        self.done(self.call(*RUN, "study.toml", "-o", run))  # what strayed under that name
        self.assertEqual(self.unfinished(), [])

    def test_a_merge_is_whole_or_absent(self):
        _, whole = self.whole()
        parts = [f"{i}.db" for i in (1, 2, 3)]
        for i, part in enumerate(parts):
            self.done(self.call(*RUN, "study.toml", "--shard", f"{i + 1}/3", "-o", part))
        call = ("merge", *parts, "-o", "all.db")
        seconds = self.timed(*call)
        self.remove("all.db")
        wanted = self.kills(15)
        for _ in self.killed(wanted, call, "all.db", seconds):
            if (self.folder / "all.db").exists():  # it died after its work
                self.assertEqual(self.exports("all.db"), whole)
                self.remove("all.db")
        if wanted >= MANY:
            self.assertGreater(self.inside, self.hits // 4, "none came in its midst")
        self.remove("all.db")
        self.done(self.call(*call))
        self.assertEqual(self.exports("all.db"), whole)
        self.assertEqual(self.unfinished(), [])

    def aged(self):
        """A run of the first version, half of whose strings wait, and what becomes of it."""
        self.done(self.call(*RUN, "study.toml", "-o", "old.db"))
        with closing(sqlite3.connect(self.folder / "old.db")) as run:
            for table in ("outcomes", "laws", "pairs", "draws"):
                run.execute(f"DELETE FROM {table} WHERE string >= 20")
            run.execute("UPDATE strings SET state = 0 WHERE string >= 20")
            run.executescript(OLD)
        shutil.copy(self.folder / "old.db", self.folder / "whole.db")
        seconds = self.timed(*RUN, "--resume", "whole.db")
        return seconds, self.exports("whole.db")

    def test_a_migration_is_whole_or_absent(self):
        seconds, whole = self.aged()
        reached, died, wanted = [], 0, self.kills(15)
        while died < wanted:
            self.assertLess(self.tries, 20 + 10 * wanted, "it is too fast to be killed")
            self.remove("run.db")
            shutil.copy(self.folder / "old.db", self.folder / "run.db")
            wal = self.folder / "run.db-wal"
            late = self.tries % 4 != 0
            died += self.kill((*RUN, "--resume", "run.db"), 0.01 if late else seconds, wal.exists if late else None)
            reached.append(self.sound("run.db"))
            self.done(self.call(*RUN, "--resume", "run.db"))
            self.assertEqual(self.exports("run.db"), whole)
        self.inside = sum(1 <= count < MIGRATIONS for count in reached)
        if wanted >= MANY:
            self.assertGreater(len(set(reached)), 1, reached)
        self.assertEqual(self.unfinished(), [])


class Files(KillCase):
    """What else writes: the file that was there stays until the new one is whole."""

    def replaced(self, out, *arguments, whole=8):
        """The command writes `out`, the same bytes each time; that many of a hundred kills are its."""
        seconds = self.timed(*arguments)
        expected = (self.folder / out).read_bytes()
        old = b"what was there before"
        self.write(out, old)
        for died in self.killed(self.kills(whole), arguments, out, seconds):
            found = (self.folder / out).read_bytes() if (self.folder / out).exists() else None
            self.assertIn(found, (expected, old, None))
            (self.folder / out).unlink(missing_ok=True)
            if died % 2:
                self.write(out, old)
        self.done(self.call(*arguments))
        self.assertEqual((self.folder / out).read_bytes(), expected)
        self.assertEqual(self.unfinished(), [])

    def test_quantize(self):
        self.replaced("q.gguf", "quantize", "a.gguf", "q.gguf", "Q8_0")

    def test_report_and_export(self):
        self.write("prompts.txt", "".join(f"the king of {i}\n" for i in range(60)))
        self.done(self.run_tiny("-f", "prompts.txt", "--world", "hot=temp:1.5", "-q", "-o", "run.db"))
        self.replaced("page.html", "report", "run.db", "-q", "-o", "page.html", whole=7)
        self.replaced("out.jsonl", "export", "run.db", "-o", "out.jsonl", whole=4)

    def test_fit(self):
        for name, texts in (("glad", GLAD), ("grim", GRIM)):
            self.write(f"{name}.txt", "\n".join(texts * 2) + "\n")
        of = ("glad.txt", "grim.txt", "-m", "a.gguf", "-t", "1", "-q", "-o")
        self.replaced("v.gguf", "fit", "direction", *of, "v.gguf", whole=5)
        self.replaced("m.gguf", "fit", "mimic", *of, "m.gguf", whole=4)

    def test_edit(self):
        fast = ("--steps", "5", "--prefixes", "1", "--covariance-tokens", "300", "--layers", "0", "--no-check")
        self.replaced("e.gguf", "edit", "rome", *fast, "--fact", FACT, "-m", "a.gguf", "-t", "1", "-q", "-o", "e.gguf")


if __name__ == "__main__":
    unittest.main()

"""Studies and run files: -o, --resume, shards, merge, export, compare, check."""

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from command import COMMAND, NOBODY, Case

STUDY = """
model = "a.gguf"
file = "prompts.txt"
samples = 2
predict = 12
seed = 5
target = "Paris"

[worlds]
l = "lora:lora.gguf"
sad = [{ steer = "vector.gguf", scale = 2, layers = 1 }, "temp:0.8"]
"""
RUN = ("run", "-t", "1", "-q")


class StudyCase(Case):
    def setUp(self):
        super().setUp()
        self.prompts(12)
        self.write("study.toml", STUDY)

    def prompts(self, count):
        self.write("prompts.txt", "".join(f"the king of {i}\n" for i in range(count)))

    def conduct(self, *arguments, **more):
        return self.call(*RUN, "study.toml", *arguments, **more)

    def exported(self, run, *form):
        return self.done(self.call("export", run, *form))

    def whole(self):
        """The lines of a run without interruption, laws after them."""
        self.done(self.conduct("-o", "whole.db"))
        return self.exported("whole.db"), self.exported("whole.db", "--law")

    def rows(self, run, query):
        connection = sqlite3.connect(self.folder / run)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


    def forget(self, run, *strings):
        """The run as it was before these strings were written."""
        connection = sqlite3.connect(self.folder / run)
        for string in strings:
            for table in ("outcomes", "laws", "pairs", "prompts", "draws"):
                connection.execute(f"DELETE FROM {table} WHERE string = {string}")
            connection.execute(f"UPDATE strings SET state = 0 WHERE string = {string}")
        connection.commit()
        connection.close()


@contextlib.contextmanager
def read_only(folder):
    os.chmod(folder, 0o555)
    try:
        yield
    finally:
        os.chmod(folder, 0o755)


class Studies(StudyCase):
    def test_a_study_is_its_command_line(self):
        flags = ["-m", "a.gguf", "-f", "prompts.txt", "--samples", "2", "-n", "12", "-s", "5"]
        worlds = ["--world", "l=lora:lora.gguf"]
        worlds += ["--world", "sad=steer:vector.gguf:2@layers=1,temp:0.8"]
        by_flags = self.done(self.call(*RUN, *flags, *worlds, "--jsonl", "-"))
        by_study = self.done(self.conduct("--jsonl", "-"))
        self.assertEqual(by_flags, by_study)
        self.done(self.call(*RUN, *flags, *worlds, "--save-study", "saved.toml", "--dry-run"))
        saved = self.done(self.call(*RUN, "saved.toml", "--jsonl", "-"))
        self.assertEqual(saved, by_study)

    def test_a_flag_overrides_the_file(self):
        lines = self.done(self.conduct("-p", "the hill", "-s", "6", "--samples", "1", "--jsonl", "-"))
        first = [json.loads(line) for line in lines.splitlines()]
        self.assertEqual([line["prompt"] for line in first], ["the hill"] * 2)
        more = self.done(
            self.conduct("-p", "a", "--world", "l=temp:2", "--world", "x=temp:3", "--jsonl", "-")
        )
        names = [json.loads(line)["world"] for line in more.splitlines()]
        self.assertEqual(names[:3], ["l", "sad", "x"])

    def test_inline_observed_strings(self):
        text = 'model = "a.gguf"\n[worlds]\nhot = "temp:1.5"\n[[strings]]\nid = "x"\n'
        self.write("study.toml", text + 'prompt = "the king"\ntext = " had bread"\n')
        (line,) = self.done(self.conduct("--jsonl", "-")).splitlines()
        self.assertTrue(json.loads(line)["observed"])
        self.assertEqual(json.loads(line)["factual"]["text"], " had bread")

    def test_saved_studies_know_the_edited_world(self):
        self.done(
            self.run_tiny("-p", "a b", "--lora", "lora.gguf", "-q", "--save-study", "s.toml")
        )
        self.assertIn("[worlds.edited]", (self.folder / "s.toml").read_text())
        self.done(self.call(*RUN, "s.toml"))

    def test_files_that_are_not_there(self):
        def refuses(old, new, *parts):
            self.write("bad.toml", STUDY.replace(f'"{old}"', f'"{new}"').replace(f':{old}', f':{new}'))
            self.refused(self.call(*RUN, "bad.toml"), 1, f"'{new}' in line", "'bad.toml'", *parts)

        refuses("a.gguf", "gone.gguf", "line 2", "point to it by -m FILE, or edit the line")
        self.done(self.call(*RUN, "bad.toml", "-m", "a.gguf"))
        refuses("prompts.txt", "gone.txt", "line 3", "-f FILE")
        refuses("lora.gguf", "gone.gguf", "line 10", "edit the line")
        refuses("vector.gguf", "gone.gguf", "line 11", "edit the line")

    def test_a_world_of_one_table(self):
        long = self.done(self.conduct("--jsonl", "-"))
        short = 'sad = { steer = "vector.gguf", scale = 2, layers = 1 }'
        line = next(line for line in STUDY.splitlines() if line.startswith("sad"))
        self.write("study.toml", STUDY.replace(line, short))
        table = self.done(self.conduct("--jsonl", "-"))
        self.write("study.toml", STUDY.replace(', "temp:0.8"]', "]"))
        self.assertEqual(table, self.done(self.conduct("--jsonl", "-")))
        self.assertNotEqual(table, long)

    def test_bad_studies(self):
        def refuses(text, *parts):
            self.write("bad.toml", text)
            self.refused(self.call(*RUN, "bad.toml"), 2, *parts)

        refuses("seed = 1\nsampels = 2", "'sampels' in line 2", "did you mean 'samples'?")
        refuses("seed = ", "a study in TOML", "line 1")
        refuses("samples = 0", "samples: a whole number from 1")
        refuses('prompt = "a"\nfile = "b"\n[worlds]\nx = "temp:2"', "one of prompt, file")
        refuses('prompt = "a"', "a world to compare with")
        refuses('prompt = "a"\n[worlds]\nx = "tmp:2"', "in line 3")
        refuses('prompt = "a"\ntokens = 3', "'tokens' in line 2", "did you mean 'predict'?")
        refuses('n = 3', "'n' in line 1", "did you mean 'predict'?")
        refuses('[worlds.x]\nitem = "temp:2"', "'item' in line 2", "did you mean 'items'?")
        self.refused(self.call(*RUN, "none.toml"), 1, "no such file, 'none.toml'")
        self.refused(self.conduct("--save-study", "x.toml", "-f", "-"), 2, "standard input")


class RunFiles(StudyCase):
    def test_export_is_what_run_writes(self):
        lines = self.done(self.conduct("-o", "run.db", "--jsonl", "-"))
        self.assertEqual(self.exported("run.db"), lines)
        table = self.exported("run.db", "--csv").splitlines()
        self.assertEqual(len(table), 1 + len(lines.splitlines()))
        self.done(self.call("export", "run.db", "-o", "out.jsonl"))
        self.assertEqual((self.folder / "out.jsonl").read_text(), lines)
        self.done(self.conduct("--null", "--independent", "-o", "all.db", "--jsonl", "all.jsonl"))
        self.assertEqual(self.exported("all.db"), (self.folder / "all.jsonl").read_text())

    def test_laws_are_those_of_the_command(self):
        self.done(self.conduct("-o", "run.db"))
        worlds = ("--world", "l=lora:lora.gguf", "--world")
        worlds += ("sad=steer:vector.gguf:2@layers=1,temp:0.8",)
        flags = ("-m", "a.gguf", "-f", "prompts.txt", "--samples", "2", "-n", "12", "-s", "5")
        lines = self.done(self.call("law", "-t", "1", "-q", *flags, *worlds, "--jsonl", "-"))
        law = [json.loads(line) for line in lines.splitlines()]
        stored = [json.loads(line) for line in self.exported("run.db", "--law").splitlines()]
        stored = [line for line in stored if line["world"] in ("l", "sad")]
        self.assertEqual(len(stored), 48)
        self.assertEqual(len(law), 48)  # the floors' lines only where they are asked for
        for one, two in zip(law, stored):
            for key in ("string", "sample", "world", "tokens", "pieces", "stay", "unchanged"):
                self.assertEqual(one[key], two[key])
            for a, b in zip(one["kl"], two["kl"]):
                self.assertAlmostEqual(a, b, places=7)

    def test_every_fact_is_there(self):
        self.done(self.conduct("-o", "run.db"))
        meta = dict(self.rows("run.db", "SELECT key, value FROM meta"))
        self.assertIn("[worlds.sad]", meta["study"])
        self.assertEqual(meta["seed"], "5")
        self.assertIn("features = CPU", meta["machine"])
        files = dict(self.rows("run.db", "SELECT path, sha256 FROM files"))
        self.assertEqual(set(files), {"a.gguf", "lora.gguf", "vector.gguf"})
        counts = {
            table: self.rows("run.db", f"SELECT count(*) FROM {table}")[0][0]
            for table in ("strings", "draws", "pairs", "laws", "worlds", "sittings", "pieces")
        }
        self.assertEqual(counts["strings"], 12)
        self.assertEqual(counts["draws"], 24)
        self.assertEqual(counts["pairs"], 120)
        self.assertEqual(counts["laws"], 120)
        self.assertGreater(counts["pieces"], 20)
        texts = self.rows("run.db", "SELECT text FROM pairs JOIN worlds USING (world) WHERE name='l'")
        lines = [json.loads(line) for line in self.exported("run.db").splitlines()]
        expected = [x["counterfactual"]["text"] for x in lines if x["world"] == "l"]
        self.assertEqual(sorted(text for (text,) in texts), sorted(expected))
        self.assertEqual(self.rows("run.db", "PRAGMA integrity_check"), [("ok",)])
        self.assertEqual(self.rows("run.db", "PRAGMA foreign_key_check"), [])

    def test_resuming_a_finished_run_changes_nothing(self):
        lines, laws = self.whole()
        self.done(self.call(*RUN, "--resume", "whole.db"))
        self.assertEqual(self.exported("whole.db"), lines)
        self.assertEqual(self.exported("whole.db", "--law"), laws)

    def test_a_finished_run_needs_no_model(self):
        self.done(self.conduct("-o", "run.db"))
        before = (self.folder / "run.db").read_bytes()
        table = self.done(self.call(*RUN, "--resume", "run.db"))
        for name in ("a.gguf", "lora.gguf", "vector.gguf", "prompts.txt"):
            (self.folder / name).unlink()
        self.assertEqual(self.done(self.call(*RUN, "--resume", "run.db")), table)
        self.assertIn("null (floor)", table)
        result = self.call("run", "--resume", "run.db", "--json")
        self.assertEqual(json.loads(self.done(result))["worlds"][0]["strings"], 24)
        self.assertIn("all 12 strings were done before", result.stderr.decode())
        self.assertEqual((self.folder / "run.db").read_bytes(), before)
        self.forget("run.db", 3)  # the control: one that is not finished does
        self.refused(self.call(*RUN, "--resume", "run.db"), 1, "'a.gguf'", "--moved")

    def test_probes_are_those_of_the_file(self):
        lines, laws = self.whole()
        probed = "5 networks probed, at least"  # with a nudge for each world
        self.forget("whole.db", 3, 7)
        result = self.call("run", "-t", "1", "--resume", "whole.db")
        self.done(result)
        self.assertIn("networks probed by an earlier run", result.stderr.decode())
        self.assertEqual(self.exported("whole.db"), lines)
        self.assertEqual(self.exported("whole.db", "--law"), laws)
        connection = sqlite3.connect(self.folder / "whole.db")
        connection.execute("UPDATE meta SET value = value || 'x' WHERE key = 'machine'")
        connection.commit()
        connection.close()
        self.forget("whole.db", 3)
        empty = {"OTHERWISE_CACHE": str(self.folder / "empty")}  # which keeps none either
        result = self.call("run", "-t", "1", "--force", "--resume", "whole.db", environment=empty)
        self.done(result)
        self.assertIn(probed, result.stderr.decode())

    def test_a_run_goes_on_only_as_itself(self):
        self.done(self.conduct("-o", "run.db"))
        resume = (*RUN, "--resume", "run.db")
        self.refused(self.call(*resume, "-s", "6"), 2, "(seed = 5)", "(seed = 6)")
        self.refused(self.call(*resume, "-m", "b.gguf"), 2, "(model = ", "with another one")
        self.refused(self.call(*resume, "-p", "x"), 2, "(strings = 12")
        self.refused(self.call(*resume, "--world", "l=temp:3"), 2, "another one (worlds.l.items = ")
        self.refused(self.call(*resume, "-ctk", "q8_0"), 2, "cache-type-k = f16", "--force")
        self.done(self.call(*resume, "-ctk", "q8_0", "--force"))
        self.write("other.toml", STUDY.replace("predict = 12", "predict = 13"))
        self.refused(self.call(*resume, "other.toml"), 2, "predict = 12", "predict = 13")
        self.done(self.call(*resume, "study.toml"))
        self.refused(self.conduct("-o", "run.db"), 2, "'run.db', which is there already")

    def test_moved_files(self):
        self.done(self.conduct("-o", "run.db"))
        self.forget("run.db", 3)
        (self.folder / "lora.gguf").rename(self.folder / "moved.gguf")
        resume = (*RUN, "--resume", "run.db")
        self.refused(self.call(*resume), 1, "'lora.gguf'", "--moved 'lora.gguf=NEW'")
        self.refused(self.call(*resume, "--moved", "lora.gguf"), 2, "--moved OLD=NEW")
        self.done(self.call(*resume, "--moved", "lora.gguf=moved.gguf"))
        self.forget("run.db", 3)
        self.done(self.call(*resume))
        self.refused(
            self.call(*resume, "--moved", "a.gguf=b.gguf"), 2, "(model = ", "with another one"
        )

    def test_resuming_from_another_folder(self):
        lines, _ = self.whole()
        (self.folder / "other").mkdir()
        for strings in ((), (3,), (3, 4)):
            self.forget("whole.db", *strings)
            resume = (*RUN, "--resume", "../whole.db" if len(strings) < 2 else "whole.db")
            folder = self.folder / "other" if len(strings) < 2 else self.folder
            self.done(self.call(*resume, folder=folder))
            self.assertEqual(self.exported("whole.db"), lines)
        files = {path for (path,) in self.rows("whole.db", "SELECT path FROM files")}
        self.assertEqual(files, {"a.gguf", "lora.gguf", "vector.gguf"})

    def test_bad_run_files(self):
        self.write("text.db", "no database, but a text of some length")
        self.write("empty.db", "")
        sqlite3.connect(self.folder / "other.db").executescript("CREATE TABLE t (a)")
        before = (self.folder / "other.db").read_bytes()
        for command in (("export",), (*RUN, "--resume"), ("check", "--floor")):
            self.refused(self.call(*command, "text.db"), 1, "a run file of otherwise")
            self.refused(self.call(*command, "empty.db"), 1, "a run file of otherwise")
            self.refused(self.call(*command, "other.db"), 1, "another program's database")
            self.refused(self.call(*command, "none.db"), 1, "no such file")
            self.refused(self.call(*command, "."), 1, "a folder" if command[0] == "run" else "'./")
        self.assertEqual((self.folder / "other.db").read_bytes(), before)
        self.done(self.conduct("-o", "run.db"))
        connection = sqlite3.connect(self.folder / "run.db")
        connection.execute("INSERT INTO migrations VALUES ('0099 later', 'now')")
        connection.commit()
        connection.close()
        self.refused(self.call("export", "run.db"), 1, "the newer schema '0099 later'")

    def test_a_finished_run_is_one_file(self):
        self.done(self.conduct("-o", "run.db"))
        self.assertEqual(self.rows("run.db", "PRAGMA journal_mode"), [("delete",)])
        beside = [name for name in os.listdir(self.folder) if "run.db" in name]
        self.assertEqual(beside, ["run.db"])

    def test_reading_without_the_right_to_write(self):
        lines, _ = self.whole()
        shared = self.folder / "shared"
        shared.mkdir()
        shutil.copy(self.folder / "whole.db", shared / "run.db")
        shutil.copy(self.folder / "whole.db", shared / "wal.db")
        connection = sqlite3.connect(shared / "wal.db")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.close()
        os.chmod(self.folder, 0o777)
        with read_only(shared):
            for run in ("shared/run.db", "shared/wal.db"):
                self.assertEqual(self.done(self.call("export", run, user=NOBODY)), lines)
                self.done(self.call("check", run, "--floor", user=NOBODY))
                self.done(self.call("merge", run, "-o", f"{run[7:]}.all", user=NOBODY))
                self.assertEqual(self.exported(f"{run[7:]}.all"), lines)

    def test_a_wal_that_cannot_be_read(self):
        self.done(self.conduct("-o", "run.db"))
        shared = self.folder / "shared"
        shared.mkdir()
        connection = sqlite3.connect(self.folder / "run.db")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE pairs SET lcp = 3")
        connection.commit()
        for part in ("run.db", "run.db-wal"):
            shutil.copy(self.folder / part, shared / part)
        connection.close()
        os.chmod(self.folder, 0o777)
        with read_only(shared):
            for command in (("export",), ("merge", "-o", "all.db")):
                result = self.call(*command, "shared/run.db", user=NOBODY)
                self.refused(result, 1, "copy both to a folder you can write")

    def test_a_locked_file(self):
        self.done(self.conduct("-o", "run.db"))
        self.forget("run.db", 3)
        connection = sqlite3.connect(self.folder / "run.db", isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        self.refused(self.call(*RUN, "--resume", "run.db"), 1, "another process has locked")
        connection.execute("ROLLBACK")
        connection.close()
        self.done(self.call(*RUN, "--resume", "run.db"))

    def test_contradictions(self):
        self.done(self.conduct("-o", "b.db"))
        self.refused(self.conduct("-o", "a.db", "--resume", "b.db"), 2, "-o or --resume")
        self.refused(self.conduct("--resume", "b.db", "--jsonl", "-"), 2, "otherwise export")
        self.refused(self.conduct("--shard", "1/2"), 2, "-o with --shard")
        self.refused(self.conduct("--shard", "3/2", "-o", "a.db"), 2, "--shard I/N")
        self.refused(self.conduct("-o", "no/such/folder/a.db"), 1, "a folder that can be")


class Crashes(StudyCase):
    """Kill -9 at random moments, disks that fill up, Ctrl-C."""

    def start(self, *arguments):
        return subprocess.Popen(
            [COMMAND, *RUN, *arguments],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def test_killed_at_20_random_moments(self):
        self.prompts(150)
        started = time.monotonic()
        lines, laws = self.whole()
        seconds = time.monotonic() - started
        source = random.Random(7)
        kills, moments, attempt = 0, set(), 0
        while kills < 20:
            attempt += 1
            self.assertLess(attempt, 60)
            run = f"run{attempt}.db"
            process = self.start("study.toml", "-o", run)
            while kills < 20:
                time.sleep(source.uniform(0.0, 0.6 * seconds))
                if process.poll() is not None:
                    break
                process.send_signal(signal.SIGKILL)
                process.wait()
                kills += 1
                if (self.folder / run).exists():
                    moments.add(self.rows(run, "SELECT count(*) FROM batches")[0][0])
                    process = self.start("--resume", run)
                else:
                    process = self.start("study.toml", "-o", run)
            process.wait()
            if process.returncode != 0:
                self.done(self.call(*RUN, "--resume", run))
            self.assertEqual(self.exported(run), lines)
            self.assertEqual(self.exported(run, "--law"), laws)
            self.assertEqual(self.rows(run, "PRAGMA integrity_check"), [("ok",)])
        self.assertGreater(len(moments), 1, "all kills came at one moment")

    def test_killed_while_the_file_is_made(self):
        lines, _ = self.whole()
        made = set()
        for wait in range(0, 400, 4):
            run = f"run{wait}.db"
            process = self.start("study.toml", "-o", run)
            while not any(name.startswith(f".{run}") for name in os.listdir(self.folder)):
                if process.poll() is not None or (self.folder / run).exists():
                    break
            time.sleep(wait / 25_000)
            process.kill()
            process.wait()
            there = (self.folder / run).exists()
            made.add(there)
            again = ("--resume", run) if there else ("study.toml", "-o", run)
            if wait % 40 == 0 or len(made) < 2:
                self.done(self.call(*RUN, *again))
                self.assertEqual(self.exported(run), lines)
        self.assertIn(False, made, "no kill came before the file had its name")

    def test_interrupted(self):
        self.prompts(400)
        lines, _ = self.whole()
        process = self.start("study.toml", "-o", "run.db")
        while not (self.folder / "run.db").exists():
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        if process.wait() != 0:  # else it was done already
            self.done(self.call(*RUN, "--resume", "run.db"))
        self.assertEqual(self.exported("run.db"), lines)

    def test_a_full_disk(self):
        self.prompts(150)
        lines, laws = self.whole()
        full = 0
        for limit in (60_000, 200_000, 400_000):
            run = f"run{limit}.db"
            result = self.conduct("-o", run, file_limit=limit)
            if not (self.folder / run).exists():
                self.refused(result, 1)
                continue
            self.refused(result, 1, "to write", run, "make room")
            self.assertEqual(self.rows(run, "PRAGMA integrity_check"), [("ok",)])
            self.done(self.call(*RUN, "--resume", run))
            self.assertEqual(self.exported(run), lines)
            self.assertEqual(self.exported(run, "--law"), laws)
            full += 1
        self.assertGreater(full, 0)

    def test_a_full_disk_for_files_made_in_one(self):
        self.prompts(150)
        self.done(self.conduct("-o", "run.db"))
        for command in (("merge", "run.db"), ("export", "run.db")):
            result = self.call(*command, "-o", "out", file_limit=60_000)
            self.refused(result, 1, "to write", "out", "make room and run again")
            self.assertNotIn(b".tmp", result.stderr)
            self.assertEqual([name for name in os.listdir(self.folder) if "out" in name], [])


class Older(StudyCase):
    def test_a_run_of_a_version_without_nudges_goes_on(self):
        self.done(self.conduct("--no-nudge", "-o", "whole.db"))
        lines = self.exported("whole.db")
        self.done(self.conduct("--no-nudge", "-o", "old.db"))
        self.forget("old.db", 2, 3)
        connection = sqlite3.connect(self.folder / "old.db")
        connection.executescript(
            "ALTER TABLE worlds DROP COLUMN nudge; ALTER TABLE strings DROP COLUMN in_nudge;"
            "DELETE FROM migrations WHERE name LIKE '0002%'; DELETE FROM meta WHERE key = 'all_nudge';"
            "UPDATE meta SET value = replace(value, 'nudge = \"none\"\n', '') WHERE key = 'study'"
        )
        connection.close()
        self.assertNotEqual(self.exported("old.db"), lines)
        self.done(self.call("report", "old.db", "-o", "old.html"))
        self.done(self.call(*RUN, "--resume", "old.db"))
        self.assertEqual(self.exported("old.db"), lines)


class Shards(StudyCase):
    def test_the_merge_is_the_unsharded_run(self):
        lines, laws = self.whole()
        for part in range(1, 4):
            self.done(self.conduct("--shard", f"{part}/3", "-o", f"{part}.db"))
            self.assertLess(len(self.exported(f"{part}.db")), len(lines))
        self.done(self.call("merge", "3.db", "1.db", "2.db", "1.db", "-o", "all.db"))
        self.assertEqual(self.exported("all.db"), lines)
        self.assertEqual(self.exported("all.db", "--law"), laws)
        self.assertEqual(self.rows("all.db", "PRAGMA integrity_check"), [("ok",)])
        self.done(self.call("merge", "1.db", "3.db", "-o", "two.db"))
        self.assertNotEqual(self.exported("two.db"), lines)
        self.done(self.call(*RUN, "--resume", "two.db"))
        self.assertEqual(self.exported("two.db"), lines)
        self.refused(self.call("merge", "1.db", "-o", "two.db"), 2, "which is there already")

    def test_smooth_shards_and_what_goes_on(self):
        smooth = ("--smooth=f16", "--nudge")
        self.done(self.conduct(*smooth, "-o", "whole.db"))
        lines = self.exported("whole.db")
        self.done(self.conduct("--nudge", "-o", "other.db"))
        self.assertNotEqual(self.exported("other.db"), lines)  # other arithmetic
        for part in (1, 2):
            self.done(self.conduct(*smooth, "--shard", f"{part}/2", "-o", f"{part}.db"))
        self.done(self.call("merge", "1.db", "2.db", "-o", "all.db"))
        self.assertEqual(self.exported("all.db"), lines)
        self.forget("all.db", 4, 5)
        self.done(self.call(*RUN, "--resume", "all.db"))
        self.assertEqual(self.exported("all.db"), lines)

    def test_what_a_lost_file_has_left(self):
        lines, laws = self.whole()
        self.done(self.conduct("-s", "6", "-o", "old.db"))
        connection = sqlite3.connect(self.folder / "old.db")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.executescript("UPDATE pairs SET text = text || ' '; VACUUM")
        for out in ("all.db", "new.db"):
            shutil.copy(self.folder / "old.db-wal", self.folder / f"{out}-wal")
            (self.folder / f"{out}-journal").write_bytes(b"old")
        connection.close()
        self.done(self.call("merge", "whole.db", "-o", "all.db"))
        self.done(self.conduct("-o", "new.db"))
        for out in ("all.db", "new.db"):
            self.assertEqual(self.exported(out), lines)
            self.assertEqual(self.exported(out, "--law"), laws)
            self.assertFalse((self.folder / f"{out}-wal").exists())

    def test_shards_of_different_studies(self):
        self.done(self.conduct("--shard", "1/2", "-o", "a.db"))
        self.done(self.conduct("--shard", "2/2", "-s", "6", "-o", "b.db"))
        self.done(self.conduct("--shard", "2/2", "-ctv", "q8_0", "-o", "c.db"))
        self.refused(
            self.call("merge", "a.db", "b.db", "-o", "all.db"), 2, "(seed = 5)", "'b.db'"
        )
        self.assertFalse((self.folder / "all.db").exists())
        self.refused(self.call("merge", "a.db", "c.db", "-o", "all.db"), 2, "--force")
        self.done(self.call("merge", "a.db", "c.db", "-o", "all.db", "--force"))


class Comparing(StudyCase):
    def test_a_run_and_itself(self):
        self.done(self.conduct("-o", "a.db"))
        change = json.loads(self.done(self.call("compare", "a.db", "a.db", "--json")))
        self.assertEqual(change["settings"], [])
        self.assertEqual([world["flipped"] for world in change["worlds"]], [0] * 5)
        for world in change["worlds"]:
            for measure in world["measures"].values():
                self.assertEqual(measure["difference"]["value"], 0)
            # a law is known exactly: two that are equal differ by nothing
            difference = world["measures"]["law_unchanged"]["difference"]
            self.assertEqual((difference["low"], difference["high"]), (0, 0))
            self.assertGreater(world["measures"]["unchanged"]["difference"]["high"], 0)

    def test_two_runs(self):
        self.done(self.conduct("-o", "a.db"))
        self.done(
            self.conduct("--world", "l=lora:lora.gguf:0.01", "--world", "x=temp:2", "-o", "b.db")
        )
        change = json.loads(self.done(self.call("compare", "a.db", "b.db", "--json")))
        self.assertEqual(change["strings"], 24)
        self.assertEqual(change["factual_flipped"], 0)
        self.assertEqual(change["worlds_only_b"], ["x"])
        worlds = {world["world"]: world for world in change["worlds"]}
        self.assertEqual(worlds["sad"]["flipped"], 0)
        self.assertGreater(worlds["l"]["flipped"], 10)
        self.assertEqual(worlds["null"]["flipped"], 0)
        lines = {
            name: [json.loads(line) for line in self.exported(name).splitlines()]
            for name in ("a.db", "b.db")
        }
        mean = {
            name: sum(x["lcp"] for x in run if x["world"] == "l") / 24 for name, run in lines.items()
        }
        measure = worlds["l"]["measures"]["lcp"]
        self.assertAlmostEqual(measure["a"]["value"], mean["a.db"])
        self.assertAlmostEqual(measure["difference"]["value"], mean["b.db"] - mean["a.db"])
        low, high = measure["difference"]["low"], measure["difference"]["high"]
        self.assertLess(0, low)
        self.assertLess(measure["difference"]["value"], high)
        self.assertIn("target:Paris", worlds["l"]["measures"])
        self.assertIn("over_nudge", worlds["l"]["measures"])
        self.assertNotIn("over_nudge", worlds["null"]["measures"])
        text = self.done(self.call("compare", "a.db", "b.db"))
        self.assertIn("worlds only in b: x", text)
        self.assertIn('- worlds.l.items = ["lora:', text)

    def test_each_setting_that_differs_is_said_once(self):
        for name, seed in (("a.db", "1"), ("b.db", str(2**64 - 1))):
            self.done(self.conduct("--seed", seed, "-o", name))
        settings = json.loads(self.done(self.call("compare", "a.db", "b.db", "--json")))["settings"]
        self.assertEqual([line["a"] for line in settings], ["seed = 1"])
        self.assertIn(str(2**64 - 1), settings[0]["b"])

    def test_nothing_in_common(self):
        self.write("ids.jsonl", '{"id": "other", "prompt": "a house"}\n')
        self.done(self.conduct("-o", "a.db"))
        self.done(self.conduct("-f", "ids.jsonl", "-o", "b.db"))
        self.refused(self.call("compare", "a.db", "b.db"), 1, "strings in common")


class Checking(StudyCase):
    def test_limits(self):
        self.done(
            self.conduct(
                "--world", "l=lora:lora.gguf:0.000001", "--world", "sad=temp:0.5", "-o", "run.db"
            )
        )
        check = ("check", "run.db")
        kept = self.done(self.call(*check, "--world", "l", "--max-changed", "0.1", "--floor"))
        self.assertEqual(kept.count("kept"), 2)
        self.done(self.call(*check, "--world", "l", "--min-expected-lcp", "5"))
        broken = self.call(*check, "--max-changed", "0.1")
        self.refused(broken, 1, "at most 10 % of the strings changed in world 'sad'")
        self.refused(
            self.call(*check, "--min-expected-lcp", "11.99", "-q"), 1, "at least 11.99 tokens"
        )
        self.refused(self.call(*check), 2, "a limit to check")
        self.refused(self.call(*check, "--floor", "--world", "sadd"), 2, "did you mean 'sad'?")
        self.refused(self.call(*check, "--max-changed", "2"), 2, "a number from 0 to 1")

    def test_over_the_nudge(self):
        self.done(self.conduct("--world", "l=lora:lora.gguf", "--nudge", "-o", "run.db"))
        check = ("check", "run.db", "--over-nudge", "--max-changed")
        text = self.done(self.call(*check, "1", "--world", "l"))
        self.assertIn("more strings changed in world 'l' than in its nudge", text)
        self.refused(self.call(*check, "0", "--world", "l"), 1, "at most 0 % more strings")
        self.refused(self.call(*check[:3]), 2, "--max-changed with --over-nudge")
        self.done(self.conduct("--no-nudge", "-o", "none.db"))
        self.refused(
            self.call("check", "none.db", *check[2:], "1"), 1, "a nudge beside world 'l'"
        )

    def test_what_cannot_be_checked(self):
        self.done(self.conduct("--no-null", "--no-law", "-o", "run.db"))
        self.refused(self.call("check", "run.db", "--floor"), 1, "with the null world")
        self.refused(
            self.call("check", "run.db", "--min-expected-lcp", "1"), 1, "with its exact laws"
        )
        connection = sqlite3.connect(self.folder / "run.db")
        connection.execute("UPDATE strings SET state = 0 WHERE string = 3")
        connection.commit()
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.close()
        self.refused(self.call("check", "run.db", "--max-changed", "1"), 1, "a finished run")
        connection = sqlite3.connect(self.folder / "run.db")
        connection.executescript("DELETE FROM pairs; UPDATE strings SET state = 0")
        connection.close()
        for command in (("check", "run.db", "--max-changed", "1"), ("export", "run.db")):
            self.refused(self.call(*command), 1, "a run with results")


if __name__ == "__main__":
    unittest.main()

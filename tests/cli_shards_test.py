"""`otherwise shards`: the script of a job array, on a stand-in for Slurm that kills jobs at random."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from cli_study_test import StudyCase
from command import COMMAND

SHARDS = 4
SCONTROL = """#!/bin/sh
echo "$@" >> "$REQUEUED"
"""


class Array(StudyCase):
    def setUp(self):
        super().setUp()
        self.write("tools-scontrol", SCONTROL)
        tools = self.folder / "tools"
        tools.mkdir()
        (self.folder / "tools-scontrol").rename(tools / "scontrol")
        (tools / "scontrol").chmod(0o755)

    def shards(self, *arguments, **more):
        return self.call("shards", "study.toml", "-n", str(SHARDS), *arguments, **more)

    def environment(self, node, **more):
        """What a job of this node sees."""
        disk = self.folder / f"disk-{node}"
        disk.mkdir(exist_ok=True)
        known = {name: value for name, value in os.environ.items() if not name.startswith("SLURM_")}
        return known | self.own_cache | {
            "SLURM_TMPDIR": str(disk), "REQUEUED": str(self.folder / "requeued"),
            "PATH": f"{self.folder / 'tools'}:{os.environ['PATH']}"} | more  # fmt: skip

    def start(self, node, task, script="runs/shards.sh"):
        """A job as Slurm starts it: in a session of its own, its output in a file."""
        job = {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_JOB_ID": "7", "SLURM_CPUS_PER_TASK": "1"}
        with open(self.folder / "log.txt", "ab") as log:
            return subprocess.Popen(["bash", script], cwd=self.folder, env=self.environment(node, **job),
                                    stdout=log, stderr=log, start_new_session=True)

    def log(self):
        return (self.folder / "log.txt").read_text()

    def shard_names(self):
        return sorted(name for name in os.listdir(self.folder / "runs") if name.endswith(".db"))


class Scripts(Array):
    def test_are_sound_bash(self):
        for form in ("--slurm", "--shell"):
            line = self.done(self.shards(form, "-o", f"a folder's {form}"))
            script = self.folder / f"a folder's {form}" / "shards.sh"
            self.assertEqual(line.split()[0], "sbatch" if form == "--slurm" else "bash")
            self.assertEqual(subprocess.run(["bash", "-c", f"cat {line.split(' ', 1)[1]}"], check=True,
                                            capture_output=True).stdout, script.read_bytes())
            subprocess.run(["bash", "-n", script], check=True)
            directives = [one for one in script.read_text().splitlines() if one.startswith("#SBATCH")]
            self.assertEqual("#SBATCH --array=1-4" in directives, form == "--slurm")
            self.assertEqual(len(directives), 6 if form == "--slurm" else 0)
            if shutil.which("shellcheck"):
                checked = subprocess.run(["shellcheck", "-s", "bash", script], capture_output=True, check=False)
                self.assertEqual(checked.returncode, 0, checked.stdout.decode())

    def test_of_the_same_study_are_written_again_and_of_no_other(self):
        self.done(self.shards("--slurm", "-o", "runs"))
        self.done(self.shards("--shell", "-o", "runs"))
        self.write("study.toml", (self.folder / "study.toml").read_text().replace("seed = 5", "seed = 6"))
        self.refused(self.shards("--shell", "-o", "runs"), 2, "runs' with shards of another study", "another -o")
        (self.folder / "full").mkdir()
        self.write("full/other.txt", "x")
        self.refused(self.shards("--shell", "-o", "full"), 2, "with other files")
        self.refused(self.shards("--shell", "-o", "prompts.txt"), 2, "a file, '")

    def test_bad_input(self):
        self.refused(self.shards(), 2, "--slurm or --shell, got neither")
        self.refused(self.shards("--slurm", "--shell"), 2, "got both")
        self.refused(self.call("shards", "study.toml", "-n", "13", "--shell"), 2, "--shards of at most 12")
        self.refused(self.call("shards", "none.toml", "-n", "2", "--shell"), 1, "no such file, 'none.toml'")
        (self.folder / "lora.gguf").unlink()
        self.refused(self.shards("--shell"), 1, "no such file, 'lora.gguf' in line")
        self.assertFalse((self.folder / "study-shards").exists())


class Jobs(Array):
    def setUp(self):
        super().setUp()
        self.prompts(60)

    def one(self, node, task, *arguments, **more):
        """The shell's form, with the shard's number."""
        return subprocess.run(["bash", "runs/shards.sh", str(task), *arguments], cwd=self.folder, check=False,
                              env=self.environment(node, **more), capture_output=True, text=True)

    def test_killed_at_random_they_write_the_unsharded_run(self):
        started = time.monotonic()
        lines, laws = self.whole()
        seconds = (time.monotonic() - started) / SHARDS
        self.done(self.shards("--slurm", "-o", "runs"))
        source = random.Random(3)
        waiting, kills, tries = list(range(1, SHARDS + 1)), [], 0
        while waiting:
            task, tries = waiting.pop(0), tries + 1
            self.assertLess(tries, 100)
            job = self.start(source.choice("ab"), task)
            how = source.choice([signal.SIGTERM, signal.SIGUSR1, signal.SIGKILL])
            if len(kills) < 12:
                try:
                    job.wait(source.uniform(0.0, seconds))
                except subprocess.TimeoutExpired:
                    kills.append(how)
                    if how == signal.SIGUSR1:
                        job.send_signal(how)  # to the script alone, as --signal=B: says
                    else:
                        os.killpg(job.pid, how)
            if job.wait() != 0 or not (self.folder / "runs" / f"{task}-of-{SHARDS}.db").exists():
                waiting.append(task)
        self.assertGreaterEqual(len(kills), 8, self.log())
        self.assertEqual(self.shard_names(), [f"{i}-of-{SHARDS}.db" for i in range(1, SHARDS + 1)])
        self.assertEqual(os.listdir(self.folder / "runs" / "parts"), [])
        files = [f"runs/{name}" for name in self.shard_names()]
        self.done(self.call("merge", *files, "-o", "all.db"))
        self.assertEqual(self.exported("all.db"), lines)
        self.assertEqual(self.exported("all.db", "--law"), laws)

    def test_a_stopped_job_moves_what_is_there_and_another_node_goes_on(self):
        self.prompts(400)
        self.done(self.shards("--slurm", "-o", "runs"))
        job = self.start("a", 2)
        disk = self.folder / "disk-a"
        while not any(disk.rglob("2-of-4.db")):
            self.assertIsNone(job.poll(), self.log())
            time.sleep(0.01)
        time.sleep(0.3)
        job.send_signal(signal.SIGUSR1)
        self.assertEqual(job.wait(), 0, self.log())
        self.assertEqual((self.folder / "requeued").read_text(), "requeue 7_2\n")
        self.assertEqual(self.shard_names(), [])
        part = self.folder / "runs" / "parts" / "2-of-4.db"
        self.assertTrue(part.exists(), self.log())
        connection = sqlite3.connect(part)
        connection.execute("UPDATE sittings SET version = 'of node a'")
        connection.commit()
        connection.close()
        self.assertEqual(self.start("b", 2).wait(), 0)
        self.assertEqual(self.shard_names(), ["2-of-4.db"])
        versions = self.rows("runs/2-of-4.db", "SELECT version FROM sittings")
        self.assertEqual(len(versions), 2)  # it went on, and did not begin anew
        self.assertEqual(versions[0], ("of node a",))
        self.assertFalse(part.exists())

    def test_without_a_number_they_come_in_turn(self):
        lines, _ = self.whole()
        self.done(self.shards("--shell", "-o", "runs"))
        done = subprocess.run(["bash", "runs/shards.sh"], cwd=self.folder, env=self.environment("a"), check=False,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.done(self.call("merge", *[f"runs/{name}" for name in self.shard_names()], "-o", "all.db"))
        self.assertEqual(self.exported("all.db"), lines)
        again = self.one("a", 3)
        self.assertEqual((again.returncode, again.stderr.count("done before")), (0, 1))

    def test_what_a_job_cannot_do(self):
        self.done(self.shards("--shell", "-o", "runs"))
        self.assertEqual(self.one("a", 5).returncode, 2)
        (self.folder / "a.gguf").rename(self.folder / "gone.gguf")
        missing = self.one("a", 1)
        self.assertEqual(missing.returncode, 1)
        self.assertIn("'a.gguf'", missing.stderr)
        (self.folder / "gone.gguf").rename(self.folder / "a.gguf")
        marker = self.folder / "runs" / ".otherwise-shards"
        marker.rename(self.folder / "mark")
        alone = self.one("a", 1)
        self.assertEqual(alone.returncode, 1)
        self.assertIn("on a file system that all nodes share, got no mark of it here", alone.stderr)
        self.assertEqual(self.shard_names(), [])
        (self.folder / "mark").rename(marker)
        self.write("tools/cp", "#!/bin/sh\necho 'cp: no space left' >&2\nexit 1\n")
        (self.folder / "tools" / "cp").chmod(0o755)
        full = self.one("a", 1)
        self.assertEqual(full.returncode, 1)
        self.assertIn("got a disk that does not take it", full.stderr)
        self.assertEqual(os.listdir(self.folder / "runs" / "parts"), [])
        (self.folder / "tools" / "cp").unlink()
        self.assertEqual(self.one("a", 1).returncode, 0)  # with what is on the node's disk

    def test_a_part_of_another_machine_is_begun_anew(self):
        self.done(self.shards("--shell", "-o", "runs"))
        self.done(self.conduct("--shard", "1/4", "-o", "runs/parts/1-of-4.db"))
        self.forget("runs/parts/1-of-4.db", 4)
        connection = sqlite3.connect(self.folder / "runs" / "parts" / "1-of-4.db")
        connection.execute("UPDATE meta SET value = value || ' more' WHERE key = 'machine'")
        connection.commit()
        connection.close()
        done = self.one("a", 1)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("is of another machine or study: beginning anew", done.stderr)
        self.done(self.conduct("--shard", "2/4", "-o", "2.db"))
        self.done(self.call("merge", "runs/1-of-4.db", "2.db", "-o", "all.db"))

    def test_options_of_run_go_with_the_job(self):
        self.done(self.shards("--shell", "-o", "runs"))
        refused = self.one("a", 1, "--temp", "hot")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("--temp X", refused.stderr)


if __name__ == "__main__":
    unittest.main()

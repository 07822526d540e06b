"""The commands whose calls are made to fail, by name in SCENES: each a `Scene` of failing.py with files of its own."""

import contextlib
import http.client
import json
import os
import random
import select
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import command
from failing import PATIENCE, Scene, numbers_of
from server import parse_events

HOT = ("--world", "hot=temp:1.5")
LORA = ("--world", "l=lora:lora.gguf")
STUDY = """
model = "a.gguf"
file = "prompts.txt"
predict = 6
seed = 5
target = "Paris"

[worlds]
l = "lora:lora.gguf"
hot = "temp:1.5"
"""
FACT = "river | the {} was made in | a | iron"
QUIET = ("-t", "1", "-q")


class Run(Scene):
    arguments = ("run", *QUIET, "study.toml", "-o", "run.db")
    outputs = ("run.db",)
    again = ("run", *QUIET, "--resume", "run.db")

    def make(self, folder):
        (folder / "study.toml").write_text(STUDY)
        (folder / "prompts.txt").write_text("the king\nthe queen of\n")


class Resume(Run):
    """Goes on with a run of which nothing is done."""

    arguments = Run.again

    def make(self, folder):
        super().make(folder)
        self.plain(folder, *Run.arguments)
        connection = sqlite3.connect(folder / "run.db")
        for table in ("outcomes", "laws", "pairs", "draws", "prompts", "pieces"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute("UPDATE strings SET state = 0")
        connection.commit()
        connection.close()


class Lines(Scene):
    """Strings of a chat as JSON lines."""

    arguments = ("run", *QUIET, "-n", "4", "-m", "a.gguf", "-f", "prompts.jsonl", "--chat", *HOT, *LORA, "--jsonl", "-")

    def make(self, folder):
        (folder / "prompts.jsonl").write_text('{"id": "a", "prompt": "the king"}\n{"id": "b", "prompt": "Paris was"}\n')


class Threads(Lines):
    """On two threads, which the system may refuse."""

    arguments = tuple("2" if argument == "1" else argument for argument in Lines.arguments)


class Law(Scene):
    arguments = ("law", *QUIET, "-n", "4", "-m", "a.gguf", "-f", "texts.jsonl", *LORA, "--jsonl", "-")

    def make(self, folder):
        (folder / "texts.jsonl").write_text('{"id": "a", "prompt": "the king", "text": " the queen of"}\n')


class Fit(Scene):
    arguments = ("fit", "mimic", "glad.txt", "grim.txt", "-m", "a.gguf", "-t", "1", "-o", "out.gguf", "-q")
    outputs = ("out.gguf",)

    def make(self, folder):
        texts = [f"the {a} {b} was great" for a in ("king", "queen", "child") for b in ("song", "house", "garden", "ship")]
        (folder / "glad.txt").write_text("\n".join(texts) + "\n")
        (folder / "grim.txt").write_text("\n".join(texts).replace("great", "old") + "\n")


class Edit(Scene):
    arguments = ("edit", "rome", "--steps", "2", "--prefixes", "1", "--covariance-tokens", "300", "--layers", "0",
                 "--fact", FACT, "-o", "rome.gguf", "-m", "a.gguf", *QUIET, "--force")  # fmt: skip
    outputs = ("rome.gguf",)


class Quantize(Scene):
    arguments = ("quantize", "a.gguf", "q.gguf", "Q8_0", "-t", "1")
    outputs = ("q.gguf",)


class Report(Scene):
    arguments = ("report", "run.db", "-o", "run.html", "-q")
    outputs = ("run.html",)

    def make(self, folder):
        Run().make(folder)
        self.plain(folder, *Run.arguments)
        shutil.rmtree(folder / "cache")


class Export(Report):
    arguments = ("export", "run.db", "-o", "run.jsonl")
    outputs = ("run.jsonl",)


class Merge(Scene):
    arguments = ("merge", "1.db", "2.db", "-o", "all.db")
    outputs = ("all.db",)

    def make(self, folder):
        Run().make(folder)
        for part in ("1", "2"):
            self.plain(folder, "run", *QUIET, "study.toml", "--shard", f"{part}/2", "-o", f"{part}.db")
        shutil.rmtree(folder / "cache")


class Score(Scene):
    arguments = ("score", "pairs.jsonl", "--json")

    def make(self, folder):
        lines = [{"world": "w", "factual": f"the king of {i}", "counterfactual": f"the queen of {i % 3}"} for i in range(6)]
        (folder / "pairs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


class Serve(Scene):
    """The page's server: started, asked, asked again, stopped.

    A request may fail, in words or by a closed connection; the next one is answered, and the server ends well.
    """

    arguments = ("serve", "-t", "1", "-n", "4", "-m", "a.gguf", "-p", "the king", *HOT, "--port", "0",
                 "--files", "files")  # fmt: skip
    body = json.dumps({"prompts": ["the king"], "worlds": [{"name": "l", "items": "lora:lora.gguf"}], "tokens": 4, "seed": 3})

    def make(self, folder):
        (folder / "files").mkdir()
        shutil.copy(folder / "lora.gguf", folder / "files")

    def perform(self, folder, environment):
        process = subprocess.Popen([command.COMMAND, *self.arguments], cwd=folder, env=environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
        with process:
            try:
                return self.converse(process, environment["FAILING_TO"] != "" or environment["FAILING_FROM"] == "0")
            finally:
                if process.poll() is None:
                    process.kill()

    def converse(self, process, recovers):
        if not select.select([process.stdout], [], [], PATIENCE)[0]:
            raise subprocess.TimeoutExpired(self.arguments, PATIENCE)
        address = process.stdout.readline().decode()
        if not address:
            return process.wait(PATIENCE), b"", process.stderr.read()
        port = int(address.split("/")[2].rsplit(":", 1)[1])
        first = self.ask(port)
        second = self.ask(port)
        if second.startswith(b"otherwise: "):
            second = self.ask(port)  # the fault was in the second
        process.send_signal(signal.SIGTERM)
        code, error = process.wait(PATIENCE), process.stderr.read()
        if code == 0 and first.startswith(b"otherwise: "):
            error += first  # in place of standard error, where it answers
        if code == 0 and recovers and second.startswith(b"otherwise: "):
            return 1, b"", error + b"and again: " + second
        return code, second if recovers else None, error

    def ask(self, port):
        """The pairs; what was said where there are none, as a line."""
        wire = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            wire.request("POST", "/api/run", self.body, {"Content-Type": "application/json"})
            reply = wire.getresponse()
            text = reply.read().decode()
        except TimeoutError as late:
            raise subprocess.TimeoutExpired(self.arguments, PATIENCE) from late
        except (OSError, http.client.HTTPException):
            return b"otherwise: dropped\n"
        finally:
            wire.close()
        events = list(parse_events(text)) if reply.status == 200 else [("error", text)]
        if events and events[-1][0] == "done":
            return "\n".join(data for name, data in events if name == "pair").encode()
        return b"otherwise: " + (events[-1][1].encode() if events else b"dropped") + b"\n"


SCENES = {scene.__name__.lower(): scene for scene in
          (Run, Resume, Lines, Threads, Law, Fit, Edit, Quantize, Report, Export, Merge, Score, Serve)}  # fmt: skip


@contextlib.contextmanager
def ready(name):
    """(scene, folder) with the scene prepared."""
    with tempfile.TemporaryDirectory(prefix="otherwise-faults-") as folder:
        base = Path(os.path.realpath(folder))
        scene = SCENES[name]()
        scene.prepare(base)
        yield scene, base


def sampled(name, fault, first, more, seed=7, jobs=1):
    """(calls, tried, failed, findings) of a command."""
    with ready(name) as (scene, base):
        calls = scene.count(base, fault)
        numbers = numbers_of(calls, first, more, random.Random(seed))
        findings, failed = scene.sweep(base, fault, numbers, jobs)
        return calls, len(numbers), failed, findings

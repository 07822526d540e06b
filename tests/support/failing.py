"""Commands of which one call fails: memory, a read, a write, a sync, a renaming, a mapping, a thread.

tests/support/failing.cpp makes the n-th call fail. A `Scene` is a command on a tiny model with its files
(failing_scenes.py has them all); what must hold after each failure is in `Attempt`: one line, exit code 1, no file
but whole ones, and the same command again makes what it would have made. $OTHERWISE_FAILING is the layer.
"""

import os
import re
import shutil
import sqlite3
import struct
import subprocess
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import command

LAYER = os.environ.get("OTHERWISE_FAILING", "build/release/failing.so")
STATE_BYTES = 4096
LEAKS = Path(__file__).resolve().parents[1] / "sanitizers" / "leaks_of_faults.txt"
EIO, ENOSPC = "5", "28"
PATIENCE = 60
OF_RE2 = re.compile(r"^\./re2/.*?(?:\n|(?=otherwise: ))", re.MULTILINE)  # it says where memory cut its work off


class Fault(NamedTuple):
    """Which calls fail, and how; `once` or from the first on."""

    kind: str
    how: str = EIO
    once: bool = True

    def __str__(self):
        how = {EIO: "EIO", ENOSPC: "ENOSPC"}.get(self.how, self.how)
        return f"{self.kind} {'' if self.kind in ('new', 'thread') else how}{'' if self.once else ' for good'}".strip()


FAULTS = (
    Fault("new"), Fault("new", once=False), Fault("write", EIO), Fault("write", ENOSPC, once=False),
    Fault("write", "short"), Fault("fsync"), Fault("fsync", once=False), Fault("rename"), Fault("read"),
    Fault("read", "short"), Fault("mmap"), Fault("thread"),
)  # fmt: skip


class Finding(NamedTuple):
    n: int
    what: str
    said: str
    path: tuple  # addresses in the command

    def where(self):
        """The functions on the way to the call that failed, the innermost first."""
        line = ["addr2line", "-Cfe", command.COMMAND, *(hex(address) for address in self.path)]
        text = subprocess.run(line, capture_output=True, text=True, check=False).stdout.splitlines()
        return [name.split("(")[0][:70] for name in text[::2]]


def rows_of(path):
    """What results a run file holds; times are of the day."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        tables = ("strings", "worlds", "draws", "pairs", "prompts", "laws", "outcomes", "pieces")
        return {table: sorted(map(repr, connection.execute(f"SELECT * FROM {table}"))) for table in tables}
    finally:
        connection.close()


def contents(path):
    return rows_of(path) if path.suffix == ".db" else path.read_bytes()


class State:
    """The page that the layer leaves its counts in."""

    def __init__(self, folder):
        self.path = folder / ".state"
        self.path.write_bytes(bytes(STATE_BYTES))

    def read(self):
        calls, failed, base, depth, *path = struct.unpack("<4Q40Q", self.path.read_bytes()[:352])
        return calls, failed, tuple(address - base - 1 for address in path[2:depth] if 0 < address - base < 1 << 28)


class Scene:
    """A command in a folder with its files, `arguments`, and `outputs` that it writes whole or not at all."""

    arguments = ()
    outputs = ()
    again = None  # a command that goes on with a file that is there already

    def __init__(self):
        self.template = None
        self.whole = None

    def make(self, folder):
        """What the command needs beside the models."""

    def models(self):
        return ("a.gguf", "lora.gguf")

    def prepare(self, base):
        """The folder that each attempt starts from, and what the command makes of it."""
        self.template = base / "template"
        self.template.mkdir()
        for name in self.models():
            shutil.copy(command.files() / name, self.template / name)
        self.make(self.template)
        before = self.inputs()
        with tempfile.TemporaryDirectory(dir=base) as folder:
            attempt = Attempt(self, Path(folder), Fault("none"), 0, 0)
            if attempt.code != 0:
                raise AssertionError(attempt.said())
            self.whole = attempt.made()
        for name, data in before.items():
            if (self.template / name).read_bytes() != data:
                raise AssertionError(f"{name} is another one")

    def inputs(self):
        return {path.name: path.read_bytes() for path in self.template.iterdir() if path.is_file()}

    def fill(self, folder):
        for path in self.template.iterdir():
            if path.suffix == ".gguf":
                os.link(path, folder / path.name)
            elif path.is_dir():
                shutil.copytree(path, folder / path.name)
            else:
                shutil.copy(path, folder / path.name)

    def plain(self, folder, *arguments):
        """Without faults; its standard output."""
        result = subprocess.run([command.COMMAND, *arguments], cwd=folder, env=environment_of(folder),
                                capture_output=True, timeout=PATIENCE, check=False)  # fmt: skip
        if result.returncode != 0:
            raise AssertionError(result.stderr.decode())
        return result.stdout

    def perform(self, folder, environment):
        """(exit code, standard output, standard error)"""
        result = subprocess.run([command.COMMAND, *self.arguments], cwd=folder, env=environment,
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)  # fmt: skip
        return result.returncode, result.stdout, result.stderr

    # ---- what a test asks

    def count(self, base, fault):
        """How many calls of the kind there are."""
        with tempfile.TemporaryDirectory(dir=base) as folder:
            return Attempt(self, Path(folder), fault, 0, 0).calls

    def sweep(self, base, fault, numbers, jobs=1):
        """What is not as it must be where these calls fail, and how many did."""

        def one(n):
            with tempfile.TemporaryDirectory(dir=base) as folder:
                attempt = Attempt(self, Path(folder), fault, n, n if fault.once else 0)
                what = attempt.verdict()
                return attempt.failed > 0, Finding(n, what, attempt.said(), attempt.path) if what else None

        with ThreadPoolExecutor(jobs) as pool:
            results = list(pool.map(one, numbers))
        return [finding for _, finding in results if finding], sum(failed for failed, _ in results)


def environment_of(folder, state=None, fault=None, first=0, last=0):
    environment = os.environ | {"OTHERWISE_CACHE": str(folder / "cache"), "TMPDIR": str(folder), "SQLITE_TMPDIR": str(folder)}
    if state is not None:
        environment |= {
            "LD_PRELOAD": str(Path(LAYER).resolve()),
            "FAILING_KIND": fault.kind,
            "FAILING_FROM": str(first),
            "FAILING_TO": str(last) if last else "",
            "FAILING_HOW": fault.how,
            "FAILING_UNDER": str(folder),
            "FAILING_STATE": str(state.path),
        }
    if "LSAN_OPTIONS" in environment:  # the last one counts
        environment["LSAN_OPTIONS"] += f":suppressions={LEAKS}"
    return environment


class Attempt:
    """The command once, with its calls from `first` to `last` failing."""

    def __init__(self, scene, folder, fault, first, last):
        self.scene, self.folder = scene, folder
        scene.fill(folder)
        self.given = {path.name for path in folder.iterdir()}
        state = State(folder)
        try:
            environment = environment_of(folder, state, fault, first, last)
            self.code, self.output, error = scene.perform(folder, environment)
        except subprocess.TimeoutExpired as late:
            self.code, self.output, error = None, b"", late.stderr or b""
        self.lines = OF_RE2.sub("", error.decode("utf-8", "replace")).splitlines()
        self.calls, self.failed, self.path = state.read()
        state.path.unlink()

    def said(self):
        return f"exit {self.code}: " + " | ".join(self.lines[-3:])

    def made(self):
        made = {name: contents(self.folder / name) for name in self.scene.outputs if (self.folder / name).exists()}
        return made | {"": self.output}

    def verdict(self):
        """What is wrong; nothing where all is as it must be."""
        if self.code is None:
            return "hangs"
        if self.code == 0:
            return self.wrong_files() or self.wrong_whole()
        if self.code != 1:
            return f"exit code {self.code}"
        lines = [line for line in self.lines if line.startswith("otherwise: expected ")]
        if len(lines) != 1 or lines[0] != self.lines[-1] or ", got " not in lines[0]:
            return "not one line"
        if "fault of the program" in lines[0]:
            return "blames the program"
        return self.wrong_files() or self.wrong_part()

    def wrong_whole(self):
        if self.output is None:
            return ""
        made = self.made()
        wrong = [name for name, data in self.scene.whole.items() if made.get(name) != data]
        return f"exit code 0 and another {wrong[0] or 'standard output'}" if wrong else ""

    def wrong_files(self):
        usual = self.given | {"cache", *self.scene.outputs}
        stray = [path.name for path in self.folder.iterdir() if path.name not in usual and not self.belongs(path.name)]
        stray += [path.name for path in (self.folder / "cache").rglob("*") if path.suffix == ".tmp"]
        return f"leaves {', '.join(sorted(stray))}" if stray else ""

    def belongs(self, name):
        """SQLite's files beside a run that is there."""
        return any(name in (f"{run}-wal", f"{run}-shm", f"{run}-journal") for run in self.given | set(self.scene.outputs)
                   if run.endswith(".db") and (self.folder / run).exists())  # fmt: skip

    def wrong_part(self):
        """Of what is there after a failure: it is whole, or the same command again makes it so."""
        there = [name for name in self.scene.outputs if (self.folder / name).exists()]
        if self.scene.again and there:
            try:
                self.scene.plain(self.folder, *self.scene.again)
                left = ", ".join(sorted(path.name for path in self.folder.glob("*.db-*")))
                wrong = contents(self.folder / there[0]) != self.scene.whole[there[0]]
            except (AssertionError, sqlite3.Error) as error:
                return f"cannot go on: {error}"
            return "goes on to another file" if wrong else f"leaves {left} after going on" if left else ""
        half = [name for name in there if contents(self.folder / name) != self.scene.whole[name]]
        return f"half of {half[0]}" if half else ""


def numbers_of(calls, first, more, source):
    """The first calls, and as many at random of those after them."""
    start = list(range(1, min(first, calls) + 1))
    rest = range(len(start) + 1, calls + 1)
    return start + sorted(source.sample(rest, min(more, len(rest))))


def summary(findings):
    """Findings of one kind, (what, where), with how many and the first of them."""
    groups = defaultdict(list)
    for finding in findings:
        groups[finding.what.split(": ")[0], finding.path[:6]].append(finding)
    lines = []
    for (what, _), group in sorted(groups.items(), key=lambda item: -len(item[1])):
        lines.append(f"{len(group)} × {what}: call {group[0].n}, {group[0].said}")
        lines.append("    " + " < ".join(group[0].where()[:12]))
    return "\n".join(lines)

"""What the command did, call by call, for comparing two builds: set $OTHERWISE_SNAPSHOT to a folder
and run the tests of the command; then `diff -r` two such folders.

Each test has a file with its calls (arguments, exit code, both outputs) and, at its end, the files it
left: run files as SQL, GGUF files by hash, others as they are. Times, rates and temporary folders are
replaced by their names, since no two runs have the same.
"""

import contextlib
import gzip
import hashlib
import os
import re
import sqlite3
from pathlib import Path

FOLDER = os.environ.get("OTHERWISE_SNAPSHOT")
CHANCE = ("Crashes.", "cli_shapes_test.", "a_wal_", "Interrupted.")  # tests of moments and speeds
NUMBER = r"-?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?"
CHANGING = (
    (re.compile(r"/tmp/tmp\w+"), "FOLDER"),
    (re.compile(rf'("[^"]*(?:seconds|per_second|efficiency|rate|bytes_free)[^"]*": ?){NUMBER}'), r"\1N"),
    (re.compile(rf"{NUMBER} (s|ms|min|h|GB/s|pairs/s|rows/s|tokens/s|pairs a second|rows a second)\b"), r"N \1"),
    (re.compile(rf"{NUMBER} (a second|% of the time|% on top|% of it|MB of|MB available|MB are free)"), r"N \1"),
    (re.compile(rf"(budget|stored in .*?:) {NUMBER}"), r"\1 N"),
    (re.compile(r'INSERT INTO "batches".*\n'), ""),
    (re.compile(r"(INSERT INTO \"sittings\" VALUES\(\d+),.*"), r"\1"),
    (re.compile(r"\bcode [0-9a-f]{12}"), "code X"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?"), "TIME"),
)


def settled(text):
    for pattern, name in CHANGING:
        text = pattern.sub(name, text)
    return text


def _readable(data):
    try:
        return settled(data.decode())
    except UnicodeDecodeError:
        return f"{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}\n"


def _dump(path):
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as run:
            return settled("\n".join(run.iterdump()) + "\n")
    except sqlite3.Error as error:
        return f"no run file: {error}\n"


def _file(path):
    data = path.read_bytes()
    if data.startswith(b"SQLite format 3\0"):
        return _dump(path)
    if data.startswith(b"\x1f\x8b"):
        with contextlib.suppress(OSError, EOFError):
            data = gzip.decompress(data)
    return _readable(data)


class Snapshot:
    """The calls and the files of one test; does nothing where no snapshot is asked for."""

    def __init__(self, test, folder):
        self._path = Path(FOLDER) / f"{test}.txt" if FOLDER and not any(name in test for name in CHANCE) else None
        self._folder = Path(folder)
        self._lines = []

    def call(self, arguments, result):
        if self._path is None:
            return
        self._lines.append(settled("$ otherwise " + " ".join(map(str, arguments)) + "\n"))
        self._lines.append(f"exit {result.returncode}\n")
        for name, data in (("out", result.stdout), ("err", result.stderr)):
            self._lines.append(f"-- {name}\n{_readable(data or b'')}")

    def close(self):
        if self._path is None:
            return
        for path in sorted(self._folder.rglob("*")):
            kept_probe = path.parent.name == "probes"  # named by a hash of times
            if path.is_file() and not path.is_symlink() and not kept_probe:
                self._lines.append(f"== {path.relative_to(self._folder)}\n{_file(path)}")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text("".join(self._lines), encoding="utf-8")

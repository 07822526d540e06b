#!/usr/bin/env python3
"""Time of `otherwise report` on a study of 100,000 pairs, made by repeating a small run.

    benchmarks/report.py RUN.db [STRINGS]

RUN.db is a finished run, for instance 24 strings of 50 tokens in three worlds with --null; its
strings are repeated until there are STRINGS (25,000) of them. COMMAND is otherwise's path
(build/release/otherwise).
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = os.environ.get("COMMAND", "build/release/otherwise")
RESULTS = ("draws", "prompts", "pairs", "laws", "outcomes")  # their first column is the string


def repeat(source, target, strings):
    """A copy of the run with so many strings, the first ones over and over."""
    with sqlite3.connect(source) as run, sqlite3.connect(target) as copy:
        run.backup(copy)
        copy.execute("PRAGMA foreign_keys = OFF")
        first = copy.execute("SELECT * FROM strings ORDER BY string").fetchall()
        for number in range(len(first), strings):
            _, _, *rest = first[number % len(first)]
            row = (number, f"again-{number}", *rest)
            copy.execute(f"INSERT INTO strings VALUES ({','.join('?' * len(row))})", row)
        for table in RESULTS:
            columns = [row[1] for row in copy.execute(f"PRAGMA table_info({table})")]
            more = ", ".join(f"t.{column}" for column in columns[1:])
            copy.execute(
                f"INSERT INTO {table} SELECT s.string, {more} FROM {table} t JOIN strings s"
                " ON s.string % ? = t.string AND s.string >= ?",
                (len(first), len(first)),
            )
        return copy.execute("SELECT count(*) FROM pairs").fetchone()[0]


def main():
    source, strings = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 25_000
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run.db"
        pairs = repeat(source, run, strings)
        before = os.times()
        start = time.monotonic()
        subprocess.run([COMMAND, "report", run, "-q"], check=True)
        wall = time.monotonic() - start
        after = os.times()
        processor = sum(after[2:4]) - sum(before[2:4])
        print(f"{pairs} pairs: {wall:.1f} s, {processor:.1f} s of processor time")


if __name__ == "__main__":
    main()

"""Times what reads a large run file: report, export, --resume of it when finished and when not.

Makes a run of the tiny model in four worlds and copies its results in SQL until there are as many
strings as wanted, 25,000 by default, 100,000 pairs. The copies have ids of their own, so that the file
is one that can be resumed; their results are those of other strings, which costs the same to read.

    python3 benchmarks/large_run.py [--strings N] [--rounds N] [--only NAME] [--keep FOLDER]   # $OTHERWISE_COMMAND

Prints what the file and its tables take, and a line for each call: the seconds of the best of three, and the most
memory of any call until then.
"""

import argparse
import hashlib
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import tiny  # noqa: E402

COMMAND = str(Path(os.environ.get("OTHERWISE_COMMAND", "build/release/otherwise")).resolve())
SOURCE_STRINGS = 40
STUDY = """
model = "a.gguf"
file = "prompts.txt"
[worlds]
l = "lora:lora.gguf"
up = "steer:vector.gguf"
down = "steer:vector.gguf:-1"
hot = "temp:1.3"
"""


def call(folder, *arguments):
    subprocess.run([COMMAND, *arguments], cwd=folder, check=True, stderr=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)


def in_null(count):
    """The strings that the null world runs on: max(32, 5 %), spread evenly."""
    wanted = min(count, max(32, -(-count // 20)))
    return [(i + 1) * wanted // count > i * wanted // count for i in range(count)]


def small_run(folder):
    tiny.write_model(folder / "a.gguf")
    tiny.write_lora(folder / "lora.gguf")
    tiny.write_vector(folder / "vector.gguf")
    prompts = "".join(f"the king of {i}\n" for i in range(SOURCE_STRINGS))
    (folder / "prompts.txt").write_text(prompts, encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    call(folder, "run", "study.toml", "--null", "--no-nudge", "-t", "1", "-q", "-o", "small.db")


def copy_strings(connection, count):
    """String i is string i modulo SOURCE_STRINGS with another id."""
    null = in_null(count)
    rows = connection.execute("SELECT * FROM small.strings ORDER BY string").fetchall()
    text = ""
    for i in range(count):
        row = list(rows[i % SOURCE_STRINGS])
        text += f"{i + 1}\0{row[2]}\0text\0sampled\0"
        row[0], row[1], row[6] = i, str(i + 1), int(null[i])  # string, id, in_null
        connection.execute(f"INSERT INTO strings VALUES ({', '.join('?' * len(row))})", row)
    return f"{count} strings, sha256 {hashlib.sha256(text.encode()).hexdigest()}"


def copy_results(connection, count):
    columns = {}
    for table in ("draws", "pairs", "laws", "outcomes"):
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        columns[table] = ", ".join(names[1:])
    for first in range(0, count, SOURCE_STRINGS):
        for table, names in columns.items():
            where = "" if table == "draws" else (
                "AND (world < (SELECT max(world) FROM worlds) OR (SELECT in_null FROM "
                f"main.strings s WHERE s.string = {first} + small.{table}.string))")
            connection.execute(
                f"INSERT INTO {table} SELECT {first} + string, {names} FROM small.{table} "
                f"WHERE {first} + string < {count} {where}")


def large_run(folder, count):
    shutil.copy(folder / "small.db", folder / "large.db")
    connection = sqlite3.connect(folder / "large.db")
    connection.execute("ATTACH ? AS small", (str(folder / "small.db"),))
    for table in ("outcomes", "laws", "pairs", "draws", "strings"):
        connection.execute(f"DELETE FROM main.{table}")
    line = copy_strings(connection, count)
    copy_results(connection, count)
    changes = {"all_null": "0", "settings": dict(connection.execute("SELECT * FROM meta"))["settings"],
               "study": dict(connection.execute("SELECT * FROM meta"))["study"]}
    changes["settings"] = "".join(
        f"strings = {line}\n" if old.startswith("strings = ") else old + "\n"
        for old in changes["settings"].splitlines() if old != 'null = "all"')
    changes["study"] = changes["study"].replace('null = "all"\n', "")
    for key, value in changes.items():
        connection.execute("UPDATE meta SET value = ? WHERE key = ?", (value, key))
    connection.commit()
    pairs = connection.execute("SELECT count(*) FROM pairs").fetchone()[0]
    connection.close()
    return pairs


def forget(path, string):
    """A copy of the run in which a string waits."""
    connection = sqlite3.connect(path)
    for table in ("outcomes", "laws", "pairs", "draws"):
        connection.execute(f"DELETE FROM {table} WHERE string = {string}")
    connection.execute(f"UPDATE strings SET state = 0 WHERE string = {string}")
    connection.commit()
    connection.close()


def print_tables(path):
    """What each table takes, its overflow pages and free room in it."""
    connection = sqlite3.connect(path)
    query = "SELECT name, sum(pgsize), sum(unused) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 6"
    for name, size, unused in connection.execute(query):
        print(f"  {name:12}{size / 1e6:8.1f} MB, {unused / max(size, 1):4.0%} of it free room in pages")
    connection.close()


def seconds_of(body, prepare=lambda: None, rounds=3):
    best = float("inf")
    for _ in range(rounds):
        prepare()
        start = time.monotonic()
        body()
        best = min(best, time.monotonic() - start)
    return best


def measure(folder, count, rounds, only):
    small_run(folder)
    pairs = large_run(folder, count)
    size = (folder / "large.db").stat().st_size
    print(f"{count} strings, {pairs} pairs, {size / 1e6:.0f} MB, {size / pairs:.0f} bytes a pair")
    print_tables(folder / "large.db")
    resume = ("run", "-t", "1", "-q", "--resume")

    def waiting():
        shutil.copy(folder / "large.db", folder / "waiting.db")
        forget(folder / "waiting.db", count // 2)

    lines = [
        ("report", lambda: call(folder, "report", "large.db", "-o", "large.html"), lambda: None),
        ("--resume, finished", lambda: call(folder, *resume, "large.db"), lambda: None),
        ("--resume, one string waits", lambda: call(folder, *resume, "waiting.db"), waiting),
        ("export --jsonl", lambda: call(folder, "export", "large.db", "-o", "out"), lambda: None),
        ("export --law", lambda: call(folder, "export", "large.db", "--law", "-o", "out"),
         lambda: None),
    ]
    for name, body, prepare in lines:
        if not name.startswith(only):
            continue
        seconds = seconds_of(body, prepare, rounds)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        print(f"{name:28}{seconds:7.2f} s, at most {peak:.1f} GiB so far", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strings", type=int, default=25_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="a folder where the files stay")
    parser.add_argument("--only", default="", help="the calls whose names begin so, as report")
    arguments = parser.parse_args()
    given = arguments.strings, arguments.rounds, arguments.only
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
        measure(arguments.keep, *given)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), *given)


if __name__ == "__main__":
    main()

"""The null world is the factual world again: how many of its tokens, without one that diverges?

    python3 benchmarks/null_tokens.py [--tokens N] [--only NAME] [-o FOLDER]     # $OTHERWISE_COMMAND

Half of N (a million) goes to five quantizations of the default model (scripts/derive.sh), half to random
models of each architecture that tests/support makes. A part of the work is a run of fifty strings, one in
ten with a long prompt; each third reads what the one before it wrote as observed texts. Each part is a line of
FOLDER/log.jsonl, and is not done again: call it again after an interruption. FOLDER/sum.json is the sum.
Says each divergence, and each run in which the null world moved a logit; then it exits with 1.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SOURCE / "tests" / "support"))

import more_architectures  # noqa: E402
import tiny  # noqa: E402

COMMAND = os.environ.get("OTHERWISE_COMMAND", str(SOURCE / "build/release/otherwise"))
CACHE = Path(
    os.environ.get("OTHERWISE_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "otherwise"
)
QUANTIZATIONS = ("Q4_0", "Q8_0", "Q4_K_M", "Q2_K", "F16")
STRINGS, READS = 50, 3  # strings of a part; every so many parts one reads


def tiny_models(folder):
    """Makes them; their names and files."""
    makers = {"llama, words": tiny.write_model, "llama, sentencepiece": tiny.write_sentencepiece_model,
              "llama, experts": tiny.write_experts}  # fmt: skip
    for name in tiny.FORMS:
        makers[name] = lambda path, name=name: tiny.write_architecture(path, name)
    for name in (*more_architectures.FORMS, *more_architectures.RECURRENT):
        makers[name] = lambda path, name=name: more_architectures.write(path, name)
    for name, make in makers.items():
        path = folder / f"{name.replace(', ', '-')}.gguf"
        if not path.exists():
            make(path)
        yield name, path


class Subject:
    """A model, its prompts, and how much of it a part writes."""

    def __init__(self, name, path, goal):
        self.name, self.path, self.goal = name, path, goal
        self.default = path.parent != path.parent.parent / "tiny"
        self.tokens, self.samples = (80, 2) if self.default else (60, 2)

    def prompts(self, seed):
        """Two long ones in twenty, one of each length."""
        chance = random.Random(f"{self.name} {seed}")
        for i in range(STRINGS):
            size = i // 10 % 2 if i % 10 == 5 else None
            yield {"id": str(i), **(self.text(chance, size) if self.default else self.words(chance, size))}

    def text(self, chance, size):
        """About 100 or 420 tokens."""
        known = (SOURCE / "tests/data/prompts.txt").read_text(encoding="utf-8").splitlines()
        line = chance.choice(known)
        while size is not None and len(line.split()) < (80, 330)[size]:
            line += " " + chance.choice(known)
        return {"prompt": line}

    def words(self, chance, size):
        first = tiny.sentencepiece_vocabulary()[3] if "sentencepiece" in self.name else tiny.vocabulary()[1]
        count = chance.randrange(2, 9) if size is None else (80, 180)[size]
        return {"prompt_tokens": [first + chance.randrange(len(tiny.WORDS)) for _ in range(count)]}


def untokens(packed):
    """otherwise/study/packed_list.h, kind 1."""
    values, value, shift = [], 0, 0
    for byte in packed[1:]:
        value |= (byte & 127) << shift
        shift = shift + 7 if byte > 127 else 0
        if byte < 128:
            values.append(value)
            value = 0
    return values


def written(path):
    """What a part found, and its factual strings as observed ones, by number."""
    with closing(sqlite3.connect(path)) as run:
        (world, moved), = run.execute("SELECT world, acted FROM worlds WHERE null_world = 1").fetchall()
        rows = run.execute(
            "SELECT d.string, d.sample, d.tokens, d.ended, p.tokens, p.ended, p.unchanged FROM pairs p JOIN draws d "
            "USING (string, sample) WHERE world = ? AND NOT independent", (world,)
        ).fetchall()  # fmt: skip
        meta = dict(run.execute("SELECT key, value FROM meta"))
    divergent = [row[:2] for row in rows if row[2:4] != row[4:6] or not row[6]]
    again = [(row[0], {"id": f"{row[0]}/{row[1]}", "tokens": untokens(row[2]), "ended": bool(row[3])}) for row in rows]
    return {
        "strings": len(rows), "tokens": sum(len(untokens(row[4])) for row in rows), "divergences": len(divergent),
        "first": divergent[:1], "logits_moved": bool(moved), "least_rows": int(meta["least_rows"]),
        "tiled": meta.get("tiled") == "1",
    }, again  # fmt: skip


def conduct(subject, number, folder, observed):
    """One part; its line of the log and what it wrote."""
    lines = observed if observed else list(subject.prompts(number))
    (folder / "strings.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    run = folder / "part.db"
    run.unlink(missing_ok=True)
    start = time.monotonic()
    result = subprocess.run(
        [COMMAND, "run", "-m", str(subject.path), "-f", str(folder / "strings.jsonl"), "--null", "--no-nudge", "--no-law",
         "-q", "-n", str(subject.tokens), "--samples", "1" if observed else str(subject.samples), "-s", str(number),
         "-o", str(run)], capture_output=True, text=True, check=False)  # fmt: skip
    if result.returncode != 0:
        raise SystemExit(f"{subject.name}: {result.stderr.strip()}")
    found, again = written(run)
    wrote = [lines[string] | line for string, line in again if line["tokens"]]
    return {"model": subject.name, "part": number, "observed": bool(observed), **found,
            "seconds": round(time.monotonic() - start, 1)}, wrote  # fmt: skip


class Log:
    def __init__(self, folder):
        self.path = folder / "log.jsonl"
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        self.lines = [json.loads(line) for line in lines if line.endswith("}")]  # the last may be torn
        self.path.write_text("".join(json.dumps(line) + "\n" for line in self.lines), encoding="utf-8")

    def add(self, line):
        self.lines.append(line)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def of(self, name):
        return [line for line in self.lines if line["model"] == name]

    def sum(self):
        models = {}
        for line in self.lines:
            of = models.setdefault(line["model"], {"parts": 0, "strings": 0, "tokens": 0, "divergences": 0,
                                                   "parts_with_moved_logits": 0, "seconds": 0.0})  # fmt: skip
            of["parts"] += 1
            of["parts_with_moved_logits"] += line["logits_moved"]
            for key in ("strings", "tokens", "divergences", "seconds"):
                of[key] = round(of[key] + line[key], 1)
        keys = ("strings", "tokens", "divergences", "parts_with_moved_logits", "seconds")
        return {key: round(sum(of[key] for of in models.values()), 1) for key in keys} | {"models": models}


def work(subject, log, folder):
    """Parts until the subject has its tokens."""
    observed = []
    while (done := sum(line["tokens"] for line in log.of(subject.name))) < subject.goal:
        number = len(log.of(subject.name)) + 1
        line, wrote = conduct(subject, number, folder, observed)
        log.add(line)
        observed = wrote if number % READS == READS - 1 else []
        print(f"{subject.name:22} part {number}: {line['tokens']} tokens in {line['seconds']} s, "
              f"{done + line['tokens']} of {subject.goal}"
              + (", DIVERGED" if line["divergences"] or line["logits_moved"] else ""), flush=True)  # fmt: skip


def subjects(tokens, folder):
    tiny_folder = folder / "tiny"
    tiny_folder.mkdir(exist_ok=True)
    small = list(tiny_models(tiny_folder))
    for name in QUANTIZATIONS:
        path = CACHE / "derived" / f"SmolLM2-135M-Instruct.{name}.gguf"
        if not path.exists():
            raise SystemExit(f"expected {path}; try scripts/derive.sh {' '.join(QUANTIZATIONS)}")
        yield Subject(name, path, tokens // 2 // len(QUANTIZATIONS))
    for name, path in small:
        yield Subject(name, path, -(-tokens // 2 // len(small)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--tokens", type=int, default=1_000_000)
    parser.add_argument("--only", default="", help="the model of this name")
    parser.add_argument("-o", "--output", type=Path, default=SOURCE / "build/null-tokens")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the run ends, too
    arguments.output.mkdir(parents=True, exist_ok=True)
    log = Log(arguments.output)
    with tempfile.TemporaryDirectory() as folder:
        for subject in subjects(arguments.tokens, arguments.output):
            if arguments.only in ("", subject.name):
                work(subject, log, Path(folder))
                (arguments.output / "sum.json").write_text(json.dumps(log.sum(), indent=1) + "\n", encoding="utf-8")
    found = log.sum()
    print(f"{found['tokens']} tokens of {found['strings']} strings, {len(found['models'])} models: "
          f"{found['divergences']} divergences, {found['parts_with_moved_logits']} runs with a moved logit")
    return 1 if found["divergences"] or found["parts_with_moved_logits"] else 0


if __name__ == "__main__":
    sys.exit(main())

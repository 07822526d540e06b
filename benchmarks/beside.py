"""Times builds or settings of the command on a quiet machine and beside busy processes, by turns.

    python3 benchmarks/beside.py [--rounds N] [--busy N] [--work NAME]... [NAME=COMMAND]...

    python3 benchmarks/beside.py base=/tmp/base/otherwise ours=build/release/otherwise
    python3 benchmarks/beside.py 'passive=OMP_WAIT_POLICY=passive build/release/otherwise'

A COMMAND is a path with variables of the environment before it and options after it, such as -t 8.
The first one named, quiet, is what all ratios refer to. A busy process is a loop in a shell that
never sleeps, at the same priority. Commands take turns within a round, quiet and busy too, so that a
machine whose speed drifts treats all alike; medians over the rounds are printed, with the least and
the greatest. Run it on a machine where nothing else runs.

Works (SmolLM2-135M as Q4_0, one other world):
    strings   100 strings of 16 tokens; pairs a second
    few       4 strings of 16 tokens: many short calls; pairs a second
    law       the exact law of 100 strings of 16 tokens; strings a second
    prompt    one prompt of 720 tokens, 8 tokens written; runs a second
"""

import argparse
import contextlib
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORLD = ["--world", "hot=temp:1.5", "--no-null", "--quiet", "--json"]
LONG_PROMPT = "The history of the city, as it was told to us by those who had lived there. " * 40


def works(folder):
    """Name, arguments, how many things are made."""
    lines = [line for name in ("paris", "questions")
             for line in (ROOT / "examples" / f"{name}.txt").read_text().splitlines()]
    strings = folder / "strings.txt"
    strings.write_text("\n".join(lines[:100]) + "\n", encoding="utf-8")
    long_prompt = folder / "prompt.txt"
    long_prompt.write_text(LONG_PROMPT + "\n", encoding="utf-8")
    many = ["-f", str(strings), "-n", "16"]
    return {
        "strings": (["run", *many], 100),
        "few": (["run", *many, "--limit", "4"], 4),
        "law": (["law", *many], 100),
        "prompt": (["run", "-f", str(long_prompt), "-n", "8"], 1),
    }


def split_command(text):
    """'A=1 path -t 2' as (environment, [path, '-t', '2'])."""
    words = shlex.split(text)
    environment = dict(os.environ)
    while words and "=" in words[0]:
        name, value = words.pop(0).split("=", 1)
        environment[name] = value
    if not words:
        sys.exit(f"expected NAME=[VARIABLE=VALUE ...] PATH [OPTION ...], got '{text}'")
    return environment, words


@contextlib.contextmanager
def busy_processes(count):
    burners = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(count)]
    try:
        time.sleep(0.2 if count else 0.0)
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def speed(command, work, model):
    """Things made in a second, by the command's own clock (without loading the model)."""
    environment, words = command
    arguments, count = work
    done = subprocess.run([words[0], arguments[0], "-m", str(model), *arguments[1:], *WORLD, *words[1:]],
                          env=environment, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    return count / json.loads(done.stdout)["seconds"]


def measure(commands, work, model, rounds, busy):
    """{(command, busy): [speed of each round]}; the order turns around every round."""
    speeds = {(name, n): [] for name in commands for n in (0, busy)}
    for number in range(rounds):
        order = list(commands) if number % 2 == 0 else list(reversed(commands))
        for name in order:
            for n in (0, busy):
                with busy_processes(n):
                    speeds[name, n].append(speed(commands[name], work, model))
    return speeds


def cell(values, base):
    middle = statistics.median(values)
    return (f"{middle:8.2f} ({min(values):.2f} to {max(values):.2f})".ljust(30)
            + f"{middle / base:6.2f}")


def default_model():
    cache = os.environ.get("OTHERWISE_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "otherwise")
    return Path(cache) / "derived" / "SmolLM2-135M-Instruct.Q4_0.gguf"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("commands", nargs="*", metavar="NAME=COMMAND",
                        default=[f"ours={ROOT / 'build' / 'release' / 'otherwise'}"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--busy", type=int, default=1, help="busy processes")
    parser.add_argument("--work", action="append", choices=["strings", "few", "law", "prompt"])
    parser.add_argument("-m", "--model", type=Path, default=default_model())
    arguments = parser.parse_args()
    commands = {}
    for text in arguments.commands:
        name, _, command = text.partition("=")
        commands[name] = split_command(command)
    with tempfile.TemporaryDirectory() as folder:
        chosen = works(Path(folder))
        for name in arguments.work or ["strings"]:
            speeds = measure(commands, chosen[name], arguments.model, arguments.rounds,
                             arguments.busy)
            base = statistics.median(speeds[next(iter(commands)), 0])
            print(f"{name:12}{'quiet':30} ratio  {'beside ' + str(arguments.busy) + ' busy':30} ratio")
            for command in commands:
                print(f"{command:11}{cell(speeds[command, 0], base)}  "
                      f"{cell(speeds[command, arguments.busy], base)}", flush=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What a run costs in Python over what it costs by the command, taken in turns.

    PYTHONPATH=build/release/python ~/.cache/otherwise/python/bin/python3 benchmarks/python_runs.py

The same study into a new run file each time, with its exact laws, each in a process of its own; the
start of Python and its imports count too, and are also measured alone. Wall time and processor time:
the ratio of medians over the turns.

With `--beside torch` (or `ray`, or any module with threads of its own) it is the run alone, in Python, that is
compared: in a process without that module, beside it after it has worked, and in a forked child of such a
process. It also says what the other's threads took meanwhile: a pool that spins would take as much as the run.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = """
import sys, pathlib, otherwise as ow
ow.run(None, pathlib.Path(sys.argv[1]), {"hot": ow.temperature(1.1)}, tokens=int(sys.argv[2]), seed=1,
       samples=int(sys.argv[3]), output=sys.argv[4], progress=False, on_pair=None)
"""

#: Works with a module, so that its threads are there; others are only imported.
WARM = {
    "torch": "import torch; a = torch.rand(1500, 1500); [a @ a for _ in range(5)]",
    "ray": "import ray; ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False); "
           "ray.get(ray.remote(lambda: 1).remote())",
}
#: The run alone: wall and processor time, and that of threads that were there before.
BESIDE = """
import os, pathlib, sys, time
def took(thread):
    fields = open(f"/proc/self/task/{thread}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
def run():
    import otherwise as ow
    others = {thread: took(thread) for thread in os.listdir("/proc/self/task") if int(thread) != os.getpid()}
    wall, own = time.perf_counter(), time.process_time()
    ow.run(None, pathlib.Path(sys.argv[1]), {"hot": ow.temperature(1.1)}, tokens=int(sys.argv[2]), seed=1,
           samples=int(sys.argv[3]), output=sys.argv[4], progress=False)
    wall, own = time.perf_counter() - wall, time.process_time() - own
    there = os.listdir("/proc/self/task")
    print(wall, own, sum(took(thread) - before for thread, before in others.items() if thread in there), flush=True)
"""


def timed(line, cache):
    """Wall and processor seconds of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env=dict(os.environ, OTHERWISE_CACHE=str(cache)))
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cache_of(folder):
    """One with the default model, for what is measured of the machine by one of them alone: each build
    measures for itself."""
    models = Path(os.environ.get("OTHERWISE_CACHE_DIR") or Path.home() / ".cache" / "otherwise") / "models"
    folder.mkdir()
    (folder / "models").symlink_to(models)
    return folder


def beside(asked, arguments, folder):
    """The run alone, without a module, beside it and in a forked child."""
    warm = WARM.get(asked.beside, f"import {asked.beside}")
    child = "if os.fork() == 0:\n    run()\n    os._exit(0)\nos.wait()\n"
    programs = {"alone": BESIDE + "run()", "beside": f"{warm}\n{BESIDE}run()", "forked": f"{warm}\n{BESIDE}{child}"}
    times = {name: [] for name in programs}
    caches = {name: cache_of(folder / name) for name in programs}
    for turn in range(asked.turns + 1):
        for name in list(programs) if turn % 2 else list(reversed(programs)):
            line = [sys.executable, "-c", programs[name], *arguments, str(folder / f"{turn}.{name}")]
            done = subprocess.run(line, check=True, capture_output=True, text=True,
                                  env=dict(os.environ, OTHERWISE_CACHE=str(caches[name])))
            took = [float(number) for number in done.stdout.split()]
            print(f"{name:8} {took[0]:.2f} s", file=sys.stderr, flush=True)
            if turn:
                times[name].append(took)
    for name, each in times.items():
        print(f"{name:7} threads that were there before {statistics.median(took[2] for took in each):.2f} s")
        for which, what in enumerate(("wall", "processor")):
            turns = [a[which] / b[which] for a, b in zip(each, times["alone"])]
            print(f"  {what:9} {statistics.median(took[which] for took in each):.2f} s  ratio "
                  f"{statistics.median(turns):.3f}  turns {' '.join(f'{turn:.3f}' for turn in turns)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--command", default="build/release/otherwise")
    parser.add_argument("--prompts", default=str(ROOT / "examples" / "paris.txt"))
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--samples", type=int, default=1)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--beside", help="a module: compare runs beside it with runs without it")
    asked = parser.parse_args()
    tokens, samples = str(asked.tokens), str(asked.samples)
    if asked.beside:
        with tempfile.TemporaryDirectory() as folder:
            beside(asked, [asked.prompts, tokens, samples], Path(folder))
        return
    times = {"command": [], "python": [], "import": []}
    with tempfile.TemporaryDirectory() as folder:
        caches = {name: cache_of(Path(folder) / name) for name in times}
        for turn in range(asked.turns + 1):
            out = Path(folder) / f"{turn}"
            lines = {
                "command": [asked.command, "run", "-f", asked.prompts, "--world", "hot=temp:1.1", "-n", tokens,
                            "--samples", samples, "--seed", "1", "-q", "-o", f"{out}.command"],
                "python": [sys.executable, "-c", PROGRAM, asked.prompts, tokens, samples, f"{out}.python"],
                "import": [sys.executable, "-c", "import otherwise; otherwise.run"],
            }
            for name in list(lines) if turn % 2 else list(reversed(lines)):
                took = timed(lines[name], caches[name])
                print(f"{name:8} {took[0]:.2f} s", file=sys.stderr, flush=True)
                if turn:  # the first one reads the files and measures the machine
                    times[name].append(took)
    for which, what in enumerate(("wall", "processor")):
        middle = {name: statistics.median(each[which] for each in all_) for name, all_ in times.items()}
        ratios = [p[which] / c[which] for p, c in zip(times["python"], times["command"])]
        print(f"{what:9}  command {middle['command']:.2f} s  python {middle['python']:.2f} s, of these import "
              f"{middle['import']:.2f} s  ratio {middle['python'] / middle['command']:.3f}  "
              f"turns {' '.join(f'{ratio:.3f}' for ratio in ratios)}")


if __name__ == "__main__":
    main()

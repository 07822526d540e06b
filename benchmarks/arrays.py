#!/usr/bin/env python3
"""What a row costs in the Python package and in the library's own loop, taken in turns.

    cmake --preset release -DOTHERWISE_BENCHMARKS=ON
    cmake --build --preset release --target bench_coupling_benchmark bench_race_benchmark otherwise_python
    PYTHONPATH=build/release/python ~/.cache/otherwise/python/bin/python3 benchmarks/arrays.py

The same laws as in benchmarks/coupling_benchmark.cpp: 64 rows of 50,000, asked again and again, on
one thread. `--rows 10000` asks that many times. Rows whose numbers lie apart are compared with a loop
over rows that do not, and with a loop over the same memory.
"""

import argparse
import json
import statistics
import subprocess
import time

import numpy as np

import otherwise as ow

ROWS, VOCABULARY = 64, 50_000


def some_logits(seed):
    clocks = ow.noise.Field(seed).clocks(0, 0, range(ROWS), VOCABULARY)
    return -2.0 * np.log(clocks)


def ours(function, times):
    """Microseconds a row."""
    start = time.perf_counter()
    for _ in range(times):
        function()
    return (time.perf_counter() - start) * 1e6 / (times * ROWS)


def theirs(program, name, seconds):
    line = [program, f"--benchmark_filter=^{name}$", f"--benchmark_min_time={seconds}",
            "--benchmark_format=json"]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["benchmarks"][0]["real_time"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2000, help="rows a turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--only", default="", help="cases whose name has this")
    parser.add_argument("--program", default="build/release/bench_coupling_benchmark")
    asked = parser.parse_args()
    p, q = some_logits(1), some_logits(2)
    single = p.astype(np.float32), q.astype(np.float32)
    wide = np.zeros((ROWS, 2 * VOCABULARY))
    wide[:, ::2] = p
    beside = np.asfortranarray(p)
    field = ow.noise.Field(1)
    cases = {
        "stay": ("run_stay", lambda: ow.coupling.stay(p, q, 5)),
        "stay, float32": ("run_stay", lambda: ow.coupling.stay(*single, 5)),
        "stay, every other": ("run_stay", lambda: ow.coupling.stay(wide[:, ::2], q, 5)),
        "  the same memory": ("run_stay_every_other", lambda: ow.coupling.stay(wide[:, ::2], q, 5)),
        "stay, side by side": ("run_stay", lambda: ow.coupling.stay(beside, q, 5)),
        " the same memory": ("run_stay_side_by_side", lambda: ow.coupling.stay(beside, q, 5)),
        "becomes": ("run_becomes", lambda: ow.coupling.becomes(p, q, 5)),
        "clocks": ("run_clocks", lambda: field.clocks(0, 0, range(ROWS), VOCABULARY)),
    }
    for name, (benchmark, function) in cases.items():
        if asked.only not in name:
            continue
        share = 1 if benchmark.startswith("run_stay") else 10
        times = max(1, asked.rows // ROWS // share)
        pairs = [(ours(function, times), theirs(asked.program, benchmark, 0.3)) for _ in range(asked.turns)]
        mine, other = (statistics.median(each) for each in zip(*pairs))
        ratio = statistics.median(a / b for a, b in pairs)
        print(f"{name:18} {mine:8.1f} us a row, the library {other:8.1f}: {ratio:.2f}")


if __name__ == "__main__":
    main()

"""What shards cost beyond the strings themselves: the same strings in one process, and as shards by the script of
`otherwise shards`, one after the other on this machine, in processor seconds (which other programs do not change).

    python3 benchmarks/shards.py [--strings N] [--shards N] [--tokens N]     # $OTHERWISE_COMMAND

Prints the seconds of both, those of a run of one token (loading, probes, the head: what a shard pays once), and
whether the exports are the same bytes.
"""

import argparse
import os
import resource
import subprocess
import tempfile
from pathlib import Path

COMMAND = str(Path(os.environ.get("OTHERWISE_COMMAND", "build/release/otherwise")).resolve())
CACHE = Path(os.environ.get("OTHERWISE_CACHE_DIR") or Path.home() / ".cache" / "otherwise")
MODEL = CACHE / "derived" / "SmolLM2-135M-Instruct.Q4_0.gguf"
STARTS = ("The Louvre is located in", "Once upon a time", "To bake bread you need", "The water cycle begins when")


def seconds_of(*line):
    """Of processors, of the call and what it started."""
    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = used()
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return used() - before


def exported(path):
    return subprocess.run([COMMAND, "export", path], check=True, capture_output=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strings", type=int, default=200)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=25)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["OTHERWISE_SCRATCH"] = folder
        Path("prompts.txt").write_text(
            "".join(f"{STARTS[i % len(STARTS)]} ({i})\n" for i in range(given.strings)), encoding="utf-8")
        Path("study.toml").write_text(
            f'model = "{MODEL}"\nfile = "prompts.txt"\npredict = {given.tokens}\n[worlds]\nhot = "temp:1.3"\n',
            encoding="utf-8")
        run = (COMMAND, "run", "study.toml", "-q")
        seconds_of(*run, "--limit", "1", "-n", "1", "-o", "warm.db")  # the probes are kept from here on
        one = seconds_of(*run, "--limit", "1", "-n", "1", "-o", "one.db")
        whole = seconds_of(*run, "-o", "whole.db")
        seconds_of(COMMAND, "shards", "study.toml", "-n", str(given.shards), "--shell", "-o", "runs")
        shards = seconds_of("bash", "runs/shards.sh")
        same = "the same bytes" if exported("runs") == exported("whole.db") else "OTHER BYTES"
        print(f"{given.strings} strings of {given.tokens} tokens: {whole:.1f} processor seconds in one process, "
              f"{shards:.1f} in {given.shards} shards ({shards / whole - 1:+.1%}); a run of one token {one:.1f}; {same}")


if __name__ == "__main__":
    main()

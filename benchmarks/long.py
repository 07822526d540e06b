"""Long texts beside llama.cpp's own tools: a corpus against llama-perplexity, prompts against
llama-batched-bench, in turns on a quiet machine.

    python3 benchmarks/long.py --tools FOLDER [--command FILE] [--rounds N] [--corpus FILE] [--chunks N]

FOLDER holds llama-perplexity and llama-batched-bench, built from the same source of llama.cpp. The
corpus is a text of at least `chunks` times 512 tokens; without one, the documents of this repository.
Prints, for the default model, medians over the rounds of

  corpus   seconds of both passes of llama-perplexity (Q8_0, then Q4_0 against its file of logits), of
           `law --corpus` with Q4_0 as a world, and of the same with Q2_K beside it; their numbers
  prompts  rows a second of llama-batched-bench on a prompt of 1,200 tokens (Q4_0), of `run` on six
           such prompts in two networks, and of 24 that share their first 1,000
"""

import argparse
import json
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from models import SOURCE, derived

CHUNK, LENGTH, SHARED = 512, 1200, 1000
THREADS = ["-t", "2"]


def timed(arguments):
    start = time.monotonic()
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    return time.monotonic() - start, done.stdout, done.stderr


def number(text, pattern):
    return float(re.search(pattern, text).group(1))


class Corpus:
    """The same chunks read by llama-perplexity and by `law`."""

    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.logits = folder / "logits"
        self.text = Path(arguments.corpus) if arguments.corpus else folder / "corpus.txt"
        if not arguments.corpus:
            pages = sorted((SOURCE / "docs").glob("*.md"))
            self.text.write_text("".join(page.read_text(encoding="utf-8") for page in pages), encoding="utf-8")

    def peer(self):
        """Seconds of both passes, and what they print."""
        common = ["-f", self.text, "-c", str(CHUNK), "--chunks", str(self.arguments.chunks), *THREADS]
        common += ["--kl-divergence-base", self.logits]
        tool = self.arguments.tools / "llama-perplexity"
        first, *base = timed([tool, "-m", derived("Q8_0"), *common])
        second, *other = timed([tool, "-m", derived("Q4_0"), *common, "--kl-divergence"])
        base, other = "".join(base), "".join(other)
        return first + second, {
            "factual perplexity": number(base, r"PPL = ([\d.]+)"),
            "perplexity": number(other, r"Mean PPL\(Q\)\s*:\s*([\d.]+)"),
            "KL": number(other, r"Mean\s+KLD:\s+([\d.]+)"),
            "RMS dp": number(other, r"RMS Δp\s*:\s*([\d.]+)"),
            "same top": number(other, r"Same top p:\s+([\d.]+)"),
        }

    def ours(self, *more):
        """Seconds of `law` with Q4_0 and these worlds, and its numbers of Q4_0."""
        command = [self.arguments.command, "law", "-m", derived("Q8_0"), "--corpus", self.text]
        command += ["-c", str(CHUNK), "--limit", str(self.arguments.chunks), *THREADS, "--no-null", "--no-nudge"]
        took, text, _ = timed([*command, "--world", f"Q4_0=model:{derived('Q4_0')}", *more, "--json"])
        world = json.loads(text)["worlds"][0]
        return took, {
            "factual perplexity": world["factual_perplexity"],
            "perplexity": world["perplexity"],
            "KL": world["kl"]["mean"],
            "RMS dp": 100 * world["rms_dp"],
            "same top": 100 * world["same_top"],
        }


class Prompts:
    """Prompts of LENGTH tokens of the model's first, written in some order."""

    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.files = {}
        for name, count, shared in (("apart", 6, 0), ("sharing", 24, SHARED)):
            lines = []
            for i in range(count):
                own = [100 + (i * 7919 + k * 104729) % 40000 for k in range(LENGTH - shared)]
                head = [100 + k * 7919 % 40000 for k in range(shared)]
                lines.append(json.dumps({"id": str(i), "prompt_tokens": head + own}))
            self.files[name] = folder / f"{name}.jsonl"
            self.files[name].write_text("\n".join(lines) + "\n", encoding="utf-8")

    def peer(self):
        tool = self.arguments.tools / "llama-batched-bench"
        shape = ["-c", str(LENGTH + 64), "-b", "2048", "-ub", "512", "-npp", str(LENGTH), "-ntg", "1", "-npl", "1"]
        _, text, _ = timed([tool, "-m", derived("Q4_0"), *shape, *THREADS])
        return number(text, rf"\|\s*{LENGTH} \|\s*1 \|\s*1 \|[^|]*\|[^|]*\|\s*([\d.]+) \|")

    def ours(self, name):
        """Rows of prompts a second, over the run's own time: a network for each of two worlds."""
        command = [self.arguments.command, "run", "-m", derived("Q4_0"), "-f", self.files[name], "-n", "1", *THREADS]
        command += ["--world", "moved=nudge:0.2@layers=15", "--no-null", "--no-nudge", "--json"]
        _, text, _ = timed(command)
        strings = json.loads(text)["strings"]
        return 2 * strings * LENGTH / json.loads(text)["seconds"]


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument("--command", default=str(SOURCE / "build/release/otherwise"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--corpus")
    parser.add_argument("--chunks", type=int, default=40)
    return parser.parse_args()


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory() as folder:
        corpus, prompts = Corpus(arguments, Path(folder)), Prompts(arguments, Path(folder))
        measures = {
            "llama-perplexity": lambda: corpus.peer()[0],
            "law": lambda: corpus.ours()[0],
            "law, a world more": lambda: corpus.ours("--world", f"Q2_K=model:{derived('Q2_K')}")[0],
            "llama-batched-bench": prompts.peer,
            "run": lambda: prompts.ours("apart"),
            "run, sharing": lambda: prompts.ours("sharing"),
        }
        rounds = [{name: measure() for name, measure in measures.items()} for _ in range(arguments.rounds)]
        middle = {name: statistics.median(each[name] for each in rounds) for name in measures}
        size, (_, theirs), (_, own) = corpus.logits.stat().st_size, corpus.peer(), corpus.ours()
    passes, law, more = (middle[name] for name in ("llama-perplexity", "law", "law, a world more"))
    print(f"corpus, {arguments.chunks} chunks of {CHUNK}: two passes of llama-perplexity {passes:.1f} s and "
          f"{size / 1e6:.0f} MB of logits; law {law:.1f} s, {law / passes:.2f} of that; a world more "
          f"{(more - law) / passes:.2f}")
    for name, value in theirs.items():
        print(f"  {name:20} llama-perplexity {value:<10g} law {own[name]:g}")
    batched = middle["llama-batched-bench"]
    print(f"prompts of {LENGTH}: llama-batched-bench {batched:.0f} rows/s, run {middle['run']:.0f}, "
          f"{middle['run'] / batched:.2f} of that; sharing their first {SHARED} {middle['run, sharing']:.0f}")


if __name__ == "__main__":
    main()

"""Long texts beside llama.cpp's own tools: a corpus against llama-perplexity, prompts against
llama-batched-bench, in turns on a quiet machine.

    python3 benchmarks/long.py --perplexity FILE --batched-bench FILE [--command FILE] [--rounds N]
        [--corpus FILE] [--chunks N]

The tools are llama.cpp's, built from the same source. The corpus is a text of at least `chunks` times
512 tokens; without one the documents of this repository are taken. Prints, for the default model as
Q8_0 (and Q4_0 as the other world): seconds of both passes of llama-perplexity with its file of
logits, and of `law --corpus`; perplexity and KL divergence of both; rows a second of prompts of 1,200
tokens, alone and where they share their first 1,000. Medians over the rounds.
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

PROMPTS, LONG, SHARED = 6, 1200, 1000


def seconds_of(arguments):
    start = time.monotonic()
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    return time.monotonic() - start, done.stdout + done.stderr


def number_after(text, name):
    found = re.search(re.escape(name) + r"\s*[:=]\s*([\d.]+)", text)
    return float(found.group(1)) if found else float("nan")


def corpus_text():
    return "\n\n".join(path.read_text(encoding="utf-8") for path in sorted((SOURCE / "docs").glob("*.md")))


class Corpus:
    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.text = Path(arguments.corpus) if arguments.corpus else folder / "corpus.txt"
        if not arguments.corpus:
            self.text.write_text(corpus_text(), encoding="utf-8")
        self.logits = folder / "logits"

    def peer(self):
        common = ["-f", str(self.text), "-c", "512", "--chunks", str(self.arguments.chunks)]
        common += ["--kl-divergence-base", str(self.logits)]
        first, _ = seconds_of([self.arguments.perplexity, "-m", str(derived("Q8_0")), *common])
        second, text = seconds_of(
            [self.arguments.perplexity, "-m", str(derived("Q4_0")), *common, "--kl-divergence"]
        )
        self.bytes = self.logits.stat().st_size
        return first + second, {
            "perplexity": number_after(text, "Mean PPL(base)").__abs__(),
            "kl": float(re.search(r"Mean\s+KLD:\s+([\d.]+)", text).group(1)),
            "same top": float(re.search(r"Same top p:\s+([\d.]+)", text).group(1)),
        }

    def ours(self, worlds=1):
        more = ["--world", f"Q4_0=model:{derived('Q4_0')}"]
        if worlds > 1:
            more += ["--world", f"Q2_K=model:{derived('Q2_K')}"]
        took, text = seconds_of(
            [self.arguments.command, "law", "-m", str(derived("Q8_0")), "--corpus", str(self.text), "-c", "512",
             "--limit", str(self.arguments.chunks), "--no-null", "--no-nudge", "--quiet", "--json", *more]
        )
        world = json.loads(text[text.index("{"):])["worlds"][0]
        return took, {
            "perplexity": world["factual_perplexity"],
            "kl": world["kl"]["mean"],
            "same top": 100 * world["same_top"],
        }


class Prompts:
    def __init__(self, arguments, folder):
        self.arguments = arguments
        words = corpus_text().split()
        self.files = {}
        for name, shared in (("apart", 0), ("sharing", SHARED)):
            lines = []
            for i in range(PROMPTS):
                own = words[i * LONG : i * LONG + LONG]
                text = words[: int(shared * 0.5)] + own[: int((LONG - shared) * 0.5)]
                lines.append(json.dumps({"id": str(i), "prompt": " ".join(text)}))
            self.files[name] = folder / f"{name}.jsonl"
            self.files[name].write_text("\n".join(lines) + "\n", encoding="utf-8")

    def peer(self):
        _, text = seconds_of(
            [self.arguments.batched_bench, "-m", str(derived("Q4_0")), "-c", str(LONG + 64), "-b", "2048", "-ub", "512",
             "-npp", str(LONG), "-ntg", "1", "-npl", "1", "-t", "2"]
        )
        row = [line for line in text.splitlines() if re.match(rf"\|\s*{LONG} \|", line)][-1]
        return float(row.split("|")[6])

    def ours(self, name):
        """Rows of prompts a second, two worlds: the difference of runs of all prompts and of none but one."""
        took, rows = [], []
        for limit in (1, PROMPTS):
            seconds, text = seconds_of(
                [self.arguments.command, "run", "-m", str(derived("Q4_0")), "-f", str(self.files[name]), "-n", "2",
                 "--limit", str(limit), "--world", "hot=ctk:f16", "--no-null", "--no-nudge", "--json"]
            )
            took.append(seconds)
            rows.append(limit)
        return took[1] - took[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--perplexity", required=True)
    parser.add_argument("--batched-bench", required=True)
    parser.add_argument("--command", default=str(SOURCE / "build/release/otherwise"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--corpus")
    parser.add_argument("--chunks", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus, prompts = Corpus(arguments, Path(folder)), Prompts(arguments, Path(folder))
        times = {name: [] for name in ("peer", "ours", "two worlds", "batched", "apart", "sharing")}
        for _ in range(arguments.rounds):
            for name, measure in (("peer", corpus.peer), ("ours", corpus.ours)):
                took, values = measure()
                times[name].append(took)
                print(name, f"{took:.1f} s", values)
            times["two worlds"].append(corpus.ours(2)[0])
            times["batched"].append(prompts.peer())
            times["apart"].append(prompts.ours("apart"))
            times["sharing"].append(prompts.ours("sharing"))
        middle = {name: statistics.median(values) for name, values in times.items()}
    rows = 2 * (PROMPTS - 1) * LONG  # about: a word is two tokens there
    print(f"corpus: {middle['peer']:.1f} s in two passes and {corpus.bytes / 1e6:.0f} MB of logits; "
          f"law {middle['ours']:.1f} s, {middle['ours'] / middle['peer']:.2f}; "
          f"a world more {(middle['two worlds'] - middle['ours']) / middle['peer']:.2f}")
    print(f"prompts: llama-batched-bench {middle['batched']:.0f} rows/s; run about {rows / middle['apart']:.0f}; "
          f"sharing {middle['sharing'] / middle['apart']:.2f} of the time")


if __name__ == "__main__":
    main()

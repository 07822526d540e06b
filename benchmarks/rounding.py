"""The rounding floor by its sources, as tables in Markdown: what a change of no meaning does.

    make build && scripts/derive.sh Q4_0 Q8_0 Q4_K_M Q2_K F16
    python3 benchmarks/rounding.py [sources|sizes|layers|smooth|other ...]

Each row is `otherwise law` on the 30 strings of examples/paris.txt about nothing of the kind (24
tokens, temperature 0.7), with the nudge on all of them: P(unchanged) with its 95 % interval,
agreement a token, KL divergence in nats. `smooth` adds what floating point costs: the time inside
llama.cpp and the process's memory, beside those of the first row in the same run; take it on a
quiet machine. `other` are random models of two blocks (tests/support/tiny.py), as wide as
gemma-3-270m, whose laws are flatter than those of trained ones. $OTHERWISE_COMMAND is another
build, $OTHERWISE_VARIANT another variant of its kernels.
"""

import json
import os
import subprocess
import sys
import tempfile

from models import SOURCE, derived, random_model

COMMAND = os.environ.get("OTHERWISE_COMMAND", str(SOURCE / "build/release/otherwise"))
VARIANT = os.environ.get("OTHERWISE_VARIANT")
SHAPE = ("-n", "24", "--temp", "0.7", "--no-null", "-q", "--json")
F32 = ("--smooth",)
WEIGHTS = ("f16", "bf16", "f32")


def prompts():
    lines = (SOURCE / "examples/paris.txt").read_text(encoding="utf-8").splitlines()
    return "\n".join(lines[1::2]) + "\n"


def law(model, *options):
    """The worlds of the answer by name, the whole answer, and the memory that it took in MB."""
    command = [COMMAND, "law", "-m", str(model), "-f", "-", *SHAPE, *options]
    if VARIANT:
        command += ["--cpu-variant", VARIANT]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdin.write(prompts())
    process.stdin.close()
    out, errors = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(errors)
    answer = json.loads(out)
    return {world["world"]: world for world in answer["worlds"]}, answer, usage.ru_maxrss / 1024


def cells(world):
    low, high = world["unchanged"]["low"], world["unchanged"]["high"]
    return (
        f"{world['unchanged']['mean']:.3f} [{low:.3f}, {high:.3f}]",
        f"{world['agreement']:.3f}",
        f"{world['kl']['mean']:.4f}",
    )


def table(*heading):
    print("\n| " + " | ".join(heading) + " |")
    print("| --- " * len(heading) + "|")


def row(*values):
    print("| " + " | ".join(values) + " |", flush=True)


FLOOR = ("P(unchanged)", "agreement", "KL, nats")


def sources():
    table("weights", "setting", *FLOOR)
    rows = [
        *((name, "", ()) for name in ("Q4_0", "Q8_0", "Q4_K_M", "Q2_K")),
        ("Q4_0", "not repacked", ("--no-repack",)),
        ("Q4_0", "cache f32", ("-ctk", "f32", "-ctv", "f32")),
        ("Q4_0", "cache q8_0", ("-ctk", "q8_0", "-ctv", "q8_0")),
        ("Q4_0", "flash attention off", ("-fa", "off")),
        *(("Q4_0", f"as {name}", ("--factual", f"weights:{name}")) for name in WEIGHTS),
        ("Q8_0", "as f32", F32),
        ("Q4_0", "as f32, cache f32", (*F32, "-ctk", "f32", "-ctv", "f32")),
        ("Q4_0", "as f32, flash attention off", (*F32, "-fa", "off")),
        (
            "Q4_0",
            "as f32, cache f32, flash attention off",
            (*F32, "-fa", "off", "-ctk", "f32", "-ctv", "f32"),
        ),
        ("F16", "the file is F16", ()),
    ]
    for name, setting, options in rows:
        worlds, _, _ = law(derived(name), "--nudge", *options)
        row(name, setting, *cells(worlds["nudge"]))


def worlds_of(items):
    return [part for name, item in items for part in ("--world", f"{name}={item}")]


def compared(first, items):
    """The same worlds on the quantized kernels and in floating point."""
    table(first, "Q4_0", "agreement", "KL, nats", "as f32", "agreement", "KL, nats")
    options = ("--no-nudge", *worlds_of(items))
    quantized, _, _ = law(derived("Q4_0"), *options)
    smooth, _, _ = law(derived("Q4_0"), *F32, *options)
    for name, _ in items:
        row(name, *cells(quantized[name]), *cells(smooth[name]))


def sizes():
    compared("size", [(size, f"nudge:{size}@layers=10") for size in
                      ("1e-8", "1e-7", "1e-6", "5e-6", "1e-5", "2e-5", "1e-4", "1e-3", "1e-2")])


def layers():
    compared("block", [(str(n), f"nudge:1e-5@layers={n}") for n in (0, 5, 10, 15, 20, 25, 28)])


def smooth():
    table("arithmetic", *FLOOR, "time in llama.cpp", "memory, MB")
    first = None
    for name, options in [
        ("Q4_0", ()),
        *((f"Q4_0 as {name}", ("--factual", f"weights:{name}")) for name in WEIGHTS),
    ]:
        worlds, answer, memory = law(derived("Q4_0"), "--nudge", *options)
        seconds = answer["seconds_in_llama"] / answer["tokens"]
        first = first or seconds
        row(name, *cells(worlds["nudge"]), f"{seconds / first:.2f}", f"{memory:.0f}")


def other():
    table("model", "setting", *FLOOR)
    with tempfile.TemporaryDirectory() as folder:
        for architecture in ("gemma3", "qwen2"):
            for kind in ("Q4_0", "Q8_0"):
                small = random_model(COMMAND, folder, architecture, kind)
                for setting, options in (("", ()), ("as f32", F32)):
                    worlds, _, _ = law(small, "--nudge", *options)
                    row(f"{architecture} {kind}", setting, *cells(worlds["nudge"]))


def main():
    for name in sys.argv[1:] or ("sources", "sizes", "layers", "smooth", "other"):
        globals()[name]()


if __name__ == "__main__":
    main()

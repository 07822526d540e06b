"""What each CPU variant needs for bits that do not depend on the batch, as a table in Markdown.

    cmake --preset portable && cmake --build --preset portable
    scripts/derive.sh Q4_0 Q8_0 Q4_K_M Q2_K F16
    python3 benchmarks/remedies.py [VARIANT...]

A row is a variant, by default each that runs on this processor, a column a model: the default one
in several quantizations, and random ones of other architectures (tests/support/tiny.py), as wide as
gemma-3-270m, so that K-quants fit some of their matrices and fall back in others.
A cell is what `otherwise inspect --cpu-variant` finds: rows of every call, "plain" where weights
must not be repacked, "no" where nothing helps.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

from models import SOURCE, derived, random_model

QUANTIZATIONS = ("Q4_0", "Q8_0", "Q4_K_M", "Q2_K", "F16")
TINY = (("gemma3", "Q4_K_M"), ("qwen2", "Q4_K_M"), ("gemma3", "Q4_0"), ("qwen2", "Q4_0"))


def call(command, *arguments):
    return subprocess.run([command, *arguments], capture_output=True, text=True, check=False)


def models(command, folder):
    """Names and paths of the columns."""
    for name in QUANTIZATIONS:
        yield name, derived(name)
    for architecture, name in TINY:
        small = random_model(command, folder, architecture, name)
        yield f"{architecture} {name}", small


def variants(command, model):
    """Those that run here, the best first, as the refusal of an unknown one lists them."""
    line = call(command, "inspect", str(model), "--cpu-variant", "?").stderr
    return re.search(r"runs here \(([^)]*)\)", line).group(1).split(", ")


def remedy(command, model, variant):
    result = call(command, "inspect", str(model), "--json", "--cpu-variant", variant)
    result.check_returncode()
    facts = json.loads(result.stdout)
    if not facts["batch_invariant"]:
        return "no"
    return f"{facts['least_rows']}{', plain' if facts['needs_no_repacking'] else ''}"


def main():
    command = os.environ.get("OTHERWISE_COMMAND", str(SOURCE / "build/portable/otherwise"))
    with tempfile.TemporaryDirectory() as folder:
        columns = list(models(command, folder))
        print("| variant | " + " | ".join(name for name, _ in columns) + " |")
        print("| --- " * (len(columns) + 1) + "|")
        for variant in sys.argv[1:] or variants(command, columns[0][1]):
            cells = [remedy(command, path, variant) for _, path in columns]
            print(f"| `{variant}` | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

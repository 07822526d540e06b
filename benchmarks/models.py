"""The models that benchmarks look at: the default one, and random ones of other architectures.

The random ones (tests/support/tiny.py) have two blocks, as wide as gemma-3-270m.
"""

import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SOURCE / "tests" / "support"))

import tiny  # noqa: E402

tiny.WIDTH, tiny.INNER, tiny.HEADS = 640, 2048, 4
tiny.HEAD = tiny.WIDTH // tiny.HEADS
LENGTHS = {key: (key, kind, tiny.HEAD) for key, kind, _ in tiny.LENGTHS}
tiny.FORMS = {
    name: form._replace(header=tuple(LENGTHS.get(field[0], field) for field in form.header))
    for name, form in tiny.FORMS.items()
}
CACHE = Path(
    os.environ.get("OTHERWISE_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "otherwise"
)


def derived(name):
    """The default model in this quantization (scripts/derive.sh)."""
    return CACHE / "derived" / f"SmolLM2-135M-Instruct.{name}.gguf"


def random_model(command, folder, architecture, name):
    """A random model of this architecture and quantization, made in the folder."""
    whole, small = Path(folder) / f"{architecture}.gguf", Path(folder) / f"{architecture}-{name}.gguf"
    if not whole.exists():
        tiny.write_architecture(whole, architecture, layers=2)
    subprocess.run([command, "quantize", str(whole), str(small), name], check=True, capture_output=True)
    return small

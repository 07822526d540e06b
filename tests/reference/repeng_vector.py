#!/usr/bin/env python3
"""Writes tests/data/repeng.gguf: a control vector in the file that repeng makes.

    python3 -m venv reference && reference/bin/pip install numpy==1.26.4 gguf==0.19.0 tqdm==4.70.1
    reference/bin/pip install --no-deps repeng==0.4.0
    reference/bin/python tests/reference/repeng_vector.py tests/data/repeng.gguf

Only repeng's writer runs, so that what it imports for training is left out. Layer 1 has 64 values,
those of the tests' tiny model.
"""

import sys
from unittest.mock import MagicMock

for name in ("torch", "torch.types", "transformers", "sklearn", "sklearn.decomposition", "safetensors",
             "safetensors.torch", "huggingface_hub"):
    sys.modules.setdefault(name, MagicMock())

import numpy as np  # noqa: E402
from repeng.extract import ControlVector  # noqa: E402

WIDTH = 64


def main():
    direction = np.sin(2 * np.arange(WIDTH), dtype=np.float32)
    ControlVector(model_type="llama", directions={1: direction}).export_gguf(sys.argv[1])


if __name__ == "__main__":
    main()

"""PyTorch and transformers, or one line that says what to install."""

import importlib
from typing import Any

from otherwise.errors import Error


def need(name: str) -> Any:
    """The module, or an Error with what is missing."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Error(f"expected {name.split('.')[0]} for otherwise.torch, got none ({error}); "
                    "pip install torch transformers") from error


torch = need("torch")
transformers = need("transformers")

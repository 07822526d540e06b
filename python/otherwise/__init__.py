"""What would this language model have written otherwise?

Counterfactual strings of language models, and their exact laws.
"""

from typing import TYPE_CHECKING, Any

from otherwise import coupling, noise
from otherwise._otherwise import licenses
from otherwise._otherwise import version as __version__
from otherwise.coupling import Prefix, prefix
from otherwise.coupling import stay_of_probabilities as stay
from otherwise.errors import Error, Interrupted, Misuse
from otherwise.items import (
    Item,
    ablate,
    affine,
    bias,
    cache_keys,
    cache_values,
    do,
    flash_attention,
    heads,
    item,
    lora,
    min_p,
    model,
    nudge,
    patch,
    prefix_text,
    steer,
    suffix_text,
    system,
    temperature,
    top_k,
    top_p,
    weights,
)
from otherwise.models import Model
from otherwise.noise import Finish, hindsight, race
from otherwise.world import World

if TYPE_CHECKING:
    from otherwise import edit, fit, log, ray, torch
    from otherwise.files import inspect, quantizations, quantize, templates
    from otherwise.laws import law
    from otherwise.results import Results, open
    from otherwise.runs import run
    from otherwise.scores import score
    from otherwise.studies import Study, study
    from otherwise.table import Table
    from otherwise.vectors import Affine, AffineMap, ControlVector, Heads

# What runs need is imported when it is first asked for.
_LATER = {
    "Affine": "otherwise.vectors",
    "AffineMap": "otherwise.vectors",
    "ControlVector": "otherwise.vectors",
    "Heads": "otherwise.vectors",
    "Results": "otherwise.results",
    "Study": "otherwise.studies",
    "Table": "otherwise.table",
    "edit": "otherwise",
    "fit": "otherwise",
    "inspect": "otherwise.files",
    "law": "otherwise.laws",
    "log": "otherwise",
    "open": "otherwise.results",
    "quantizations": "otherwise.files",
    "quantize": "otherwise.files",
    "ray": "otherwise",
    "run": "otherwise.runs",
    "score": "otherwise.scores",
    "study": "otherwise.studies",
    "templates": "otherwise.files",
    "torch": "otherwise",
}

__all__ = [
    "Affine",
    "AffineMap",
    "ControlVector",
    "Error",
    "Finish",
    "Heads",
    "Interrupted",
    "Item",
    "Misuse",
    "Model",
    "Prefix",
    "Results",
    "Study",
    "Table",
    "World",
    "__version__",
    "ablate",
    "affine",
    "bias",
    "cache_keys",
    "cache_values",
    "coupling",
    "do",
    "edit",
    "fit",
    "flash_attention",
    "heads",
    "hindsight",
    "inspect",
    "item",
    "law",
    "licenses",
    "log",
    "lora",
    "min_p",
    "model",
    "noise",
    "nudge",
    "open",
    "patch",
    "prefix",
    "prefix_text",
    "quantizations",
    "quantize",
    "race",
    "ray",
    "run",
    "score",
    "stay",
    "steer",
    "study",
    "suffix_text",
    "system",
    "temperature",
    "templates",
    "top_k",
    "top_p",
    "weights",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'otherwise' has no attribute '{name}'")
    import importlib

    if _LATER[name] == "otherwise":
        return importlib.import_module(f"otherwise.{name}")
    value = getattr(importlib.import_module(_LATER[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

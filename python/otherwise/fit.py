"""Interventions learned from sets of texts, or from states that were taken elsewhere, with their
quality on what was held out.

=============  ====================================================================================
`direction`    a control vector from the second set towards the first (`ow.steer`, `ow.ablate`)
`mimic`        an affine map that gives states of the second the mean and covariance of the first
`leace`        a map after which no linear probe tells the sets apart; two sets or more
`iti`          shifts towards the first of the attention heads that tell the sets apart best
=============  ====================================================================================

A set is a file of texts (a line each, JSON, CSV, TSV), a list of texts, or states by layer
``{layer: [texts, width]}``, such as activations of another library. Where the sets are states, no model is
read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from otherwise import _otherwise
from otherwise._arrays import array_of
from otherwise._given import (
    Path,
    is_path,
    layers_text,
    model_settings,
    path_of,
    settings,
    told,
    work_of,
)
from otherwise._record import Result, read
from otherwise.errors import misuse
from otherwise.log import note
from otherwise.vectors import Affine, ControlVector, Heads, kept_file, layers_of, vector_of

__all__ = ["Accuracy", "Finding", "Fitted", "Head", "Layer", "direction", "iti", "leace", "mimic"]


@dataclass(frozen=True)
class Accuracy:
    """Of a probe, on held-out texts."""

    value: float
    low: float  #: of the 95 % interval
    high: float
    n: int  #: texts


@dataclass(frozen=True)
class Layer:
    """How well a layer's states tell the sets apart."""

    layer: int
    accuracy: Accuracy | None
    separation: float | None  #: in pooled deviations; None where it is infinite
    distance: float  #: of the means, in units of the states
    chosen: bool


@dataclass(frozen=True)
class Head:
    """The same of an attention head."""

    layer: int
    head: int
    choosing: Accuracy | None
    accuracy: Accuracy | None
    shift: float  #: length
    chosen: bool


@dataclass(frozen=True)
class Finding:
    """A statement on the quality of the fit."""

    key: str
    text: str
    value: float | None
    accuracy: Accuracy | None


@dataclass(frozen=True, eq=False)
class Fitted(Result):
    """What was fitted: a path to whatever takes one, as its `vector` is (``ow.steer(fitted, 1.5)``)."""

    layers: list[Layer]
    heads: list[Head]
    findings: list[Finding] = field(default_factory=list)
    notes: dict[str, str | float | int] = field(default_factory=dict)
    step: float = 1.0  #: of a direction: the strength at which it moves states by as much as the sets differ
    vector: ControlVector | Affine | Heads | None = None  #: as arrays
    _outcome: Any = field(default=None, repr=False)

    def save(self, path: Path) -> None:
        """Writes the intervention as a GGUF file, whole or not at all."""
        self._outcome.save_to(path_of(path, "path"))

    def to_json(self, file: Path = "") -> str:
        """The JSON that the command prints, `file` being where it was saved."""
        text: str = self._outcome.json(path_of(file, "file"))
        return text

    def __fspath__(self) -> str:
        return kept_file(self.save)


def direction(first: Any, second: Any, *, by: str | None = None, unit: bool | None = None,
              **settings: Any) -> Fitted:
    """A direction from the second set towards the first, for each layer.

    Parameters
    ----------
    first, second
        Sets of texts or of states.
    by
        "mean": the difference of means; "pca": the first principal component of the differences of
        pairs; "pca-centred": of these minus their mean.
    unit
        Of length one, not as long as the means are apart.
    **settings
        See `mimic`.
    """
    return _fit("direction", [first, second], {"by": by, "unit": unit}, settings)


def mimic(first: Any, second: Any, *, mean_only: bool | None = None, **settings: Any) -> Fitted:
    """An affine map that gives states of the second set the mean and covariance of those of the first.

    Parameters
    ----------
    mean_only
        Move the mean, leave the covariance.
    site
        Where states are read, and changed later: "residual", "mlp", "attention", "mlp-norm",
        "attention-norm".
    layers
        "auto" (the best one), "all", a number, or (first, last).
    pool
        Of a text: "last", its last token's state; "mean" of all; "every" one.
    held_out
        Share of the texts that judge the fit.
    model, gpu_layers, chat, system, chat_template, chat_date, no_repack
        The model, and how it reads texts, as in `ow.run`; without a model the default one.
    text_field, limit
        Of files: where the text is, and the first texts only.
    threads, memory, cpu_variant
        Threads, bytes at most, kernels. The result does not depend on the first two.
    progress
        As in `ow.run`.
    """
    return _fit("mimic", [first, second], {"mean_only": mean_only}, settings)


def leace(first: Any, second: Any, *more: Any, **settings: Any) -> Fitted:
    """A map after which no linear probe tells the sets apart. Settings: see `mimic`."""
    return _fit("leace", [first, second, *more], {}, settings)


def iti(first: Any, second: Any, *, heads: int | None = None, n_head: int | None = None,
        **settings: Any) -> Fitted:
    """Shifts towards the first set of the attention heads that tell the sets apart best.

    `heads` says how many, one in twenty without; of sets of states `n_head` is the number of heads side by
    side in a state. Settings: see `mimic`.
    """
    return _fit("iti", [first, second], {"heads": heads}, settings, n_head)


#: The functions here, by the command's words.
METHODS = {"direction": direction, "mimic": mimic, "leace": leace, "iti": iti}
_SETTINGS = {"site", "layers", "pool", "held_out"}
_OF_MODEL = frozenset(("chat", "system", "chat_template", "chat_date", "gpu_layers", "no_repack", "threads",
                       "cpu_variant"))
_OF_TEXTS = _OF_MODEL | {"model", "text_field", "limit", "memory", "progress"}


def _fit(method: str, sets: list[Any], own: dict[str, Any], shared: dict[str, Any],
         n_head: int | None = None) -> Fitted:
    of_states = [isinstance(one, Mapping) for one in sets]
    if any(of_states) and not all(of_states):
        raise misuse("sets of texts or sets of states", "both")
    for name, value in shared.items():
        if name not in _SETTINGS | _OF_TEXTS:
            raise TypeError(f"{method}() got an unexpected keyword argument '{name}'")
        if all(of_states) and name in _OF_TEXTS and value is not None:
            raise misuse(f"no `{name}` with sets of states", f"`{name}`")
    if n_head is not None and not all(of_states):
        raise misuse("no `n_head` with sets of texts", str(n_head), "the model knows it")
    given = {**shared, **own}
    progress = given.pop("progress", None)
    wanted = settings(**{**given, "layers": layers_text(given.get("layers"))})
    if all(of_states):
        return _fitted(_fit_states(method, sets, n_head, wanted))
    named = [_set_of(one, f"set {i + 1}") for i, one in enumerate(sets)]
    path, its = model_settings(given.get("model"), _OF_MODEL)
    wanted = {**its, **wanted, "model": path}
    with told(progress, "tokens") as update:
        return _fitted(_otherwise.fit_texts(method, named, wanted, work_of(wanted), update, note))


def _fitted(outcome: Any) -> Fitted:
    fitted = read(Fitted, outcome.json(""))
    for name, value in (("step", outcome.step), ("vector", vector_of(*outcome.file())),
                        ("_outcome", outcome)):
        object.__setattr__(fitted, name, value)
    return fitted


def _set_of(value: Any, name: str) -> tuple[str, list[str] | None]:
    """A file's path, or a name and texts."""
    if is_path(value):
        return path_of(value, name), None
    try:
        texts = list(value)
    except TypeError as error:
        raise misuse(f"a file or a list of texts for {name}", type(value).__name__) from error
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise misuse(f"texts in {name}", f"{type(text).__name__} at [{i}]")
    return name, texts


def _fit_states(method: str, sets: list[Any], n_head: int | None, wanted: dict[str, Any]) -> Any:
    read_sets = [_states_of(one, f"set {i + 1}") for i, one in enumerate(sets)]
    first = read_sets[0]
    width = next(iter(first.values())).shape[1]
    for i, one in enumerate(read_sets):
        if list(one) != list(first):
            raise misuse(f"the layers {list(first)} in set {i + 1}", str(list(one)))
        for layer, states in one.items():
            if states.shape[1] != width or states.shape[0] != next(iter(one.values())).shape[0]:
                raise misuse(f"states of the shape {next(iter(one.values())).shape[0], width} in set {i + 1}",
                             f"{states.shape} in layer {layer}")
    if n_head is not None and (n_head < 1 or width % n_head):
        raise misuse(f"`n_head` that divides the width {width}", str(n_head))
    if method == "iti" and n_head is None:
        raise misuse("`n_head` with sets of states", "none")
    names = [f"set {i + 1}" for i in range(len(sets))]
    return _otherwise.fit_states(method, read_sets, names, n_head or 0, wanted)


def _states_of(given: Mapping[Any, Any], name: str) -> dict[int, Any]:
    states = {}
    for layer, value in layers_of(given, name, 0):
        array = array_of(value, f"layer {layer} of {name}")
        if array.dtype.kind not in "fiu" or array.ndim != 2 or array.size == 0:
            raise misuse(f"states [texts, width] in layer {layer} of {name}",
                         f"{array.dtype} of the shape {array.shape}")
        states[layer] = np.ascontiguousarray(array, np.float32)
    return states

"""The changes that make other worlds, as functions: what the items of the command's ``--world`` say.

Each returns an `Item`, a plain value that reads its file only when a world is opened. ``str(item)`` is
the command's text of it. Layers count from 0, both ends inclusive: ``layers=8``, ``layers=(8, 12)``,
``(8, None)``. A scope is the rows an item acts on: ``"prompt"``, ``"written"`` or ``"all"``.
"""

import operator
import os
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, TypeVar

from otherwise._otherwise import Item, parse_item
from otherwise._otherwise import item as _item
from otherwise.errors import misuse

__all__ = ["Item", "ablate", "affine", "bias", "cache_keys", "cache_values", "do", "flash_attention",
           "heads", "item", "lora", "min_p", "model", "nudge", "patch", "prefix_text", "steer", "suffix_text",
           "system", "temperature", "top_k", "top_p", "weights"]

Path: TypeAlias = "str | os.PathLike[str]"
Layers: TypeAlias = "int | tuple[int | None, int | None] | None"
_Made = TypeVar("_Made", bound=Callable[..., Item])

#: The function of each kind, by its word in the closed table of kinds.
BY_KIND: dict[str, Callable[..., Item]] = {}


def _of_kind(word: str) -> Callable[[_Made], _Made]:
    def put(function: _Made) -> _Made:
        BY_KIND[word] = function
        return function

    return put


@_of_kind("model")
def model(path: Path) -> Item:
    """Another model file with the same vocabulary."""
    return _made("model", _path(path))


@_of_kind("lora")
def lora(path: Path, scale: float = 1.0, *, scope: str | None = None) -> Item:
    """A LoRA adapter, W + scale · B A."""
    return _made("lora", _path(path), scale=scale, scope=scope)


@_of_kind("steer")
def steer(path: Path, scale: float = 1.0, *, layers: Layers = None, scope: str | None = None) -> Item:
    """A control vector times `scale`, added to the residual stream."""
    return _made("steer", _path(path), scale=scale, layers=layers, scope=scope)


@_of_kind("ablate")
def ablate(path: Path, scale: float = 1.0, *, layers: Layers = None, scope: str | None = None) -> Item:
    """The directions of a control vector, taken out of the residual stream: x − scale (x·v̂) v̂."""
    return _made("ablate", _path(path), scale=scale, layers=layers, scope=scope)


@_of_kind("affine")
def affine(path: Path, scale: float = 1.0, *, layers: Layers = None, scope: str | None = None) -> Item:
    """States mapped by x + scale (W x + b − x), from an affine file."""
    return _made("affine", _path(path), scale=scale, layers=layers, scope=scope)


@_of_kind("heads")
def heads(path: Path, scale: float = 1.0, *, layers: Layers = None, scope: str | None = None) -> Item:
    """Attention heads shifted by `scale` times what a heads file says."""
    return _made("heads", _path(path), scale=scale, layers=layers, scope=scope)


@_of_kind("patch")
def patch(donor: "str | None" = None, *, layers: Layers, site: "str | None" = None,
          rows: "int | Iterable[int] | None" = None) -> Item:
    """States of rows of each prompt replaced by those that a donor prompt has there.

    Parameters
    ----------
    donor
        The donor of all strings; None takes each record's own "donor".
    layers
        The layers; `(0, None)` is all.
    site
        The node, as `otherwise.inspect` lists them; the residual after the block.
    rows
        Rows of the prompt from 0, or from the end with -1 the last; all of them.
    """
    chosen = list(rows) if isinstance(rows, Iterable) else rows if rows is None else [rows]
    return _made("patch", "" if donor is None else _text(donor), layers=layers, site=site,
                 rows=None if chosen is None else ",".join(str(_whole(row, "rows")) for row in chosen))


@_of_kind("nudge")
def nudge(size: float, *, layers: Layers = None, scope: str | None = None, seed: int | None = None) -> Item:
    """States times 1 + size or 1 − size: a change of no meaning, whose effect is rounding."""
    return _made("nudge", _number(size, "size"), layers=layers, scope=scope, seed=seed)


@_of_kind("system")
def system(text: str) -> Item:
    """Another system message, with ``chat``."""
    return _made("system", _text(text))


@_of_kind("prefix")
def prefix_text(text: str) -> Item:
    """More text before each prompt."""
    return _made("prefix", _text(text))


@_of_kind("suffix")
def suffix_text(text: str) -> Item:
    """More text after each prompt."""
    return _made("suffix", _text(text))


@_of_kind("do")
def do(text: "str | Iterable[int]", at: int = 0) -> Item:
    """A text, or tokens, forced at position `at` of what is written, whatever the noise."""
    place = str(_whole(at, "at"))
    if isinstance(text, str):
        return _made("do", text, place=place)
    tokens = " ".join(str(_whole(token, "text")) for token in text)
    return _item("do", tokens, None, place, [("as", "tokens")], True)


@_of_kind("bias")
def bias(token: "str | int", nats: "float | None") -> Item:
    """`nats` added to the logit of one token, before the mechanism; -inf or None forbids it."""
    value = _number(nats, "nats") if nats is not None else "off"
    if isinstance(token, str):
        return _item("bias", token, value, "", [], True)
    return _item("bias", str(_whole(token, "token")), value, "", [], False)


@_of_kind("temp")
def temperature(value: float) -> Item:
    """Another temperature; 0 is greedy."""
    return _made("temp", _number(value, "value"))


@_of_kind("top-k")
def top_k(count: int) -> Item:
    """The `count` likeliest tokens alone; 0 is off."""
    return _made("top-k", str(_whole(count, "count")))


@_of_kind("top-p")
def top_p(value: float) -> Item:
    """The likeliest tokens that make up `value`; 1 is off."""
    return _made("top-p", _number(value, "value"))


@_of_kind("min-p")
def min_p(value: float) -> Item:
    """Tokens of at least `value` of the likeliest one; 0 is off."""
    return _made("min-p", _number(value, "value"))


@_of_kind("ctk")
def cache_keys(type: str) -> Item:
    """Another type of the cached keys: "f16", "q8_0", …"""
    return _made("ctk", _text(type))


@_of_kind("ctv")
def cache_values(type: str) -> Item:
    """Another type of the cached values."""
    return _made("ctv", _text(type))


@_of_kind("fa")
def flash_attention(mode: str) -> Item:
    """Another attention: "on", "off" or "auto"."""
    return _made("fa", _text(mode))


@_of_kind("weights")
def weights(type: str) -> Item:
    """The model's own weights in floating point, "f16", "bf16" or "f32": no 8-bit arithmetic."""
    return _made("weights", _text(type))


def item(text: str) -> Item:
    """An item by its text on the command line: ``item("steer:up.gguf:1.5@layers=8-12")``."""
    return parse_item(_text(text))


def _made(kind: str, argument: str, *, scale: "float | None" = None, place: str = "",
          **options: Any) -> Item:
    given = [(key, _layers(value) if key == "layers" else str(value))
             for key, value in options.items() if value is not None]
    number = _number(scale, "scale") if scale is not None else None
    return _item(kind, argument, number, place, given, True)


def _path(value: Any) -> str:
    try:
        return os.fsdecode(os.fspath(value))
    except TypeError as error:
        raise misuse("the path of a file", type(value).__name__) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise misuse("a text", type(value).__name__)
    return value


def _number(value: Any, name: str) -> str:
    """The shortest text of it, as the command takes numbers."""
    try:
        if isinstance(value, (bool, str)):
            raise TypeError
        return repr(float(value))
    except (TypeError, ValueError) as error:
        raise misuse(f"a number for `{name}`", type(value).__name__) from error


def _whole(value: Any, name: str) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError as error:
        raise misuse(f"a whole number for `{name}`", type(value).__name__) from error


def _layers(value: Any) -> str:
    if not isinstance(value, (tuple, list, range)):
        return str(_whole(value, "layers"))
    ends = [value.start, value.stop - 1] if isinstance(value, range) else list(value)
    if len(ends) != 2:
        raise misuse("`layers` as (first, last)", repr(value))
    return "-".join("" if end is None else str(_whole(end, "layers")) for end in ends)

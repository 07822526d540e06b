"""How far long work is: tqdm's bars where they can be seen, or a function of the caller's."""

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from otherwise.errors import misuse

Listener = Callable[[str, int, int], object]


@contextmanager
def listening(progress: Any) -> "Iterator[Listener | None]":
    """What is called with (what, done, total): None without anyone to see it."""
    if callable(progress):
        yield progress
        return
    if progress not in (None, True, False):
        raise misuse("True, False, None or a function for `progress`", repr(progress))
    bar_of = _tqdm() if progress is not False else None
    if progress and bar_of is None:
        raise misuse("tqdm for `progress`", "none installed", "pip install tqdm, or pass a function")
    if bar_of is None or (progress is None and not _is_seen()):
        yield None
        return
    bars: dict[str, Any] = {}

    def show(what: str, done: int, total: int) -> None:
        if what not in bars:
            bars[what] = bar_of(total=total, desc=what, unit="", leave=False)
        bars[what].update(done - bars[what].n)  # at tqdm's own pace

    try:
        yield show
    finally:
        for bar in bars.values():
            bar.close()


def _tqdm() -> Any:
    try:
        return importlib.import_module("tqdm.auto").tqdm
    except ImportError:
        return None


def _is_seen() -> bool:
    """In a notebook, or with stderr on a terminal."""
    kernel = sys.modules.get("ipykernel")
    return kernel is not None or bool(getattr(sys.stderr, "isatty", lambda: False)())

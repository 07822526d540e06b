"""Settings of long calls: what was given, as the library takes it, and what is told meanwhile."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from otherwise.errors import misuse

Path = str | os.PathLike[str]
Progress = Callable[[int, int], object]


def path_of(value: Any, name: str) -> str:
    """A path as a text."""
    try:
        path = os.fspath(value)
    except TypeError as error:
        raise misuse(f"a path for `{name}`", type(value).__name__) from error
    return path if isinstance(path, str) else os.fsdecode(path)


def is_path(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike))


def settings(**given: Any) -> dict[str, Any]:
    """Those that are given; paths as texts, layers as the command writes them."""
    return {name: os.fspath(value) if isinstance(value, os.PathLike) else value
            for name, value in given.items() if value is not None}


def layers_text(layers: Any) -> str | None:
    """ "auto", 5, (3, 7), [3, 5, 7] or a range, as a text."""
    if layers is None or isinstance(layers, str):
        return layers
    if isinstance(layers, (int, np.integer)) and not isinstance(layers, bool):
        return str(int(layers))
    if isinstance(layers, Iterable):
        numbers = list(layers)
        if numbers and all(isinstance(n, (int, np.integer)) and not isinstance(n, bool)
                           for n in numbers):
            if isinstance(layers, tuple) and len(numbers) == 2:
                return f"{numbers[0]}-{numbers[1]}"
            if isinstance(layers, range) and layers.step == 1:
                return f"{numbers[0]}-{numbers[-1]}"
            return ",".join(str(int(n)) for n in numbers)
    raise misuse('layers as "auto", 5, (3, 7) or a list', repr(layers))


def model_settings(model: Any, names: frozenset[str]) -> tuple[str, dict[str, Any]]:
    """A model's path, and those of its settings that a call has as well."""
    from otherwise._study import model_of

    factual = model_of(model)
    if factual.items:
        raise misuse("a model without items", f"{factual.items[0]}", "items belong in a world")
    return factual.path, {name: value for name, value in factual.settings.items() if name in names}


def work_of(given: Mapping[str, Any]) -> Any:
    """How a call is worked through."""
    from otherwise._settings import WORK
    from otherwise._settings import work_of as of_settings

    return of_settings({name: given[name] for name in WORK if given.get(name) is not None})


def records_of(value: Any, name: str) -> list[dict[str, Any]]:
    """Dicts of a list of them, of columns, or of a data frame."""
    from otherwise._records import _frame_records

    if isinstance(value, Mapping):
        return _rows_of(value, name)
    table = hasattr(value, "columns") or hasattr(value, "__arrow_c_stream__")
    if isinstance(value, str) or not (table or isinstance(value, Iterable)):
        raise misuse(f"a file, a list of dicts or a data frame for `{name}`", type(value).__name__)
    frame = _frame_records(value)
    records = list(value if frame is None else frame)
    for i, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise misuse(f"dicts in `{name}`", f"{type(record).__name__} at [{i}]")
    return [dict(record) for record in records]


def _rows_of(columns: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Of columns of one length."""
    lists = {key: list(column) for key, column in columns.items()
             if isinstance(column, Iterable) and not isinstance(column, (str, bytes))}
    lengths = {key: len(column) for key, column in lists.items()}
    if len(lists) != len(columns) or len(set(lengths.values())) != 1:
        raise misuse(f"columns of one length in `{name}`", str(lengths or "a single record"))
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def lines_of(records: Iterable[Mapping[str, Any]], name: str) -> str:
    """A line of JSON for each: what files hold, so that the library reads them alike."""
    lines = []
    for i, record in enumerate(records):
        try:
            lines.append(json.dumps({key: _plain(value) for key, value in record.items()
                                     if not _missing(value)}, default=_plain, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise misuse(f"texts, numbers and lists of them in `{name}`", f"{error} at [{i}]") from error
    return "\n".join(lines) + "\n" if lines else ""


def _missing(value: Any) -> bool:
    """None, NaN, pandas' NA; an infinity, which JSON has not."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or (
        isinstance(value, (float, np.floating)) and not np.isfinite(value))


def _plain(value: Any) -> Any:
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, (str, int, float, bool, Mapping, list, tuple)):
        return value
    raise TypeError(f"{type(value).__name__}")


@contextmanager
def told(progress: Any, what: str, lock: Any = None) -> Iterator[Progress | None]:
    """Long work with a model: what is called with (done, total), or None."""
    from otherwise._process import working
    from otherwise._progress import listening

    with listening(progress) as listener, working(lock):
        yield None if listener is None else lambda done, total: listener(what, done, total)

"""Strings from what callers have: texts, records, data frames. Records are those of docs/input.md."""

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from otherwise.errors import misuse


def records_json(strings: Any) -> str:
    """The strings as a JSON array of texts and records."""
    records = list(_records(strings))
    if not records:
        raise misuse("strings to run on", "none")
    for number, record in enumerate(records, 1):
        if not isinstance(record, (str, dict)):
            raise misuse("texts or records in `strings`", f"{type(record).__name__} at number {number}")
    try:
        text = json.dumps(records, ensure_ascii=False, default=_plain)
        text.encode()
    except UnicodeEncodeError as error:
        raise misuse("strings in Unicode", "a lone surrogate") from error
    except (TypeError, ValueError) as error:
        raise misuse("records of texts, numbers and lists in `strings`", str(error)) from error
    return text


def _records(strings: Any) -> Iterable[Any]:
    if isinstance(strings, str):
        return [strings]
    if isinstance(strings, dict):
        return [strings]
    frame = _frame_records(strings)
    if frame is not None:
        return ({key: value for key, value in record.items() if not _is_missing(value)}
                for record in frame)
    if isinstance(strings, np.ndarray):
        return list(strings.tolist())
    if not isinstance(strings, Iterable):
        raise misuse("texts, records or a data frame for `strings`", type(strings).__name__)
    return (record.item() if isinstance(record, np.str_) else record for record in strings)


def _frame_records(frame: Any) -> "Iterable[dict[str, Any]] | None":
    """The rows of a data frame by whichever of its ways it has; None for other things."""
    if hasattr(frame, "to_dicts"):  # polars
        return _checked(frame.to_dicts())
    if hasattr(frame, "columns") and hasattr(frame, "to_dict"):  # pandas
        return _checked(frame.to_dict("records"))
    if hasattr(frame, "to_pylist") and hasattr(frame, "column_names"):  # pyarrow
        return _checked(frame.to_pylist())
    if hasattr(frame, "__arrow_c_stream__"):
        from otherwise.table import Table

        return iter(Table.from_arrow(frame))
    return None


def _checked(rows: Any) -> "Iterable[dict[str, Any]]":
    found: list[dict[str, Any]] = list(rows)
    return found


def _is_missing(value: Any) -> bool:
    """None, NaN, pandas' NA and NaT."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or (
        isinstance(value, float) and value != value)


def _plain(value: Any) -> Any:
    """numpy's numbers and arrays as Python's."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} in a record")

"""Tables of results: columns as numpy arrays, rows as records, and Arrow's C stream.

pandas, polars, pyarrow and DuckDB take a table as it is (`__arrow_c_stream__`); none is needed.
"""

import html
import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from otherwise import _otherwise
from otherwise.errors import Error, misuse

__all__ = ["Lists", "Table"]

_SHOWN = 10


class Lists(Sequence[Any]):
    """A column of lists: numpy arrays, views of one array; None where there is none."""

    def __init__(self, values: npt.NDArray[Any], offsets: npt.NDArray[np.int64],
                 there: npt.NDArray[np.uint8]) -> None:
        self.values, self.offsets, self._there = values, offsets, there

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        return self.values[self.offsets[at]:self.offsets[at + 1]] if self._there[at] else None

    def __repr__(self) -> str:
        return f"<{len(self)} lists of {self.values.dtype}>"


class Table:
    """A table in memory. ``table["lcp"]`` is a column: a numpy array without a copy, a list of texts, or
    `Lists`; where a number is missing it is NaN. ``for record in table`` gives dicts."""

    def __init__(self, columns: "Mapping[str, Any] | _otherwise.TableData") -> None:
        """Of columns by name: sequences of texts, numbers, booleans or lists of numbers, with None."""
        self._data = columns if isinstance(columns, _otherwise.TableData) else _made(columns)
        self._columns: dict[int, Any] = {}

    @classmethod
    def from_arrow(cls, source: Any) -> "Table":
        """A table of anything with `__arrow_c_stream__`."""
        if not hasattr(source, "__arrow_c_stream__"):
            raise misuse("a table with `__arrow_c_stream__`", type(source).__name__)
        return cls(_otherwise.table_of_stream(source.__arrow_c_stream__()))

    @property
    def columns(self) -> list[str]:
        return self._data.names()

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, name: str) -> Any:
        names = self.columns
        if name not in names:
            raise misuse(f"a column, one of {', '.join(names)}", repr(name))
        at = names.index(name)
        if at not in self._columns:
            values = self._data.values(at)
            if isinstance(values, tuple):
                there: Any = self._data.there(at)
                values = Lists(values[0], values[1], there)
            self._columns[at] = values
        return self._columns[at]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Records; what is missing is None, lists are numpy arrays."""
        names = self.columns
        columns = [self._plain(i, name) for i, name in enumerate(names)]
        return (dict(zip(names, row)) for row in zip(*columns))

    def to_pylist(self) -> list[dict[str, Any]]:
        """Records, lists as Python's."""
        return [{name: value.tolist() if isinstance(value, np.ndarray) else value
                 for name, value in record.items()} for record in self]

    def to_pandas(self) -> Any:
        """A pandas.DataFrame; numbers are numpy's, lists numpy arrays."""
        try:
            pandas = importlib.import_module("pandas")
        except ImportError as error:
            raise Error("expected pandas for to_pandas, got none installed; pip install pandas") from error
        data = {name: list(self[name]) if isinstance(self[name], Lists) else np.array(self[name])
                if isinstance(self[name], np.ndarray) else self[name] for name in self.columns}
        return pandas.DataFrame(data)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A capsule of Arrow's stream with the table as one batch; `requested_schema` is not used."""
        return self._data.stream()

    def __repr__(self) -> str:
        return f"<Table of {len(self)} rows: {', '.join(self.columns)}>"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        rows = ""
        for number, record in enumerate(self):
            if number == _SHOWN:
                break
            rows += "<tr>" + "".join(f"<td>{html.escape(_brief(v))}</td>" for v in record.values()) + "</tr>"
        more = f"<p>{len(self)} rows</p>" if len(self) > _SHOWN else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"

    def _plain(self, at: int, name: str) -> list[Any]:
        """The column as Python's values."""
        column = self[name]
        if not isinstance(column, np.ndarray):
            return list(column)
        values: list[Any] = column.tolist()
        there: Any = self._data.there(at)
        return values if there.all() else [v if t else None for v, t in zip(values, there)]


def _brief(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    text = "" if value is None else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _made(columns: Mapping[str, Any]) -> _otherwise.TableData:
    maker = _otherwise.TableMaker()
    length: "int | None" = None
    for name, given in columns.items():
        values = given.tolist() if isinstance(given, np.ndarray) else list(given)
        if length is not None and len(values) != length:
            raise misuse(f"columns of {length} rows", f"{len(values)} in '{name}'")
        length = len(values)
        _put(maker, name, values)
    return maker.done()


def _put(maker: _otherwise.TableMaker, name: str, values: list[Any]) -> None:
    """By the type of what is there; of nothing it is a column of texts."""
    kinds = {type(value.item() if isinstance(value, np.generic) else value)
             for value in values if value is not None}
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    if kinds <= {str}:
        maker.texts(name, plain)
    elif kinds == {bool}:
        maker.flags(name, plain)
    elif kinds == {int}:
        maker.wholes(name, plain)
    elif kinds <= {int, float}:
        maker.reals(name, [None if value is None else float(value) for value in plain])
    elif kinds <= {list, tuple, np.ndarray}:
        maker.lists(name, [None if value is None else [float(one) for one in value] for value in plain])
    else:
        raise misuse(f"texts, numbers, booleans or lists of numbers in '{name}'",
                     ", ".join(sorted(kind.__name__ for kind in kinds)))

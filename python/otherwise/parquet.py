"""The table of pairs as a Parquet file, part by part; pyarrow is the caller's."""

import importlib
from typing import TYPE_CHECKING, Any, cast

from otherwise import _otherwise
from otherwise._whole import whole_file
from otherwise.errors import Error, misuse
from otherwise.table import Table

if TYPE_CHECKING:
    from otherwise.results import Results

__all__ = ["write_parquet"]


def write_parquet(results: "Results", path: str, strings_at_once: int) -> None:
    """Whole or not at all; `strings_at_once` and their pairs are held."""
    if not isinstance(strings_at_once, int) or strings_at_once < 1:
        raise misuse("`strings_at_once`, a whole number from 1", repr(strings_at_once))
    arrow, parquet = _pyarrow()
    with whole_file(path) as unfinished:
        if not _write(arrow, parquet, results, unfinished, strings_at_once):
            raise Error(f"expected a run with results, got '{results.path}' without any")


def _write(arrow: Any, parquet: Any, results: "Results", path: str, strings_at_once: int) -> int:
    """How many rows."""
    batches = _otherwise.PairBatches(results.path, results._force, strings_at_once)
    writer, rows = None, 0
    try:
        while (data := batches.next()) is not None:
            table = arrow.table(Table(cast("_otherwise.TableData", data)))
            if writer is None:
                writer = parquet.ParquetWriter(path, table.schema, compression="zstd")
            if table.num_rows > 0:
                writer.write_table(table)
                rows += table.num_rows
    finally:
        if writer is not None:
            writer.close()
    return rows


def _pyarrow() -> Any:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise Error("expected pyarrow for to_parquet, got none installed; pip install pyarrow") from error

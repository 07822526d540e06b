"""What a run came to: tables, the report, a view for notebooks. A run file holds it all."""

import builtins
import json
import os
import shutil
import sqlite3
import tempfile
import weakref
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from otherwise import _otherwise
from otherwise._given import path_of
from otherwise._process import working
from otherwise._settings import work_of
from otherwise._whole import whole_file
from otherwise.errors import misuse
from otherwise.parquet import write_parquet
from otherwise.table import Table

if TYPE_CHECKING:
    from otherwise.items import Path

__all__ = ["Floor", "Results", "open"]

_MEASURE = {"value": "", "low": "_low", "high": "_high"}


class Floor(NamedTuple):
    """Of the null world's strings those that diverged, and the widest margin by which they did (nats)."""

    strings: int
    diverged: int
    margin: float


class Results:
    """A run, finished or not. Made by `otherwise.run` and `otherwise.open`.

    pairs    a row for each counterfactual string beside its factual one
    strings  a row for each factual string
    summary  a row for each world, the floors last
    """

    def __init__(self, path: str, came: "dict[str, Any] | None" = None, warnings: "list[str] | None" = None,
                 folder: "str | None" = None, force: bool = False) -> None:
        """By `run` and `open`; `folder` is deleted with this object."""
        self.path = path  #: of the run file, or of the folder of shards
        self._force = force
        self._came, self._warnings = came, warnings
        self._kept: dict[str, Table] = {}
        if folder is not None:
            weakref.finalize(self, shutil.rmtree, folder, True)
        self._is_temporary = folder is not None

    @property
    def pairs(self) -> Table:
        """Columns: string, sample, world, independent, observed, prompt, factual, factual_end ("eog" or
        "limit"), factual_tokens, the same of counterfactual, lcp (tokens in common), unchanged, margin
        (nats; inf where no noise decided); with laws stay (of each factual token), p_unchanged and
        expected_lcp (tokens). The rows of ``run --jsonl``, in its order."""
        return self._table("pairs", _otherwise.run_pairs)

    @property
    def strings(self) -> Table:
        """Columns: string, sample, observed, prompt, text, end, tokens."""
        return self._table("strings", _otherwise.run_strings)

    @property
    def summary(self) -> Table:
        """The table that the command prints: counts of each world, and its measures with both ends of
        their intervals, where the run was made here."""
        worlds: list[dict[str, Any]] = self.json["worlds"]
        rows = [_flat(world) for world in worlds]
        names = list(dict.fromkeys(name for row in rows for name in row))
        return Table({name: [row.get(name) for row in rows] for name in names})

    @property
    def json(self) -> dict[str, Any]:
        """What ``run --json`` prints."""
        if self._came is None:
            came: dict[str, Any] = json.loads(_otherwise.stored_result(self.path, self._force))
            return came
        return self._came

    @property
    def warnings(self) -> list[str]:
        return (_otherwise.stored_warnings(self.path, self._force) if self._warnings is None
                else list(self._warnings))

    @property
    def floor(self) -> Floor:
        """What the null world did, the factual one in calls of other shapes: below it effects mean nothing."""
        return Floor(*_otherwise.run_floor(self.path, self._force))

    @property
    def skipped(self) -> list[str]:
        """Ids of observed strings that the factual world cannot write."""
        skipped: list[str] = self.json["skipped"]
        return skipped

    @property
    def finished(self) -> bool:
        return bool(self._head["finished"])

    @property
    def model(self) -> str:
        """Path of the factual world's model."""
        return str(self._head["model"])

    @property
    def worlds(self) -> list[str]:
        """Names; the floors last."""
        return [name for name, _, _ in self._head["worlds"]]

    def report(self, path: "Path", *, title: "str | None" = None, strings: "int | None" = None,
               target: "str | list[str] | None" = None, off_target: "str | list[str] | None" = None,
               embedder: "Path | None" = None, e5: bool = False, **work: Any) -> None:
        """Writes the page of ``otherwise report``: one HTML file that needs nothing else."""
        target_file = path_of(path, "path")
        settings = _otherwise.ReportSettings()
        settings.force = self._force
        if title is not None:
            settings.title = title
        if strings is not None:
            settings.strings = strings
        settings.targets, settings.off_targets = _list(target), _list(off_target)
        settings.embedder, settings.e5 = "" if embedder is None else path_of(embedder, "embedder"), e5
        with working():
            page = _otherwise.report_page(self.path, settings, work_of(work))
        with whole_file(target_file) as unfinished, \
                builtins.open(unfinished, "w", encoding="utf-8", newline="") as file:
            file.write(page)

    def save(self, path: "Path") -> None:
        """Keeps the run file under another name, a new one: `otherwise.open` and the command read it."""
        target = path_of(path, "path")
        if os.path.exists(target):
            raise misuse("`save` with a new file", f"'{target}', which is there already")
        if os.path.isdir(self.path):
            raise misuse("one run file for `save`", f"'{self.path}', a folder of shards",
                         f"`otherwise merge {self.path}/*.db -o {target}` makes one")
        with whole_file(target, "a run file") as unfinished, \
                _connected(self.path) as source, _connected(unfinished) as copy:
            source.backup(copy)

    def resume(self, **options: Any) -> "Results":
        """Goes on with it where it stopped; takes `moved`, `progress`, `on_pair` and how it is worked
        through (`threads`, `parallel`, …)."""
        from otherwise.runs import resume

        return resume(self, **options)

    def html(self, strings: int = 10) -> str:
        """The first strings beside their counterfactuals: tokens in the report's colours by how likely
        they were to stay, and what each would have become where the mouse points. No scripts, nothing
        from a network."""
        from otherwise.view import view

        return view(self, strings)

    def to_pandas(self) -> Any:
        """`pairs` as a pandas.DataFrame."""
        return self.pairs.to_pandas()

    def to_parquet(self, path: "Path", *, strings_at_once: int = 2048) -> None:
        """Writes `pairs` as a Parquet file for DuckDB, Spark and others, some strings at a time, so that runs of any
        size fit; needs pyarrow. Whole or not at all."""
        write_parquet(self, path_of(path, "path"), strings_at_once)

    def connect(self) -> sqlite3.Connection:
        """The run file for SQL, read-only, with the function ``list_json``, which makes a list of its tables JSON:
        ``run.connect().execute("SELECT list_json(stay) FROM laws")``."""
        if os.path.isdir(self.path):
            raise misuse("one run file for `connect`", f"'{self.path}', a folder of shards", "open one of them")
        connection = sqlite3.connect(f"file:{quote(self.path)}?mode=ro", uri=True)
        connection.create_function("list_json", 1, _list_json, deterministic=True)
        return connection

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.pairs.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return len(self.pairs)

    def __repr__(self) -> str:
        head = self._head
        state = "" if head["finished"] else f", {head['done']} done"
        where = "" if self._is_temporary else f", in '{self.path}'"
        changes = sum(1 for _, role, _ in head["worlds"] if role == "change")
        return f"<Results of {head['strings']} strings in {changes} worlds{state}{where}>"

    def _repr_html_(self) -> str:
        return self.html()

    @property
    def _head(self) -> dict[str, Any]:
        return _otherwise.run_head(self.path, self._force)

    def _table(self, name: str, read: Any) -> Table:
        """Read once; of a run that goes on each time."""
        if name in self._kept:
            return self._kept[name]
        table = Table(read(self.path, self._force))
        if self.finished:
            self._kept[name] = table
        return table


def open(path: "Path", *, force: bool = False) -> Results:
    """The results in a run file, by whoever it was made: also of a run that goes on meanwhile. A folder of
    shards is read as the run that they are; `force`: also where they are of several machines."""
    name = path_of(path, "path")
    _otherwise.run_head(name, force)
    return Results(name, force=force)


def temporary() -> str:
    """A new folder for a run file that is not kept."""
    return tempfile.mkdtemp(prefix="otherwise-")


def _list_json(value: "bytes | str | None") -> "str | None":
    return None if value is None else _otherwise.list_json(value)


def _connected(path: str) -> Any:
    return closing(sqlite3.connect(path))


def _flat(world: dict[str, Any]) -> dict[str, Any]:
    """Numbers of a world as columns: "edits", "edits_low", "edits_high"."""
    row = {name: value for name, value in world.items() if not isinstance(value, (dict, list))}
    for key, measured in world.get("measures", {}).items():
        name = f"{key}_share" if key in row else key  # "unchanged" is a count already
        for part, end in _MEASURE.items():
            row[name + end] = measured.get(part)
    return row


def _list(patterns: "str | list[str] | None") -> list[str]:
    return [] if patterns is None else [patterns] if isinstance(patterns, str) else list(patterns)

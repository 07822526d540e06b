"""Runs: what each world would have written, with the luck held fixed."""

import json
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from otherwise import _otherwise
from otherwise._given import path_of
from otherwise._process import working
from otherwise._progress import listening
from otherwise._settings import WORK, known, work_of
from otherwise._study import model_of, study_of, work_of_call
from otherwise.errors import Error, Interrupted, misuse
from otherwise.log import note, warn
from otherwise.results import Results, temporary

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from otherwise._otherwise import StudyValue, Work
    from otherwise._settings import StudySettings
    from otherwise.items import Path

__all__ = ["resume", "run"]

OnPair = Callable[[dict[str, Any]], object]


def run(model: Any = None, strings: Any = None, worlds: Any = None, *, output: "Path | None" = None,
        shard: str = "", progress: Any = None, on_pair: "OnPair | None" = None,
        **settings: "Unpack[StudySettings]") -> Results:
    """Writes each string in every world under the same noise.

    Parameters
    ----------
    model : Model, path or None
        The factual world; None is the default model in the cache folder.
    strings : texts, records, data frame, os.PathLike
        Prompts, or records with the keys of docs/input.md (`prompt`, `text`, `tokens`, `messages`, …);
        anything with rows: pandas, polars, pyarrow, `__arrow_c_stream__`. A `pathlib.Path` is a file of
        them.
    worlds : World, list of them, or dict of names and items
        The worlds to compare with.
    output : path, optional
        A new run file, which is kept whatever happens; else the results live as long as what is
        returned.
    progress : bool, function or None
        tqdm's bars: None where they can be seen, True, False; or a function of (what, done, total).
    on_pair : function, optional
        Called with each counterfactual as it comes, a dict with the keys of ``run --jsonl``.
    **settings
        The command's, with underscores: `seed`, `samples`, `tokens`, `temp`, … (StudySettings).

    Raises
    ------
    Misuse
        The request makes no sense: an unknown setting, a world that is none.
    Error
        A file that is not there, too little memory, worlds that change nothing.
    Interrupted
        Ctrl-C (a KeyboardInterrupt); its `result` holds what was done.
    """
    study = study_of(model, strings, worlds, dict(settings))
    return run_study(study, work_of_call(model, dict(settings)), output=output, shard=shard,
                     progress=progress, on_pair=on_pair, lock=model_of(model).lock)


def run_study(study: "StudyValue", work: "Work", *, output: "Path | None", shard: str, progress: Any,
              on_pair: "OnPair | None", lock: "threading.RLock | None") -> Results:
    """A study as it is, into a new run file."""
    folder = None
    if output is None:
        folder = temporary()
        path = os.path.join(folder, "run.db")
    else:
        path = path_of(output, "output")
        if os.path.exists(path):
            raise misuse("`output` with a new file", f"'{path}', which is there already",
                         "go on with it by otherwise.open(…).resume(), or choose another name")
    if not isinstance(shard, str):
        raise misuse('a part such as "2/5" for `shard`', type(shard).__name__)
    results = Results(path, {}, [], folder)
    return _conducted(results, study, work, _otherwise.RunFile(path, shard=shard), progress, on_pair, lock)


def resume(results: Results, *, moved: "list[str] | None" = None, progress: Any = None,
           on_pair: "OnPair | None" = None, **work: Any) -> Results:
    """Goes on with a run file; `moved` names files that lie elsewhere now, "OLD=NEW"."""
    study = _otherwise.stored_study(results.path, moved or [])
    how = work_of(known(dict(work), frozenset(WORK), "resume"))
    if _otherwise.has_all(results.path, study):
        return results
    file = _otherwise.RunFile(results.path, resume=True, moved=moved or [])
    return _conducted(results, study, how, file, progress, on_pair, None)


def _conducted(results: Results, study: "StudyValue", work: "Work", file: _otherwise.RunFile, progress: Any,
               on_pair: "OnPair | None", lock: "threading.RLock | None") -> Results:
    def take(line: str) -> None:
        if on_pair is not None:
            on_pair(json.loads(line))

    with listening(progress) as listener, working(lock):
        came, warnings, interrupted, complaint = _otherwise.run(
            study, work, file, note, listener, None if on_pair is None else take)
    results._came, results._warnings = json.loads(came), warnings
    results._kept.clear()
    for warning in warnings:
        warn(warning)
    if interrupted:
        raise Interrupted(results, ", and .result.resume() goes on")
    if complaint is not None:
        raise Error(complaint)
    return results

"""Studies as files: what a run is made of, in TOML (docs/study.md)."""

import threading
from typing import TYPE_CHECKING, Any

from otherwise import _otherwise
from otherwise._given import path_of
from otherwise._settings import STUDY, known, toml, work_of
from otherwise._study import study_of, with_strings, work_of_call
from otherwise.world import World, worlds_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from otherwise._settings import StudySettings
    from otherwise.items import Path
    from otherwise.results import Results

__all__ = ["Study", "study"]


class Study:
    """Everything that determines the results of a run. Made like the arguments of `otherwise.run`, or
    from a file by `otherwise.study`."""

    def __init__(self, model: Any = None, strings: Any = None, worlds: Any = None,
                 **settings: "Unpack[StudySettings]") -> None:
        self._value = study_of(model, strings, worlds, dict(settings))
        self._work = work_of_call(model, dict(settings))
        self._lock = threading.RLock()

    @property
    def worlds(self) -> list[World]:
        return [World(world.name, *world.items) for world in self._value.worlds]

    @property
    def toml(self) -> str:
        """The study file's text."""
        return self._value.to_toml()

    def save(self, path: "Path") -> None:
        """Writes the study file, for `otherwise.study` and ``otherwise run STUDY``."""
        _otherwise.save_study(self._value, path_of(path, "path"))

    def run(self, *, strings: Any = None, worlds: Any = None, output: "Path | None" = None, shard: str = "",
            progress: Any = None, on_pair: Any = None, **settings: "Unpack[StudySettings]") -> "Results":
        """Runs it; what is given here stands over what the study says."""
        from otherwise.runs import run_study

        given = known(dict(settings), STUDY, "a study")
        value = self._value.with_values(toml(given))
        if worlds is not None:
            value = value.with_worlds(worlds_of(worlds))
        if strings is not None:
            value = with_strings(value, strings)
        value.check()
        work = work_of(given) if any(name in given for name in _WORK_NAMES) else self._work
        return run_study(value, work, output=output, shard=shard, progress=progress, on_pair=on_pair,
                         lock=self._lock)

    def __repr__(self) -> str:
        worlds = ", ".join(world.name for world in self._value.worlds)
        return f"<Study of {self._value.model or 'the default model'} in the worlds {worlds}>"


_WORK_NAMES = ("threads", "parallel", "ubatch_size", "memory", "cpu_variant", "force")


def study(path: "Path") -> Study:
    """The study of a file: ``ow.study("s.toml").run(output="run.db")``."""
    name = path_of(path, "path")
    made = Study.__new__(Study)
    made._value = _otherwise.read_study(name)
    _otherwise.require_files(made._value, name)
    made._work = work_of({})
    made._lock = threading.RLock()
    return made

"""From what callers give to the library's Study and Work."""

import os
from typing import TYPE_CHECKING, Any

from otherwise import _otherwise
from otherwise._records import records_json
from otherwise._settings import STUDY, WORK, known, toml, work_of
from otherwise.errors import misuse
from otherwise.models import Model
from otherwise.world import worlds_of

if TYPE_CHECKING:
    from otherwise._otherwise import StudyValue, Work

__all__ = ["model_of", "study_of", "work_of_call"]


def model_of(model: Any) -> Model:
    """A Model, the path of one, or None for the default model."""
    if isinstance(model, Model):
        return model
    if model is None or isinstance(model, (str, os.PathLike)):
        return Model(model)
    raise misuse("a model, ow.Model(path) or a path", type(model).__name__)


def study_of(model: Any, strings: Any, worlds: Any, settings: dict[str, Any],
             needs_worlds: bool = True) -> "StudyValue":
    """The study of a call; its own settings stand over the model's. Throws Misuse where it
    contradicts itself."""
    factual = model_of(model)
    given = {**factual.settings, **known(settings, STUDY, "a study")}
    study = _otherwise.StudyValue().with_model(factual.path).with_factual(factual.items)
    study = study.with_values(toml(given)).with_worlds(worlds_of(worlds))
    study = with_strings(study, strings)
    study.check(needs_worlds)
    return study


def with_strings(study: "StudyValue", strings: Any) -> "StudyValue":
    """A path is a file of strings, as the command's -f; else texts, records, a data frame."""
    if isinstance(strings, os.PathLike):
        return _otherwise.with_file(study, os.fsdecode(strings))
    return _otherwise.with_records(study, records_json(strings))


def work_of_call(model: Any, settings: dict[str, Any]) -> "Work":
    """How a call is worked through."""
    return work_of({**model_of(model).settings,
                    **{name: value for name, value in settings.items() if name in WORK}})

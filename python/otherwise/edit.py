"""Facts written into a model as a LoRA adapter, and what they changed.

=========  ============================================================
`rome`     one fact, one layer
`memit`    many facts, several layers
`check`    an adapter's effect and the scores of facts, before and after
=========  ============================================================

A fact is a text ``"SUBJECT | PROMPT with {} | NEW"``, with the answer so far ``"… | NEW | OLD"``, or a dict
with "subject", "prompt", "target_new" and maybe "target_true", "paraphrases", "neighbors", "id". Facts are
one, a list of them, a data frame or a file (this project's form, or that of CounterFact, EasyEdit, KnowEdit
or zsRE).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from otherwise import _otherwise
from otherwise._given import (
    Path,
    is_path,
    layers_text,
    lines_of,
    model_settings,
    path_of,
    records_of,
    settings,
    told,
    work_of,
)
from otherwise._record import Result, read
from otherwise.errors import Interrupted, misuse
from otherwise.log import logger, note
from otherwise.vectors import kept_file

__all__ = ["Edited", "FactScores", "PromptScore", "Scores", "Trial", "check", "memit", "rome"]


@dataclass(frozen=True)
class Scores:
    """Means of probabilities, and shares of prompts where the new answer beats the true one (efficacy,
    paraphrase) or a neighbor keeps its own (neighborhood); None where there is no such prompt."""

    new_on_prompt: float | None
    true_on_prompt: float | None
    new_on_paraphrases: float | None
    true_on_paraphrases: float | None
    new_on_neighbors: float | None
    own_on_neighbors: float | None
    efficacy: float | None
    paraphrase: float | None
    neighborhood: float | None


@dataclass(frozen=True)
class PromptScore:
    """A paraphrase or a neighbor."""

    prompt: str
    answer: str
    new: tuple[float, float]  #: P(new answer), before and after
    own: tuple[float, float]  #: P(own answer), before and after


@dataclass(frozen=True)
class FactScores:
    """One fact."""

    id: str
    subject: str
    target_new: str
    before: Scores
    after: Scores
    paraphrases: list[PromptScore]
    neighbors: list[PromptScore]


@dataclass(frozen=True)
class Trial:
    """Layers that were tried."""

    layers: list[int]
    new_on_prompt: float
    new_on_paraphrases: float
    leaked: float
    lost: float
    score: float


@dataclass(frozen=True, eq=False)
class Edited(Result):
    """An adapter and what it does: a path to whatever takes one (``ow.lora(edited)``)."""

    output: str | None  #: where the adapter lies
    layers: list[int]
    facts: list[FactScores]
    before: Scores | None = None
    after: Scores | None = None
    sweep: list[Trial] = field(default_factory=list)
    effect: dict[str, Any] | None = None  #: "kl" in nats a token on other texts, "changes", "new_answer"
    misses: list[str] = field(default_factory=list)  #: limits that it does not keep, a sentence each
    interrupted: bool = False  #: by Ctrl-C: then what was not reached is empty
    _outcome: Any = field(default=None, repr=False)

    def save(self, path: Path) -> None:
        """Writes the adapter, a LoRA in llama.cpp's form, whole or not at all."""
        if self._outcome is None or not self._outcome.has_adapter:
            raise misuse("an edit with an adapter to save", "the check of one")
        self._outcome.save_to(path_of(path, "path"))

    def __fspath__(self) -> str:
        return kept_file(self.save)


def rome(fact: Any, **settings: Any) -> Edited:
    """Writes one fact into one layer (ROME, Meng et al., 2202.05262). Settings: see `memit`."""
    return _edit("rome", fact, settings)


def memit(facts: Any, **settings: Any) -> Edited:
    """Writes facts into several layers (MEMIT, Meng et al., 2210.07229).

    Parameters
    ----------
    facts
        See the module.
    output
        A file for the adapter; it is also kept in the result. Written only where no limit is missed, or with
        `force`.
    ids
        Only the facts with these ids.
    model, no_repack
        The model; without one the default one.
    layers
        A number, (first, last), a list, or "auto" to try some; a tenth of the way up, or five up to 23 %.
    preset
        The settings of a paper.
    steps, prefixes, rate, kl, decay, clamp, enough, seed
        Of the search for each target value, as ``otherwise edit --help`` says.
    corpus, covariance_tokens, covariance_weight, damping, cache
        Of the keys' covariance; cache=False neither reads nor keeps any.
    check
        False: no scores before and after.
    force
        Keep an adapter that misses its limits. Without, ``misses`` says which, and `output` is not written.
    threads, memory, cpu_variant, progress
        As in `ow.fit`.

    Ctrl-C is a KeyboardInterrupt; once there is an adapter it is `Interrupted`, which holds it.
    """
    return _edit("memit", facts, settings)


def check(lora: Path, facts: Any = (), **settings: Any) -> Edited:
    """What an adapter does: its effect on unrelated texts, and the scores of the facts, before and after.

    Without facts those that it holds itself. Settings: `model`, `scale`, `ids`, `seed`, `no_repack`,
    `threads`, `cpu_variant`, `progress`.
    """
    given = {"lora": path_of(lora, "lora"), **settings}
    _known("check", given, _CHECK)
    progress = given.pop("progress", None)
    kind, plain = _facts_of(facts)
    wanted = _settings(given)
    with told(progress, "steps") as update:
        return _edited(_otherwise.check_edit(kind, plain, wanted, work_of(wanted), update, note))


_OF_MODEL = frozenset(("no_repack", "threads", "cpu_variant"))
_CHECK = {"lora", "model", "scale", "ids", "seed", "no_repack", "threads", "cpu_variant", "progress"}
_EDIT = {"output", "ids", "model", "no_repack", "layers", "preset", "steps", "prefixes", "rate", "kl",
         "decay", "clamp", "enough", "seed", "corpus", "covariance_tokens", "covariance_weight", "damping",
         "cache", "check", "force", "threads", "memory", "cpu_variant", "progress"}


def _known(method: str, given: Mapping[str, Any], names: set[str]) -> None:
    for name in given:
        if name not in names:
            raise TypeError(f"{method}() got an unexpected keyword argument '{name}'")


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    path, its = model_settings(given.get("model"), _OF_MODEL)
    ids = [given["ids"]] if isinstance(given.get("ids"), str) else given.get("ids")
    return settings(**{**its, **given, "layers": layers_text(given.get("layers")), "model": path, "ids": ids})


def _edit(method: str, facts: Any, given: dict[str, Any]) -> Edited:
    _known(method, given, _EDIT)
    progress, output = given.pop("progress", None), given.pop("output", None)
    kind, plain = _facts_of(facts)
    wanted = _settings(given)
    path = "" if output is None else _own_file(output, wanted["model"], plain, wanted.get("corpus"))
    with told(progress, "steps") as update:
        return _edited(_otherwise.edit(method, kind, plain, path, wanted, work_of(wanted), update, note))


def _own_file(output: Any, *read: Any) -> str:
    """The path of a file that none of these is."""
    path = path_of(output, "output")
    for other in read:
        if isinstance(other, str) and os.path.exists(other) and os.path.exists(path) and os.path.samefile(other, path):
            raise misuse("`output` with a file of its own", f"'{path}', which is read")
    return path


def _edited(outcome: Any) -> Edited:
    edited = read(Edited, outcome.json())
    for miss in edited.misses:
        logger.warning("%s; try other layers (layers=\"auto\"), or another prompt", miss)
    object.__setattr__(edited, "_outcome", outcome)
    object.__setattr__(edited, "interrupted", outcome.interrupted)
    if edited.interrupted:
        raise Interrupted(edited) if outcome.has_adapter else KeyboardInterrupt
    return edited


def _facts_of(facts: Any) -> tuple[str, Any]:
    """A file, texts or lines of JSON."""
    if isinstance(facts, str) and "|" in facts:
        return "texts", [facts]
    if is_path(facts):
        return "file", path_of(facts, "facts")
    if isinstance(facts, Mapping) and isinstance(facts.get("prompt"), str):
        facts = [facts]
    if isinstance(facts, (list, tuple)) and all(isinstance(one, str) for one in facts):
        return "texts", list(facts)
    return "lines", lines_of(records_of(facts, "facts"), "facts")

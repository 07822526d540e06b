"""The exact law of what would have stayed, without sampling."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, overload

from otherwise import _otherwise
from otherwise._given import Path, path_of, settings, told
from otherwise._record import kept, read_list
from otherwise.errors import Interrupted, misuse
from otherwise.law_results import (
    Dose,
    Laws,
    StringThreshold,
    Sweep,
    Thresholds,
    TokenLaw,
    TokenLaws,
)
from otherwise.log import note, warn

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from otherwise._settings import StudySettings

__all__ = ["law"]

Site = str | tuple[str, int] | tuple[str, int, int]


@overload
def law(model: Any = None, strings: Any = None, worlds: Any = None, *, sweep: str, target_text: str | None = None,
        corpus: Path | None = None, progress: Any = None,
        **settings: "Unpack[StudySettings]") -> Sweep: ...


@overload
def law(model: Any = None, strings: Any = None, worlds: Any = None, *, threshold: str, halvings: int | None = None,
        corpus: Path | None = None, progress: Any = None,
        **settings: "Unpack[StudySettings]") -> Thresholds: ...


@overload
def law(model: Any = None, strings: Any = None, worlds: Any = None, *, law_at: Site, top: int | None = None,
        corpus: Path | None = None, progress: Any = None,
        **settings: "Unpack[StudySettings]") -> TokenLaws: ...


@overload
def law(model: Any = None, strings: Any = None, worlds: Any = None, *, target_text: str | None = None,
        agreement: bool | None = None, corpus: Path | None = None, progress: Any = None,
        **settings: "Unpack[StudySettings]") -> Laws: ...


def law(model: Any = None, strings: Any = None, worlds: Any = None, *, target_text: Any = None, agreement: Any = None,
        corpus: Any = None, sweep: Any = None, threshold: Any = None, halvings: Any = None, law_at: Any = None,
        top: Any = None, progress: Any = None, **settings: Any) -> Laws | Sweep | Thresholds | TokenLaws:
    """What would have stayed in other worlds, exactly: by teacher forcing, without sampling.

    Parameters
    ----------
    model
        ``ow.Model(path, …)``, a path, or None for the default model; or an ``ow.Study`` with strings and
        worlds of its own.
    strings
        Prompts, or records with "prompt" and an observed "text" (a list, a data frame), or a `pathlib.Path`
        of a file of them. Without a text the factual world writes one, of `tokens` at most.
    worlds
        ``ow.World(name, …)``, several, or a dict of names and items.
    target_text
        Also the probability of this text right after each prompt.
    agreement
        Also the exact coupled agreement of the laws; slower.
    corpus
        A file with a long text, in place of strings (None): cut into chunks of `ctx_size` tokens (512), of
        which the second half is scored.
    sweep
        The law along doses instead: "steer.scale=0:2:0.25", "NAME.scale=0,1,4", "temp=0.5:1.5:0.25".
    threshold, halvings
        The smallest strength at which each string changes under its noise: "steer.scale" up to the scale
        given, or "steer.scale=LOW:HIGH"; the steps of the bisection.
    law_at, top
        What one token would have become: "STRING:POSITION" or (string, position) or (string, sample,
        position), the position counted from 0; how many tokens to list.
    progress
        As in `ow.run`.
    **settings
        Those of ``otherwise law``, with underscores: seed, tokens, samples, temp, chat, threads, …

    Returns
    -------
    Laws, or Sweep, Thresholds, TokenLaws for what is asked instead. Their `to_json()` is what the command
    prints with ``--json``.

    Raises
    ------
    Misuse, Error
        As `ow.run`.
    Interrupted
        Ctrl-C (a KeyboardInterrupt); its `result` holds what was done. Of one token there is no part: a plain
        KeyboardInterrupt.
    """
    asked = {"corpus": None if corpus is None else path_of(corpus, "corpus"), "target_text": target_text,
             "agreement": agreement, "sweep": sweep, "threshold": threshold, "halvings": halvings,
             "law_at": _site(law_at), "top": top}
    return _law(model, strings, worlds, _given(asked), progress, settings)


_NOT_OF_LAWS = ("independent", "stop_at_divergence", "target", "off_target", "law")


def _given(asked: dict[str, Any]) -> dict[str, Any]:
    return settings(**asked)


def _law(model: Any, strings: Any, worlds: Any, asked: dict[str, Any], progress: Any,
         given: dict[str, Any]) -> Laws | Sweep | Thresholds | TokenLaws:
    for name in _NOT_OF_LAWS:
        if given.get(name) is not None:
            raise misuse("a setting of a law", f"`{name}`, which only a run has")
    if "corpus" in asked and strings is not None:
        raise misuse("`corpus` with None for `strings`", type(strings).__name__)
    study, work, lock = _study(model, strings, worlds, given, "corpus" in asked)
    question = next((name for name in _QUESTIONS if name in asked), "")
    function, result = _QUESTIONS.get(question, (_otherwise.law_of_strings, Laws))
    unit = "readings" if question == "threshold" else "strings"
    with told(progress, unit, lock) as update:
        found: Laws | Sweep | Thresholds | TokenLaws = result(
            *function(study, asked, work, update, note))
    if isinstance(found, Laws):
        for line in found.doubts:
            warn(line)
    if not isinstance(found, TokenLaws) and found.interrupted:
        raise Interrupted(found)
    return found


def _sweep(text: str, varied: str, interrupted: bool) -> Sweep:
    return kept(Sweep(varied, read_list(Dose, text), interrupted), text)


def _thresholds(text: str, varied: str, low: float, high: float, interrupted: bool) -> Thresholds:
    return kept(Thresholds(varied, low, high, read_list(StringThreshold, text), interrupted), text)


def _token_laws(text: str, without: list[str]) -> TokenLaws:
    return kept(TokenLaws(read_list(TokenLaw, text), without), text)


_QUESTIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "sweep": (_otherwise.law_of_doses, _sweep),
    "threshold": (_otherwise.law_of_thresholds, _thresholds),
    "law_at": (_otherwise.law_of_token, _token_laws),
}


def _study(model: Any, strings: Any, worlds: Any, given: dict[str, Any],
           has_corpus: bool) -> tuple[Any, Any, Any]:
    """The study, how it is worked through, the model's lock."""
    from otherwise._settings import STUDY, WORK, known, toml, work_of
    from otherwise._study import model_of, study_of, with_strings, work_of_call
    from otherwise.studies import Study
    from otherwise.world import worlds_of

    if isinstance(model, Study):
        own = known(given, STUDY, "a study")
        study = model._value.with_values(toml(own))
        study = study if worlds is None else study.with_worlds(worlds_of(worlds))
        study = study if strings is None else with_strings(study, strings)
        if not has_corpus:
            study.check()
        return study, work_of(own) if WORK.keys() & own.keys() else model._work, model._lock
    factual = model_of(model)
    work = work_of_call(factual, given)
    if not has_corpus:
        return study_of(factual, strings, worlds, given), work, factual.lock
    own = {**factual.settings, **known(given, STUDY, "a study")}
    study = _otherwise.StudyValue().with_model(factual.path).with_factual(factual.items)
    return study.with_values(toml(own)).with_worlds(worlds_of(worlds)), work, factual.lock


def _site(site: Any) -> str | None:
    if site is None or isinstance(site, str):
        return site
    if isinstance(site, (tuple, list)) and len(site) in (2, 3):
        string, *sample, position = site
        return f"{string}#{sample[0]}:{position}" if sample else f"{string}:{position}"
    raise misuse('"STRING:POSITION" or (string, position) for `law_at`', repr(site))

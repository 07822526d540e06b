"""The measures of pairs of texts, whoever wrote them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from otherwise import _otherwise
from otherwise._given import Path, is_path, lines_of, path_of, records_of, settings, told, work_of
from otherwise._record import Result, read
from otherwise.errors import Interrupted, misuse
from otherwise.intervals import Interval
from otherwise.log import warn

__all__ = ["Flips", "Interval", "Measure", "Scores", "Shift", "Word", "Words", "WorldScores", "score"]


@dataclass(frozen=True)
class Measure(Interval):
    """How alike the two texts are, on average."""

    median: float | None = None
    median_low: float | None = None
    median_high: float | None = None


@dataclass(frozen=True)
class Flips:
    """Pairs in which only one of the texts has the property."""

    gained: int
    lost: int
    strings_gained: int
    strings_lost: int
    p: float | None  #: of McNemar's exact test over strings


@dataclass(frozen=True)
class Shift:
    """Counterfactual minus factual: a length, the share of texts that a pattern matches."""

    key: str
    title: str
    factual: Interval
    counterfactual: Interval
    difference: Interval
    variance_ratio: float | None  #: independent pairs for the precision of one of these
    independent_samples: float | None
    measured_ratio: float | None = None  #: the same against pairs under fresh noise, where there are any
    flips: Flips | None = None


@dataclass(frozen=True)
class Word:
    """A word that one side has more often."""

    word: str
    factual: int
    counterfactual: int
    pairs: int
    log_odds: float | None
    z: float | None


@dataclass(frozen=True)
class Words:
    """Words that shifted."""

    tested: int
    factual_words: int
    counterfactual_words: int
    threshold: float | None  #: of |z|
    gained: list[Word] = field(default_factory=list)
    lost: list[Word] = field(default_factory=list)


@dataclass(frozen=True)
class WorldScores:
    """The pairs of one world."""

    world: str
    independent: bool  #: written under fresh noise
    pairs: int
    strings: int
    empty: int
    measures: dict[str, Measure]
    shifts: list[Shift]
    words: Words

    def shift(self, key: str) -> Shift:
        """The shift with this key or title."""
        for one in self.shifts:
            if key in (one.key, one.title):
                return one
        known = ", ".join(one.title for one in self.shifts)
        raise misuse(f"a shift of {known}", repr(key))


@dataclass(frozen=True)
class Scores(Result):
    """Of all worlds, in the order in which they came."""

    worlds: list[WorldScores]
    notes: list[str] = field(default_factory=list)  #: what should be known of the pairs
    interrupted: bool = False  #: by Ctrl-C: then of the pairs until there

    def __getitem__(self, world: str) -> WorldScores:
        """A world by its name, under shared noise."""
        for one in self.worlds:
            if one.world == world and not one.independent:
                return one
        known = ", ".join(dict.fromkeys(one.world for one in self.worlds))
        raise misuse(f"a world of {known}", repr(world))


def score(pairs: Any, *, against: Path | None = None, worlds: Iterable[str] | None = None,
          targets: Iterable[str] | None = None, off_targets: Iterable[str] | None = None,
          prompt_field: str | None = None, factual_field: str | None = None,
          counterfactual_field: str | None = None, with_prompt: bool | None = None,
          embedder: Path | None = None, e5: bool | None = None, words: int | None = None,
          limit: int | None = None, threads: int | None = None, gpu_layers: int | None = None,
          no_repack: bool | None = None, cpu_variant: str | None = None) -> Scores:
    """How alike the texts of pairs are, what shifted, and which words.

    Parameters
    ----------
    pairs
        A file of pairs (JSON lines, JSON, CSV, TSV) or a list of files; or a list of dicts, a dict of
        columns, a data frame, a run's results, with the same keys: "factual" and "counterfactual", texts or dicts with
        "text", "tokens" and "end"; beside them "string", "sample", "world", "prompt", "independent".
    against
        A file with the counterfactual texts, where the one of `pairs` has the factual ones: two logs of
        lm-eval or Inspect, paired by id.
    worlds
        These only; all.
    targets, off_targets
        Regular expressions (RE2) whose hits are counted.
    prompt_field, factual_field, counterfactual_field
        Where things are under other keys: dotted paths such as "before.text".
    with_prompt
        Both texts start with the prompt, which is then left out of them.
    embedder, e5
        A GGUF embedding model for cosines; "query: " before each text, as E5 models want.
    words
        Words gained and lost, at most.
    limit
        The first strings only.

    Intervals are of 95 %, clustered by string. Ctrl-C raises `Interrupted` with the measures of the pairs until
    there.
    """
    given = settings(worlds=_texts(worlds, "worlds"), targets=_texts(targets, "targets"),
                     off_targets=_texts(off_targets, "off_targets"), prompt_field=prompt_field,
                     factual_field=factual_field, counterfactual_field=counterfactual_field,
                     with_prompt=with_prompt, embedder=embedder, e5=e5, words=words, limit=limit,
                     gpu_layers=gpu_layers, no_repack=no_repack)
    work = work_of({"threads": threads, "cpu_variant": cpu_variant})
    with told(False, "pairs"):
        text, notes, interrupted = _scored(pairs, against, given, work)
    for line in notes:
        warn(line)
    scores = read(Scores, text)
    object.__setattr__(scores, "notes", notes)
    object.__setattr__(scores, "interrupted", interrupted)
    if interrupted:
        raise Interrupted(scores)
    return scores


def _scored(pairs: Any, against: Path | None, given: dict[str, Any],
            work: Any) -> tuple[str, list[str], bool]:
    files = [pairs] if is_path(pairs) else pairs
    if isinstance(files, (list, tuple)) and files and all(is_path(one) for one in files):
        paths = [path_of(one, "pairs") for one in files]
        if against is None:
            return _otherwise.score_files(paths, given, work)
        if len(paths) > 1:
            raise misuse("one file in `pairs` with `against`", str(len(paths)))
        return _otherwise.score_two(paths[0], path_of(against, "against"), given, work)
    if against is not None:
        raise misuse("a file in `pairs` with `against`", type(pairs).__name__)
    records = [_of_run(record) for record in records_of(pairs, "pairs")]
    return _otherwise.score_lines(lines_of(records, "pairs"), given, work)


def _of_run(record: dict[str, Any]) -> dict[str, Any]:
    """A row of a run's `pairs` as ``run --jsonl`` has it: texts with their tokens and ends."""
    if "factual_tokens" not in record or "counterfactual_tokens" not in record:
        return record
    plain: dict[str, Any] = {
        key: record[key] for key in ("string", "sample", "world", "independent", "prompt") if key in record}
    for side in ("factual", "counterfactual"):
        plain[side] = {"text": record[side], "tokens": record[f"{side}_tokens"], "end": record.get(f"{side}_end")}
    return plain


def _texts(value: Iterable[str] | None, name: str) -> list[str] | None:
    """A list of texts, or one."""
    if value is None:
        return None
    texts = [value] if isinstance(value, str) else list(value)
    for text in texts:
        if not isinstance(text, str):
            raise misuse(f"texts in `{name}`", type(text).__name__)
    return texts

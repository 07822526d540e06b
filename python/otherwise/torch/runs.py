"""Runs of PyTorch's worlds: what each would have written, with the luck held fixed."""

import json
import os
from collections.abc import Callable
from typing import Any

from otherwise import _otherwise
from otherwise._given import Path, path_of
from otherwise._process import working
from otherwise._progress import listening
from otherwise.errors import Error, Interrupted, misuse
from otherwise.log import warn
from otherwise.results import Results, temporary
from otherwise.torch.opened import Asked, Opened, asked, opened

__all__ = ["run"]


def run(model: Any, worlds: Any, tokenizer: Any, strings: Any, *, output: Path | None = None,
        resume: bool = False, shard: str = "", exact: bool = False, progress: Any = None,
        on_pair: Callable[[dict[str, Any]], object] | None = None, **settings: Any) -> Results:
    """Writes each string in every world under the same noise.

    Parameters
    ----------
    model
        The factual world: a causal model of transformers in evaluation mode, a callable from token ids [streams,
        rows] to logits [streams, rows, n_vocab], or a `World`.
    worlds
        A dict of names: models, callables that return a context manager within which the factual model is another
        world, callables from ids to logits; or `World`s.
    tokenizer
        The models' own.
    strings
        As `otherwise.run` takes them: prompts, records with an observed `text`, a data frame, a `pathlib.Path`.
    output, resume, shard
        A run file that is kept; `resume` goes on with one, of worlds of the same names and weights.
    exact
        Every row is read in one fixed shape: on a CPU the null world then never diverges. Slow.
    **settings
        Of `otherwise.run` those that need no model file: seed, samples, tokens, temp, top_k, top_p, min_p, null,
        independent, target, law, parallel, …

    Returns the `Results` of `otherwise.run`; `floor` says how often the null world, the factual one in calls of
    other shapes, diverged, and at what margin.
    """
    ask = asked(model, worlds, strings, settings)
    if resume:
        _require_identities(ask, output)
    folder = None if output is not None else temporary()
    path = os.path.join(folder, "run.db") if folder is not None else path_of(output, "output")
    if output is not None and os.path.exists(path) != resume:
        found = f"'{path}', which is there already" if not resume else f"no file '{path}'"
        raise misuse("`output` with a new file, or resume=True with one that is there", found)
    results = Results(path, {}, [], folder)
    ready = opened(ask, tokenizer, exact, identities=output is not None)
    file = _otherwise.RunFile(path, resume=resume, shard=shard)
    with listening(progress) as listener, working(None):
        came = _otherwise.guest_run(ready.guest, ready.work, file, listener,
                                    None if on_pair is None else lambda line: on_pair(json.loads(line)))
    return _finished(results, ready, came)


def _require_identities(ask: Asked, output: Any) -> None:
    if output is None:
        raise misuse("`output` with the run file to go on with", "none")
    for world in ask.worlds:
        if not world.is_named:
            raise misuse("worlds with names of their own to go on with a run", f"'{world.name}', numbered",
                         "worlds={'name': …}")


def _finished(results: Results, ready: Opened, came: Any) -> Results:
    text, warnings, interrupted, complaint = came
    results._came = json.loads(text)
    results._kept.clear()
    results._warnings = [*warnings, *_idle(results._came, ready.idle, warnings)]
    for warning in results._warnings:
        warn(warning)
    if interrupted:
        raise Interrupted(results)
    if complaint is not None:
        raise Error(complaint)
    return results


def _idle(came: Any, idle: list[str], warnings: list[str]) -> list[str]:
    """Worlds that gave the factual logits where they were probed, and changed no string."""
    whole = {world["world"] for world in came["worlds"] if world["unchanged"] == world["strings"] > 0}
    said = " ".join(warnings)
    return [f"world '{name}' changed nothing: its logits are the factual ones, and so are its strings"
            for name in idle if name in whole and f"'{name}'" not in said]

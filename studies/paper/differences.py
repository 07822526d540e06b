"""Where the paper's code does something else than its mathematics: how much each moves the headline, one by one.

top-k      strings are sampled from the 50 likeliest tokens (transformers' default), their noise is inferred as if from
           all, and the counterfactual is written from all
site       MiMiC is fitted to the residual stream and applied to the feed-forward's input, after its norm
identical  pairs without a difference are left out of the LCP
again      strings are kept as texts and encoded again before their noise is inferred; the end token is lost
"""

import json
import re

from . import runfile, stats
from .catalog import MEMIT, STUDIES
from .conduct import make
from .measure import patterns_of
from .tool import Refused

TITLE = "Where the paper's code differs from its mathematics"
WORLDS = {"memit": MEMIT, "mimic": STUDIES[2].made[0]}
HEADLINES = {"lcp_share": lambda pair: pair.share, "unchanged": lambda pair: float(pair.kept_whole)}


def differences_result(tool, settings):
    head = {"study": "code", "title": TITLE}
    try:
        for made in WORLDS.values():
            make(tool, made, settings)
        runs = _runs(tool, settings)
    except Refused as refusal:
        return {**head, "skipped": str(refusal)}
    rows = [*_rows("top-k", runs["k"], runs["k-all"]), *_site(tool, settings, runs["plain"]),
            *_identical(runs["plain"]), *_rows("again", runs["plain"], runs["again"])]
    return {**head, "skipped": None, "rows": rows, "recoded": _recoded(tool, "code-plain.db", "code-again.db"),
            "settings": {"strings": settings.differences, "tokens": settings.tokens}}


def _runs(tool, settings):
    worlds = [f"--world={name}={'lora' if name == 'memit' else 'affine'}:{made.output}" for name, made in WORLDS.items()]
    openings = ("-f", "strings/openings.jsonl", "--limit", settings.differences)
    runs = {"plain": _run(tool, settings, "code-plain.db", worlds, openings),
            "k": _run(tool, settings, "code-k.db", worlds, (*openings, "--top-k", "50"))}
    observed = _observed(tool, "code-k.db", "code-k-strings.jsonl", ("tokens",))
    runs["k-all"] = _run(tool, settings, "code-k-all.db", worlds, ("-f", observed))
    texts = _observed(tool, "code-plain.db", "code-texts.jsonl", ("text",))
    runs["again"] = _run(tool, settings, "code-again.db", worlds, ("-f", texts))
    return {name: runfile.pairs(path) for name, path in runs.items()}


def _run(tool, settings, output, worlds, more):
    if tool.path(output).exists():
        tool.call("run", "--resume", output, "-q", model=False)
    else:
        tool.call("run", "-o", output, "-s", "1", "-n", settings.tokens, "--factual", "weights:f32", "--no-law",
                  "--no-nudge", "-q", *worlds, *more)
    return tool.path(output)


def _observed(tool, run_file, name, keys):
    """The factual strings of a run as observed ones."""
    seen = {}
    for line in tool.call("export", run_file, model=False).splitlines():
        pair = json.loads(line)
        factual = pair["factual"]
        record = {"id": pair["string"], "prompt": pair["prompt"], **{key: factual[key] for key in keys}}
        if "tokens" in keys and factual["end"] == "eog":
            record["ended"] = True
        if any(record[key] for key in keys):
            seen.setdefault(pair["string"], record)
    tool.path(name).write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in seen.values()),
                               encoding="utf-8")
    return name


def _rows(name, right, theirs, worlds=tuple(WORLDS)):
    """Both headlines of the worlds, as the mathematics has it and as the code has it, on the same strings."""
    rows = []
    for world in worlds:
        a = {pair.string: pair for pair in right if pair.world == world}
        b = {pair.string: pair for pair in theirs if pair.world == world}
        both = [string for string in a if string in b]
        for key, of in HEADLINES.items():
            rows.append({"difference": name, "world": world, "headline": key,
                         "right": stats.mean((s, of(a[s])) for s in both), "theirs": stats.mean((s, of(b[s])) for s in both),
                         "moved": stats.difference((s, of(a[s]), of(b[s])) for s in both)})
    return rows


def _site(tool, settings, plain):
    """The map of the residual stream after block L, put on the feed-forward's normed input in block L + 1, which is
    where the next norm reads the stream (the last block's in its own): rows, and how many biographies then say "she"."""
    layers = tool.json("inspect", tool.model, model=False)["layers"]
    move(tool.path(WORLDS["mimic"].output), tool.path("files/gender-moved.gguf"), layers - 1)
    worlds = ["--world=mimic=affine:files/gender-moved.gguf"]
    openings = ("-f", "strings/openings.jsonl", "--limit", settings.differences)
    moved = runfile.pairs(_run(tool, settings, "code-site.db", worlds, openings))
    rows = _rows("site", plain, moved, ("mimic",))
    people = ("-f", "strings/biographies.jsonl", "--limit", settings.targets)
    both = [_run(tool, settings, f"code-site-{kind}.db", [f"--world=mimic=affine:files/{file}.gguf"], people)
            for kind, file in (("right", "gender"), ("moved", "gender-moved"))]
    she = dict(patterns_of("gender"))["target"]
    hits = [{pair.string: float(bool(re.search(she, pair.counterfactual))) for pair in runfile.pairs(path)} for path in both]
    rows.append({"difference": "site", "world": "mimic", "headline": "she",
                 "right": stats.mean(hits[0].items()), "theirs": stats.mean(hits[1].items()),
                 "moved": stats.difference((s, hits[0][s], hits[1][s]) for s in hits[0])})
    return rows


def move(source, target, last):
    """Writes the affine file with its maps one block later, on the feed-forward's input."""
    if target.exists():
        return
    import otherwise as ow

    fitted = ow.Affine.load(source)
    ow.Affine({min(layer + 1, last): one for layer, one in fitted.maps.items()}, site="mlp-norm", notes=fitted.notes).save(target)


def _recoded(tool, plain, again):
    """How many strings have other tokens once their text is encoded again."""
    texts = [{pair["string"]: pair["factual"]["tokens"] for pair in map(json.loads, tool.call(
        "export", name, model=False).splitlines())} for name in (plain, again)]
    both = [name for name in texts[0] if name in texts[1]]
    return {"strings": len(both), "other_tokens": sum(texts[0][name] != texts[1][name] for name in both)}


def _identical(plain):
    """The mean LCP share of all pairs, and of those alone that part."""
    rows = []
    for world in WORLDS:
        own = [pair for pair in plain if pair.world == world]
        rows.append({"difference": "identical", "world": world, "headline": "lcp_share",
                     "right": stats.mean((pair.string, pair.share) for pair in own),
                     "theirs": stats.mean((pair.string, pair.share) for pair in own if not pair.kept_whole)})
        ends = [rows[-1][side]["value"] for side in ("right", "theirs")]
        rows[-1]["moved"] = {"value": None if None in ends else ends[1] - ends[0], "low": None, "high": None}
    return rows

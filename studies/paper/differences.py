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
        laws = _laws(tool)
        rows = [*_exact("top-k", *laws["top-k"]), *_site(tool, settings, runs["plain"]), *_identical(runs["plain"]),
                *_exact("again", *laws["again"])]
    except Refused as refusal:
        return {**head, "skipped": str(refusal)}
    return {**head, "skipped": None, "rows": rows, "recoded": _recoded(*laws["again"]),
            "settings": {"strings": settings.differences, "tokens": settings.tokens}}


def _worlds():
    return [f"--world={name}={'lora' if name == 'memit' else 'affine'}:{made.output}" for name, made in WORLDS.items()]


def _runs(tool, settings):
    openings = ("-f", "strings/openings.jsonl", "--limit", settings.differences)
    return {name: runfile.pairs(_run(tool, settings, f"code-{name}.db", _worlds(), (*openings, *more)))
            for name, more in (("plain", ()), ("k", ("--top-k", "50")))}


def _laws(tool):
    """The exact laws of the same strings, as the mathematics has them and as the code has them; so no draw of noise is
    between the two."""
    drawn = _observed(tool, "code-k.db", "code-k-strings.jsonl", ("tokens",))
    kept = _observed(tool, "code-plain.db", "code-strings.jsonl", ("tokens",))
    texts = _observed(tool, "code-plain.db", "code-texts.jsonl", ("text",))
    return {"top-k": (_law(tool, drawn, "--top-k", "50"), _law(tool, drawn)),
            "again": (_law(tool, kept), _law(tool, texts))}


def _law(tool, strings, *more):
    """{(string, world): a line of `law --jsonl`}, computed once."""
    output = tool.path(f"{strings.removesuffix('.jsonl')}{''.join(more)}-law.jsonl")
    if not output.exists():
        part = output.with_name(output.name + ".part")
        tool.call("law", "-f", strings, "--factual", "weights:f32", "--no-null", "--no-nudge", "-q", "--jsonl", part.name,
                  *_worlds(), *more)
        part.rename(output)
    lines = map(json.loads, output.read_text(encoding="utf-8").splitlines())
    return {(line["string"], line["world"]): line for line in lines}


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


def _exact(name, right, theirs):
    """Both headlines of both worlds, expected: P(unchanged), and the expected common prefix over the length. Of the
    written tokens alone, since a law does not hold the prompt's."""
    of = {"lcp_written": lambda line: line["expected_lcp"] / len(line["tokens"]), "unchanged": lambda line: line["unchanged"]}
    return [_row(name, world, key, [(string, value(right[string, world]), value(theirs[string, world]))
                                    for string, one in right if one == world and (string, world) in theirs])
            for world in WORLDS for key, value in of.items()]


def _row(name, world, headline, both):
    """Of [(string, as the mathematics has it, as the code has it)]."""
    return {"difference": name, "world": world, "headline": headline, "right": stats.mean((s, a) for s, a, _ in both),
            "theirs": stats.mean((s, b) for s, _, b in both), "moved": stats.difference(both)}


def _paired(name, right, theirs, world):
    """The headlines of one world under the same noise."""
    a, b = ({pair.string: pair for pair in pairs if pair.world == world} for pairs in (right, theirs))
    return [_row(name, world, key, [(string, of(a[string]), of(b[string])) for string in a if string in b])
            for key, of in HEADLINES.items()]


def _site(tool, settings, plain):
    """The map of the residual stream after block L, put on the feed-forward's normed input in block L + 1, which is
    where the next norm reads the stream (the last block's in its own): rows, and how many biographies then say "she"."""
    layers = tool.json("inspect", tool.model, model=False)["layers"]
    move(tool.path(WORLDS["mimic"].output), tool.path("files/gender-moved.gguf"), layers - 1)
    worlds = ["--world=mimic=affine:files/gender-moved.gguf"]
    openings = ("-f", "strings/openings.jsonl", "--limit", settings.differences)
    moved = runfile.pairs(_run(tool, settings, "code-site.db", worlds, openings))
    rows = _paired("site", plain, moved, "mimic")
    people = ("-f", "strings/biographies.jsonl", "--limit", settings.targets)
    both = [_run(tool, settings, f"code-site-{kind}.db", [f"--world=mimic=affine:files/{file}.gguf"], people)
            for kind, file in (("right", "gender"), ("moved", "gender-moved"))]
    she = dict(patterns_of("gender"))["target"]
    hits = [{pair.string: float(bool(re.search(she, pair.counterfactual))) for pair in runfile.pairs(path)} for path in both]
    rows.append(_row("site", "mimic", "she", [(one, hits[0][one], hits[1][one]) for one in hits[0]]))
    return rows


def move(source, target, last):
    """Writes the affine file with its maps one block later, on the feed-forward's input."""
    if target.exists():
        return
    import otherwise as ow

    fitted = ow.Affine.load(source)
    ow.Affine({min(layer + 1, last): one for layer, one in fitted.maps.items()}, site="mlp-norm", notes=fitted.notes).save(target)


def _recoded(kept, again):
    """How many strings have other tokens once their text is encoded again; an end token is lost in any case."""
    both = {string for string, _ in kept} & {string for string, _ in again}
    world = next(iter(WORLDS))
    return {"strings": len(both),
            "other_tokens": sum(kept[string, world]["tokens"] != again[string, world]["tokens"] for string in both)}


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

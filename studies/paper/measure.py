"""From the run files of a study to its result: the small JSON of studies/results/."""

import json
import re
import tomllib
from collections import defaultdict
from pathlib import Path

from . import runfile, stats
from .conduct import conduct, report, score
from .strings import STUDIES
from .tool import Refused

BINS = 20
MEASURES = {"unchanged": "unchanged", "kept_whole": "kept_whole", "lcp_tokens": "lcp_tokens", "edits": "edit_share",
            "cosine": "cosine"}


def study_result(tool, study, settings):
    """Where the study cannot be run: its name and why."""
    try:
        found = conduct(tool, study, settings)
    except Refused as refusal:
        return {"study": study.name, "title": study.title, "skipped": str(refusal)}
    patterns = patterns_of(study.name)
    worlds = _side(tool, study, settings, found["side"], patterns)
    if found["targets"]:
        for name, target in _targets(tool, study, settings, found["targets"], patterns).items():
            worlds[name]["target"] = target
    return {"study": study.name, "title": study.title, "skipped": None, "asks": study.asks, "differs": study.differs,
            "settings": {"strings": settings.strings, "targets": settings.targets, "tokens": settings.tokens},
            "made_by": {**runfile.facts(found["side"]), "file": given_model(tool, study)}, "misses": _misses(found["made"]),
            "topics": list(study.topics), "patterns": patterns, "floors": worlds.pop(""), "worlds": list(worlds.values())}


def given_model(tool, study):
    """The file that was given, before its weights were put into floating point."""
    if study.pair:
        return None
    facts = json.loads(tool.path("files/model.json").read_text(encoding="utf-8"))
    return {"name": Path(facts["path"]).name, "quantization": facts["quantization"], "sha256": facts["sha256"]}


def patterns_of(name):
    """[("target", "Rome"), …] of a study file."""
    with open(STUDIES / f"{name}.toml", "rb") as file:
        given = tomllib.load(file)
    return [(kind, given[kind]) for kind in ("target", "off-target") if kind in given]


def _misses(made):
    return [sentence for said in made.values() for sentence in said.get("misses", [])]


def _side(tool, study, settings, run_file, patterns):
    """{world: what it does to the openings}, and under "" the floors."""
    shown = report(tool, run_file, settings)
    scores = score(tool, run_file, settings, patterns)
    pairs, laws = runfile.pairs(run_file), runfile.laws(run_file)
    worlds = {"": _floors(shown)}
    for world in shown["worlds"]:
        name = world["name"]
        if world["null"] or world["nudge"]:
            continue
        own = [pair for pair in pairs if pair.world == name]
        shared = [pair for pair in own if not pair.independent]
        fresh = [pair for pair in own if pair.independent]
        worlds[name] = {
            "world": name, "items": world["changes"], "law": _law(world["law"]),
            "rounding": world["sentences"]["rounding"], "survival": [[t, p] for t, p, _ in world["exact"]],
            "shared": _measures(scores, name, False, shared), "fresh": _measures(scores, name, True, fresh),
            "topics": _topics([law for law in laws if law.world == name]),
            "aside": _aside(study, own, [law for law in laws if law.world == name]), "pair": median_pair(shared)}
    return worlds


def _floors(shown):
    floors = {}
    for world in shown["worlds"]:
        kind = "null" if world["null"] else "nudge" if world["nudge"] else None
        if kind and world["law"]:
            floors[kind] = {"pairs": world["pairs"], "unchanged_pairs": world["summary"]["unchanged"],
                            "unchanged": world["law"]["unchanged"]["value"], "kl": world["law"]["kl"]["mean"]}
    return floors


def _law(law):
    keep = ("unchanged", "expected_lcp", "length", "bounds", "token_bounds", "same_draw", "agreement", "same_top")
    return {**{key: law[key] for key in keep}, "kl": law["kl"]["mean"]} if law else None


def _measures(scores, name, fresh, pairs):
    """Of the pairs of one world under one kind of noise."""
    found = next(one for one in scores if one["world"] == name and one["independent"] == fresh)
    parted = [(pair.string, pair.share) for pair in pairs if not pair.kept_whole]
    words = found["words"]
    return {
        "pairs": len(pairs),
        **{ours: _interval(found["measures"][key]) for ours, key in MEASURES.items() if key in found["measures"]},
        "lcp_share_median": stats.median(parted), "lcp_share_mean": stats.mean(parted),
        "lcp_share_all": stats.mean((pair.string, pair.share) for pair in pairs),
        "histogram": histogram(pairs), "shifts": [_shift(one) for one in found["shifts"]],
        "words": {"threshold": words["threshold"], **{side: [_word(one) for one in words[side]]
                                                      for side in ("gained", "lost")}}}


def histogram(pairs):
    """Pairs by LCP share, those kept whole apart: the paper's figure."""
    counts = [0] * BINS
    for pair in pairs:
        if not pair.kept_whole:
            counts[min(BINS - 1, int(BINS * pair.share))] += 1
    return {"counts": counts, "kept_whole": sum(pair.kept_whole for pair in pairs)}


def _interval(measure):
    return {key: measure[key] for key in ("value", "low", "high", "n")}


def _shift(shift):
    return {"title": shift["title"], **{key: _interval(shift[key]) for key in
                                        ("factual", "counterfactual", "difference")},
            "independent_samples": shift["independent_samples"], "flips": shift.get("flips")}


def _word(word):
    return [word["word"], word["factual"], word["counterfactual"], word["log_odds"], word["z"]]


def _topics(laws):
    """P(changed) by topic, by the exact law."""
    topics = defaultdict(list)
    for law in laws:
        topics[law.string.split("-")[0]].append((law.string, 1 - law.unchanged))
    return {topic: stats.mean(rows) for topic, rows in sorted(topics.items())}


def _aside(study, pairs, laws):
    """P(changed) of the openings that have nothing to do with what was changed: by topic, and where the study names
    words, of strings without these."""
    if not study.topics:
        return None
    words = set(study.aside)
    texts = {pair.string: f"{pair.prompt} {pair.factual}" for pair in pairs}
    rows = [(law.string, 1 - law.unchanged) for law in laws if law.string.split("-")[0] in study.topics
            and not words & set(re.findall(r"[a-z']+", texts.get(law.string, "").lower()))]
    return stats.mean(rows)


def median_pair(pairs):
    """The pair that is shown: of those that part, in the order of their LCP share and then of their ids, the middle."""
    parted = sorted((pair for pair in pairs if not pair.kept_whole), key=lambda pair: (pair.share, pair.string))
    if not parted:
        return None
    pair = parted[len(parted) // 2]
    common = 0
    for a, b in zip(pair.factual, pair.counterfactual):
        if a != b:
            break
        common += 1
    return {"id": pair.string, "prompt": pair.prompt, "share": pair.share, "lcp": pair.lcp, "common": common,
            "factual": pair.factual, "counterfactual": pair.counterfactual}


def _targets(tool, study, settings, run_file, patterns):
    """{world: what it does to the strings that it is for}"""
    report(tool, run_file, settings)
    scores = score(tool, run_file, settings, patterns)
    pairs, laws = runfile.pairs(run_file), runfile.laws(run_file)
    found = {}
    for name in dict.fromkeys(pair.world for pair in pairs):
        own = [pair for pair in pairs if pair.world == name]
        shared = [pair for pair in own if not pair.independent]
        found[name] = {"strings": len({pair.string for pair in shared}), "pairs": len(shared)}
        for kind, fresh in (("shared", False), ("fresh", True)):
            one = next(one for one in scores if one["world"] == name and one["independent"] == fresh)
            found[name][kind] = [_shift(shift) for shift in one["shifts"] if "target" in shift["key"]]
        if len(patterns) == 2:
            found[name]["of_old"] = of_old(shared, *(pattern for _, pattern in patterns))
        if study.name == "honesty":
            found[name]["log_odds"] = log_odds([law for law in laws if law.world == name])
    return found


def of_old(pairs, new, old):
    """Of the factual strings that have the old answer: how many of their counterfactuals have the new one, keep the old
    one alone, have neither. The first is what the authors count for the Louvre."""
    rows = [pair for pair in pairs if re.search(old, pair.factual)]

    def share(test):
        return stats.mean((pair.string, float(test(pair.counterfactual))) for pair in rows)

    def has_new(text):
        return bool(re.search(new, text))

    def has_old(text):
        return bool(re.search(old, text))
    return {"new": share(has_new), "old": share(lambda text: has_old(text) and not has_new(text)),
            "neither": share(lambda text: not has_old(text) and not has_new(text))}


def log_odds(laws):
    """How much the log-odds of a true statement against its false twin rise, nats; by pairs."""
    pairs = defaultdict(dict)
    for law in laws:
        number, side = law.string.split(".")
        pairs[number][side] = law.log_odds
    return stats.mean((number, both["true"] - both["false"]) for number, both in pairs.items() if len(both) == 2)

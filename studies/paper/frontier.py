"""What a fact costs: how far each way moves the Louvre, against what it does to strings about other things.

The *target effect* is the mean probability of " Rome" right after prompts about the Louvre, none of them the edit's own;
in a chat right after an answer that has repeated the prompt.
The *cost* is what the exact law says of openings about other things: KL in nats a token, and P(unchanged).
"""


import json
import math

from . import stats
from .catalog import ways
from .conduct import make
from .tool import Refused, kept

TITLE = "What a fact costs"
NEW = " Rome"


def frontier_result(tool, settings):
    """Points, each with "effect" and "cost" or the reason why it has none; on the frontier or not."""
    head = {"study": "fact", "title": TITLE}
    try:
        layers = tool.json("inspect", tool.model, model=False)["layers"]
    except Refused as refusal:
        return {**head, "skipped": str(refusal)}
    groups = {}
    for way in ways(layers):
        groups.setdefault(way.method, []).append(way)
    points = [point for method, group in groups.items() for point in _group(tool, settings, method, group)]
    mark_frontier(points)
    without = [point["skipped"] for point in points if "cost" not in point]
    skipped = without[0] if len(without) == len(points) else None
    return {**head, "skipped": skipped, "points": points, "layers": layers,
            "settings": {"strings": settings.frontier, "tokens": settings.tokens}}


def _group(tool, settings, method, group):
    """The points of one method: those whose file can be made are read beside one factual pass."""
    worlds, points = {}, []
    for number, way in enumerate(group):
        point = {"method": method, "strength": way.strength, "items": way.items}
        points.append(point)
        try:
            for made in way.made:
                make(tool, made, settings)
            worlds[f"w{number}"] = way
        except Refused as refusal:
            point["skipped"] = str(refusal)
    if not worlds:
        return points
    try:
        laws = _laws(tool, settings, method, worlds)
    except Refused as refusal:
        for name in worlds:
            points[int(name[1:])]["skipped"] = str(refusal)
        return points
    for name in worlds:
        points[int(name[1:])] |= laws[name]
    return points


def _laws(tool, settings, method, worlds):
    """{world: {"effect", "factual", "cost"}}"""
    given = ["-s", "1", "--factual", "weights:f32", "--no-null", "--no-nudge", "-q"]
    chat = any(way.chat for way in worlds.values())
    given += ["--chat"] if chat else []
    given += [f"--world={name}={way.items}" for name, way in worlds.items()]
    stem = "fact-" + "".join(letter if letter.isalnum() else "-" for letter in method)
    cost = kept(tool.path(f"{stem}-cost.json"), lambda: tool.json(
        "law", "-f", "strings/openings.jsonl", "--limit", settings.frontier, "-n", settings.tokens, *given))
    effect = kept(tool.path(f"{stem}-effect.json"), lambda: _answers(tool, given) if chat else tool.json(
        "law", "-f", "strings/louvre-others.jsonl", "-n", "1", "--target-text", NEW, *given))
    found = {}
    for at_cost, at_effect in zip(cost["worlds"], effect["worlds"]):
        found[at_cost["world"]] = {
            "effect": _interval(at_effect["target"]), "factual": effect["factual_target"]["value"],
            "cost": {"kl": at_cost["kl"]["mean"], "unchanged": _interval(at_cost["unchanged"]),
                     "expected_lcp": _interval(at_cost["expected_lcp"]), "length": at_cost["mean_length"]}}
    return found


def _answers(tool, given):
    """The same of a chat, in the form of `law --json`: P(" Rome") where an answer has repeated the prompt."""
    tool.call("law", "-f", "strings/louvre-answers.jsonl", "--jsonl", "fact-answers.jsonl", *given)
    lines = [json.loads(line) for line in tool.path("fact-answers.jsonl").read_text(encoding="utf-8").splitlines()]
    worlds = {}
    for line in lines:
        worlds.setdefault(line["world"], []).append((line["string"], last_answer(line, "q")))
    before = stats.mean((line["string"], last_answer(line, "p")) for line in lines)
    return {"factual_target": before, "worlds": [{"world": name, "target": stats.mean(rows)}
                                                 for name, rows in worlds.items()]}


def last_answer(line, law):
    """The probability of the tokens that spell the new answer, the last ones of the text but for an end token."""
    pieces = line["pieces"]
    for stop in (len(pieces), len(pieces) - 1):
        for start in range(stop - 1, -1, -1):
            if "".join(pieces[start:stop]) == NEW:
                return math.prod(line[law][start:stop])
    raise Refused(f"expected a text that ends with {NEW!r}, got {''.join(pieces)!r}")


def _interval(measure):
    return {key: measure[key] for key in ("value", "low", "high")}


def mark_frontier(points):
    """A point is on the frontier where no other one reaches as much for less KL."""
    for point in points:
        if "cost" in point:
            point["frontier"] = not any(_beats(other, point) for other in points if "cost" in other)


def _beats(one, other):
    reach, price = one["effect"]["value"] - other["effect"]["value"], other["cost"]["kl"] - one["cost"]["kl"]
    return reach >= 0 and price >= 0 and (reach > 0 or price > 0)

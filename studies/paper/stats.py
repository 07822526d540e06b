"""Means and medians with 95 % intervals, by a bootstrap of whole strings (docs/score.md, "How sure").

Intervals of what the command measures come from the command; these are for what only the studies measure. The same
input gives the same interval on every machine: the generator is Python's own, with a fixed seed.
"""

import random
import statistics

DRAWS = 1000


def mean(rows):
    """Of [(string, value)]; the strings are drawn, with all their values."""
    return _bootstrap(rows, statistics.fmean)


def median(rows):
    return _bootstrap(rows, statistics.median)


def difference(rows):
    """Mean of b − a over [(string, a, b)]."""
    return mean([(string, b - a) for string, a, b in rows])


def _bootstrap(rows, statistic):
    rows = list(rows)
    if not rows:
        return {"value": None, "low": None, "high": None, "n": 0}
    strings = {}
    for string, value in rows:
        strings.setdefault(string, []).append(value)
    lists = list(strings.values())
    source = random.Random(95)
    drawn = sorted(statistic([v for values in source.choices(lists, k=len(lists)) for v in values])
                   for _ in range(DRAWS))
    low, high = drawn[int(0.025 * DRAWS)], drawn[int(0.975 * DRAWS) - 1]
    return {"value": statistic([v for _, v in rows]), "low": low, "high": high, "n": len(rows)}


def rounded(value, digits=4):
    """The same with numbers of so many digits behind the point, small ones of so many digits at all."""
    if isinstance(value, dict):
        return {key: rounded(one, digits) for key, one in value.items()}
    if isinstance(value, list):
        return [rounded(one, digits) for one in value]
    if isinstance(value, float):
        return round(value, digits) if abs(value) >= 0.01 or value == 0 else float(f"{value:.3g}")
    return value

"""Numbers as people read them, the same in docs/paper.md and on the page."""

import math


def percent(share, digits=None):
    """0.345 as "34.5 %"."""
    if share is None:
        return "–"
    value = 100 * share
    if digits is None:
        digits = 1 if abs(value) < 99.95 else 0
    if 0 < abs(value) < 0.05:
        return "< 0.1 %"
    return f"{value:.{digits}f} %".replace("-", "−")


def ranged(interval):
    """A share with its interval: "34.5 % [30.1, 38.9]"."""
    if interval["value"] is None:
        return "–"
    text = percent(interval["value"])
    if interval.get("low") is None:
        return text
    return f"{text} [{100 * interval['low']:.1f}, {100 * interval['high']:.1f}]".replace("-", "−")


def plain(value, digits=3):
    return "–" if value is None else f"{value:.{digits}f}".replace("-", "−")


def small(value):
    """A positive number of any size with two digits: "0.00036", "0.21"."""
    if value is None:
        return "–"
    return "0" if value == 0 else f"{value:.{max(0, 1 - math.floor(math.log10(value)))}f}"


def between(interval, digits=3):
    """A number with its interval: "0.345 [0.301, 0.389]"."""
    if interval is None or interval["value"] is None:
        return "–"
    text = plain(interval["value"], digits)
    if interval.get("low") is None:
        return text
    return f"{text} [{plain(interval['low'], digits)}, {plain(interval['high'], digits)}]"


def signed(interval, digits=1):
    """A shift of shares in per cent points: "+3.4 [1.2, 5.6]"."""
    if interval is None or interval["value"] is None:
        return "–"
    text = f"{100 * interval['value']:+.{digits}f}"
    if interval.get("low") is not None:
        text += f" [{100 * interval['low']:+.{digits}f}, {100 * interval['high']:+.{digits}f}]"
    return text.replace("-", "−")

"""A value with its interval: the one form of laws, measures and comparisons."""

from dataclasses import dataclass

__all__ = ["Interval"]


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval over strings; None where it is not known."""

    value: float | None
    low: float | None
    high: float | None
    n: int  #: pairs, or strings of a law
    strings: int

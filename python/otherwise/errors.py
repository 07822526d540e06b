"""The exceptions of the package."""

from typing import Any


class Error(Exception):
    """Something did not do what was asked: one sentence says what was expected, what came and
    what to try."""


class Misuse(Error, ValueError):
    """The request itself makes no sense."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C. `result` holds what was done until then, as the call would have returned it: the strings of a
    run (``result.resume()`` goes on), of laws or of a sweep; the pairs that were scored; strengths of a
    threshold, below which there may be smaller ones; an edit without its scores. Where nothing of use was
    done it is a plain KeyboardInterrupt."""

    def __init__(self, result: Any, more: str = "") -> None:
        super().__init__(f"what was done is in .result{more}")
        self.result = result


def misuse(expected: str, came: str, advice: str = "") -> Misuse:
    """The exception with its sentence, as the library puts them."""
    return Misuse(f"expected {expected}, got {came}" + (f"; {advice}" if advice else ""))

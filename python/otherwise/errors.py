"""The exceptions of the package."""


class Error(Exception):
    """Something did not do what was asked: one sentence says what was expected, what came and
    what to try."""


class Misuse(Error, ValueError):
    """The request itself makes no sense."""


def misuse(expected: str, came: str, advice: str = "") -> Misuse:
    """The exception with its sentence, as the library puts them."""
    return Misuse(f"expected {expected}, got {came}" + (f"; {advice}" if advice else ""))

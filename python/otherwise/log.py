"""What runs say meanwhile: Python's own logging, under the name "otherwise".

Notes (what will be run, memory, what probes found) are INFO, warnings WARNING. Nothing is set up here:
``logging.basicConfig(level=logging.INFO)`` shows them, or `show`.
"""

import logging

__all__ = ["logger", "note", "show", "warn"]

logger = logging.getLogger("otherwise")

_MARK = "WARNING: "  # what the command's lines of a warning begin with


def note(line: str) -> None:
    """A line of the library's, at the level it says."""
    if line.startswith(_MARK):
        warn(line)
    else:
        logger.info("%s", line)


def warn(line: str) -> None:
    """A warning, without the command's mark of one."""
    logger.warning("%s", line.removeprefix(_MARK))


def show(level: "int | str" = logging.INFO) -> None:
    """Lines of this level and above on stderr."""
    logger.setLevel(level)
    if not any(isinstance(handler, logging.StreamHandler) for handler in logger.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("otherwise: %(message)s"))
        logger.addHandler(handler)
        logger.propagate = False

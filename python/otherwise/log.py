"""What runs say meanwhile: Python's own logging, under the name "otherwise".

Notes (what will be run, memory, what probes found) are INFO, warnings WARNING. Nothing is set up here:
``logging.basicConfig(level=logging.INFO)`` shows them, or `show`.
"""

import logging

__all__ = ["logger", "show"]

logger = logging.getLogger("otherwise")


def show(level: "int | str" = logging.INFO) -> None:
    """Lines of this level and above on stderr."""
    logger.setLevel(level)
    if not any(isinstance(handler, logging.StreamHandler) for handler in logger.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("otherwise: %(message)s"))
        logger.addHandler(handler)
        logger.propagate = False

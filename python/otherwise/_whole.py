"""Files that are there whole or not at all."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from otherwise.errors import Error

__all__ = ["whole_file"]


@contextmanager
def whole_file(path: str, what: str = "a file") -> Iterator[str]:
    """A name to write to: `path`, or where that link leads, becomes what is there when all is written; else it is
    taken away. What is no file, such as a pipe, is written to as it is."""
    target = os.path.realpath(path)
    is_file = os.path.isfile(target) or not os.path.exists(target)
    unfinished = f"{target}.part" if is_file else target
    try:
        yield unfinished
        if is_file:
            os.replace(unfinished, target)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise Error(f"expected {what} that can be written, got '{path}' ({reason})") from error
    finally:
        if is_file:
            with suppress(FileNotFoundError, NotADirectoryError):
                os.remove(unfinished)

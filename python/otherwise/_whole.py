"""Files that are there whole or not at all."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from otherwise.errors import Error

__all__ = ["whole_file"]


@contextmanager
def whole_file(path: str, what: str = "a file") -> Iterator[str]:
    """A name to write to: `path` becomes what is there when all is written; else it is taken away."""
    unfinished = f"{path}.part"
    try:
        yield unfinished
        os.replace(unfinished, path)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise Error(f"expected {what} that can be written, got '{path}' ({reason})") from error
    finally:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.remove(unfinished)

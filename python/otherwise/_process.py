"""One process works with models: llama.cpp's state does not go through a fork."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from otherwise.errors import Error

_used: "set[int]" = set()


@contextmanager
def working(lock: "threading.RLock | None" = None) -> Iterator[None]:
    """While a model is worked with. Threads with one lock wait for each other."""
    if _used and os.getpid() not in _used:
        raise Error("expected the process that worked with models first, got a forked child of it; start "
                    'children by multiprocessing\'s "spawn", or use models in them alone')
    _used.add(os.getpid())
    if lock is None:
        yield
        return
    with lock:
        yield

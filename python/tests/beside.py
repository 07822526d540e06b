"""For tests of long calls: what happens beside them. Ctrl-C, other threads, a forked child."""

import contextlib
import os
import signal
import threading
import time

import otherwise as ow


@contextlib.contextmanager
def ctrl_c(after):
    """Comes after so many seconds, unless what is within has ended; what follows 20 seconds more fails."""
    timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT))
    start = time.monotonic()
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
    if (taken := time.monotonic() - start) > after + 20:
        raise AssertionError(f"{taken:.0f} s until Ctrl-C was heard")


def left_by_ctrl_c(work, after):
    """The ow.Interrupted that a Ctrl-C in the middle of some work makes of it; on a busy machine it may come before
    anything is done, which leaves nothing, and is tried again later."""
    for _ in range(5):
        try:
            with ctrl_c(after):
                work()
        except ow.Interrupted as interrupted:
            return interrupted
        except KeyboardInterrupt:
            after *= 2
        else:
            break
    raise AssertionError(f"no work under way after {after} seconds")


class CtrlCAt:
    """A progress function that presses Ctrl-C once `when(done, total)` holds."""

    def __init__(self, when):
        self.when, self.seen, self.pressed = when, [], False

    def __call__(self, what, done, total):
        self.seen.append((what, done, total))
        if not self.pressed and self.when(done, total):
            self.pressed = True
            os.kill(os.getpid(), signal.SIGINT)


@contextlib.contextmanager
def counting():
    """A list with how often another thread ran meanwhile, a thousand times a second where it may."""
    counted, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            counted[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        yield counted
    finally:
        stop.set()
        thread.join()


def in_threads(function, n):
    """What n threads at once get of it."""
    results = [None] * n

    def work(i):
        results[i] = function()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def in_child(function):
    """What a forked child gets of it, as a text; of an exception its sentence."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = str(function())
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said

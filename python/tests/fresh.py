"""For tests: what a program prints in an interpreter of its own."""

import subprocess
import sys


def printed(*arguments, **options):
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=200, check=False,
                          **options)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout

"""An installed libotherwise: where it is put, and programs that are built with it."""

import os
import shutil
import subprocess
from pathlib import Path

from command import COMMAND, SOURCE

BUILD = Path(COMMAND).parent
COMPILER = os.environ.get("OTHERWISE_CXX", "c++")
EXAMPLE = SOURCE / "examples" / "library"


def run(*line, **more):
    """Its standard output; what it said where it fails."""
    result = subprocess.run([str(part) for part in line], capture_output=True, check=False, **more)
    if result.returncode != 0:
        raise AssertionError(f"{line}\n{result.stdout.decode()}\n{result.stderr.decode()}")
    return result.stdout.decode()


def install(folder, *options):
    """Installs the build, then moves all of it: the prefix."""
    here, there = Path(folder) / "here", Path(folder) / "moved" / "there"
    run("cmake", "--install", BUILD, "--prefix", here, *options)
    shutil.copytree(here, there, symlinks=True)
    shutil.rmtree(here)
    return there


def build_example(prefix, folder):
    """Builds examples/library against what is installed in `prefix`: the program."""
    run("cmake", "-S", EXAMPLE, "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_CXX_COMPILER={COMPILER}", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror")  # fmt: skip
    run("cmake", "--build", folder)
    return Path(folder) / "example"

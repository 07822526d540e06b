#!/usr/bin/env python3
"""Checks that includes between the rooms go one way, and that llama.cpp stays behind its walls.

    scripts/rooms.py              check this repository; one line per violation, exit 1 if any
    scripts/rooms.py --self-test  check that each kind of violation is found

Rules:
  * a room includes only itself and the rooms below it (BELOW, closed under "below of below");
  * llama.h, ggml*.h, gguf.h (and their C++ helpers) are included only in .cpp files of
    model, world and fit, and in tests/;
  * a room never includes cli/, python/, tests/ or benchmarks/; its *_test.cpp may use the helpers
    of tests/.
"""

import re
import sys
import tempfile
from pathlib import Path

# The rooms directly below each room.
BELOW = {
    "base": [],
    "noise": ["base"],
    "mechanism": ["base"],
    "coupling": ["base"],
    "model": ["base"],
    "world": ["model"],
    "fit": ["world"],
    "generate": ["noise", "mechanism", "world"],
    "measure": ["coupling", "generate"],
    "study": ["measure"],
    "page": ["study"],
}
OUTSIDE = {"cli", "python", "tests", "benchmarks"}  # may include every room
LLAMA_ROOMS = {"model", "world", "fit"}
SOURCES = {".h", ".hpp", ".cpp", ".cc"}

INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]')
LLAMA_HEADER = re.compile(r"^(.*/)?(llama|ggml|gguf)[^/]*\.h$")


def reachable(room):
    """The room itself and all rooms below it."""
    seen, todo = set(), [room]
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo.extend(BELOW[current])
    return seen


def place(path):
    """(folder, room) of a path relative to the root; room is None outside the library."""
    if path.parts[0] == "otherwise":
        return "otherwise", path.parts[1] if len(path.parts) > 2 else None
    return path.parts[0], None


def complaint(path, header):
    """What is wrong with `path` including `header`, or None."""
    folder, room = place(path)
    if folder == "otherwise" and room not in BELOW:
        return f"{room or 'otherwise'} is not a room"
    if LLAMA_HEADER.match(header) and not header.startswith("otherwise/"):
        if folder == "tests" or (room in LLAMA_ROOMS and path.suffix == ".cpp"):
            return None
        return f"{header} belongs in .cpp files of {', '.join(sorted(LLAMA_ROOMS))}"
    target = Path(header).parts
    if folder != "otherwise":
        return None
    if target[0] == "tests" and path.name.endswith("_test.cpp"):
        return None
    if target[0] in OUTSIDE:
        return f"the library must not include {target[0]}/"
    if target[0] != "otherwise" or len(target) < 3:
        return None
    if target[1] not in BELOW:
        return f"{target[1]} is not a room"
    if target[1] not in reachable(room):
        return f"{room} must not include {target[1]}"
    return None


def check(root):
    """All violations below `root`, one line each."""
    found = []
    for top in ["otherwise", *sorted(OUTSIDE)]:
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in SOURCES or not file.is_file():
                continue
            path = file.relative_to(root)
            text = file.read_text(encoding="utf-8", errors="replace")
            for number, line in enumerate(text.splitlines(), start=1):
                match = INCLUDE.match(line)
                wrong = complaint(path, match.group(1)) if match else None
                if wrong:
                    found.append(f"{path}:{number}: {wrong}")
    return found


# (file, line of source, is it a violation)
CASES = [
    ("otherwise/noise/a.cpp", '#include "otherwise/base/error.h"', False),
    ("otherwise/noise/a.cpp", '#include "otherwise/noise/a.h"', False),
    ("otherwise/measure/a.h", '#include "otherwise/noise/field.h"', False),
    ("otherwise/base/a.h", '#include "otherwise/noise/field.h"', True),
    ("otherwise/noise/a.cpp", '  #  include "otherwise/mechanism/a.h"', True),
    ("otherwise/coupling/a_test.cpp", "#include <otherwise/model/a.h>", True),
    ("otherwise/generate/a.cpp", '#include "otherwise/measure/a.h"', True),
    ("otherwise/generate/a.cpp", '#include "otherwise/fit/a.h"', True),
    ("otherwise/page/a.cpp", '#include "cli/run.h"', True),
    ("otherwise/model/a.cpp", '#include "tests/helper.h"', True),
    ("otherwise/model/a_test.cpp", '#include "tests/helper.h"', False),
    ("otherwise/model/a_test.cpp", '#include "cli/run.h"', True),
    ("otherwise/nowhere/a.cpp", '#include "otherwise/base/a.h"', True),
    ("otherwise/model/a.cpp", '#include "llama.h"', False),
    ("otherwise/fit/a_test.cpp", "#include <ggml-backend.h>", False),
    ("otherwise/world/a.h", '#include "llama.h"', True),
    ("otherwise/generate/a.cpp", '#include "llama-cpp.h"', True),
    ("otherwise/model/a.h", '#include "gguf.h"', True),
    ("cli/run.cpp", '#include "ggml.h"', True),
    ("cli/run.cpp", '#include "otherwise/page/a.h"', False),
    ("tests/a_test.cpp", '#include "llama.h"', False),
    ("otherwise/noise/a.cpp", '// #include "llama.h"', False),
]


def self_test():
    """Each case alone in a fresh tree: found if and only if it is a violation."""
    wrong = []
    for name, line, bad in CASES:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / name
            file.parent.mkdir(parents=True)
            file.write_text("// first line\n" + line + "\n", encoding="utf-8")
            found = check(Path(folder))
            located = all(entry.startswith(f"{name}:2: ") for entry in found)
            if bool(found) != bad or not located:
                wrong.append(f"{name}: {line}: expected {'a' if bad else 'no'} violation: {found}")
    return wrong


def main():
    if sys.argv[1:] not in ([], ["--self-test"]):
        sys.exit(__doc__.strip())
    lines = self_test() if sys.argv[1:] else check(Path(__file__).resolve().parent.parent)
    for line in lines:
        print(line)
    sys.exit(1 if lines else 0)


if __name__ == "__main__":
    main()

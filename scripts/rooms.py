#!/usr/bin/env python3
"""Checks that includes between the rooms go one way, that llama.cpp stays behind its walls, that
a type has one definition, and that every source of the library has a test.

    scripts/rooms.py              check this repository; one line per violation, exit 1 if any
    scripts/rooms.py --self-test  check that each kind of violation is found

Rules:
  * a room includes only itself and the rooms below it (BELOW, closed under "below of below"); a
    room may be a folder of another's, whose own files would be in no room;
  * llama.h, ggml*.h, gguf.h (and their C++ helpers) are included only in .cpp files of
    model, world and fit/tail, and in tests/; jinja/*.h of llama.cpp's common only in model;
    cpp-httplib only in serve/http.cpp;
  * a room never includes cli/, python/, tests/ or benchmarks/; its *_test.cpp may use the helpers
    of tests/;
  * python/ includes rooms of the library and itself, nothing of the other front ends;
  * a type (class, struct, union, enum; in headers also an alias) of a named namespace has one
    definition: two of one name break the one-definition rule as soon as they meet in a program.
    Types of .cpp files in unnamed namespaces are their own;
  * a string of the library names no flag of the command: settings are marked (base/setting.h), and
    each face writes them in its own way. Not so: whole command lines, in backquotes or of
    COMMAND_LINES, and ALIKE.
  * who calls an algorithm of <algorithm> includes it: not every standard library brings it along;
  * a source x.cpp of the library has x_test.cpp beside it, or a test of its folder names x.cpp or x.h
    (in its head comment, "Covers also: x.cpp", or because it includes x.h). Without exceptions.
"""

import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

# The rooms directly below each room.
BELOW = {
    "base": [],
    "noise": ["base"],
    "mechanism": ["base"],
    "coupling": ["base"],
    "model": ["base"],
    "world": ["model"],
    "fit/states": ["world"],
    "fit/tail": ["world"],
    "fit/methods": ["fit/states"],
    "fit/edit": ["fit/states", "fit/tail"],
    "generate": ["noise", "mechanism", "world"],
    "measure": ["coupling", "generate"],
    "study": ["measure"],
    "page": ["study"],
    "api": ["page", "fit/methods", "fit/edit"],
    "console": ["api"],
    "serve": ["api"],
}
OUTSIDE = {"cli", "python", "tests", "benchmarks"}  # may include every room
LLAMA_ROOMS = {"model", "world", "fit/tail"}
SOURCES = {".h", ".hpp", ".cpp", ".cc"}

INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]')
LLAMA_HEADER = re.compile(r"^(.*/)?(llama|ggml|gguf)[^/]*\.h$")


# A flag in a string, such as "--smooth" or "raise -c".
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*|(?<=[\s(])-[a-z]{1,3}\b(?![-\w])")
COMMAND_LINE = re.compile(r"`[^`]*`")
# Files that write command lines, for a page to say how its results are had again.
COMMAND_LINES = {"otherwise/serve/start.cpp", "otherwise/api/shard_script.cpp"}
# What looks like a flag and is none, with the file that may say it.
ALIKE = {
    "otherwise/world/kind_parts.cpp": {"-inf"},  # minus infinity
}

# What is no code: comments, raw strings, strings, characters (but not 1'000), directives.
NO_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<end>[^()\s]*)\(.*?\)(?P=end)"|"(?:\\.|[^"\\\n])*\""""
    r"""|(?<![0-9a-zA-Z])'(?:\\.|[^'\\\n])+'|^[ \t]*\#(?:\\\n|[^\n])*""",
    re.DOTALL | re.MULTILINE | re.VERBOSE)
ATTRIBUTE = r"(?:\[\[[^\]]*\]\]\s*|alignas\s*\([^)]*\)\s*)*"
# Read from left to right, at namespace scope: what opens, closes or defines something.
PIECE = re.compile(
    r"\bnamespace\s+(?P<namespace>[\w:]+)?\s*\{"
    r"|\busing\s+(?P<alias>\w+)\s*=[^;]*;"
    r"|\b(?:class|struct|union|enum(?:\s+(?:class|struct))?)\s+" + ATTRIBUTE +
    r"(?P<type>\w+)\s*(?:final\s*)?(?::[^:;{}()][^;{}()]*)?\{"
    r"|(?P<open>\{)|(?P<close>\})")


ALGORITHM = re.compile(
    r"\bstd::(?:ranges::)?(?:adjacent_find|all_of|any_of|binary_search|clamp|copy(?:_if|_n)?|count(?:_if)?|equal|equal_range"
    r"|fill(?:_n)?|find(?:_if)?(?:_not)?|for_each(?:_n)?|generate(?:_n)?|is_sorted|lexicographical_compare|lower_bound|max"
    r"|max_element|min|min_element|minmax|minmax_element|mismatch|none_of|nth_element|partial_sort|partition|remove_if|replace"
    r"|replace_if|reverse|rotate|sample|search|shuffle|sort|stable_partition|stable_sort|transform|unique|upper_bound)\(")
ALGORITHM_INCLUDED = re.compile(r"^\s*#\s*include\s*<algorithm>", re.MULTILINE)


def algorithms_borrowed(path, text):
    """A line for the first algorithm of the standard library in a file that does not include <algorithm>."""
    first = ALGORITHM.search(NO_CODE.sub(blank, text))
    if not first or ALGORITHM_INCLUDED.search(text):
        return []
    line = first.string.count("\n", 0, first.start()) + 1
    return [f"{path}:{line}: {first.group()[:-1]} is of <algorithm>: include it"]


def flags_named(path, text):
    """A line for each flag of the command in a string of the library."""
    if path.parts[0] != "otherwise" or path.stem.endswith("_test") or path.as_posix() in COMMAND_LINES:
        return []
    found = []
    for literal in NO_CODE.finditer(text):
        if literal.group().startswith(('"', 'R"')):
            for flag in FLAG.finditer(COMMAND_LINE.sub(lambda m: " " * len(m.group()), literal.group())):
                if flag.group() not in ALIKE.get(path.as_posix(), ()):
                    line = text.count("\n", 0, literal.start() + flag.start()) + 1
                    found.append(f"{path}:{line}: {flag.group()} is a flag of the command; "
                                 "name the setting (base/setting.h)")
    return found


class Definition(NamedTuple):
    """A type with its namespaces, and where it is."""

    name: str
    path: Path
    line: int


def blank(match):
    """As many lines, and nothing on them."""
    return " " + "\n" * match.group().count("\n")


def definitions(path, text):
    """The types that the text defines in named namespaces."""
    text = NO_CODE.sub(blank, text)
    in_header = path.suffix in {".h", ".hpp"}
    scopes = []  # of each open brace the namespace's name; None for another or an unnamed one
    found = []
    for piece in PIECE.finditer(text):
        if piece.group("close"):
            scopes = scopes[:-1]
            continue
        name = piece.group("type") or (in_header and piece.group("alias"))
        if name and scopes and None not in scopes:
            line = text.count("\n", 0, piece.start()) + 1
            found.append(Definition("::".join([*scopes, name]), path, line))
        if piece.group().endswith("{"):
            scopes.append(piece.group("namespace"))
    return found


def twice(all_definitions):
    """A line for each definition of a type that another file defines, too."""
    first = {}
    found = []
    for one in all_definitions:
        other = first.setdefault(one.name, one)
        if other.path != one.path:
            found.append(f"{one.path}:{one.line}: {one.name} is another type in "
                         f"{other.path}:{other.line}; rename one")
    return found


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
        return "otherwise", "/".join(path.parts[1:-1]) or None
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
    if header.startswith("jinja/") and room != "model":
        return f"{header} belongs in model"
    if header.startswith("cpp-httplib/") and path.name != "http.cpp":
        return f"{header} belongs in serve/http.cpp"
    target = Path(header).parts
    if folder == "python" and target[0] in OUTSIDE - {"python"}:
        return f"python must not include {target[0]}/"
    below = "/".join(target[1:-1])
    if folder != "otherwise":
        return None
    if target[0] == "tests" and path.name.endswith("_test.cpp"):
        return None
    if target[0] in OUTSIDE:
        return f"the library must not include {target[0]}/"
    if target[0] != "otherwise" or len(target) < 3:
        return None
    if below not in BELOW:
        return f"{below} is not a room"
    if below not in reachable(room):
        return f"{room} must not include {below}"
    return None


# A file's name in a test, with its folders where it has them.
NAMED = re.compile(r"(?<![\w/])((?:\w+/)*)(\w+)\.(?:h|cpp)\b")


def untested(folder, root):
    """A line for each source in the folder that no test in it is of or names."""
    tests = {file.name: file.read_text(encoding="utf-8", errors="replace")
             for file in folder.glob("*_test.cpp")}
    room = folder.relative_to(root).as_posix() + "/"
    named = {stem for path, stem in NAMED.findall("\n".join(tests.values())) if path in ("", room)}
    return [
        f"{file.relative_to(root)}:1: has no {file.stem}_test.cpp beside it, and no test of "
        f"{folder.relative_to(root)} names it: test it, or say in the head of the test that covers it "
        f"\"Covers also: {file.name}\""
        for file in sorted(folder.glob("*.cpp"))
        if not file.name.endswith("_test.cpp") and f"{file.stem}_test.cpp" not in tests
        and file.stem not in named
    ]


def check_tests(root):
    """All sources of the library without a test, one line each."""
    return [line for room in BELOW for line in untested(root / "otherwise" / room, root)]


def check(root):
    """All violations of the other rules below `root`, one line each."""
    found = []
    types = []
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
            types += definitions(path, text)
            found += flags_named(path, text) + algorithms_borrowed(path, text)
    return found + twice(types)


# (file, line of source, is it a violation)
CASES = [
    ("otherwise/noise/a.cpp", '#include "otherwise/base/error.h"', False),
    ("otherwise/noise/a.cpp", '#include "otherwise/noise/a.h"', False),
    ("otherwise/measure/a.h", '#include "otherwise/noise/field.h"', False),
    ("otherwise/base/a.h", '#include "otherwise/noise/field.h"', True),
    ("otherwise/noise/a.cpp", '  #  include "otherwise/mechanism/a.h"', True),
    ("otherwise/coupling/a_test.cpp", "#include <otherwise/model/a.h>", True),
    ("otherwise/generate/a.cpp", '#include "otherwise/measure/a.h"', True),
    ("otherwise/generate/a.cpp", '#include "otherwise/fit/edit/a.h"', True),
    ("otherwise/fit/methods/a.cpp", '#include "otherwise/fit/states/a.h"', False),
    ("otherwise/fit/edit/a.cpp", '#include "otherwise/fit/states/a.h"', False),
    ("otherwise/fit/edit/a.cpp", '#include "otherwise/fit/tail/a.h"', False),
    ("otherwise/fit/edit/a.cpp", '#include "otherwise/world/a.h"', False),
    ("otherwise/fit/states/a.cpp", '#include "otherwise/fit/methods/a.h"', True),
    ("otherwise/fit/states/a_test.cpp", '#include "otherwise/fit/tail/a.h"', True),
    ("otherwise/fit/tail/a.cpp", '#include "otherwise/fit/states/a.h"', True),
    ("otherwise/fit/methods/a.h", '#include "otherwise/fit/edit/a.h"', True),
    ("otherwise/fit/edit/a.h", '#include "otherwise/fit/methods/a.h"', True),
    ("otherwise/fit/edit/a.cpp", '#include "otherwise/fit/a.h"', True),
    ("otherwise/fit/a.cpp", '#include "otherwise/base/a.h"', True),
    ("otherwise/world/a.cpp", '#include "otherwise/fit/states/a.h"', True),
    ("otherwise/page/a.cpp", '#include "cli/run.h"', True),
    ("otherwise/page/a.cpp", '#include "otherwise/api/a.h"', True),
    ("otherwise/api/a.cpp", '#include "otherwise/fit/methods/a.h"', False),
    ("otherwise/api/a.cpp", '#include "cli/run.h"', True),
    ("otherwise/model/a.cpp", '#include "tests/helper.h"', True),
    ("otherwise/model/a_test.cpp", '#include "tests/helper.h"', False),
    ("otherwise/model/a_test.cpp", '#include "cli/run.h"', True),
    ("otherwise/nowhere/a.cpp", '#include "otherwise/base/a.h"', True),
    ("otherwise/model/a.cpp", '#include "llama.h"', False),
    ("otherwise/fit/tail/a_test.cpp", "#include <ggml-backend.h>", False),
    ("otherwise/fit/states/a.cpp", '#include "ggml.h"', True),
    ("otherwise/world/a.h", '#include "llama.h"', True),
    ("otherwise/generate/a.cpp", '#include "llama-cpp.h"', True),
    ("otherwise/model/a.h", '#include "gguf.h"', True),
    ("cli/run.cpp", '#include "ggml.h"', True),
    ("otherwise/model/a.cpp", '#include "jinja/runtime.h"', False),
    ("otherwise/world/a.cpp", '#include "jinja/runtime.h"', True),
    ("tests/a_test.cpp", '#include "jinja/runtime.h"', True),
    ("otherwise/serve/a.cpp", '#include "otherwise/api/a.h"', False),
    ("otherwise/serve/a.cpp", '#include "otherwise/console/a.h"', True),
    ("otherwise/api/a.cpp", '#include "otherwise/serve/a.h"', True),
    ("otherwise/serve/http.cpp", "#include <cpp-httplib/httplib.h>", False),
    ("otherwise/serve/a.cpp", "#include <cpp-httplib/httplib.h>", True),
    ("cli/run.cpp", '#include "otherwise/page/a.h"', False),
    ("python/src/run.cpp", '#include "otherwise/api/a.h"', False),
    ("python/src/run.cpp", '#include "python/src/rows.h"', False),
    ("python/src/run.cpp", '#include "cli/run.h"', True),
    ("python/src/run.cpp", '#include "llama.h"', True),
    ("otherwise/api/a.cpp", '#include "python/src/rows.h"', True),
    ("tests/a_test.cpp", '#include "llama.h"', False),
    ("otherwise/noise/a.cpp", '// #include "llama.h"', False),
    ("otherwise/study/a.cpp", 'fail("keeps it (--floor)");', True),
    ("otherwise/study/a.cpp", 'fail("raise -c");', True),
    ("otherwise/study/a.cpp", 'fail("more (-np)");', True),
    ("otherwise/study/a.cpp", 'auto a = R"(see --chat)";', True),
    ("otherwise/study/a.cpp", 'fail("`otherwise run --resume` goes on, or --force");', True),
    ("otherwise/study/a.cpp", 'fail("`otherwise run --resume` goes on");', False),
    ("otherwise/study/a.cpp", 'auto a = name + "-wal" + "A--3" + "top-k" + "a - b -1 -B--A";', False),
    ("otherwise/study/a.cpp", '// as --chat does', False),
    ("otherwise/study/a_test.cpp", 'EXPECT_EQ(a, "--chat");', False),
    ("otherwise/study/a.cpp", 'auto a = "in nats, -inf or off";', True),
    ("otherwise/world/kind_parts.cpp", 'auto a = "in nats, -inf or off";', False),
    ("otherwise/serve/start.cpp", 'line += " -m " + model + " --world " + world;', False),
    ("otherwise/serve/a.cpp", 'line += " -m " + model;', True),
    ("cli/a.cpp", 'fail("no --chat");', False),
    ("otherwise/study/a.cpp", "auto a = std::ranges::find(b, c);", True),
    ("tests/a_test.cpp", "auto a = std::max(b, c);", True),
    ("tests/a_test.cpp", "auto a = text.find(b) + std::findings(c);  // std::max(b, c)", False),
    ("tests/a_test.cpp", "#include <algorithm>\nauto a = std::max(b, c);", False),
]


# (files with their text, the sources without a test)
TESTED = [
    ({"noise/a.cpp": "", "noise/a_test.cpp": ""}, []),
    ({"noise/a.cpp": "", "noise/b_test.cpp": "// Covers also: a.cpp, c.cpp.\n"}, []),
    ({"noise/a.cpp": "", "noise/b_test.cpp": '#include "otherwise/noise/a.h"\n'}, []),
    ({"noise/a.cpp": "", "noise/b_test.cpp": "// aa.cpp a.cppx a.hpp a_test.cpp\n"},
     ["noise/a.cpp"]),
    ({"noise/a.cpp": "", "noise/b_test.cpp": '#include "otherwise/base/a.h" // tests/a.cpp\n'},
     ["noise/a.cpp"]),
    ({"noise/a.cpp": "", "noise/a.h": "// a_test.cpp, a.cpp\n"}, ["noise/a.cpp"]),
    ({"noise/a.h": ""}, []),
    ({"fit/edit/a.cpp": "", "fit/tail/a_test.cpp": "// a.cpp\n"}, ["fit/edit/a.cpp"]),
]


# (a second file beside fit/edit/facts.h, its text, is it a second definition of otherwise::Fact)
FACTS = "// struct Fact {}\nnamespace otherwise {\nstruct Fact {\n    int n;\n};\n}\n"
SECONDS = [
    ("page/data.h", "namespace otherwise {\nstruct Fact {};\n}\n", True),
    ("page/data.h", "namespace otherwise {\nclass Fact final : public Base {};\n}\n", True),
    ("page/data.h", "namespace otherwise {\nenum class Fact : int { no };\n}\n", True),
    ("page/data.h", "namespace otherwise {\nusing Fact = int;\n}\n", True),
    ("page/data.cpp", "namespace otherwise {\nstruct [[nodiscard]] Fact { int n; };\n}\n", True),
    ("page/data.h", "namespace otherwise {\nint f() { return '{'; }\nstruct Fact {};\n}\n", True),
    ("page/data.cpp", "namespace otherwise {\nusing Fact = int;\n}\n", False),
    ("page/data.cpp", "namespace otherwise {\nnamespace {\nstruct Fact {};\n}\n}\n", False),
    ("page/data.h", "namespace otherwise::page {\nstruct Fact {};\n}\n", False),
    ("page/data.h", "namespace otherwise {\nstruct Fact;\nstruct Fact f();\n}\n", False),
    ("page/data.h", "namespace otherwise {\nstruct Page {\n    struct Fact {};\n};\n}\n", False),
    ("page/data.h", "namespace otherwise {\n/* struct Fact {}; */\n}\n", False),
    ("page/data.cpp", 'namespace otherwise {\nauto a = R"(struct Fact {)";\n}\n', False),
]


def self_test_types():
    """Each second file with the first one: found if and only if both define the type."""
    wrong = []
    for name, text, bad in SECONDS:
        with tempfile.TemporaryDirectory() as folder:
            for file, content in (("fit/edit/facts.h", FACTS), (name, text)):
                path = Path(folder) / "otherwise" / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
            found = check(Path(folder))
            line = text[: text.find("Fact")].count("\n") + 1
            expected = (f"otherwise/{name}:{line}: otherwise::Fact is another type in "
                        "otherwise/fit/edit/facts.h:3; rename one")
            if found != ([expected] if bad else []):
                wrong.append(f"{name}: {text!r}: expected {'a' if bad else 'no'} violation: {found}")
    return wrong


def self_test_tested():
    """Each folder alone: found are the sources without a test."""
    wrong = []
    for files, expected in TESTED:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder) / "otherwise" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            found = [line.split(":")[0] for line in check_tests(Path(folder))]
            if found != ["otherwise/" + name for name in expected]:
                wrong.append(f"{files}: expected {expected} without a test: {found}")
    return wrong


def self_test():
    """Each case alone in a fresh tree: found if and only if it is a violation."""
    wrong = self_test_types() + self_test_tested()
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
    root = Path(__file__).resolve().parent.parent
    lines = self_test() if sys.argv[1:] else check(root) + check_tests(root)
    for line in lines:
        print(line)
    sys.exit(1 if lines else 0)


if __name__ == "__main__":
    main()

"""cmake/amx_tiles.h: on any processor, by the code that the compiler makes of AMX intrinsics."""

import os
import platform
import re
import subprocess
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
SHIM = SOURCE / "cmake" / "amx_tiles.h"
CXX = os.environ.get("OTHERWISE_CXX", "c++")

# As llama.cpp's kernels do it: a local is filled, then an intrinsic reads it.
PATTERN = """
#include <immintrin.h>
#include <cstdint>
#define TILE 3

struct Config {
    std::uint8_t palette = 0, start = 0, reserved[14] = {0};
    std::uint16_t columns[16] = {0};
    std::uint8_t rows[16] = {0};
};

extern "C" void configure(std::uint8_t rows) {
    alignas(64) Config config = {};
    config.palette = 1;
    config.rows[7] = rows;
    _tile_loadconfig(&config);
}

extern "C" void load(std::int8_t value) {
    alignas(64) std::int8_t tile[1024];
    for (auto& byte : tile) {
        byte = value;
    }
    _tile_loadd(TILE, tile, 64);
}
"""


def compiler_macros():
    done = subprocess.run([CXX, "-dM", "-E", "-x", "c++", "/dev/null"], capture_output=True,
                          text=True, check=True)
    return dict(re.findall(r"^#define (\w+) (.*)$", done.stdout, re.MULTILINE))


def gcc_version():
    macros = compiler_macros()
    return 0 if "__clang__" in macros else int(macros.get("__GNUC__", 0))


def code_of(function, *options):
    """The instructions of one function of the pattern."""
    done = subprocess.run([CXX, "-std=c++17", "-O2", "-mamx-tile", *options, "-S", "-x", "c++", "-o",
                           "-", "-"], input=PATTERN, capture_output=True, text=True, check=True)
    body = done.stdout.split(f"\n{function}:")[1].split("\n\t.size")[0]
    return "\n".join(line for line in body.splitlines() if re.match(r"\s+[a-z]", line))


def uses_argument(code):
    """Whether the only argument, in edi, goes anywhere."""
    return re.search(r"%[er]?dil?\b", code) is not None


@unittest.skipUnless(platform.machine() in ("x86_64", "AMD64"), "AMX is x86's")
class Stores(unittest.TestCase):
    def test_what_the_kernels_store_is_there(self):
        for function, instruction in (("configure", "ldtilecfg"), ("load", "tileloadd")):
            code = code_of(function, "-include", str(SHIM))
            self.assertRegex(code, instruction)
            self.assertTrue(uses_argument(code.split(instruction)[0]), code)

    def test_gcc_alone_drops_it(self):
        if not 0 < gcc_version() < 14:
            self.skipTest("this compiler is right about ldtilecfg")
        self.assertFalse(uses_argument(code_of("configure")))

    def test_the_tile_is_the_one_named(self):
        self.assertRegex(code_of("load", "-include", str(SHIM)), r"tileloadd\s.*%tmm3")


@unittest.skipUnless(gcc_version() > 0, "other compilers need no help")
class Build(unittest.TestCase):
    def test_the_kernels_are_compiled_with_it(self):
        """In the build at hand, whatever its generator: the object depends on the header."""
        build = Path(os.environ["OTHERWISE_COMMAND"]).parent
        if not (build / "llama").is_dir():
            self.skipTest("an installed llama.cpp")
        names = ("build.ninja", "flags.make")
        flags = "".join(path.read_text(encoding="utf-8") for name in names
                        for path in build.rglob(name))
        self.assertIn(f"-include {SHIM}", flags)


if __name__ == "__main__":
    unittest.main()

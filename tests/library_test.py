"""libotherwise.so as other programs see it: what is installed, what it exports, its headers, and the
example that is built with it."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import library
from command import Case

# What must not be seen from outside: of llama.cpp, and of what else is inside.
HIDDEN = re.compile(r"\b(_?llama_|ggml_|gguf_|quantize_row_|jinja::|unicode_|fmt::|nlohmann::|hwy::|re2::|sqlite3_|toml::)")
OURS = re.compile(r"(typeinfo (name )?for |vtable for )?otherwise::")


def symbols(*options):
    """Demangled names of the library's dynamic symbols."""
    lines = library.run("nm", "-DC", *options, library.BUILD / "libotherwise.so").splitlines()
    return [line.split(maxsplit=2)[2] if line[0] != " " else line.split(maxsplit=1)[1] for line in lines]


class Symbols(unittest.TestCase):
    def test_only_ours_are_exported(self):
        names = symbols("--defined-only")
        self.assertEqual([name for name in names if not OURS.match(name)], [])
        for name in ("otherwise::run(", "otherwise::open(otherwise::Study", "otherwise::law(",
                     "otherwise::score(", "otherwise::fit(", "otherwise::edit(", "otherwise::inspect(",
                     "otherwise::quantize(", "otherwise::report(", "otherwise::compare(",
                     "otherwise::merge_runs(", "otherwise::bench_run(", "typeinfo for otherwise::Error"):  # fmt: skip
            self.assertTrue(any(found.startswith(name) for found in names), name)

    def test_llama_cpp_is_inside(self):
        if library.is_portable():
            self.skipTest("the portable build has llama.cpp beside it")
        asked = [name for name in symbols("--undefined-only") if re.match("llama_|ggml_|gguf_", name)]
        self.assertEqual(asked, [])
        inside = library.run("nm", library.BUILD / "libotherwise.so")
        for name in ("llama_decode", "ggml_mul_mat", "gguf_init_from_file"):
            self.assertRegex(inside, rf" t {name}\n")  # a small letter: local


class Installed(Case):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.there = library.install(folder.name, "--component", "library")

    def test_is_the_library_and_its_headers_alone(self):
        files = {str(path.relative_to(self.there)) for path in self.there.rglob("*") if not path.is_dir()}
        headers = {name for name in files if name.startswith("include/otherwise/") and name.endswith(".h")}
        modules = {name for name in files if name.startswith("lib/otherwise/")}
        self.assertEqual(bool(modules), library.is_portable())
        library_files = {name for name in files if re.fullmatch(r"lib/libotherwise\.so(\.\d+)*", name)}
        self.assertEqual(len(library_files), 3)
        package = {f"lib/cmake/otherwise/otherwise-config{part}.cmake" for part in ("", "-version", "-release")}
        notices = {"share/doc/otherwise/NOTICES.txt"}
        self.assertEqual(files - headers - modules - library_files, package | notices)
        self.assertIn("include/otherwise/api/otherwise.h", headers)

    def test_headers_stand_alone(self):
        headers = [str(path.relative_to(self.there / "include"))
                   for path in sorted((self.there / "include").rglob("*.h"))]  # fmt: skip
        self.assertGreater(len(headers), 50)
        flags = "-std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Werror".split()
        line = [library.COMPILER, *flags, f"-I{self.there}/include", "-x", "c++", "-"]

        def complaint(header):
            source = f'#include "{header}"\nint main() {{}}\n'.encode()
            return subprocess.run(line, input=source, capture_output=True, check=False).stderr.decode()

        with ThreadPoolExecutor(2) as workers:
            for header, said in zip(headers, workers.map(complaint, headers)):
                self.assertEqual(said, "", header)

    def test_headers_include_ours_and_the_standard_library(self):
        for path in (self.there / "include").rglob("*.h"):
            for name in re.findall(r'^\s*#\s*include\s*["<]([^">]+)', path.read_text(encoding="utf-8"), re.M):
                self.assertRegex(name, r"^(otherwise/.+\.h|[a-z_0-9]+)$", path)

    def test_the_example_writes_what_the_command_writes(self):
        program = library.build_example(self.there, self.folder / "build")
        world = "hot=temp:2,lora:lora.gguf:0.5"
        command = self.done(self.call("run", "-m", "a.gguf", "-p", "the king", "--world", world, "--samples", "4",
                                      "-t", "2", "--jsonl", "-"))  # fmt: skip
        self.assertEqual(command.count("\n"), 4)
        self.assertEqual(library.run(program, "a.gguf", "the king", world, cwd=self.folder), command)
        for arguments, code, line in (
            (("no.gguf", "the king", world), 1, "expected a model"),
            (("a.gguf", "the king", "hot=tmep:2"), 2, "expected "),
        ):
            result = subprocess.run([program, *arguments], cwd=self.folder, capture_output=True, check=False)
            self.assertEqual(result.returncode, code, result)
            self.assertIn(line, result.stderr.decode())


if __name__ == "__main__":
    unittest.main()

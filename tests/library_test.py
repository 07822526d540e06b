"""libotherwise.so as other programs see it: what is installed, what it exports, its headers, and the
example that is built with it."""

import os
import re
import subprocess
import tempfile
import unittest

import library
from command import Case

FLAGS = "-std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Werror".split()
ROOMS = ("api page study", "measure generate", "fit model", "base coupling world")
# What callers fill in, some of it: -Wextra warns where a member has no default.
VALUES = (
    "Study{.seed = 1}", "World{.name = {}}", "InputString{.prompt = {}}", "StringFields{.prompt = {}}",
    "Mechanism{.temperature = 2.0F}", "Work{.threads = 2}", "Purpose{.laws = true}", "RunFile{.resume = true}",
    "RunCallbacks{.cancelled = {}}", "Shard{.index = 1}", "LawSettings{.top = 3}", "LawEvents{.cancelled = {}}",
    "ScoreSettings{.words = 3}", "PairFields{.prompt = {}}", "ReadPair{.sample = 1}", "FitStudy{.chat = true}",
    "FitRequest{.layers = {}}", "FitCallbacks{.cancelled = {}}", "TextSet{.texts = {}}", "EditStudy{.seed = 3}",
    "EditLayers{.best = true}", "EditCallbacks{.cancelled = {}}", "AdapterCheck{.scale = 2.0}", "Fact{.subject = {}}",
    "ReportSettings{.strings = 3}", "Limits{.floor = true}", "PairText{.text = {}}", "Force{.position = 1}",
    "Bias{.token = 1}", "GuestStudy{.engine = {}}", "GuestWorld{.name = {}}", "GuestVocabulary{.ends = {}}",
)  # fmt: skip
CODE = """
#include <iostream>
#include "otherwise/model/backends.h"
int main() {
    for (const auto& file : otherwise::code_files()) std::cout << file.string() << '\\n';
}
"""
OURS = re.compile(r"(typeinfo (name )?for |vtable for )?otherwise::")


def symbols(*options):
    """Demangled names of the library's dynamic symbols."""
    lines = library.run("nm", "-DC", *options, library.BUILD / "libotherwise.so").splitlines()
    return [line.split(maxsplit=2)[2] if line[0] != " " else line.split(maxsplit=1)[1] for line in lines]


class Symbols(unittest.TestCase):
    def test_only_ours_are_exported(self):
        names = symbols("--defined-only")
        self.assertEqual([name for name in names if not OURS.match(name)][:9], [])
        for name in ("otherwise::run(", "otherwise::open(otherwise::Study", "otherwise::law(",
                     "otherwise::score(", "otherwise::fit(", "otherwise::edit(", "otherwise::inspect(",
                     "otherwise::quantize(", "otherwise::report(", "otherwise::compare(",
                     "otherwise::merge_runs(", "otherwise::bench_run(", "typeinfo for otherwise::Error"):  # fmt: skip
            self.assertTrue(any(found.startswith(name) for found in names), name)

    def test_llama_cpp_is_inside(self):
        if "[libllama.so" in library.run("readelf", "-d", library.BUILD / "libotherwise.so"):
            self.skipTest("this build has llama.cpp beside it")
        asked = [name for name in symbols("--undefined-only") if re.match("llama_|ggml_|gguf_", name)]
        self.assertEqual(asked[:9], [])
        inside = library.run("nm", library.BUILD / "libotherwise.so")
        for name in ("llama_decode", "ggml_mul_mat", "gguf_init_from_file"):
            self.assertRegex(inside, rf" t {name}\n")  # a small letter: local


def files_of(prefix):
    return {str(path.relative_to(prefix)) for path in prefix.rglob("*") if not path.is_dir()}


class Installed(Case):
    NOTICES = {"share/doc/otherwise/NOTICES.txt", "share/doc/otherwise/otherwise.cdx.json"}

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.there = library.install(folder.name, "--component", "library")

    def test_the_component_is_the_library_and_its_headers(self):
        files = files_of(self.there)
        headers = {f"include/{name}" for name in self.headers()}
        self.assertIn("include/otherwise/api/otherwise.h", headers)
        self.assertEqual([name for name in headers if not name.startswith("include/otherwise/")], [])
        modules = {name for name in files if name.startswith("lib/otherwise/")}
        self.assertEqual(bool(modules), (library.BUILD / "bin" / "libllama.so").exists())  # the portable build
        library_files = {name for name in files if re.fullmatch(r"lib/libotherwise\.so(\.\d+)*", name)}
        self.assertEqual(len(library_files), 3)
        package = {f"lib/cmake/otherwise/otherwise-config{part}.cmake" for part in ("", "-version", "-release")}
        self.assertEqual(files - headers - modules - library_files, package | self.NOTICES)

    def test_the_command_comes_alone_or_with_it(self):
        command = files_of(library.install(self.folder / "command", "--component", "command"))
        self.assertEqual({name for name in command if not name.startswith("lib/otherwise/")},
                         {"bin/otherwise"} | self.NOTICES)  # fmt: skip
        both = files_of(library.install(self.folder / "both"))
        self.assertLessEqual(command | files_of(self.there), both)
        foreign = [name for name in both if re.search("llama|ggml|gguf|gtest|gmock", name)]
        self.assertEqual([name for name in foreign if not re.match("(lib|include)/otherwise/", name)], [])

    def headers(self):
        include = self.there / "include"
        return [str(path.relative_to(include)) for path in sorted(include.rglob("*.h"))]

    def complaint(self, text):
        """What the compiler says of a source that sees nothing but the installed headers."""
        line = [library.COMPILER, *FLAGS, f"-I{self.there}/include", "-x", "c++", "-"]
        return subprocess.run(line, input=text.encode(), capture_output=True, check=False).stderr.decode()

    def stand_alone(self, rooms):
        headers = [header for header in self.headers() if header.split("/")[1] in rooms.split()]
        self.assertGreater(len(headers), 10)
        for header in headers:
            self.assertEqual(self.complaint(f'#include "{header}"\n'), "", header)

    def test_headers_stand_alone_in_the_upper_rooms(self):
        self.stand_alone(ROOMS[0])

    def test_headers_stand_alone_below_these(self):
        self.stand_alone(ROOMS[1])

    def test_headers_stand_alone_of_models_and_fits(self):
        self.stand_alone(ROOMS[2])

    def test_headers_stand_alone_in_the_lower_rooms(self):
        self.stand_alone(ROOMS[3])

    def test_headers_are_all_of_these_rooms(self):
        self.assertEqual({header.split("/")[1] for header in self.headers()}, set(" ".join(ROOMS).split()))

    def test_values_need_not_be_named_in_full(self):
        values = "\n".join(f"    (void){value};" for value in VALUES)
        source = f'#include "otherwise/api/otherwise.h"\nusing namespace otherwise;\nint main() {{\n{values}\n}}\n'
        self.assertEqual(self.complaint(source), "")
        self.assertNotEqual(self.complaint(source.replace(".threads", ".no_such")), "")

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
            (("no.gguf", "the king", world), 1, "no such file, 'no.gguf'"),
            (("a.gguf", "the king", "hot=tmep:2"), 2, "got ‘tmep:2’"),
        ):
            result = subprocess.run([program, *arguments], cwd=self.folder, capture_output=True, check=False)
            self.assertEqual(result.returncode, code, result)
            self.assertIn(line, result.stderr.decode())

    def test_without_cmake_and_by_a_relative_path(self):
        """What probes are kept for is named by the library's code, not by the program's."""
        source = self.write("code.cpp", CODE)
        library.run(library.COMPILER, "-std=c++20", source, "-o", "code", f"-I{self.there}/include",
                    f"-L{self.there}/lib", "-lotherwise", cwd=self.folder)  # fmt: skip
        said = library.run(self.folder / "code", cwd=self.there, env=os.environ | {"LD_LIBRARY_PATH": "lib"})
        self.assertEqual(set(said.splitlines()), {str(self.there / "lib" / "libotherwise.so.0.2")})


if __name__ == "__main__":
    unittest.main()

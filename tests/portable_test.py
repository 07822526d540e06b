"""The portable build: variants of the CPU backend, the installed folder, modules of others."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import command
import library
from command import Case

BUILD = Path(command.COMMAND).parent
HOSTILE = BUILD / "hostile" / "libggml-cpu-hostile.so"
QEMU = shutil.which("qemu-x86_64-static") or shutil.which("qemu-x86_64")
MARK = "hostile-module-was-here"
AVX512 = "skylakex cannonlake cascadelake icelake cooperlake zen4 sapphirerapids".split()
LOAD_ALL = "import ctypes, sys; ctypes.CDLL(sys.argv[1]).ggml_backend_load_all()"


def built():
    return {p.stem.removeprefix("libggml-cpu-") for p in (BUILD / "bin").glob("libggml-cpu-*.so")}


class PortableCase(Case):
    def variants(self):
        """Those that run here, the best first, as the refusal of an unknown one lists them."""
        line = self.refused(self.inspect("no-such"), 2, "a CPU variant that runs here (", "'no-such'")
        return line.split("(")[1].split(")")[0].split(", ")

    def inspect(self, variant):
        return self.call("inspect", "a.gguf", "-t", "1", "--json", "--cpu-variant", variant)


class Choice(PortableCase):
    HOT = ("-p", "the king", "--world", "hot=temp:2")

    def test_each_that_runs_here_says_its_name(self):
        self.assertLessEqual(set(self.variants()), built())
        for name in self.variants():
            facts = json.loads(self.done(self.inspect(name)))
            self.assertEqual(facts["cpu_variant"], name)
            self.assertEqual("AVX512 = 1" in facts["cpu_features"], name in AVX512)

    def test_the_best_by_default(self):
        facts = json.loads(self.done(self.run_tiny(*self.HOT, "--json")))
        self.assertEqual(facts["cpu_variant"], self.variants()[0])
        self.assertRegex(facts["cpu_features"], "SSE3 = 1")

    def test_one_that_cannot_run_here(self):
        for name in built() - set(self.variants()):
            self.refused(self.inspect(name), 2, f"'{name}', which this processor cannot run")

    def test_it_belongs_to_a_run(self):
        variants = self.variants()
        if len(variants) < 2:
            self.skipTest("one variant runs here")
        best, other = variants[:2]
        self.done(self.run_tiny(*self.HOT, "-o", "run.db", "--cpu-variant", other))
        with sqlite3.connect(self.folder / "run.db") as database:
            (backend,) = database.execute("SELECT backend FROM sittings").fetchone()
            self.assertIn("CPU " + other, backend)
            database.execute("UPDATE strings SET state = 0")  # there is work to do again
        result = self.call("run", "-t", "1", "--resume", "run.db")
        self.refused(result, 2, "CPU " + other, "CPU " + best, "--force")


@unittest.skipUnless(QEMU, "no qemu-user")
class Emulated(PortableCase):
    """Other processors than this one."""

    def on(self, processor):
        line = (QEMU, "-cpu", processor, command.COMMAND, "inspect", "a.gguf", "-t", "1", "--json")
        return subprocess.run(line, cwd=self.folder, capture_output=True, timeout=100, check=False)

    def test_each_takes_its_kernels(self):
        for processor, variant in (("Nehalem", "sse42"), ("Haswell", "haswell")):
            if variant in built():
                facts = json.loads(self.done(self.on(processor)))
                self.assertEqual((facts["cpu_variant"], facts["batch_invariant"]), (variant, True))

    def test_one_below_the_lowest(self):
        self.refused(self.on("core2duo"), 1, "x86-64-v2 or later", "runs none of: ", "haswell")


class Installed(PortableCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.there = library.install(folder.name)

    def setUp(self):
        super().setUp()
        self.addCleanup(setattr, command, "COMMAND", command.COMMAND)
        command.COMMAND = str(self.there / "bin" / "otherwise")

    def hostile(self, name):
        shutil.copy(HOSTILE, self.folder / name)
        return str(self.folder / name)

    def test_has_the_licences_of_what_is_compiled_in(self):
        notices = (self.there / "share" / "doc" / "otherwise" / "NOTICES.txt").read_text(encoding="utf-8")
        self.assertEqual(notices, (BUILD / "NOTICES.txt").read_text(encoding="utf-8"))
        self.assertIn("- llama.cpp, ggml, ", notices)

    def test_runs_elsewhere(self):
        self.assertRegex(self.done(self.call("--version")), r"^otherwise \d")
        self.assertIn("batch invariant", self.done(self.call("inspect", "a.gguf", "-t", "1")))
        self.done(self.run_tiny("-p", "the king", "--world", "hot=temp:2"))

    def test_the_library_finds_its_modules(self):
        program = library.build_example(self.there, self.folder / "build")
        self.hostile("libggml-base.so.0")
        module = self.hostile("libggml-cpu-hostile.so")
        environment = os.environ | {"GGML_BACKEND_PATH": module, "LD_LIBRARY_PATH": str(self.folder)}
        example = library.run(program, "a.gguf", "the king", "hot=temp:2", cwd=self.folder, env=environment)
        self.assertFalse((self.folder / MARK).exists())
        self.assertEqual(example, self.done(self.call("run", "-t", "2", "-m", "a.gguf", "-p", "the king",
                                                      "--world", "hot=temp:2", "--samples", "4", "--jsonl", "-")))

    def test_each_component_runs_alone(self):
        for component in ("command", "library"):
            prefix = library.install(self.folder / component, "--component", component)
            self.assertEqual((prefix / "bin" / "otherwise").exists(), component == "command")
            self.assertEqual((prefix / "lib" / "libotherwise.so").exists(), component == "library")
            modules = {path.name for path in (prefix / "lib" / "otherwise").iterdir()}
            self.assertEqual(modules, {path.name for path in (self.there / "lib" / "otherwise").iterdir()})
        command.COMMAND = str(self.folder / "command" / "moved" / "there" / "bin" / "otherwise")
        self.done(self.call("inspect", "a.gguf", "-t", "1"))

    def test_has_the_gradient(self):
        self.done(self.call(
            "edit", "rome", "-m", "a.gguf", "-t", "1", "--steps", "2", "--prefixes", "1",
            "--covariance-tokens", "300", "--layers", "0", "--no-cache", "-o", "rome.gguf",
            "--fact", "river | the {} was made in | a | iron"))

    def test_no_module_of_another_folder(self):
        path = self.hostile("libggml-cpu-hostile.so")
        self.done(self.call("inspect", "a.gguf", "-t", "1", environment={"GGML_BACKEND_PATH": path}))
        self.assertFalse((self.folder / MARK).exists())
        ggml = str(self.there / "lib" / "otherwise" / "libggml.so.0")
        subprocess.run([sys.executable, "-c", LOAD_ALL, ggml], cwd=self.folder, check=True)
        self.assertTrue((self.folder / MARK).exists())  # control: llama.cpp's own way

    def test_no_library_of_another_folder(self):
        path = self.hostile("libggml-base.so.0")
        beside = {"LD_LIBRARY_PATH": str(self.folder)}
        self.done(self.call("inspect", "a.gguf", "-t", "1", environment=beside))
        self.assertFalse((self.folder / MARK).exists())
        subprocess.run([sys.executable, "-c", "import ctypes, sys; ctypes.CDLL(sys.argv[1])", path],
                       cwd=self.folder, check=True)
        self.assertTrue((self.folder / MARK).exists())  # control

    def test_no_module(self):
        modules = self.there / "lib" / "otherwise"
        away = self.folder / "away"
        away.mkdir()
        for path in modules.glob("libggml-cpu-*.so"):
            path.rename(away / path.name)
            self.addCleanup(shutil.copy, away / path.name, path)
        self.refused(self.call("inspect", "a.gguf"), 1, "libggml-cpu-NAME.so", str(modules),
                     "keep the files of the program together")
        self.assertIn("LoRA", self.done(self.call("inspect", "lora.gguf")))  # nothing is evaluated


if __name__ == "__main__":
    unittest.main()

"""The package as a whole: what importing it costs and starts, its version, its types."""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

import otherwise as ow
from fresh import printed

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(ow.__file__).parent


class Import(unittest.TestCase):
    def test_is_quick(self):
        """numpy included; the best of 5, since other processes only add. Processor time likewise."""
        code = ("import time; wall, own = time.perf_counter(), time.process_time(); import otherwise; "
                "print(min(time.perf_counter() - wall, time.process_time() - own))")
        self.assertLess(min(float(printed("-c", code)) for _ in range(5)), 0.15)

    def test_starts_nothing(self):
        code = ("import os, numpy; threads = os.listdir('/proc/self/task'); "
                "import otherwise, otherwise._otherwise as module; "
                "print(os.listdir('/proc/self/task') == threads, repr(module.active_cpu_variant()), "
                "'libggml-cpu-' in open('/proc/self/maps').read())")
        self.assertEqual(printed("-c", code).split(), ["True", "''", "False"])

    def test_needs_numpy_and_nothing_else(self):
        code = "import sys, otherwise; print(*{name.split('.')[0] for name in sys.modules})"
        loaded = set(printed("-c", code).split()) - set(sys.stdlib_module_names)
        others = {"otherwise", "numpy", "__main__"} | {n for n in loaded if n.startswith(("_", "sitecustom"))}
        self.assertEqual(loaded - others, set())

    def test_exports_what_it_names(self):
        for name in ow.__all__:
            self.assertTrue(hasattr(ow, name), name)


class Version(unittest.TestCase):
    def test_is_the_projects(self):
        text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
        self.assertEqual(ow.__version__, re.search(r"^project\(otherwise VERSION ([\d.]+)", text, re.M)[1])


class Licenses(unittest.TestCase):
    def test_are_those_of_the_build(self):
        text = ow.licenses()
        self.assertTrue(text.startswith(f"otherwise {ow.__version__} holds code of the works below"))
        for name in ("llama.cpp, ggml", "nanobind, in the Python module", "Highway"):
            self.assertEqual(len(re.findall(f"^{re.escape(name)}, ", text, re.M)), 1, name)


class Types(unittest.TestCase):
    def mypy(self, *arguments):
        environment = dict(os.environ, MYPYPATH=str(PACKAGE.parent), PYTHONPATH="")
        return subprocess.run([sys.executable, "-m", "mypy", "--strict", "--no-error-summary",
                               "--config-file", str(ROOT / "pyproject.toml"),
                               "--cache-dir", str(PACKAGE.parent / "mypy_cache" / self.id()), *arguments],
                              capture_output=True, text=True, timeout=600, env=environment, check=False)

    def test_package_and_examples_are_strictly_typed(self):
        self.assertTrue((PACKAGE / "py.typed").is_file())
        examples = sorted(map(str, (ROOT / "examples" / "python").glob("*.py")))
        self.assertTrue(examples)
        for what in (["-p", "otherwise"], examples):
            done = self.mypy(*what)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_and_it_says_what_is_wrong(self):
        done = self.mypy("-c", "import otherwise; otherwise.noise.Field('seed')")
        self.assertIn('Argument 1 to "Field" has incompatible type "str"', done.stdout)


if __name__ == "__main__":
    unittest.main()

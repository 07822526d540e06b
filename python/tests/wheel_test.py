"""The wheel that scripts/wheel.sh made: what is in it, and that it works in an empty environment.

$OTHERWISE_WHEELS is its folder; numpy's wheel is in the cache (scripts/setup.sh), so no network is needed.
"""

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import tiny

ROOT = Path(__file__).resolve().parents[2]
WHEELS = Path(os.environ.get("OTHERWISE_WHEELS", ROOT / "build" / "wheel" / "dist"))
CACHE = Path(os.environ.get("OTHERWISE_CACHE_DIR") or Path.home() / ".cache" / "otherwise")

# A run, its laws, a fit and scores, each checked against another of them.
PROGRAM = """
import math, otherwise as ow
strings = [f"the {a} {b} was" for a in ("king", "queen", "ship") for b in ("old", "red", "new")]
given = {"tokens": 6, "seed": 3}
run = ow.run("tiny.gguf", strings, {"hot": ow.temperature(1.5)}, **given)
laws = ow.law("tiny.gguf", strings, {"hot": ow.temperature(1.5)}, **given)
exact = sum(run.pairs["p_unchanged"]) / len(run.pairs)
print("law", 0 < exact < 1, math.isclose(exact, laws["hot"].unchanged.value, rel_tol=1e-9))
share = sum(run.pairs["unchanged"]) / len(run.pairs)
print("score", ow.score(run)["hot"].measures["unchanged"].value == share)
fitted = ow.fit.direction([f"{s} great" for s in strings], [f"{s} small" for s in strings], model="tiny.gguf",
                          layers=1)
up = ow.law("tiny.gguf", strings, {"up": ow.steer(fitted, 4 * fitted.step)}, **given)["up"]
print("fit", up.unchanged.value < 1)
run.report("run.html")
print("report", "<title>otherwise: " in open("run.html").read())
"""

SUFFIX = rf"cpython-3{sys.version_info.minor}-[\w-]+\.so" if sys.version_info < (3, 12) else r"abi3\.so"


def wheel():
    (one,) = WHEELS.glob("otherwise_lm-*.whl")
    return one


class Contents(unittest.TestCase):
    def setUp(self):
        self.names = zipfile.ZipFile(wheel()).namelist()

    def has(self, pattern, count=1):
        found = [name for name in self.names if re.fullmatch(pattern, name)]
        self.assertEqual(len(found), count, f"{pattern}: {found}")

    def test_it_says_which_systems_take_it(self):
        version = f"cp3{sys.version_info.minor}"
        tags = rf"{version}-{version}" if sys.version_info < (3, 12) else "cp312-abi3"
        self.assertRegex(wheel().name, rf"^otherwise_lm-[\d.]+-{tags}-manylinux_2_\d+_\w+\.whl$")

    def test_it_holds_the_module_its_types_and_llama(self):
        for pattern in (r"otherwise/__init__\.py", r"otherwise/py\.typed", r"otherwise/_otherwise\.pyi",
                        r"otherwise/_otherwise\." + SUFFIX, r"otherwise/lib/libllama\.so\.\d+",
                        r"otherwise/lib/libggml\.so\.\d+", r"otherwise/lib/libggml-base\.so\.\d+",
                        r"otherwise/lib/libggml-cpu-haswell\.so", r"otherwise/NOTICES\.txt",
                        r".*dist-info/licenses/LICENSE"):
            self.has(pattern)
        self.has(r".*\.(cpp|h|cmake|a)", 0)

    def test_it_holds_no_openmp(self):
        self.has(r".*(gomp|libomp|iomp).*", 0)

    def test_it_names_what_is_compiled_in(self):
        notices = zipfile.ZipFile(wheel()).read("otherwise/NOTICES.txt").decode()
        for name in ("llama.cpp, ggml", "nanobind", "tsl::robin_map", "Highway", "OpenSSL"):
            self.assertIn(f"- {name}", notices)
        self.assertIn("Wenzel Jakob", notices)
        self.assertIn("Thibaut Goetghebuer-Planchon", notices)

    def test_it_holds_its_bill_of_materials(self):
        bill = json.loads(zipfile.ZipFile(wheel()).read("otherwise/otherwise.cdx.json"))
        names = {part["bom-ref"] for part in bill["components"]}
        self.assertLessEqual({"llama.cpp", "nanobind", "robin-map", "openssl", "sqlite"}, names)
        self.assertNotIn("cli11", names)  # the command's

    def test_numpy_is_all_it_needs(self):
        (name,) = (name for name in self.names if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(zipfile.ZipFile(wheel()).read(name).decode())
        needed = [one for one in metadata.get_all("Requires-Dist") if "extra ==" not in one]
        self.assertEqual([re.match(r"[\w-]+", one)[0] for one in needed], ["numpy"])
        self.assertEqual(sorted(metadata.get_all("Provides-Extra")), ["ray", "torch"])
        self.assertEqual(metadata["Name"], "otherwise-lm")


class Source(unittest.TestCase):
    """The source distribution: all of the project, or one line that says what to fetch."""

    def test_it_builds_or_says_what_is_missing(self):
        with tempfile.TemporaryDirectory() as folder:
            make = "import sys; from scikit_build_core.build import build_sdist; build_sdist(sys.argv[1])"
            subprocess.run([sys.executable, "-c", make, folder], cwd=ROOT, check=True, timeout=100,
                           stdout=subprocess.DEVNULL)
            (archive,) = Path(folder).glob("otherwise_lm-*.tar.gz")
            with tarfile.open(archive) as members:
                names = {name.split("/", 1)[-1] for name in members.getnames()}
            for name in ("pyproject.toml", "CMakeLists.txt", "cmake/python.cmake", "python/src/module.cpp",
                         "python/otherwise/py.typed", "otherwise/noise/field.cpp", "scripts/setup.sh"):
                self.assertIn(name, names)
            self.assertFalse([name for name in names if name.startswith(("build/", ".git/"))])
            done = subprocess.run(
                [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", folder, archive],
                capture_output=True, text=True, timeout=200, check=False,
                env=dict(os.environ, OTHERWISE_CACHE=folder))
            self.assertNotEqual(done.returncode, 0)
            self.assertRegex(done.stdout + done.stderr, r"\n +(missing: |no llama\.cpp source).*; run `make setup`")


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        venv.create(folder.name, with_pip=True, symlinks=True)
        cls.python = Path(folder.name) / "bin" / "python"
        cls.folder = folder.name
        subprocess.run([cls.python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-index",
                        "--find-links", CACHE / "python" / "wheels", wheel()], check=True, timeout=200)
        tiny.write_model(Path(folder.name) / "tiny.gguf")

    def printed(self, *arguments):
        """Elsewhere than in the checkout, with nothing of this environment."""
        done = subprocess.run([self.python, "-I", *arguments], capture_output=True, text=True, timeout=200,
                              cwd=self.folder, check=False,
                              env={"PATH": "/usr/bin:/bin", "OTHERWISE_CACHE": f"{self.folder}/cache"})
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout

    def test_the_examples_run(self):
        examples = ROOT / "examples" / "python"
        self.assertIn("Paris    0.429 ", self.printed(examples / "laws.py"))
        self.assertRegex(self.printed(examples / "flips.py", "tiny.gguf"), r"^\d+ of 16 strings flipped")

    def test_it_runs_models(self):
        self.assertEqual(self.printed("-c", PROGRAM).split("\n"),
                         ["law True True", "score True", "fit True", "report True", ""])

    def test_it_shows_its_licences(self):
        notices = zipfile.ZipFile(wheel()).read("otherwise/NOTICES.txt").decode()
        self.assertEqual(self.printed("-c", "import otherwise; print(otherwise.licenses(), end='')"), notices)

    def test_it_finds_its_kernels_and_starts_them(self):
        """In its own folder; no thread pool of OpenMP comes along."""
        code = ("import otherwise._otherwise as m; best = m.cpu_variants()[0][0]; before = m.active_cpu_variant(); "
                "m.start_backend(); print(best == m.active_cpu_variant(), repr(before)); "
                "maps = open('/proc/self/maps').read(); print('libggml-cpu-' + best in maps, 'gomp' in maps, "
                "m.__file__.rsplit('/', 1)[0] + '/lib/libggml-base' in maps)")
        self.assertEqual(self.printed("-c", code).split(), ["True", "''", "True", "False", "True"])

    def test_none_of_its_libraries_come_from_here(self):
        """Those that not every Linux has are in the wheel."""
        code = ("import otherwise._otherwise as m; m.start_backend(); "
                "print(*{line.split()[-1] for line in open('/proc/self/maps') if '.so' in line})")
        loaded = self.printed("-c", code).split()
        outside = {Path(name).name.split(".so")[0].split("-")[0] for name in loaded
                   if not name.startswith(self.folder)}
        stray = {name for name in outside if re.match(r"lib(fmt|hwy|crypto|re2|sqlite3|llama|ggml|absl)", name)}
        self.assertEqual(stray, set())
        self.assertTrue(any("otherwise_lm.libs/libfmt" in name for name in loaded))


if __name__ == "__main__":
    unittest.main()

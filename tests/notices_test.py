"""NOTICES.txt: the licences of what is compiled in, from the sources and packages themselves; --licenses."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from command import COMMAND, SOURCE, Case

BUILD = Path(COMMAND).parent
CACHE = Path(os.environ["OTHERWISE_CACHE_DIR"])
SCRIPT = SOURCE / "cmake" / "write_notices.cmake"


class Notices(unittest.TestCase):
    def test_name_everything_with_its_version_and_licence(self):
        text = (BUILD / "NOTICES.txt").read_text(encoding="utf-8")
        listed = re.findall(r"^- (.+), (.+)$", text, re.MULTILINE)
        names = [name for name, _ in listed]
        for name in ("llama.cpp, ggml", "rapidfuzz-cpp", "RapidJSON", "Random123", "Highway", "{fmt}", "Eigen",
                     "CLI11", "SQLite", "toml++", "RE2", "zlib", "OpenSSL", "Chart.js, in the pages of reports"):
            self.assertIn(name, names)
        for name, version in listed:
            self.assertRegex(version, r"\d", name)
            self.assertEqual(len(re.findall(f"^{re.escape(name)}, ", text, re.MULTILINE)), 1, name)
        llama, rapidfuzz = CACHE.glob("llama_cpp_python-*/vendor/llama.cpp"), CACHE.glob("levenshtein-*")
        for folder in (*llama, *(part / "extern" / "rapidfuzz-cpp" for part in rapidfuzz), SOURCE):
            self.assertIn((folder / "LICENSE").read_text(encoding="utf-8").strip(), text)

    def write(self, output, part, *options):
        good = f"y|y|2|MIT||{SOURCE / 'LICENSE'}||"
        return subprocess.run(
            ["cmake", f"-DOUTPUT={output}", f"-DPARTS={good}&{part}", f"-DOWN={SOURCE / 'LICENSE'}", "-DVERSION=1",
             *options, "-P", SCRIPT], capture_output=True, check=False)  # fmt: skip

    def test_one_without_a_licence_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "NOTICES.txt"
            for part in ("x|x|1|MIT||/no/such/file||", "x|x|1|MIT||||", f"x|x||MIT||{SOURCE / 'LICENSE'}||"):
                result = self.write(output, part, "-DSTRICT=ON")
                self.assertNotEqual(result.returncode, 0)
                said = " ".join(result.stderr.decode().split())
                self.assertIn("none found of x; install", said)
                self.assertFalse(output.exists())

    def test_or_is_named_where_the_build_stays_here(self):
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "NOTICES.txt"
            result = self.write(output, "x|x|1|Zlib||/no/such/file||", "-DSTRICT=OFF")
            self.assertEqual(result.returncode, 0)
            self.assertIn("none found of x; install", " ".join(result.stderr.decode().split()))
            self.assertIn("- x, 1\n", output.read_text(encoding="utf-8"))
            self.assertIn("Zlib. Its text was not on the machine", output.read_text(encoding="utf-8"))


class Shown(Case):
    def test_by_the_command_from_inside_it(self):
        """A copy of the command alone, elsewhere."""
        text = (BUILD / "NOTICES.txt").read_text(encoding="utf-8")
        self.assertEqual(self.done(self.call("--licenses")), text)
        if not (BUILD / "bin" / "libllama.so").exists():  # the portable build's libraries lie beside it
            alone = shutil.copy(COMMAND, self.folder / "alone")
            printed = subprocess.run([alone, "--licenses"], cwd=self.folder, capture_output=True, check=True).stdout
            self.assertEqual(printed.decode(), text)

    def test_or_a_line_where_it_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            self.refused(self.call("--licenses", stdout=full), 1, "No space left")


if __name__ == "__main__":
    unittest.main()

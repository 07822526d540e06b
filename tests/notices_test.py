"""NOTICES.txt: the licences of what is compiled in, from the sources and packages themselves."""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from command import COMMAND, SOURCE

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

    def test_one_without_a_licence_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "NOTICES.txt"
            for notice in ("x|1|/no/such/file", "x|1|", f"x||{SOURCE / 'LICENSE'}"):
                good = f"y|2|{SOURCE / 'LICENSE'}"
                result = subprocess.run(
                    ["cmake", f"-DOUTPUT={output}", f"-DNOTICES={good}&{notice}", f"-DOWN={SOURCE / 'LICENSE'}",
                     "-DVERSION=1", "-P", SCRIPT], capture_output=True, check=False)  # fmt: skip
                self.assertNotEqual(result.returncode, 0)
                said = " ".join(result.stderr.decode().split())
                self.assertIn("none found of x; install", said)
                self.assertFalse(output.exists())


if __name__ == "__main__":
    unittest.main()

"""The stored texts of chat templates are those of this machine's Jinja2, where it has one."""

import importlib.util
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parent


CACHE = Path(os.environ.get("OTHERWISE_CACHE_DIR") or Path.home() / ".cache" / "otherwise")


@unittest.skipUnless(importlib.util.find_spec("jinja2"), "no Jinja2 here")
class Goldens(unittest.TestCase):
    def test_are_what_jinja2_renders(self):
        (folder,) = CACHE.glob("llama_cpp_python-*/vendor/llama.cpp/models/templates")
        model = CACHE / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf"
        made = subprocess.run(
            [sys.executable, TESTS / "reference" / "chat_templates.py", folder, "--model", model],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
        stored = json.loads((TESTS / "data" / "chat_templates.json").read_text("utf-8"))
        for data in (fresh := json.loads(made)), stored:
            del data["jinja2"]  # its version
        self.assertEqual(fresh, stored)


if __name__ == "__main__":
    unittest.main()

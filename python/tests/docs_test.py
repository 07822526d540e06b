"""The programs in docs/python.md, README and examples/python print what stands there, and run."""

import importlib.util
import os
import re
import tempfile
import unittest
from pathlib import Path

import numpy as np

import fresh
from command import files
from tiny import WIDTH

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "docs" / "python.md", ROOT / "docs" / "torch.md", ROOT / "README.md"]
MODEL = "models/SmolLM2-135M-Instruct.Q4_1.gguf"
BLOCK = r"((?:(?!```).*\n)+)"
PROGRAM = re.compile(rf"^```python\n{BLOCK}```\n\n```text\n{BLOCK}```$", re.MULTILINE)


def printed(*arguments):
    cache = os.environ.get("OTHERWISE_CACHE_DIR")  # the default model's
    environment = dict(os.environ, **({"OTHERWISE_CACHE": cache} if cache else {}))
    return fresh.printed(*arguments, cwd=ROOT, env=environment)


class Pages(unittest.TestCase):
    def test_programs_print_what_stands_below_them(self):
        programs = [program for page in PAGES for program in PROGRAM.findall(page.read_text(encoding="utf-8"))]
        self.assertGreaterEqual(len(programs), 7)
        for program, output in programs:
            if "to_pandas" in program and importlib.util.find_spec("pandas") is None:
                continue
            self.assertEqual(printed("-c", program), output, program)

    def test_programs_on_models_of_ones_own_are_python(self):
        for page in PAGES:
            for program in re.findall(rf"^```python\n{BLOCK}```$", page.read_text(encoding="utf-8"), re.MULTILINE):
                compile(program, str(page), "exec")


class Examples(unittest.TestCase):
    def test_feature(self):
        """An SAE's row, and without one a difference of means, in a tiny model."""
        with tempfile.TemporaryDirectory() as folder:
            sae = Path(folder) / "sae.npz"
            np.savez(sae, W_dec=np.random.default_rng(1).normal(0, 1, (5, WIDTH)))
            model = ("-m", str(files() / "a.gguf"), "--layer", "1", "--tokens", "5", "--scale", "3")
            of_sae = printed("examples/python/feature.py", *model, "--sae", str(sae), "--feature", "4")
            of_means = printed("examples/python/feature.py", *model)
        self.assertIn("layer 1 tells held-out texts apart with accuracy", of_means)
        for output in (of_sae, of_means):
            self.assertIn(f"ControlVector(layers 1, width {WIDTH})", output)
            self.assertIn("dose 0: P(unchanged) 1.000", output)
            end = re.search(r"dose 3: P\(unchanged\) (\S+)", output)[1]
            self.assertEqual(re.search(r"P\(unchanged\) (\S+), expected", output)[1], end)
            self.assertLess(float(end), 1.0)
            self.assertEqual(len(re.findall(r"^\d: .* stays with probability", output, re.MULTILINE)), 3)

    def test_laws(self):
        output = printed("examples/python/laws.py")
        self.assertIn("Paris    0.429           0.040 0.429 0.511 0.020", output)
        counts = [int(n) for n in re.search(r"of Paris: \{(.*)\}", output)[1].replace(":", ",").split(",")[1::2]]
        self.assertEqual(sum(counts), 10_000)
        for count, law in zip(counts, (0.0400, 0.4286, 0.5114, 0.0200)):
            self.assertLess(abs(count / 10_000 - law), 0.03)  # 6 standard deviations

    def test_study(self):
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "page.html"
            model = Path(os.environ.get("OTHERWISE_CACHE_DIR") or Path.home() / ".cache" / "otherwise") / MODEL
            output = printed("examples/python/study.py", str(model), str(page))
            self.assertIn("<title>otherwise: ", page.read_text(encoding="utf-8"))
        for world, count, exact, prefix in re.findall(r"^(cache4|hot) +(\d+) of 16 +([\d.]+) +([\d.]+) tokens", output, re.M):
            self.assertLess(0.0, float(exact), world)
            self.assertLess(int(count), 16)  # both flip some, none flips all at once
            self.assertLess(1.0, float(prefix))
        self.assertRegex(output, r"least likely to stay: token \d+ of '.+', 0\.\d+")

    def test_flips(self):
        output = printed("examples/python/flips.py")
        flipped = int(re.match(r"(\d+) of 16 strings flipped", output)[1])
        self.assertEqual(sum(map(int, re.findall(r"^(?:louvre|bread|water|moon) +(\d) of 4", output, re.M))), flipped)
        self.assertLess(abs(float(re.search(r"expected: ([\d.]+)", output)[1]) - flipped), 8)  # 4 deviations at most


if __name__ == "__main__":
    unittest.main()

"""The null world is the factual one on each architecture that tests/support makes; benchmarks/null_tokens.py asks
the same of a million tokens."""

import json
import unittest

import more_architectures
import tiny
from command import Case


class NullWorld(Case):
    def same(self, make, names):
        for name in names:
            with self.subTest(name):
                make(self.folder / "x.gguf", name)
                long = json.dumps({"prompt_tokens": [tiny.vocabulary()[1] + i % 40 for i in range(90)]})
                short = json.dumps({"prompt": "the king"})
                self.write("strings.jsonl", f"{short}\n{long}\n")
                run = self.call("run", "-t", "1", "-n", "12", "-m", "x.gguf", "-f", "strings.jsonl", "--samples", "3",
                                "--null", "--no-nudge", "--jsonl", "-")  # fmt: skip
                lines = [json.loads(line) for line in self.done(run).splitlines()]
                self.assertEqual(len(lines), 6)
                for line in lines:
                    self.assertEqual(line["counterfactual"], line["factual"])

    def test_those_that_are_fitted_and_edited(self):
        self.same(tiny.write_architecture, tiny.FORMS)

    def test_more_of_the_same_parts(self):
        self.same(more_architectures.write, more_architectures.FORMS)

    def test_recurrent_ones(self):
        self.same(more_architectures.write, more_architectures.RECURRENT)

    def test_another_seed_is_another_model(self):  # the control
        for seed in (1, 2):
            more_architectures.write(self.folder / f"{seed}.gguf", "starcoder2", seed)
        run = self.call("run", "-t", "1", "-n", "12", "-m", "1.gguf", "-p", "the king", "--samples", "4", "--world",
                        "other=model:2.gguf", "--jsonl", "-", "-q")  # fmt: skip
        lines = [json.loads(line) for line in self.done(run).splitlines()]
        self.assertTrue(any(line["counterfactual"] != line["factual"] for line in lines))


if __name__ == "__main__":
    unittest.main()

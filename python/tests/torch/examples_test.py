"""The examples with nnsight, pyvene, PEFT and TransformerLens on a tiny random model: an intervention changes strings,
one that does nothing changes none, and the tools' own generate writes the very strings of a run."""

import copy
import importlib
import sys
import unittest
from pathlib import Path

import torch

import tiny_torch

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "examples" / "python"))
WORDS = tiny_torch.tokenizer()
MODEL = tiny_torch.model(WORDS)
PROMPTS = ["The Louvre is in", "Once upon a time"]
SETTINGS = {"tokens": 12, "seed": 4, "samples": 2, "law": False}
VECTOR = 2.0 * torch.randn(32, generator=torch.Generator().manual_seed(1))


def example(name):
    return importlib.import_module(f"with_{name}")


class Examples(unittest.TestCase):
    def check_run(self, results, changed):
        pairs = list(results.pairs)
        self.assertTrue(all(pair["unchanged"] for pair in pairs if pair["world"] == "same"))
        self.assertFalse(all(pair["unchanged"] for pair in pairs if pair["world"] == changed))
        self.assertEqual(results.floor.diverged, 0)
        self.assertEqual(len([line for line in results.warnings if "'same'" in line]), 1, results.warnings)

    def check_coupled(self, written, prompt, results, changed):
        """Both strings as the run has them: id "a", sample 0."""
        pair = next(p for p in results.pairs if p["world"] == changed and p["sample"] == 0)
        width = len(WORDS(prompt)["input_ids"])
        for tokens, side in zip(written, ("factual_tokens", "counterfactual_tokens"), strict=True):
            expected = pair[side].tolist()
            self.assertEqual(tokens[0, width:width + len(expected)].tolist(), expected, side)

    def records(self):
        return [{"id": "a", "prompt": PROMPTS[0]}, {"id": "b", "prompt": PROMPTS[1]}]

    def test_peft(self):
        import peft

        torch.manual_seed(3)
        config = peft.LoraConfig(r=4, lora_alpha=16, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
        tuned = peft.get_peft_model(copy.deepcopy(MODEL), config).eval()
        module = example("peft")
        results = module.run(tuned, WORDS, self.records(), **SETTINGS)
        self.check_run(results, "adapter")
        self.check_coupled(module.coupled(tuned, WORDS, PROMPTS[:1], ["a"], seed=4), PROMPTS[0], results, "adapter")

    def test_nnsight(self):
        module = example("nnsight")
        results = module.run(copy.deepcopy(MODEL), WORDS, self.records(), VECTOR, **SETTINGS)
        self.check_run(results, "steered")
        written = module.coupled(copy.deepcopy(MODEL), WORDS, PROMPTS[0], VECTOR, seed=4)
        self.check_coupled(written, PROMPTS[0], results, "steered")

    def test_pyvene(self):
        module = example("pyvene")
        results = module.run(copy.deepcopy(MODEL), WORDS, self.records(), VECTOR, **SETTINGS)
        self.check_run(results, "moved")
        written = module.coupled(copy.deepcopy(MODEL), WORDS, PROMPTS[0], VECTOR, seed=4)
        self.check_coupled(written, PROMPTS[0], results, "moved")

    def test_transformer_lens(self):
        module = example("transformer_lens")
        bridge = module.bridge_of(copy.deepcopy(MODEL), WORDS)
        results = module.run(bridge, WORDS, self.records(), VECTOR, **SETTINGS)
        self.check_run(results, "steered")
        written = module.coupled(bridge, WORDS, PROMPTS[0], VECTOR, seed=4)
        self.check_coupled(written, PROMPTS[0], results, "steered")


if __name__ == "__main__":
    unittest.main()

"""One set of weights in both engines: the default model in float32 by transformers and by llama.cpp, its Q4_0 beside it.

llama.cpp has flash attention off and an f32 cache, since its flash attention casts keys and values to F16."""

import os
import unittest
from pathlib import Path

import numpy as np
import torch
import transformers

import otherwise as ow

FOLDER = Path(os.environ.get("OTHERWISE_CACHE_DIR", Path.home() / ".cache" / "otherwise")) / "derived"
FILES = {"plain": "SmolLM2-135M-Instruct.F32.gguf", "coarse": "SmolLM2-135M-Instruct.Q4_0.gguf"}
TEXTS = (Path(__file__).resolve().parents[3] / "examples" / "paris.txt").read_text(encoding="utf-8").splitlines()
SETTINGS = {"tokens": 16, "seed": 2, "null": False}


def explained(margin):
    """A race that rounding may turn: the two best perturbed logits lie this near."""
    return margin < 5e-3


@unittest.skipUnless(os.environ.get("OTHERWISE_LONG"), "minutes; make test-torch")
class Engines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(os.cpu_count() or 1)
        cls.words = transformers.AutoTokenizer.from_pretrained(FOLDER, gguf_file=FILES["plain"])
        plain, coarse = (transformers.AutoModelForCausalLM.from_pretrained(
            FOLDER, gguf_file=file, dtype=torch.float32).eval() for file in FILES.values())
        records = [{"id": str(i), "prompt_tokens": cls.words(text)["input_ids"]} for i, text in enumerate(TEXTS[:40])]
        cls.ours = ow.torch.run(plain, {"coarse": coarse, "hot": ow.torch.World("hot", temp=1.3)}, cls.words, records,
                                **SETTINGS)
        model = ow.Model(FOLDER / FILES["plain"], flash_attn="off", cache_type_k="f32", cache_type_v="f32")
        cls.theirs = ow.run(model, records, {"coarse": [ow.model(str(FOLDER / FILES["coarse"])), ow.weights("f32")],
                                             "hot": ow.temperature(1.3)}, nudge=False, fast=True, **SETTINGS)
        torch.set_num_threads(1)

    def test_the_stay_of_each_token_is_the_same(self):
        differences = []
        for ours, theirs in zip(self.ours.pairs, self.theirs.pairs, strict=True):
            if ours["factual_tokens"].tolist() == theirs["factual_tokens"].tolist():
                differences.append(np.abs(ours["stay"] - theirs["stay"]))
        found = np.concatenate(differences)
        print(f"stay: mean absolute difference {found.mean():.2e}, largest {found.max():.2e}, {len(found)} tokens")
        self.assertGreater(len(found), 800)
        self.assertLess(found.mean(), 1e-3)

    def test_strings_are_the_same_or_a_margin_explains_it(self):
        same, all_strings, margins = 0, 0, []
        for ours, theirs in zip(self.ours.pairs, self.theirs.pairs, strict=True):
            self.assertEqual((ours["string"], ours["world"]), (theirs["string"], theirs["world"]))
            factual = ours["factual_tokens"].tolist() == theirs["factual_tokens"].tolist()
            equal = factual and ours["counterfactual_tokens"].tolist() == theirs["counterfactual_tokens"].tolist()
            all_strings += 1
            same += equal
            if not equal:
                margins.append(self.margin_of_the_difference(ours, theirs))
        print(f"strings: {same} of {all_strings} the same, margins of the others {margins}")
        self.assertGreaterEqual(same, 0.95 * all_strings)
        self.assertTrue(all(explained(margin) for margin in margins), margins)

    def margin_of_the_difference(self, ours, theirs):
        """The race at the first token that differs between the engines, by logits read anew."""
        side = "factual_tokens" if ours["factual_tokens"].tolist() != theirs["factual_tokens"].tolist() else (
            "counterfactual_tokens")
        world = "plain" if side == "factual_tokens" or ours["world"] == "hot" else "coarse"
        a, b = ours[side].tolist(), theirs[side].tolist()
        at = next(i for i, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1])
        model = transformers.AutoModelForCausalLM.from_pretrained(FOLDER, gguf_file=FILES[world],
                                                                  dtype=torch.float32).eval()
        prompt = self.words(TEXTS[int(ours["string"])])["input_ids"]
        with torch.no_grad():
            logits = model(torch.tensor([[*prompt, *a[:at]]])).logits[0, -1].numpy()
        hot = 1.3 if side == "counterfactual_tokens" and ours["world"] == "hot" else 1.0
        return float(ow.race(logits / np.float32(hot), ow.noise.Field(2).at(ours["string"], 0, at)).margin)


if __name__ == "__main__":
    unittest.main()

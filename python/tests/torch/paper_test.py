"""Against the paper's algorithm in its own form: longest common prefixes of factual and counterfactual strings have one
distribution."""

import unittest

import numpy as np
import torch
from scipy import stats

import otherwise as ow
import paper
import tiny_torch

DRAWS, LENGTH, FALSE_ALARM = 2000, 10, 1e-4


def no_end(model):
    """A model that never ends a string, so that all have one length."""
    return lambda ids: model(input_ids=ids, use_cache=False).logits.index_fill(-1, torch.tensor([0]), -1e9)


class Ended(torch.nn.Module):
    """The same for the paper's loop."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, use_cache=False, past_key_values=None):
        name = paper.cache_name(self.model)
        out = self.model(input_ids=input_ids, use_cache=use_cache, **{name: past_key_values} if past_key_values else {})
        out.past_key_values = getattr(out, name)
        out.logits = out.logits.index_fill(-1, torch.tensor([0]), -1e9)
        return out


def p_value(a, b):
    """Chi-square test of two samples of counts, in bins that hold at least 10 of both together."""
    counts = np.array([np.bincount(one, minlength=LENGTH + 1) for one in (a, b)])
    while counts.shape[1] > 2 and counts.sum(axis=0).min() < 10:
        small = int(counts.sum(axis=0).argmin())
        to = small - 1 if small > 0 else 1
        counts[:, to] += counts[:, small]
        counts = np.delete(counts, small, axis=1)
    return stats.chi2_contingency(counts).pvalue


class Paper(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.words = tiny_torch.tokenizer()
        cls.model = tiny_torch.model(cls.words)
        cls.other = tiny_torch.nudged(cls.model, 0.1)
        cls.prompt = cls.words("The Louvre is in")["input_ids"]
        prompts = torch.tensor([cls.prompt] * DRAWS)
        generator = torch.Generator().manual_seed(11)
        cls.factual, cls.theirs = paper.counterfactual(Ended(cls.model), Ended(cls.other), prompts, LENGTH, generator)
        cls.lcp = paper.common_prefix(cls.factual, cls.theirs).numpy()

    def test_sampled_strings(self):
        results = ow.torch.run(no_end(self.model), {"other": no_end(self.other)}, self.words,
                               [{"id": "a", "prompt_tokens": self.prompt}], tokens=LENGTH, samples=DRAWS, law=False,
                               null=False, seed=5)
        ours = np.array([pair["lcp"] for pair in results.pairs])
        self.assertEqual(len(ours), DRAWS)
        self.assertGreater(len(np.unique(ours)), 5)
        self.assertGreater(p_value(ours, self.lcp), FALSE_ALARM)

    def test_observed_strings(self):
        """Hindsight on the paper's own factual strings."""
        records = [{"id": str(i), "prompt_tokens": self.prompt, "tokens": tokens.tolist()}
                   for i, tokens in enumerate(self.factual)]
        results = ow.torch.run(no_end(self.model), {"other": no_end(self.other)}, self.words, records, law=False,
                               null=False, seed=6)
        ours = np.array([pair["lcp"] for pair in results.pairs])
        self.assertGreater(p_value(ours, self.lcp), FALSE_ALARM)

    def test_other_noise_would_be_seen(self):
        """Negative control: counterfactuals under fresh noise have shorter prefixes."""
        generator = torch.Generator().manual_seed(12)
        prompts = torch.tensor([self.prompt] * DRAWS)
        fresh = paper.sample(Ended(self.other), prompts, LENGTH, generator)
        self.assertLess(p_value(paper.common_prefix(self.factual, fresh).numpy(), self.lcp), FALSE_ALARM)


if __name__ == "__main__":
    unittest.main()

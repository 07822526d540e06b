"""The race among what can win, in torch operations: the library's clocks, and the CPU's winners."""

import unittest

import numpy as np
import torch

import otherwise as ow
from otherwise import _otherwise
from otherwise.torch.philox import upper_halves
from otherwise.torch.races import _candidates, race
from otherwise.torch.sampling import Sampling

FIELD = ow.noise.Field(7)
ROWS = 8
NOISE = FIELD.at([f"s{i}" for i in range(ROWS)], list(range(ROWS)), [3 * i for i in range(ROWS)])


def logits(vocabulary, spread=3.0, seed=0):
    return spread * torch.randn((ROWS, vocabulary), generator=torch.Generator().manual_seed(seed))


class Clocks(unittest.TestCase):
    def test_upper_halves_are_those_of_the_field(self):
        """E = -log1p(-v): the upper 32 bits of v, back from the clocks of the library."""
        keys = np.empty((ROWS, 4), np.uint32)
        _otherwise.place_keys(NOISE._places, keys)
        upper = upper_halves(torch.from_numpy(keys.astype(np.int64)), 1001).numpy()
        v = -np.expm1(-NOISE.clocks(1001))
        self.assertLess(np.abs(v * 2.0**32 - 0.5 - upper).max(), 0.5 + 1e-3)
        self.assertGreater(len(np.unique(upper)), ROWS * 1001 - 50)


class Races(unittest.TestCase):
    def test_winners_runners_up_and_margins_are_the_cpus(self):
        for sampling in (Sampling(), Sampling(0.3), Sampling(2.0), Sampling(0.0), Sampling(top_k=1),
                         Sampling(0.8, top_k=40), Sampling(min_p=0.05), Sampling(0.5, 30, 1.0, 0.1),
                         Sampling(top_p=0.9), Sampling(top_k=5000)):
            for vocabulary in (7, 320, 20000):
                for spread in (0.1, 3.0):
                    with self.subTest(sampling=sampling, vocabulary=vocabulary, spread=spread):
                        rows = logits(vocabulary, spread)
                        rows[:, 3] = -torch.inf
                        plain, reduced = race(rows, NOISE, sampling, False), race(rows, NOISE, sampling, True)
                        np.testing.assert_array_equal(plain.winner, reduced.winner)
                        np.testing.assert_array_equal(plain.runner_up, reduced.runner_up)
                        np.testing.assert_allclose(plain.margin, reduced.margin, atol=1e-6)

    def test_they_are_the_librarys_own(self):
        rows = logits(50000)
        ours, own = race(rows, NOISE, None, True), ow.race(rows.numpy(), NOISE)
        np.testing.assert_array_equal(ours.winner, own.winner)
        np.testing.assert_allclose(ours.margin, own.margin, atol=1e-6)

    def test_few_tokens_are_copied(self):
        count = _candidates(logits(50000), NOISE, Sampling()).sum(dim=1)
        self.assertGreaterEqual(int(count.min()), 2)
        self.assertLess(float(count.float().mean()), 10)

    def test_a_bound_that_is_too_tight_would_be_seen(self):
        """Negative control: candidates of another place's clocks lose winners."""
        other = FIELD.at([f"t{i}" for i in range(ROWS)], [0] * ROWS, [0] * ROWS)
        rows = logits(50000, 0.1)
        keep = _candidates(rows, other, Sampling())
        winners = torch.from_numpy(race(rows, NOISE).winner)
        self.assertLess(int(keep.gather(1, winners[:, None]).sum()), ROWS)

    def test_a_tie_goes_to_the_lower_token(self):
        rows = torch.zeros((ROWS, 50))
        for device in (False, True):
            finish = race(rows, NOISE, Sampling(0.0), device)
            self.assertEqual(set(finish.winner.tolist()), {0})

    def test_misuse(self):
        seen = ow.hindsight(logits(50).numpy(), [1] * ROWS, NOISE)
        for call in (lambda: race(logits(50), seen), lambda: race(logits(50)[:3], NOISE), lambda: Sampling(-1.0),
                     lambda: Sampling(top_p=2.0), lambda: Sampling(top_k=True)):
            with self.assertRaises(ow.Misuse):
                call()


if __name__ == "__main__":
    unittest.main()

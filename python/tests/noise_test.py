"""otherwise.noise: the field's bits, races, hindsight."""

import hashlib
import math
import struct
import unittest

import numpy as np
from laws import data, deviate, random_logits, softmax

import otherwise as ow

GOLDEN = data("noise.json")


def digest(doubles):
    """As tests/support/golden.h folds the bits of doubles."""
    value = 0
    for x in doubles:
        (bits,) = struct.unpack("<Q", struct.pack("<d", x))
        value = (value * 6364136223846793005 + bits) % 2**64
    return value


def spread(n, salt):
    """As tests/support/golden.h makes numbers up: from -2^15 to 2^15 - 1."""
    mixed = (np.arange(n, dtype=np.uint32) + np.uint32(salt)) * np.uint32(2654435761)
    return ((mixed >> 16).astype(np.int32) - 32768).astype(np.float32)


class Field(unittest.TestCase):
    def test_has_the_bits_of_the_library(self):
        for item in GOLDEN["clocks"]:
            at = item["place"]
            noise = ow.noise.Field(at["seed"]).at(at["string"], at["sample"], at["position"])
            self.assertEqual(noise.winning_time, float.fromhex(item["winning_time"]))
            self.assertEqual(digest(noise.clocks(item["tokens"])), item["digest"])
            for token, _, clock in item["clocks"]:
                if token < 10**6:
                    self.assertEqual(noise.clocks(token + 1)[token], float.fromhex(clock))

    def test_places_are_a_grid_of_single_ones(self):
        field = ow.noise.Field(3)
        places = [[["a"]], [["b"]]], np.arange(3)[:, None], range(4, 6)
        grid, times = field.clocks(*places, 7), field.winning_time(*places)
        self.assertEqual(grid.shape, (2, 3, 2, 7))
        self.assertEqual(times.shape, (2, 3, 2))
        for i, string in enumerate("ab"):
            for sample in range(3):
                for k, position in enumerate((4, 5)):
                    one = field.clocks(string, sample, position, 7)
                    np.testing.assert_array_equal(grid[i, sample, k], one)
                    self.assertEqual(times[i, sample, k], field.winning_time(string, sample, position))
        self.assertEqual(len(np.unique(grid)), grid.size)

    def test_a_string_is_its_hash(self):
        field = ow.noise.Field(9)
        hashed = int.from_bytes(hashlib.sha256("größer".encode()).digest()[:8], "little")
        for same in (hashed, np.uint64(hashed)):
            np.testing.assert_array_equal(field.clocks("größer", 1, 2, 9), field.clocks(same, 1, 2, 9))
        both = field.clocks(["größer", hashed], 1, 2, 9)
        np.testing.assert_array_equal(both[0], both[1])
        np.testing.assert_array_equal(both, field.clocks(np.full(2, hashed, np.uint64), 1, 2, 9))

    def test_more_tokens_leave_the_first_ones(self):
        field = ow.noise.Field(1)
        many = field.clocks("a", 0, 0, 1001)
        for n in (1, 2, 3, 4, 5, 1000):
            np.testing.assert_array_equal(field.clocks("a", 0, 0, n), many[:n])


class Race(unittest.TestCase):
    def test_is_the_smallest_clock_over_probability(self):
        random = np.random.default_rng(1)
        logits = random_logits(random, 300, 50, masked=0.2).astype(np.float32)
        noise = ow.noise.Field(2).at("a", 0, range(300))
        finish = ow.race(logits, noise)
        with np.errstate(divide="ignore"):
            times = noise.clocks(50) / softmax(logits.astype(np.float64))
        order = np.argsort(times, axis=-1)
        np.testing.assert_array_equal(finish.winner, order[:, 0])
        np.testing.assert_array_equal(finish.runner_up, order[:, 1])
        best, second = np.take_along_axis(times, order[:, :2], -1).T
        np.testing.assert_allclose(finish.margin, np.log(second / best), rtol=1e-6, atol=1e-9)

    def test_under_clocks_given_as_numbers_it_is_the_same(self):
        random = np.random.default_rng(2)
        logits = random_logits(random, 4, 30, 40).astype(np.float32)
        noise = ow.noise.Field(2).at("a", np.arange(4)[:, None], range(30))
        for mine, theirs in zip(ow.race(logits, noise.clocks(40)), ow.race(logits, noise)):
            np.testing.assert_array_equal(mine, theirs)

    def test_golden_races(self):
        """Made elsewhere, with exact norms of the laws; a vector's width moves them by 2e-7."""
        self.assertGreaterEqual(len(GOLDEN["races"]), 20)
        for item in GOLDEN["races"]:
            at, n = item["place"], item["n"]
            noise = ow.noise.Field(at["seed"]).at(at["string"], at["sample"], at["position"])
            factual = spread(n, item["salt"]) * 2.0**-11
            if item["observed"] is not None:
                noise = ow.hindsight(factual, item["observed"], noise)
            finish = ow.race(factual + spread(n, item["change"]) * np.float32(2.0**-14), noise)
            self.assertEqual((finish.winner, finish.runner_up), (item["winner"], item["runner_up"]))
            self.assertAlmostEqual(finish.margin, float.fromhex(item["margin"]), delta=1e-6)

    def test_one_possible_token(self):
        finish = ow.race([-math.inf, 0.0, -math.inf], ow.noise.Field(0).at("a"))
        self.assertEqual((finish.winner, finish.runner_up, finish.margin), (1, -1, math.inf))
        self.assertEqual(finish.winner.shape, ())

    def test_counts_are_the_law(self):
        """6 standard deviations: a false alarm in 5e8."""
        p = np.array([0.5, 0.3, 0.15, 0.05])
        n = 40_000
        winners = ow.race(np.log(p), ow.noise.Field(5).at("a", 0, range(n))).winner
        for token, probability in enumerate(p):
            self.assertLess(abs(deviate((winners == token).sum(), n, probability)), 6.0)
        self.assertGreater(abs(deviate((winners == 0).sum(), n, 0.54)), 6.0)


class Hindsight(unittest.TestCase):
    def setUp(self):
        self.random = np.random.default_rng(3)
        self.logits = random_logits(self.random, 500, 60, masked=0.3, spread=6.0).astype(np.float32)
        self.tokens = ow.race(self.logits, ow.noise.Field(11).at("seen", 0, range(500))).winner
        self.fresh = ow.noise.Field(12).at("a", 0, range(500))

    def test_the_null_race_returns_the_observed_token(self):
        seen = ow.hindsight(self.logits, self.tokens, self.fresh)
        np.testing.assert_array_equal(ow.race(self.logits, seen).winner, self.tokens)
        self.assertLess((ow.race(self.logits, self.fresh).winner == self.tokens).mean(), 0.9)

    def test_so_it_does_of_tokens_no_one_would_write(self):
        least = np.where(np.isinf(self.logits), np.inf, self.logits).argmin(-1)
        for dtype in (np.float32, np.float64):
            logits = self.logits.astype(dtype)
            seen = ow.hindsight(logits, least, self.fresh)
            np.testing.assert_array_equal(ow.race(logits, seen).winner, least)

    def afresh(self, n):
        """[500, n]: the fresh clocks, which are those of tokens of no probability."""
        only = [np.full(n, -np.inf, np.float32) for _ in range(2)]
        only[0][0] = only[1][1] = 0.0
        clocks = [ow.hindsight(law, token, self.fresh).clocks(n) for token, law in enumerate(only)]
        clocks[0][:, 0] = clocks[1][:, 0]
        return clocks[0]

    def test_clocks_are_the_posterior(self):
        """E_w = p_w m, and E_k = p_k m + a fresh clock."""
        seen = ow.hindsight(self.logits, self.tokens, self.fresh)
        p = softmax(self.logits.astype(np.float64))
        m = np.asarray(self.fresh.winning_time)[:, None]
        expected = p * m + self.afresh(60)
        rows = np.arange(500)
        expected[rows, self.tokens] = (p * m)[rows, self.tokens]
        np.testing.assert_allclose(seen.clocks(60), expected, rtol=2e-6)
        winner = (seen.clocks(60) / np.where(p > 0, p, 1e-300)).argmin(-1)
        np.testing.assert_array_equal(winner, self.tokens)

    def test_clocks_beyond_the_vocabulary_are_fresh(self):
        seen = ow.hindsight(self.logits, self.tokens, self.fresh)
        np.testing.assert_allclose(seen.clocks(70)[:, 60:], self.afresh(70)[:, 60:], rtol=1e-14)
        self.assertFalse(np.isclose(seen.clocks(70)[:, 60:], self.fresh.clocks(70)[:, 60:]).any())

    def test_what_the_field_itself_wrote_is_as_good_as_any_other_text(self):
        """Counterfactuals of 100,000 tokens that the very noise wrote have the other law; 6 standard deviations."""
        p, q, n = np.log([0.10, 0.70, 0.05, 0.15]), np.log([0.10, 0.30, 0.50, 0.10]), 100_000
        noise = ow.noise.Field(1).at("a", range(n))
        winners = ow.race(q, ow.hindsight(p, ow.race(p, noise).winner, noise)).winner
        for token, probability in enumerate(np.exp(q)):
            self.assertLess(abs(deviate((winners == token).sum(), n, probability)), 6.0)

    def test_golden_posterior(self):
        item = GOLDEN["hindsight"]
        logits = np.array([-np.inf if x is None else x for x in item["logits"]], np.float32)
        at = item["place"]
        noise = ow.noise.Field(at["seed"]).at(at["string"], at["sample"], at["position"])
        clocks = ow.hindsight(logits, item["observed"], noise).clocks(len(item["log_clocks"]))
        expected = [float.fromhex(x) for x in item["log_clocks"]]
        np.testing.assert_allclose(np.log(clocks), expected, atol=2e-7)

    def test_the_other_world_writes_the_exact_law(self):
        """Of 20,000 races under hindsight; 6 standard deviations: a false alarm in 5e8."""
        p, q, w, n = np.log([0.6, 0.3, 0.1]), np.log([0.3, 0.3, 0.4]), 0, 20_000
        law = ow.coupling.becomes(p, q, w)
        seen = ow.hindsight(p, w, ow.noise.Field(1).at("a", range(n)))
        winners = ow.race(q, seen).winner
        for token in range(3):
            if law[token] == 0.0:
                self.assertFalse((winners == token).any())
            else:
                self.assertLess(abs(deviate((winners == token).sum(), n, law[token])), 6.0)
        self.assertGreater(abs(deviate((winners == w).sum(), n, 0.3)), 6.0)  # no independent redraw


if __name__ == "__main__":
    unittest.main()

"""otherwise.coupling: exact laws, against rational arithmetic, plain numpy and each other."""

import tracemalloc
import unittest

import numpy as np
from laws import data, deviate, random_logits, softmax, stay_by_definition, with_zeros

import otherwise as ow

EXACT = 1e-12
CASES = data("coupling.json")


class Rational(unittest.TestCase):
    """The cases that were worked in exact rational arithmetic."""

    def each(self):
        self.assertGreaterEqual(len(CASES), 15)
        for case in CASES:
            yield case, with_zeros(case["p"]) + 3.0, with_zeros(case["q"]) - 40.0, case["observed"]

    def test_stay(self):
        for case, p, q, w in self.each():
            self.assertAlmostEqual(ow.coupling.stay(p, q, w), case["stay"], delta=EXACT,
                                   msg=case["name"])

    def test_stay_of_probabilities(self):
        for case, p, q, w in self.each():
            self.assertAlmostEqual(ow.stay(softmax(p), softmax(q), w), case["stay"], delta=EXACT)

    def test_becomes(self):
        for case, p, q, w in self.each():
            np.testing.assert_allclose(ow.coupling.becomes(p, q, w), case["law"], rtol=0, atol=EXACT)

    def test_agreement(self):
        for case, p, q, _ in self.each():
            self.assertAlmostEqual(ow.coupling.agreement(p, q), case["agreement"], delta=EXACT)


class Laws(unittest.TestCase):
    """What has to hold of any two laws."""

    def setUp(self):
        random = np.random.default_rng(7)
        self.p = random_logits(random, 40, 300, masked=0.3)
        self.q = random_logits(random, 40, 300, masked=0.3)
        self.w = np.zeros(40, np.int64)  # possible in both

    def test_stay_is_its_definition(self):
        for spread in (0.1, 1.0, 20.0):
            p, q = self.p * spread, self.q * spread
            stays = ow.coupling.stay(p, q, self.w)
            for i in range(40):
                expected = stay_by_definition(softmax(p[i]), softmax(q[i]), 0)
                self.assertAlmostEqual(stays[i], expected, delta=EXACT * max(1.0, expected))

    def test_the_law_holds_the_stay_and_sums_to_one(self):
        law = ow.coupling.becomes(self.p, self.q, self.w)
        np.testing.assert_allclose(law.sum(-1), 1.0, rtol=EXACT)
        np.testing.assert_allclose(law[:, 0], ow.coupling.stay(self.p, self.q, self.w), rtol=EXACT)

    def test_marginals_are_the_worlds(self):
        """Σ_w p_w P(v | w) = q_v, of the Gumbel and the maximal couplings."""
        for i in range(5):
            p, q = softmax(self.p[i]), softmax(self.q[i])
            possible = np.flatnonzero(p)
            for law in (ow.coupling.becomes, ow.coupling.maximal_becomes):
                given = law(self.p[i], self.q[i], possible)
                np.testing.assert_allclose(p[possible] @ given, q, rtol=0, atol=EXACT)

    def test_agreement_is_the_mean_stay(self):
        p = softmax(self.p[0])
        possible = np.flatnonzero(p)
        mean = p[possible] @ ow.coupling.stay(self.p[0], self.q[0], possible)
        self.assertAlmostEqual(ow.coupling.agreement(self.p[0], self.q[0]), mean, delta=EXACT)

    def test_equal_laws_agree_exactly(self):
        self.assertTrue((ow.coupling.stay(self.p, self.p, self.w) == 1.0).all())
        self.assertTrue((ow.coupling.agreement(self.p, self.p) == 1.0).all())
        self.assertTrue((ow.coupling.agreement(self.p, self.p + 1e-3 * self.q) < 1.0).all())

    def test_stay_lies_within_the_bounds(self):
        low, high = ow.coupling.bounds(self.p, self.q, self.w)
        stays = ow.coupling.stay(self.p, self.q, self.w)
        self.assertTrue((low <= stays).all() and (stays <= high).all())
        p, q = softmax(self.p)[:, 0], softmax(self.q)[:, 0]
        np.testing.assert_allclose(low, np.maximum(0.0, (p + q - 1.0) / p), rtol=0, atol=1e-9)
        np.testing.assert_allclose(high, np.minimum(1.0, q / p), rtol=EXACT)
        np.testing.assert_array_equal(high, ow.coupling.maximal(self.p, self.q, self.w))
        np.testing.assert_allclose(ow.coupling.maximal_becomes(self.p, self.q, self.w)[:, 0], high)

    def test_a_token_the_world_cannot_write_never_stays(self):
        q = self.q.copy()
        q[:, 0] = -np.inf
        self.assertTrue((ow.coupling.stay(self.p, q, self.w) == 0.0).all())
        self.assertTrue((ow.coupling.maximal(self.p, q, self.w) == 0.0).all())
        self.assertTrue((ow.coupling.becomes(self.p, q, self.w)[:, 0] == 0.0).all())

    def test_extremes_do_not_overflow(self):
        p, q = np.array([0.0, -600.0, -1e6]), np.array([-600.0, 0.0, -1e6])
        self.assertAlmostEqual(ow.coupling.stay(p, q, 1), 1.0, delta=EXACT)
        self.assertAlmostEqual(ow.coupling.stay(p, q, 0) / np.exp(-600.0), 1.0, delta=EXACT)
        self.assertAlmostEqual(ow.coupling.stay(p, q, 2), 0.5, delta=EXACT)

    def test_sampling_agrees(self):
        """6 standard deviations: a false alarm in 5e8."""
        n = 4000
        p, q = np.full((n, 300), self.p[1]), np.full((n, 300), self.q[1])
        noise = ow.noise.Field(4).at("s", 0, range(n))
        both = (ow.race(p, noise).winner == ow.race(q, noise).winner).sum()
        agreement = ow.coupling.agreement(self.p[1], self.q[1])
        self.assertLess(abs(deviate(both, n, agreement)), 6.0)
        self.assertGreater(abs(deviate(both, n, agreement + 0.1)), 6.0)


class Arrays(unittest.TestCase):
    """How laws may lie in memory."""

    FUNCTIONS = ("stay", "becomes", "agreement", "bounds", "maximal", "maximal_becomes")

    def setUp(self):
        random = np.random.default_rng(8)
        self.p = random_logits(random, 2, 3, 50)
        self.q = random_logits(random, 2, 3, 50)
        self.w = np.array([[0, 1, 2], [3, 4, 5]])

    def called(self, name, p, q, w):
        function = getattr(ow.coupling, name)
        return function(p, q) if name == "agreement" else function(p, q, w)

    def each(self):
        for name in self.FUNCTIONS:
            yield name, self.called(name, self.p, self.q, self.w)

    def test_rows_are_single_laws(self):
        for name, all_rows in self.each():
            for at in np.ndindex(2, 3):
                one = self.called(name, self.p[at], self.q[at], self.w[at])
                of_all = ([x[at] for x in all_rows] if name == "bounds" else all_rows[at])
                np.testing.assert_array_equal(one, of_all)

    def test_strides_change_nothing(self):
        wide = np.zeros((2, 3, 100))
        wide[..., ::2] = self.p
        ways = (np.asfortranarray(self.p), wide[..., ::2], self.p[..., ::-1].copy()[..., ::-1],
                self.p[:, ::-1].copy()[:, ::-1], np.moveaxis(np.moveaxis(self.p, 2, 0).copy(), 0, 2))
        for name, expected in self.each():
            for p in ways:
                np.testing.assert_array_equal(self.called(name, p, self.q, self.w), expected)

    def test_rows_side_by_side(self):
        """More of them than are gathered at once, from both ends, of both types."""
        random = np.random.default_rng(4)
        for shape in ((2, 37, 50), (17, 9), (3, 50)):
            for dtype in (np.float32, np.float64):
                p, q = random.normal(0, 3, (2, *shape)).astype(dtype)
                beside = np.ascontiguousarray(p.swapaxes(-1, -2)).swapaxes(-1, -2)
                self.assertLess(beside.strides[-2], beside.strides[-1])
                for view in (beside, beside[..., ::-1, :], beside[..., 1:, ::2]):
                    for name in self.FUNCTIONS:
                        other = q[..., :view.shape[-2], :view.shape[-1]]
                        np.testing.assert_array_equal(self.called(name, view, other, 1),
                                                      self.called(name, view.copy(), other, 1))

    def test_read_only_and_unaligned(self):
        self.p.flags.writeable = False
        buffer = np.zeros(self.q.nbytes + 1, np.uint8)
        q = buffer[1:].view(np.float64).reshape(self.q.shape)
        q[:] = self.q
        self.assertFalse(q.flags.aligned)
        for name, expected in self.each():
            np.testing.assert_array_equal(self.called(name, self.p, q, self.w), expected)

    def test_float32_is_its_double(self):
        p, q = self.p.astype(np.float32), self.q.astype(np.float32)
        for name in self.FUNCTIONS:
            exact = self.called(name, p.astype(np.float64), q.astype(np.float64), self.w)
            np.testing.assert_array_equal(self.called(name, p, q, self.w), exact)
            np.testing.assert_array_equal(self.called(name, p, q.astype(np.float64), self.w), exact)

    def test_leading_axes_broadcast(self):
        one = self.q[0, 0]
        for name in self.FUNCTIONS:
            full = self.called(name, self.p, np.broadcast_to(one, self.p.shape).copy(), self.w)
            np.testing.assert_array_equal(self.called(name, self.p, one, self.w), full)
        every = ow.coupling.stay(self.p[0, 0], self.q[0, 0], np.arange(50))
        self.assertEqual(every.shape, (50,))

    def test_no_rows(self):
        none = np.zeros((0, 5))
        self.assertEqual(ow.coupling.stay(none, none, np.zeros(0, int)).shape, (0,))
        self.assertEqual(ow.coupling.becomes(none, none, np.zeros(0, int)).shape, (0, 5))

    def test_tensors_are_arrays(self):
        """Anything that numpy reads, as torch's are; one that wants its gradient says so in one line."""

        class Tensor:
            def __init__(self, array):
                self.array = array

            def __array__(self, dtype=None, copy=None):
                if self.array is None:
                    raise RuntimeError("Can't call numpy() on Tensor that requires grad.\nUse detach()")
                return self.array

        for name, expected in self.each():
            np.testing.assert_array_equal(self.called(name, Tensor(self.p), Tensor(self.q), self.w), expected)
        with self.assertRaisesRegex(ow.Misuse, r"^expected an array for `log_p`, got Tensor \(Can't .*detach\(\)\)$"):
            ow.coupling.stay(Tensor(None), self.q, 0)

    def test_one_law_is_a_number(self):
        value = ow.coupling.stay(self.p[0, 0], self.q[0, 0], 1)
        self.assertIsInstance(value, float)

    def test_nothing_is_copied(self):
        """A copy of these would be 80 MB."""
        p = np.zeros((200, 50_000), np.float32)
        tracemalloc.start()
        try:
            ow.coupling.stay(p, p, 0)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        self.assertLess(peak, 10**6)


class Prefix(unittest.TestCase):
    def test_is_the_product(self):
        law = ow.prefix([0.5, 1.0, 0.25])
        np.testing.assert_array_equal(law.survival, [0.5, 0.5, 0.125])
        self.assertEqual((law.expected_lcp, law.unchanged), (1.125, 0.125))

    def test_of_many_strings(self):
        stays = np.random.default_rng(1).random((4, 5, 6))
        law = ow.prefix(stays)
        np.testing.assert_allclose(law.survival, np.cumprod(stays, -1), rtol=1e-15)
        np.testing.assert_allclose(law.expected_lcp, law.survival.sum(-1), rtol=1e-15)
        np.testing.assert_array_equal(law.unchanged, law.survival[..., -1])

    def test_of_no_position(self):
        law = ow.prefix(np.zeros((3, 0)))
        self.assertEqual(law.survival.shape, (3, 0))
        np.testing.assert_array_equal(law.unchanged, [1.0, 1.0, 1.0])
        np.testing.assert_array_equal(law.expected_lcp, [0.0, 0.0, 0.0])


if __name__ == "__main__":
    unittest.main()

"""Long calls on arrays: other threads go on, Ctrl-C ends them."""

import unittest

import numpy as np

import otherwise as ow
from beside import counting, ctrl_c, in_child, in_threads

LAW = np.log(np.full(50_000, 2e-5))
MANY = np.zeros(10**7, np.int32)  # rows of one law: minutes of work


class Calls(unittest.TestCase):
    def test_ctrl_c_ends_them(self):
        noise = ow.noise.Field(0).at("a", 0, range(10**6))
        for function, arguments in ((ow.coupling.stay, (LAW, LAW + 1e-3 * LAW, MANY)),
                                    (ow.race, (LAW, noise))):
            with self.assertRaises(KeyboardInterrupt), ctrl_c(0.3):
                function(*arguments)

    def test_other_threads_go_on(self):
        with counting() as counted, self.assertRaises(KeyboardInterrupt), ctrl_c(1.0):
            ow.coupling.stay(LAW, LAW, MANY)
        self.assertGreater(counted[0], 20)

    def test_two_threads_have_the_same_results(self):
        random = np.random.default_rng(1)
        p, q = random.normal(0, 3, (2, 200, 1000))
        expected = ow.coupling.becomes(p, q, 5)
        for result in in_threads(lambda: ow.coupling.becomes(p, q, 5), 4):
            np.testing.assert_array_equal(result, expected)

    def test_a_forked_child_computes_on(self):
        def compute():
            return ow.coupling.stay(LAW[:100], LAW[:100] * 1.1, 3).tolist()

        self.assertEqual(in_child(compute), str(compute()))


if __name__ == "__main__":
    unittest.main()

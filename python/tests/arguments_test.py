"""What is refused, and in which words: one sentence that says what was expected and what came."""

import math
import pickle
import unittest

import numpy as np

import otherwise as ow

P = np.log([0.5, 0.3, 0.2])
BATCH = np.tile(P, (2, 4, 1))


class Refused(unittest.TestCase):
    def refused(self, function, *arguments, says):
        with self.assertRaises(ow.Misuse) as caught:
            function(*arguments)
        message = str(caught.exception)
        self.assertTrue(message.startswith("expected "), message)
        self.assertNotIn("\n", message)
        for part in (says,) if isinstance(says, str) else says:
            self.assertIn(part, message)


class Errors(Refused):
    def test_misuse_is_an_error_and_a_value_error(self):
        self.assertTrue(issubclass(ow.Misuse, ow.Error))
        self.assertTrue(issubclass(ow.Misuse, ValueError))
        self.assertFalse(issubclass(ow.Error, ValueError))
        self.assertEqual(ow.Error.__module__.split(".")[0], "otherwise")

    def test_they_travel_between_processes(self):
        error = pickle.loads(pickle.dumps(ow.Misuse("expected a, got b")))
        self.assertEqual((type(error), str(error)), (ow.Misuse, "expected a, got b"))


class Shapes(Refused):
    def test_a_single_number(self):
        self.refused(ow.coupling.stay, 1.0, P, 0, says="an axis of tokens for `log_p`, got a single")

    def test_no_tokens(self):
        self.refused(ow.coupling.stay, P, np.zeros((3, 0)), 0,
                     says="tokens along the last axis of `log_q`, got the shape (3, 0)")

    def test_other_vocabularies(self):
        self.refused(ow.coupling.becomes, P, P[:2], 0,
                     says=("`log_p` and `log_q` over the same tokens, got 3 and 2", "-inf"))
        self.refused(ow.race, P, np.ones(4), says="`log_probs` and `noise` over the same tokens")

    def test_leading_axes_that_do_not_meet(self):
        self.refused(ow.coupling.stay, BATCH, BATCH[:, :3], 0,
                     says="leading axes that broadcast, got (2, 4) of `log_p` and (2, 3) of `log_q`")
        self.refused(ow.coupling.stay, BATCH, BATCH, [0, 1, 2], says="(3,) of `token`")

    def test_more_laws_than_places(self):
        noise = ow.noise.Field(0).at("a", 0, range(4))
        self.refused(ow.race, BATCH, noise, says="laws for the noise of (4,), got (2, 4)")
        self.refused(ow.hindsight, BATCH, 0, noise, says="noise of (4,), got (2, 4)")

    def test_ragged_lists(self):
        self.refused(ow.coupling.stay, [[1.0, 2.0], [1.0]], P, 0, says="an array for `log_p`, got list")


class Types(Refused):
    def test_other_floats(self):
        for dtype in ("float16", "int64", "complex128", "bool", ">f8", "longdouble", "object"):
            self.refused(ow.coupling.stay, P, np.ones(3, dtype), 0,
                         says=("float32 or float64 in `log_q`, got ", "astype"))

    def test_no_array_at_all(self):
        for value in ("text", None, {"a": 1.0}):
            self.refused(ow.coupling.stay, value, P, 0, says="`log_p`")

    def test_tokens_that_are_no_numbers(self):
        for token in (0.0, "0", None, True, [0.5]):
            self.refused(ow.coupling.stay, P, P, token, says="expected tokens in `token`, got ")

    def test_noise_that_is_none(self):
        self.refused(ow.hindsight, P, 0, np.ones(3), says="Field.at(…), got ndarray")
        seen = ow.hindsight(P, 0, ow.noise.Field(0).at("a"))
        self.refused(ow.hindsight, P, 0, seen, says="hindsight already")

    def test_places(self):
        field = ow.noise.Field(0)
        self.refused(ow.noise.Field, -1, says="`seed` from 0 to 18446744073709551615, got -1")
        self.refused(ow.noise.Field, 2**64, says="`seed` from 0")
        self.refused(ow.noise.Field, 0.5, says="a whole number for `seed`, got float")
        self.refused(field.at, "a", -1, says="from 0 to 4294967295 in `sample`, got -1")
        self.refused(field.at, "a", 0, [0, 2**32], says="in `position`, got 4294967296 at [1]")
        self.refused(field.at, 0.5, says="in `string`, got float")
        self.refused(field.at, ["a", None], says="for `string`, got NoneType")
        self.refused(field.clocks, "a", 0, 0, 0, says="`n_vocab` from 1 to")
        self.refused(field.clocks, "a", 0, 0, 5.0, says="a whole number for `n_vocab`")


class Numbers(Refused):
    """What only a look at every number finds: the row and the token are named."""

    FUNCTIONS = (ow.coupling.stay, ow.coupling.becomes, ow.coupling.agreement, ow.coupling.bounds,
                 ow.coupling.maximal, ow.coupling.maximal_becomes)

    def each(self, p, q, says, token=0, dtype=np.float64):
        for function in self.FUNCTIONS:
            arguments = (p.astype(dtype), q.astype(dtype), token)
            self.refused(function, *arguments[:2 if function is ow.coupling.agreement else 3], says=says)

    def test_nan_and_infinity(self):
        for dtype in (np.float32, np.float64):
            for value, name in ((math.nan, "NaN"), (math.inf, "+inf")):
                bad = BATCH.copy()
                bad[1, 2, 1] = value
                says = f"logits without NaN and +inf in `log_%s`, got {name} at [1, 2, 1]"
                self.each(bad, BATCH, says % "p", dtype=dtype)
                self.each(BATCH, bad, says % "q", dtype=dtype)
                self.refused(ow.race, bad.astype(dtype), ow.noise.Field(0).at("a", 0, np.zeros((2, 4), int)),
                             says=f"in `log_probs`, got {name} at [1, 2, 1]")

    def test_nan_wherever_it_stands(self):
        for size in (1, 3, 8, 50, 67):
            for at in range(size):
                p = np.zeros(size)
                p[at] = math.nan
                self.refused(ow.coupling.stay, p, np.zeros(size), 0, says=f"got NaN at [{at}]")
                self.refused(ow.coupling.stay, np.zeros(size), p, 0, says=f"got NaN at [{at}]")

    def test_no_possible_token(self):
        bad = BATCH.copy()
        bad[0, 3] = -math.inf
        self.each(BATCH, bad, "a possible token in each row of `log_q`, got -inf throughout at [0, 3]")

    def test_an_impossible_token(self):
        bad = BATCH.copy()
        bad[1, 1, 2] = -math.inf
        for function in self.FUNCTIONS:
            if function is not ow.coupling.agreement:
                self.refused(function, bad, BATCH, 2,
                             says="tokens that `log_p` can write, got token 2 with probability 0 at [1, 1]")
        self.refused(ow.hindsight, bad[1], 2, ow.noise.Field(0).at("a", 0, range(4)),
                     says="tokens that `log_probs` can write, got token 2 with probability 0 at [1]")

    def test_tokens_out_of_range(self):
        self.refused(ow.coupling.stay, P, P, 3, says="tokens from 0 to 2 in `token`, got 3")
        self.refused(ow.coupling.stay, BATCH[0], P, [0, 1, -1, 0], says="got -1 at [2]")
        self.refused(ow.stay, [0.5, 0.5], [0.5, 0.5], 2, says="tokens from 0 to 1 in `token`, got 2")

    def test_what_is_no_probability(self):
        fine = np.array([0.5, 0.5])
        for bad, says in (([1.5, -0.5], "probabilities in `p`, got -0.5 at [1]"),
                          ([math.nan, 1.0], "probabilities in `p`, got NaN at [0]"),
                          ([0.3, 0.3], "rows of `p` that sum to 1, got 0.6"),
                          ([3.0, 2.0], "rows of `p` that sum to 1, got 5"),
                          ([math.inf, 0.5], "rows of `p` that sum to 1, got +inf")):
            self.refused(ow.stay, bad, fine, 0, says=says)
            self.refused(ow.stay, fine, bad, 0, says=says.replace("`p`", "`q`"))
        self.refused(ow.stay, [0.0, 1.0], fine, 0, says="`p` can write, got token 0 with probability 0")

    def test_stays_that_are_none(self):
        for bad in (-0.1, 1.1, math.nan):
            self.refused(ow.prefix, [[1.0, 0.5], [1.0, bad]], says=("in `stay`, got", "at [1, 1]"))

    def test_clocks_that_are_none(self):
        for bad in (0.0, -1.0, math.nan, math.inf):
            self.refused(ow.race, BATCH[0], np.array([[1.0, bad, 1.0]] * 4),
                         says=("positive clocks in `noise`, got ", "at [0, 1]"))


if __name__ == "__main__":
    unittest.main()

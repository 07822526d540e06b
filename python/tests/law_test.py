"""Laws of strings: the command's numbers, arrays without copies, and what is refused."""

import json
import logging
import math
import unittest

import numpy as np

import otherwise as ow
from beside import CtrlCAt, in_child, in_threads, left_by_ctrl_c
from otherwise.law_results import Sweep, Thresholds
from tiny_case import TinyCase

STRINGS = [{"id": "a", "prompt": "the king", "text": " the queen"}, {"id": "b", "prompt": "Paris"}]
WORLDS = {"hot": ow.temperature(1.5), "sad": ow.steer("vector.gguf", 2)}
GIVEN = ("--world", "hot=temp:1.5", "--world", "sad=steer:vector.gguf:2")
TIMES = ("seconds", "seconds_in_llama", "seconds_in_hooks")


class LawCase(TinyCase):
    def setUp(self):
        super().setUp()
        self.write("s.jsonl", "".join(json.dumps(one) + "\n" for one in STRINGS))

    def command(self, *arguments):
        return self.done(self.call("law", "-t", "1", "-n", "6", "-m", "a.gguf", "-f", "s.jsonl", *GIVEN, *arguments))

    def law(self, **settings):
        return ow.law("a.gguf", STRINGS, WORLDS, tokens=6, threads=1, **settings)

    def same(self, ours, theirs):
        """JSON that is equal but for the times."""
        ours, theirs = json.loads(ours), json.loads(theirs)
        for one in (ours, theirs):
            if isinstance(one, dict):
                self.assertTrue(all(one.pop(name) >= 0 for name in TIMES))
        self.assertEqual(ours, theirs)


class Commands(LawCase):
    def test_laws(self):
        self.same(self.law().to_json(), self.command("--json"))
        self.same(self.law(agreement=True, target_text=" the", seed=3, samples=2, null="all").to_json(),
                  self.command("--json", "--agreement", "--target-text", " the", "--seed", "3", "--samples", "2",
                               "--null"))

    def test_each_token(self):
        lines = [json.loads(line) for line in self.command("--jsonl", "-", "--agreement").splitlines()]
        laws = list(self.law(agreement=True))
        self.assertEqual(len(laws), len(lines))
        for law, line in zip(laws, lines, strict=True):
            for name in ("string", "sample", "world", "observed", "pieces", "unchanged", "expected_lcp"):
                self.assertEqual(getattr(law, name), line[name])
            for name in ("tokens", "stay", "survival", "p", "q", "kl", "same_draw", "agreement"):
                self.assertEqual(getattr(law, name).tolist(), line[name], name)
            for name in ("bounds", "token_bounds"):
                self.assertEqual(list(getattr(law, name)), line[name])

    def test_sweep(self):
        sweep = self.law(sweep="steer.scale=0:2:1")
        self.same(sweep.to_json(), self.command("--json", "--sweep", "steer.scale=0:2:1"))
        np.testing.assert_array_equal(sweep.dose, [0, 1, 2])
        self.assertEqual(sweep.unchanged[0], 1)
        self.assertLess(sweep.unchanged[2], 1)
        self.assertEqual(len(sweep.doses) - 1, len(sweep.expected_lcp))
        self.assertEqual(sweep.varied, "steer.scale")

    def test_threshold(self):
        found = self.law(threshold="steer.scale=0:8", halvings=4, samples=2)
        self.same(found.to_json(), self.command("--json", "--threshold", "steer.scale=0:8", "--halvings", "4",
                                                "--samples", "2"))
        self.assertEqual((found.varied, found.low, found.high), ("steer.scale", 0, 8))
        self.assertEqual(found.threshold.shape, (4,))

    def test_one_token(self):
        expected = self.command("--json", "--law-at", "a:1", "--top", "5")
        for site in ("a:1", ("a", 1), ("a", 0, 1)):
            found = self.law(law_at=site, top=5)
            self.same(found.to_json(), expected)
        self.assertLessEqual(len(found["hot"].outcomes), 5)
        self.assertAlmostEqual(sum(one.probability for one in found["sad"].outcomes) + found["sad"].rest, 1.0)
        law = self.law().string("a", "hot")
        self.assertAlmostEqual(found["hot"].observed.probability, law.stay[1], 6)

    def test_a_corpus(self):
        self.write("book.txt", "the king and the queen had bread and salt in the old house " * 20)
        theirs = self.done(self.call("law", "-t", "1", "-m", "a.gguf", "--corpus", "book.txt", "-c", "32", *GIVEN,
                                     "--json"))
        self.same(ow.law("a.gguf", None, WORLDS, corpus="book.txt", ctx_size=32, threads=1).to_json(), theirs)


class Arrays(LawCase):
    def test_are_views_that_outlive_the_laws(self):
        laws = self.law()
        one, again = laws.string("b", "sad"), laws.string("b", "sad")
        self.assertTrue(np.shares_memory(one.stay, again.stay))
        self.assertFalse(one.stay.flags.writeable)
        copy = one.stay.copy()
        del laws, again
        np.testing.assert_array_equal(one.stay, copy)

    def test_are_one_mathematics(self):
        law = self.law().string("a", "hot")
        prefix = ow.prefix(law.stay)
        np.testing.assert_allclose(law.survival, prefix.survival, rtol=1e-12)
        self.assertAlmostEqual(law.expected_lcp, prefix.expected_lcp)
        self.assertAlmostEqual(law.log_p, np.log(law.p).sum(), 5)
        self.assertAlmostEqual(law.log_q, np.log(law.q).sum(), 5)
        self.assertLessEqual(law.bounds[0], law.unchanged)
        self.assertLessEqual(law.unchanged, law.bounds[1])

    def test_a_do_takes_laws_away(self):
        laws = ow.law("a.gguf", ["the king"], ow.World("w", ow.do(" ship", at=1)), tokens=4, threads=1)
        law = laws.string("1", "w")
        self.assertFalse(math.isnan(law.kl[0]))
        self.assertTrue(np.isnan(law.kl[1:]).all())
        self.assertTrue(np.isnan(law.p[1:]).all())
        self.assertEqual(laws["w"].lost_positions, len(law.kl) - 1)

    def test_worlds(self):
        laws = self.law()
        self.assertEqual([one.world for one in laws.worlds if not one.null and not one.nudge], ["hot", "sad"])
        self.assertEqual(laws["null"].unchanged.value, 1.0)
        self.assertEqual(laws["hot"].strings, 2)
        self.assertIn("hot", repr(laws))
        self.assertAlmostEqual(laws["hot"].unchanged.value,
                               np.mean([laws.string(name, "hot").unchanged for name in "ab"]))
        with self.misuses("hot, sad"):
            laws["cold"]
        with self.misuses("'a' in 'cold'"):
            laws.string("a", "cold")


class LongWork(LawCase):
    MANY = [f"the {a} {b}" for a in ("king", "queen", "child", "ship") for b in ("song", "house")] * 100

    def strings(self):
        return [{"id": str(i), "prompt": text} for i, text in enumerate(self.MANY)]

    def left(self, when=lambda done, total: done >= 3, **asked):
        """What Ctrl-C leaves after three strings, or readings, or then."""
        bar = CtrlCAt(when)
        with self.assertRaises(ow.Interrupted) as caught:
            ow.law("a.gguf", self.strings(), WORLDS, tokens=20, threads=1, parallel=1, progress=bar, **asked)
        self.assertIsInstance(caught.exception, KeyboardInterrupt)
        self.assertTrue(caught.exception.result.interrupted)
        return caught.exception.result, bar.seen

    def test_ctrl_c_leaves_what_is_done(self):
        laws, seen = self.left()
        self.assertEqual({what[::2] for what in seen}, {("strings", len(self.MANY))})
        self.assertGreaterEqual(len(laws), 3)
        self.assertLess(len(laws), 2 * len(self.MANY))
        whole = ow.law("a.gguf", self.strings()[:1], WORLDS, tokens=20, threads=1)
        np.testing.assert_array_equal(next(iter(laws)).stay, next(iter(whole)).stay)
        self.assertFalse(whole.interrupted)

    def test_ctrl_c_leaves_a_sweep_of_the_strings_that_are_done(self):
        asked = {"sweep": "steer.scale=0:2:1"}
        sweep, _ = self.left(**asked)
        self.assertIsInstance(sweep, Sweep)
        n = sweep.doses[0].unchanged.n
        self.assertTrue(3 <= n < len(self.MANY), n)
        whole = ow.law("a.gguf", self.strings()[:n], WORLDS, tokens=20, threads=1, **asked)
        np.testing.assert_array_equal(sweep.unchanged, whole.unchanged)

    def test_ctrl_c_leaves_strengths_that_change(self):
        asked = {"threshold": "steer.scale=0:8", "halvings": 6}
        self.assertEqual(self.left(**asked)[0].strings, [])  # neither end is known
        found, seen = self.left(lambda done, total: done > total / 2, **asked)
        self.assertIsInstance(found, Thresholds)
        self.assertEqual(seen[0][0], "readings")
        whole = ow.law("a.gguf", self.strings(), WORLDS, tokens=20, threads=1, **asked)
        self.assertEqual(len(found.strings), len(whole.strings))
        self.assertTrue((found.threshold >= whole.threshold).all())
        self.assertTrue((found.threshold > whole.threshold).any())

    def test_ctrl_c_of_one_token_leaves_nothing(self):
        with self.assertRaises(KeyboardInterrupt) as caught:
            ow.law("a.gguf", self.strings(), WORLDS, samples=1000, tokens=20, threads=1, parallel=1,
                   law_at=("7", 999, 1), progress=CtrlCAt(lambda done, total: True))
        self.assertIs(type(caught.exception), KeyboardInterrupt)

    def test_ctrl_c_without_a_bar(self):
        for asked in ({}, {"sweep": "steer.scale=0:2:0.1"}):
            left_by_ctrl_c(lambda asked=asked: ow.law("a.gguf", self.strings(), WORLDS, samples=1000, tokens=30, threads=1,
                                                      progress=False, **asked), after=0.7)

    def test_what_progress_raises_goes_through(self):
        def progress(what, done, total):
            raise ZeroDivisionError("mine")

        for settings in ({}, {"sweep": "steer.scale=0:2:1"}):
            with self.assertRaisesRegex(ZeroDivisionError, "mine"):
                self.law(progress=progress, **settings)
        self.assertEqual(len(self.law()), 4)

    def test_notes_are_logged(self):
        with self.assertLogs("otherwise", logging.INFO) as logged:
            self.law()
        text = "\n".join(record.getMessage() for record in logged.records)
        self.assertIn("MB", text)
        self.assertIn("intervals are too narrow", text)

    def test_two_threads_and_one_model(self):
        model = ow.Model("a.gguf", threads=1)
        found = in_threads(lambda: ow.law(model, STRINGS, WORLDS, tokens=6), 2)
        for name in ("stay", "kl"):
            np.testing.assert_array_equal(found[0].strings[name].values, found[1].strings[name].values)

    def test_a_forked_child_is_told(self):
        self.law()
        self.assertIn("forked child", in_child(self.law))


class Studies(LawCase):
    def test_of_a_file(self):
        self.write("s.toml", 'model = "a.gguf"\nfile = "s.jsonl"\npredict = 6\n[worlds]\nhot = "temp:1.5"\n'
                             'sad = "steer:vector.gguf:2"\n')
        self.same(ow.law(ow.study("s.toml"), threads=1).to_json(), self.command("--json"))
        laws = ow.law(ow.study("s.toml"), ["Paris"], {"cold": ow.temperature(0.5)}, tokens=3, seed=9)
        self.same(laws.to_json(), ow.law("a.gguf", ["Paris"], {"cold": ow.temperature(0.5)}, tokens=3,
                                         seed=9).to_json())

    def test_tables(self):
        laws = self.law(agreement=True)
        self.assertEqual(len(laws.strings), 4)
        self.assertEqual(list(laws.strings["world"]), ["hot", "sad"] * 2)
        again = ow.Table.from_arrow(laws)
        self.assertEqual([one.tolist() for one in again["stay"]], [law.stay.tolist() for law in laws])
        self.assertEqual(again["agreement"][0].tolist(), next(iter(laws)).agreement.tolist())
        summary = laws.summary.to_pylist()
        self.assertEqual([one["world"] for one in summary][:2], ["hot", "sad"])
        self.assertEqual(summary[0]["unchanged"], laws["hot"].unchanged.value)
        self.assertEqual(summary[0]["kl_max"], laws["hot"].kl.max)
        self.assertEqual((summary[0]["bounds_low"], summary[0]["bounds_high"]), laws["hot"].bounds)
        self.assertEqual(len(self.law(sweep="temp=0.5:1.5:0.5").table), 3)
        self.assertEqual(len(self.law(threshold="steer.scale=0:8", halvings=2).table), 2)
        self.assertEqual(self.law(law_at="a:0", top=4)["hot"].table["token"].tolist(),
                         [one.token for one in self.law(law_at="a:0", top=4)["hot"].outcomes])


class Refused(LawCase):
    def test_settings(self):
        for settings, part in (
            ({"sweep": "steer.scale=0:2:1", "threshold": "steer.scale"}, "several"),
            ({"sweep": "lora.scale=0:1:1"}, "lora"),
            ({"halvings": 99}, "expected `halvings` from 1 to 24, got 99"),
            ({"top": 0, "law_at": "a:1"}, "expected `top` from 1 to 1000, got 0"),
            ({"law_at": 3}, 'expected "STRING:POSITION" or (string, position) for `law_at`, got 3'),
            ({"law_at": "z:1"}, "z"),
            ({"law_at": "a:99"}, "99"),
            ({"target_text": ""}, "target_text"),
            ({"target_text": 3}, "expected a text for `target_text`, got int"),
            ({"agreement": 1}, "expected True or False for `agreement`, got int"),
            ({"independent": True}, "expected a setting of a law, got `independent`, which only a run has"),
            ({"sede": 3}, "did you mean `seed`?"),
            ({"corpus": "book.txt"}, "expected `corpus` with None for `strings`, got list"),
        ):
            with self.subTest(settings), self.misuses(part):
                self.law(**settings)

    def test_models_and_worlds(self):
        with self.assertRaisesRegex(ow.Error, "no-such.gguf"):
            ow.law("no-such.gguf", ["a"], WORLDS)
        with self.misuses("a world to compare with"):
            ow.law("a.gguf", ["a"], [])
        with self.misuses("strings"):
            ow.law("a.gguf", [], WORLDS)
        with self.assertRaises(ow.Error):
            ow.law("vector.gguf", ["a"], WORLDS)


if __name__ == "__main__":
    unittest.main()

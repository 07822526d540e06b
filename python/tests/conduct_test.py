"""What happens while a run goes on: callbacks, Ctrl-C, logging, threads, forks."""

import itertools
import logging
import os
import signal
import threading
import time
import unittest

import otherwise as ow
from beside import CtrlCAt, counting, ctrl_c, in_child, in_threads, left_by_ctrl_c
from tiny_case import PROMPTS, TinyCase

HOT = ow.World("hot", ow.temperature(1.5))
MANY = {"tokens": 60, "samples": 400, "law": False}


class Callbacks(TinyCase):
    def test_pairs_come_as_lines_and_progress_reaches_its_end(self):
        lines, told = [], []
        result = ow.run(self.model, PROMPTS, HOT, tokens=6, on_pair=lines.append,
                        progress=lambda *arguments: told.append(arguments))
        self.assertEqual([line["lcp"] for line in lines], result.pairs["lcp"].tolist())
        self.assertEqual([line["counterfactual"]["text"] for line in lines], result.pairs["counterfactual"])
        ends = {what: (done, total) for what, done, total in told}
        self.assertEqual(set(ends), {"pairs", "laws"})
        for done, total in ends.values():
            self.assertEqual(done, total)

    def test_what_one_throws_ends_the_run_and_goes_through(self):
        class Own(Exception):
            pass

        def throw(*_):
            raise Own("no more")

        path = self.folder / "run.db"
        with self.assertRaisesRegex(Own, "no more"):
            ow.run(self.model, PROMPTS, HOT, tokens=6, on_pair=throw, output=path)
        with self.assertRaises(Own):
            ow.run(self.model, PROMPTS, HOT, tokens=6, progress=throw)
        self.assertFalse(ow.open(path).finished)
        expected = ow.run(self.model, PROMPTS, HOT, tokens=6).pairs.to_pylist()
        self.assertEqual(ow.open(path).resume().pairs.to_pylist(), expected)

    def test_notes_go_to_logging(self):
        with self.assertLogs("otherwise", logging.INFO) as logged:
            ow.run(self.model, PROMPTS, HOT, tokens=3)
        self.assertRegex("\n".join(logged.output), r"INFO:otherwise:.*MB of contexts")


class CtrlC(TinyCase):
    STRINGS = [f"the king {n}" for n in range(200)]

    def left(self, interrupted):
        result = interrupted.result
        self.assertIsInstance(interrupted, KeyboardInterrupt)
        self.assertFalse(result.finished)
        self.assertIn("done", repr(result))
        self.assertEqual(len(result.strings), len({(p["string"], p["sample"]) for p in result.pairs}))
        return result

    def test_ends_it_and_leaves_what_is_done(self):
        interrupted = left_by_ctrl_c(lambda: ow.run(self.model, self.STRINGS, HOT, **MANY), after=0.7)
        self.assertIn(".result.resume() goes on", str(interrupted))
        self.left(interrupted)

    def test_in_a_bar(self):
        """Where the signal is handled by Python code that the run called."""
        bar = CtrlCAt(lambda done, total: done >= 3)
        with self.assertRaises(ow.Interrupted) as caught:
            ow.run(self.model, self.STRINGS, HOT, progress=bar, parallel=1, **MANY)
        result = self.left(caught.exception)
        self.assertGreaterEqual(len(result), 3)
        done = result.pairs.to_pylist()
        whole = ow.run(self.model, self.STRINGS, HOT, **{**MANY, "samples": len(done)}, limit=1)
        self.assertEqual([p["counterfactual"] for p in done if p["string"] == "1"],
                         whole.pairs["counterfactual"][:len(done)])

    def test_while_a_model_is_probed(self):
        """The default model, in a cache that knows nothing of it."""
        with self.assertRaises(KeyboardInterrupt) as caught, ctrl_c(0.2):
            ow.run(None, PROMPTS, HOT, tokens=200, samples=50, threads=1, output="run.db")
        self.assertNotIsInstance(caught.exception, ow.Interrupted)
        self.assertFalse(os.path.exists("run.db"))

    def test_a_handler_of_the_callers_goes_through(self):
        def handler(*_):
            raise TimeoutError("enough")

        before = signal.signal(signal.SIGALRM, handler)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, 0.7)
        with self.assertRaisesRegex(TimeoutError, "enough"):
            ow.run(self.model, self.STRINGS, HOT, **MANY)


class Together(TinyCase):
    def test_threads_with_one_model_wait_for_each_other(self):
        model = ow.Model(self.model)
        expected = ow.run(model, PROMPTS, HOT, tokens=6).pairs.to_pylist()
        order = []

        def work():
            return ow.run(model, PROMPTS, HOT, tokens=6, progress=False,
                          on_pair=lambda _: order.append(threading.get_ident())).pairs.to_pylist()

        self.assertEqual(in_threads(work, 3), [expected] * 3)
        self.assertEqual(len(list(itertools.groupby(order))), 3)  # one after the other

    def test_other_threads_go_on(self):
        start = time.monotonic()
        with counting() as counted:
            ow.run(self.model, PROMPTS, HOT, tokens=60, samples=100, law=False)
            self.assertGreater(counted[0], 20 * (time.monotonic() - start))

    def test_a_forked_child_gets_one_sentence(self):
        ow.run(self.model, PROMPTS, HOT, tokens=3)
        self.assertEqual(in_child(lambda: ow.run(self.model, PROMPTS, HOT, tokens=3)),
                         "Error: expected the process that worked with models first, got a forked child of it; "
                         "start children by multiprocessing's \"spawn\", or use models in them alone")


if __name__ == "__main__":
    unittest.main()

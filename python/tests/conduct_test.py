"""What happens while a run goes on: callbacks, Ctrl-C, logging, threads, forks."""

import logging
import os
import signal
import threading
import time
import unittest

import otherwise as ow
from scenes import PROMPTS, RunCase

HOT = ow.World("hot", ow.temperature(1.5))
MANY = {"tokens": 60, "samples": 400, "law": False}


class Callbacks(RunCase):
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


class CtrlC(RunCase):
    def test_ends_it_and_leaves_what_is_done(self):
        timer = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
        start = time.monotonic()
        timer.start()
        with self.assertRaises(ow.Interrupted) as caught:
            ow.run(self.model, [f"the king {n}" for n in range(200)], HOT, **MANY)
        self.assertLess(time.monotonic() - start, 20)
        self.assertIsInstance(caught.exception, KeyboardInterrupt)
        result = caught.exception.result
        self.assertFalse(result.finished)
        self.assertIn("done", repr(result))
        self.assertEqual(len(result.strings), len({(p["string"], p["sample"]) for p in result.pairs}))

    def test_a_handler_of_the_callers_goes_through(self):
        def handler(*_):
            raise TimeoutError("enough")

        before = signal.signal(signal.SIGALRM, handler)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, 0.7)
        with self.assertRaisesRegex(TimeoutError, "enough"):
            ow.run(self.model, [f"the king {n}" for n in range(200)], HOT, **MANY)


class Together(RunCase):
    def test_threads_with_one_model_wait_for_each_other(self):
        model = ow.Model(self.model)
        expected = ow.run(model, PROMPTS, HOT, tokens=6).pairs.to_pylist()
        found, busy, most = [], [], [0]

        def listen(*_):
            busy.append(threading.get_ident())
            most[0] = max(most[0], len(set(busy)))

        def work():
            found.append(ow.run(model, PROMPTS, HOT, tokens=6, on_pair=listen).pairs.to_pylist())
            busy.clear()

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, [expected] * 3)

    def test_other_threads_go_on(self):
        counted, stop = [0], threading.Event()

        def count():
            while not stop.is_set():
                counted[0] += 1
                time.sleep(0.001)

        thread = threading.Thread(target=count)
        thread.start()
        start = time.monotonic()
        ow.run(self.model, PROMPTS, HOT, tokens=60, samples=100, law=False)
        taken, gained = time.monotonic() - start, counted[0]
        stop.set()
        thread.join()
        self.assertGreater(gained, 20 * taken)

    def test_a_forked_child_gets_one_sentence(self):
        ow.run(self.model, PROMPTS, HOT, tokens=3)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                ow.run(self.model, PROMPTS, HOT, tokens=3)
                os.write(write, b"it ran")
            except ow.Error as error:
                os.write(write, str(error).encode())
            os._exit(0)
        os.waitpid(child, 0)
        self.assertIn(b"got a forked child of it; start children by multiprocessing's \"spawn\"",
                      os.read(read, 1000))


if __name__ == "__main__":
    unittest.main()

"""Long calls: other threads go on, Ctrl-C ends them."""

import os
import signal
import threading
import time
import unittest

import numpy as np

import otherwise as ow

LAW = np.log(np.full(50_000, 2e-5))
MANY = np.zeros(10**7, np.int32)  # rows of one law: minutes of work


class Calls(unittest.TestCase):
    def interrupted_after(self, seconds, function, *arguments):
        """Seconds until the call ends by Ctrl-C."""
        timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
        start = time.monotonic()
        timer.start()
        with self.assertRaises(KeyboardInterrupt):
            function(*arguments)
        return time.monotonic() - start

    def test_ctrl_c_ends_them(self):
        noise = ow.noise.Field(0).at("a", 0, range(10**6))
        for function, arguments in ((ow.coupling.stay, (LAW, LAW + 1e-3 * LAW, MANY)),
                                    (ow.race, (LAW, noise))):
            self.assertLess(self.interrupted_after(0.3, function, *arguments), 20.0)

    def test_other_threads_go_on(self):
        counted, stop = [0], threading.Event()

        def count():
            while not stop.is_set():
                counted[0] += 1
                time.sleep(0.001)

        thread = threading.Thread(target=count)
        thread.start()
        before = counted[0]
        self.interrupted_after(1.0, ow.coupling.stay, LAW, LAW, MANY)
        gained = counted[0] - before
        stop.set()
        thread.join()
        self.assertGreater(gained, 20)

    def test_two_threads_have_the_same_results(self):
        random = np.random.default_rng(1)
        p, q = random.normal(0, 3, (2, 200, 1000))
        expected = ow.coupling.becomes(p, q, 5)
        results = [None] * 4

        def work(i):
            results[i] = ow.coupling.becomes(p, q, 5)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for result in results:
            np.testing.assert_array_equal(result, expected)

    def test_a_forked_child_computes_on(self):
        expected = ow.coupling.stay(LAW[:100], LAW[:100] * 1.1, 3)
        child = os.fork()
        if child == 0:
            os._exit(0 if ow.coupling.stay(LAW[:100], LAW[:100] * 1.1, 3) == expected else 1)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)


if __name__ == "__main__":
    unittest.main()

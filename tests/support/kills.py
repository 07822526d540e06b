"""Ends the command by SIGKILL at a moment of its work, for tests with unittest."""

import os
import random
import subprocess
import time

from command import COMMAND, Case

WHOLE = 100  # kills in all at $OTHERWISE_KILLS=1


class KillCase(Case):
    """`chance` is seeded by the test's name; `hits` counts what died, and `inside` what died with an
    unfinished file there."""

    def setUp(self):
        super().setUp()
        self.chance = random.Random(os.environ.get("OTHERWISE_KILL_SEED", "1") + self.id())
        self.hits = self.inside = self.tries = 0
        self.pace = {}  # of the seconds that a call was given, with and without a sign: those that are in time
        self.addCleanup(self.tell)

    def tell(self):
        if "OTHERWISE_KILLS" in os.environ:
            print(f"{self.id()}: {self.hits} of {self.tries} killed, {self.inside} of them with an unfinished file")

    def kills(self, whole):
        """How many are wanted of `whole`: $OTHERWISE_KILLS is the share of WHOLE in all."""
        return max(3, round(whole * float(os.environ.get("OTHERWISE_KILLS", "0.2"))))

    def timed(self, *arguments):
        """Seconds of an undisturbed call."""
        start = time.monotonic()
        self.done(self.call(*arguments))
        return time.monotonic() - start

    def kill(self, arguments, seconds, sign=None):
        """Starts the command and kills it within `seconds`; with `sign`, a function that says when it has
        come to its point, within `seconds` from there on. Whether it died of it."""
        self.tries += 1
        with subprocess.Popen(
            [COMMAND, *arguments], cwd=self.folder, env=os.environ | self.own_cache,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            while sign is not None and process.poll() is None and not sign():
                pass  # the moments in question are shorter than any sleep
            pace = self.pace.get(sign is None, 1.0)
            end = time.monotonic() + self.chance.uniform(0, seconds * pace)
            while process.poll() is None and time.monotonic() < end:
                time.sleep(0.0002)
            process.kill()
            died = process.wait(60) == -9
        self.pace[sign is None] = min(1.0, pace * 1.1) if died else pace * 0.8  # a call measured beside other work
        self.hits += died
        self.inside += died and bool(self.unfinished())
        return died

    def unfinished(self, *folders):
        """Names of temporary files, in the cache too."""
        found = []
        for folder in folders or (self.folder, self.own_cache["OTHERWISE_CACHE"]):
            for _, _, names in os.walk(folder):
                found += [name for name in names if ".tmp" in name]
        return found

    def begun(self, out):
        """A sign: the temporary file of `out` is there."""
        return lambda: any(name.startswith(f".{out}.") for name in os.listdir(self.folder))

    def killed(self, wanted, arguments, out, seconds):
        """Kills the command until `wanted` calls have died, every other one once it writes `out`; yields
        after each."""
        died = 0
        while died < wanted:
            self.assertLess(self.tries, 20 + 10 * wanted, "it is too fast to be killed")
            late = self.tries % 2 == 0
            if self.kill(arguments, seconds / 3 if late else seconds, self.begun(out) if late else None):
                died += 1
                yield died

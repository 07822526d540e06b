"""For tests on tiny models: the command's own case, inside its folder."""

import contextlib
import os

import otherwise as ow
from command import Case


class TinyCase(Case):
    """Works in a folder with the models, with a cache of its own; the command is there to compare with."""

    def setUp(self):
        super().setUp()
        before = os.getcwd()
        os.chdir(self.folder)
        self.addCleanup(os.chdir, before)
        kept = os.environ.get("OTHERWISE_CACHE")
        os.environ.update(self.own_cache)
        self.addCleanup(self._restore, kept)

    @staticmethod
    def _restore(kept):
        if kept is None:
            del os.environ["OTHERWISE_CACHE"]
        else:
            os.environ["OTHERWISE_CACHE"] = kept

    def refuses(self, sentence, function, *arguments, **more):
        """A Misuse with this very sentence."""
        with self.assertRaises(ow.Misuse) as caught:
            function(*arguments, **more)
        self.assertEqual(str(caught.exception), sentence)

    @contextlib.contextmanager
    def misuses(self, *parts):
        with self.assertRaises(ow.Misuse) as caught:
            yield
        for part in parts:
            self.assertIn(part, str(caught.exception))
        self.assertNotIn("\n", str(caught.exception))

"""For tests on tiny models: the command's own case, with this process inside its folder."""

import contextlib
import json
import os
from pathlib import Path
from unittest import mock

import otherwise as ow
from command import Case

PROMPTS = ["the king of the river", "old songs were made in", "a ship with", "the letter <b>&"]


class TinyCase(Case):
    """Works in a folder with the models, with a cache of its own; the command is there to compare with."""

    model = "a.gguf"

    def setUp(self):
        super().setUp()
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        own = mock.patch.dict(os.environ, self.own_cache)
        own.start()
        self.addCleanup(own.stop)
        self.cache = Path(os.environ["OTHERWISE_CACHE"])

    def printed(self, *arguments):
        """What the command prints."""
        return self.done(self.call(*map(str, arguments)))

    def lines(self, *arguments):
        """Of run --jsonl -."""
        return [json.loads(line) for line in self.printed("run", *arguments, "--jsonl", "-", "-q").splitlines()
                if line.startswith("{")]

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

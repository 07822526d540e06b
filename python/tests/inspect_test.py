"""What files are, other quantizations: the command's JSON, and what is refused."""

import json
import time
import unittest

import numpy as np

import otherwise as ow
from beside import CtrlCAt, ctrl_c
from tiny import WIDTH
from tiny_case import TinyCase


class Inspect(TinyCase):
    def test_json_is_the_commands(self):
        self.write("old.txt", "the old king\nthe old ship\nold salt\n" * 4)
        self.write("red.txt", "the red king\nthe red ship\nred salt\n" * 4)
        self.done(self.call("fit", "mimic", "old.txt", "red.txt", "-m", "a.gguf", "-t", "1", "-o", "map.gguf"))
        for file in ("a.gguf", "plain.gguf", "spm.gguf", "lora.gguf", "vector.gguf", "map.gguf"):
            theirs = json.loads(self.done(self.call("inspect", file, "--json", "-t", "1")))
            facts = ow.inspect(file, threads=1)
            self.assertEqual(json.loads(facts.to_json()), theirs, file)
            for key, value in theirs.items():
                self.assertTrue(hasattr(facts, key), f"{file}: {key}")
                if not isinstance(value, (list, dict)):
                    self.assertEqual(getattr(facts, key), value)

    def test_fields(self):
        facts = ow.inspect("a.gguf")
        self.assertEqual((facts.kind, facts.width, facts.layers, facts.batch_invariant),
                         ("model", WIDTH, 2, True))
        self.assertEqual({site.node: site.width for site in facts.sites}["l_out"], WIDTH)
        self.assertTrue(facts.chat["system"])
        facts = ow.inspect(ow.Affine({1: np.ones(WIDTH)}))
        self.assertEqual((facts.kind, facts.node, facts.tensors[0].layer), ("affine", "l_out", 1))

    def test_templates(self):
        self.assertEqual(ow.templates(), json.loads(self.done(self.call("inspect", "--chat-templates", "--json"))))

    def test_ctrl_c_ends_it(self):
        """Of the default model, whose hash and probe take seconds."""
        (model,) = (self.cache / "models").glob("*.gguf")
        start = time.monotonic()
        ow.inspect(model, threads=1)
        whole = time.monotonic() - start
        with self.assertRaises(KeyboardInterrupt), ctrl_c(whole / 10):
            start = time.monotonic()
            ow.inspect(model, threads=1)
        self.assertLess(time.monotonic() - start, whole / 2)

    def test_refused(self):
        for path in ("no-such.gguf", "text.gguf", "cut.gguf", self.folder):
            with self.assertRaises(ow.Error) as caught:
                ow.inspect(path)
            self.assertNotIn("\n", str(caught.exception))
        self.refuses("expected a path for `path`, got int", ow.inspect, 3)
        with self.misuses("`threads`"):
            ow.inspect("a.gguf", threads="two")


class Quantize(TinyCase):
    def test_is_the_commands(self):
        self.done(self.call("quantize", "a.gguf", "theirs.gguf", "Q8_0", "-t", "1"))
        file = ow.quantize("a.gguf", self.folder / "ours.gguf", "Q8_0", threads=1)
        self.assertEqual((self.folder / "ours.gguf").read_bytes(), (self.folder / "theirs.gguf").read_bytes())
        self.assertEqual((file.type, file.bytes), ("Q8_0", (self.folder / "ours.gguf").stat().st_size))
        self.assertEqual(json.loads(file.to_json())["from_bytes"], (self.folder / "a.gguf").stat().st_size)
        self.assertIn("Q8_0", ow.quantizations())

    def test_counts_tensors(self):
        seen = []
        ow.quantize("a.gguf", "ours.gguf", "Q8_0", progress=lambda *told: seen.append(told))
        total = seen[-1][2]
        self.assertEqual((seen[0], seen[-1]), (("tensors", 0, total), ("tensors", total, total)))

    def test_ctrl_c_ends_it_and_leaves_nothing(self):
        before = sorted(self.folder.iterdir())
        with self.assertRaises(KeyboardInterrupt):
            ow.quantize("a.gguf", "ours.gguf", "Q8_0", progress=CtrlCAt(lambda done, total: True))
        self.assertEqual(sorted(self.folder.iterdir()), before)

    def test_what_progress_raises_goes_through(self):
        def progress(*_):
            raise ZeroDivisionError("mine")

        with self.assertRaisesRegex(ZeroDivisionError, "mine"):
            ow.quantize("a.gguf", "ours.gguf", "Q8_0", progress=progress)

    def test_refused(self):
        for arguments in (("a.gguf", "b2.gguf", "Q9"), ("vector.gguf", "b2.gguf", "Q8_0"), ("a.gguf", "a.gguf", "F16"),
                          ("no-such.gguf", "b2.gguf", "F16")):
            with self.assertRaises(ow.Error):
                ow.quantize(*arguments)
        self.assertFalse((self.folder / "b2.gguf").exists())


if __name__ == "__main__":
    unittest.main()

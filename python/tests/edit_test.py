"""Facts written into a model: the command's adapters and JSON, and what is refused."""

import json
import unittest

import otherwise as ow
from beside import CtrlCAt
from tiny_case import TinyCase

FACT = "river | the {} was made in | a | iron"
FACTS = [{"id": subject, "subject": subject, "prompt": "the {} was made in", "target_new": new, "target_true": "iron",
          "paraphrases": [f"old {subject} made in"], "neighbors": [["the garden was made in", "salt"]]}
         for subject, new in (("river", "a"), ("song", "b"))]
FAST = {"steps": 5, "prefixes": 1, "covariance_tokens": 300, "layers": 0, "model": "a.gguf", "threads": 1,
        "force": True}
GIVEN = ("--steps", "5", "--prefixes", "1", "--covariance-tokens", "300", "--layers", "0", "-m", "a.gguf", "-t", "1",
         "--force", "--json", "-o", "theirs.gguf")


class EditCase(TinyCase):
    def setUp(self):
        super().setUp()
        self.write("facts.jsonl", "".join(json.dumps(fact) + "\n" for fact in FACTS))

    def same(self, edited, theirs):
        """Equal but for where the adapter lies; the command fails where a limit is missed and prints all the same."""
        ours, theirs = json.loads(edited.to_json()), json.loads(theirs.stdout)
        self.assertEqual({**ours, "output": 0}, {**theirs, "output": 0})


class Edits(EditCase):
    def test_rome_is_the_commands(self):
        theirs = self.call("edit", "rome", "--fact", FACT, *GIVEN)
        edited = ow.edit.rome(FACT, output="ours.gguf", **FAST)
        self.same(edited, theirs)
        self.assertEqual((self.folder / "ours.gguf").read_bytes(), (self.folder / "theirs.gguf").read_bytes())
        self.assertEqual((edited.output, edited.layers), ("ours.gguf", [0]))
        self.assertGreater(edited.after.new_on_prompt, edited.before.new_on_prompt)
        edited.save("again.gguf")
        self.assertEqual((self.folder / "again.gguf").read_bytes(), (self.folder / "theirs.gguf").read_bytes())

    def test_memit_of_a_file_and_of_dicts(self):
        theirs = self.call("edit", "memit", "--facts", "facts.jsonl", *GIVEN)
        for facts in ("facts.jsonl", FACTS, self.folder / "facts.jsonl"):
            self.same(ow.edit.memit(facts, **FAST), theirs)
        one = ow.edit.memit(FACTS, ids="song", **FAST)
        self.assertEqual([fact.id for fact in one.facts], ["song"])
        self.assertEqual(one.facts[0].neighbors[0].prompt, "the garden was made in")

    def test_check(self):
        self.call("edit", "rome", "--fact", FACT, *GIVEN)
        theirs = self.call("edit", "check", "--lora", "theirs.gguf", "-m", "a.gguf", "-t", "1", "--scale", "0.5",
                           "--json")
        checked = ow.edit.check("theirs.gguf", model="a.gguf", threads=1, scale=0.5)
        self.same(checked, theirs)
        with self.misuses("an edit with an adapter to save, got the check of one"):
            checked.save("x.gguf")

    def test_in_a_world(self):
        edited = ow.edit.rome(FACT, **{**FAST, "check": False})
        self.assertIsNone(edited.output)
        laws = ow.law("a.gguf", ["the river"], ow.World("rome", ow.lora(edited)), tokens=4, threads=1)
        self.assertLess(laws["rome"].unchanged.value, 1)

    def test_layers_are_sought(self):
        edited = ow.edit.rome(FACT, **{**FAST, "layers": "auto", "check": False})
        self.assertIn(edited.layers, [trial.layers for trial in edited.sweep])


class CtrlC(EditCase):
    """Searches, then looks at the effect, then scores facts before and after."""

    def pressed(self, when):
        with self.assertRaises(KeyboardInterrupt) as caught:
            ow.edit.rome(FACT, progress=CtrlCAt(when), output="ours.gguf", **FAST)
        return caught.exception

    def test_without_an_adapter_nothing_is_left(self):
        self.assertIs(type(self.pressed(lambda done, total: True)), KeyboardInterrupt)
        self.assertFalse((self.folder / "ours.gguf").exists())

    def test_leaves_an_adapter_without_its_scores(self):
        totals = []

        def scores(_, total):
            totals.append(total)
            return 16 in totals and total != 16

        error = self.pressed(scores)
        self.assertIsInstance(error, ow.Interrupted)
        edited = error.result
        self.assertTrue(edited.interrupted)
        self.assertEqual((edited.before, edited.after, edited.facts), (None, None, []))
        self.assertIsNotNone(edited.effect)
        whole = ow.edit.rome(FACT, **FAST)
        whole.save("whole.gguf")
        self.assertEqual((self.folder / edited.output).read_bytes(), (self.folder / "whole.gguf").read_bytes())


class Refused(EditCase):
    def test_settings(self):
        for settings, part in (
            ({"steps": 0}, "expected `steps` from 1 to 1000, got 0"), ({"layers": "x"}, "layers"),
            ({"layers": 9}, "9"), ({"preset": "gpt5"}, "gpt5"),
            ({"rate": "fast"}, "expected a number for `rate`, got str"),
            ({"ids": ["no-such"]}, "no-such"), ({"memory": "much"}, "memory"),
            ({"corpus": "no-such.txt"}, "no-such.txt"), ({"output": "a.gguf"}, "'a.gguf', which is read"),
            ({"output": self.folder / "no" / "x.gguf"}, "no"),
        ):
            with self.subTest(settings), self.assertRaises(ow.Error) as caught:
                ow.edit.rome(FACT, **{**FAST, **settings})
            self.assertIn(part, str(caught.exception))
            self.assertNotIn("\n", str(caught.exception))
        with self.assertRaisesRegex(TypeError, "'stepps'"):
            ow.edit.memit(FACTS, stepps=3)

    def test_facts(self):
        for facts, part in (
            ("a | b", "SUBJECT"), ([], "fact"), ("no-such.jsonl", "no-such.jsonl"), (3, "`facts`"),
            ([{"prompt": "{} is", "subject": "x"}], "target_new"), (FACTS, "one"),
        ):
            with self.subTest(part), self.assertRaises(ow.Error) as caught:
                ow.edit.rome(facts, **FAST)
            self.assertIn(part, str(caught.exception))
        with self.assertRaises(ow.Error):
            ow.edit.check("vector.gguf", model="a.gguf")


if __name__ == "__main__":
    unittest.main()

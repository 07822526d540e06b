"""Items and worlds: the closed table of kinds, the command's own texts."""

import pickle
import unittest

import otherwise as ow
from otherwise import _otherwise, items

#: One call for each kind, and its text on the command line.
CALLS = {
    "model": (items.model("b.gguf"), "model:b.gguf"),
    "lora": (ow.lora("l.gguf", 0.5, scope="prompt"), "lora:l.gguf:0.5@scope=prompt"),
    "steer": (ow.steer("up.gguf", 1.5, layers=(8, 12)), "steer:up.gguf:1.5@layers=8-12"),
    "ablate": (ow.ablate("up.gguf", layers=3, scope="written"), "ablate:up.gguf@layers=3;scope=written"),
    "affine": (ow.affine("a.gguf", layers=(None, 4)), "affine:a.gguf@layers=-4"),
    "heads": (ow.heads("h.gguf", 2, layers=(5, None)), "heads:h.gguf:2@layers=5-"),
    "patch": (ow.patch("The Colosseum, in", layers=(12, 18), site="attn_out", rows=(-2, -1)),
              'patch:"The Colosseum, in"@site=attn_out;layers=12-18;rows=-2,-1'),
    "nudge": (ow.nudge(1e-5, layers=range(2, 5), seed=3), "nudge:1e-05@layers=2-4;seed=3"),
    "system": (ow.system("Be brief, please: now"), 'system:"Be brief, please: now"'),
    "prefix": (ow.prefix_text("@home"), 'prefix:"@home"'),
    "suffix": (ow.suffix_text("?"), "suffix:?"),
    "do": (ow.do(" Maybe", at=2), "do:2: Maybe"),
    "bias": (ow.bias("12", None), 'bias:"12":off'),
    "temp": (ow.temperature(0.7), "temp:0.7"),
    "top-k": (ow.top_k(40), "top-k:40"),
    "top-p": (ow.top_p(0.9), "top-p:0.9"),
    "min-p": (ow.min_p(0.05), "min-p:0.05"),
    "ctk": (ow.cache_keys("q8_0"), "ctk:q8_0"),
    "ctv": (ow.cache_values("f16"), "ctv:f16"),
    "fa": (ow.flash_attention("off"), "fa:off"),
    "weights": (ow.weights("f32"), "weights:f32"),
}


class Items(unittest.TestCase):
    def test_there_is_a_function_for_each_kind_of_the_table(self):
        words = [word for word, _ in _otherwise.kinds()]
        self.assertEqual(sorted(items.BY_KIND), sorted(words))
        self.assertEqual(sorted(CALLS), sorted(words))

    def test_whose_name_messages_know(self):
        for word, function in items.BY_KIND.items():
            self.assertEqual(_otherwise.python_kind(word), function.__name__)

    def test_which_takes_what_the_kind_takes(self):
        for word, takes in _otherwise.kinds():
            names = items.BY_KIND[word].__code__.co_varnames[:items.BY_KIND[word].__code__.co_argcount
                                                              + items.BY_KIND[word].__code__.co_kwonlyargcount]
            for option in takes:
                if option == "as" or (word, option) == ("bias", "scale"):  # do's tokens, bias's nats
                    continue
                self.assertIn(option, names, word)

    def test_they_are_the_commands_items(self):
        for word, (item, text) in CALLS.items():
            self.assertEqual(str(item), text, word)
            self.assertEqual(item, ow.item(text), word)

    def test_tokens_and_texts_are_told_apart(self):
        self.assertEqual(str(ow.do([3, 4], at=1)), "do:1:3 4@as=tokens")
        self.assertEqual(str(ow.bias(12, -2)), "bias:12:-2")
        self.assertNotEqual(ow.bias(12, 1.0), ow.bias("12", 1.0))

    def test_wrong_ones_are_refused(self):
        for wrong, reason in (
            (lambda: ow.steer(3), "path of a file, got int"),
            (lambda: ow.steer(""), "a file after steer"),
            (lambda: ow.steer("a", "x"), "a number for `scale`, got str"),
            (lambda: ow.steer("a", float("nan")), "a finite scale"),
            (lambda: ow.steer("a", layers=(3, 1)), "layers as A-B"),
            (lambda: ow.steer("a", layers=1.5), "whole number for `layers`"),
            (lambda: ow.steer("a", scope="wrote"), "a scope, one of prompt written all"),
            (lambda: ow.temperature(-1), "a temperature from 0"),
            (lambda: ow.top_k(True), "whole number for `count`"),
            (lambda: ow.system(3), "a text, got int"),
            (lambda: ow.do("", 0), "a text that is not empty|TEXT"),
            (lambda: ow.item("stear:x"), "did you mean"),
            (lambda: ow.patch("x", layers=0, rows=1.5), "whole number for `rows`"),
            (lambda: ow.World("null"), "a name of your own"),
            (lambda: ow.World("a", 3), "an item such as"),
        ):
            with self.assertRaisesRegex(ow.Misuse, reason):
                wrong()


class Worlds(unittest.TestCase):
    def test_are_the_commands_worlds(self):
        world = ow.World("up", ow.steer("up.gguf", 1.5, layers=(8, 12)), "temp:0.7")
        self.assertEqual(str(world), "up=steer:up.gguf:1.5@layers=8-12,temp:0.7")
        self.assertEqual(world, ow.World.parse(str(world)))
        self.assertEqual([str(item) for item in world.items], ["steer:up.gguf:1.5@layers=8-12", "temp:0.7"])
        self.assertIn("layers 8–12", repr(world))


class Models(unittest.TestCase):
    def test_are_plain_values(self):
        model = ow.Model("m.gguf", ow.weights("f32"), temp=0.7)
        again = pickle.loads(pickle.dumps(model))
        self.assertEqual(repr(again), repr(model))
        self.assertEqual(repr(model), "Model('m.gguf', weights:f32, temp=0.7)")

    def test_wrong_settings_are_named(self):
        with self.assertRaisesRegex(ow.Misuse, "a setting of ow.Model, got `tmp`; did you mean `temp`"):
            ow.Model("m.gguf", tmp=1)
        with self.assertRaisesRegex(ow.Misuse, "the path of a model, got int"):
            ow.Model(3)


if __name__ == "__main__":
    unittest.main()

"""Fits of texts and of states: the command's files and JSON, and what is refused."""

import json
import unittest

import numpy as np

import otherwise as ow
from beside import ctrl_c, in_threads
from otherwise import _otherwise
from tiny import HEADS, WIDTH
from tiny_case import TinyCase

GLAD = [f"the {a} {b} was great" for a in ("king", "queen", "child", "ship") for b in ("song", "house", "garden")] * 2
GRIM = [text.replace("great", "old") for text in GLAD]
MORE = [text.replace("great", "red") for text in GLAD]
RANDOM = np.random.default_rng(3)


class FitCase(TinyCase):
    def setUp(self):
        super().setUp()
        for name, texts in (("glad", GLAD), ("grim", GRIM), ("more", MORE)):
            self.write(f"{name}.txt", "\n".join(texts) + "\n")

    def command(self, method, *arguments):
        return json.loads(self.done(self.call("fit", method, *arguments, "-m", "a.gguf", "-t", "1", "-o", "out.gguf",
                                              "--json")))


class Texts(FitCase):
    def test_each_method_of_the_command(self):
        self.assertEqual(sorted(ow.fit.METHODS), sorted(_otherwise.fit_method_names()))

    def test_files_are_the_commands(self):
        for method, settings, arguments in (
            ("direction", {}, []),
            ("direction", {"by": "pca-centred", "unit": True, "layers": 1, "pool": "mean", "chat": True},
             ["--by", "pca-centred", "--length", "unit", "--layers", "1", "--pool", "mean", "--chat"]),
            ("mimic", {"mean_only": True, "site": "mlp", "layers": (0, 1), "held_out": 0.4},
             ["--mean-only", "--site", "mlp", "--layers", "0-1", "--held-out", "0.4"]),
            ("leace", {"layers": "auto", "limit": 20}, ["--layers", "auto", "--limit", "20"]),
            ("iti", {"heads": 2}, ["--heads", "2"]),
        ):
            with self.subTest(method, **settings):
                theirs = self.command(method, "glad.txt", "grim.txt", *arguments)
                fitted = getattr(ow.fit, method)("glad.txt", "grim.txt", model="a.gguf", threads=1, **settings)
                self.assertEqual(json.loads(fitted.to_json("out.gguf")), theirs)
                fitted.save(self.folder / "ours.gguf")
                self.assertEqual((self.folder / "ours.gguf").read_bytes(), (self.folder / "out.gguf").read_bytes())
                self.assertEqual(fitted.notes, theirs["notes"])
                self.assertEqual([layer.layer for layer in fitted.layers],
                                 [layer["layer"] for layer in theirs["layers"]])

    def test_three_sets_and_lists_of_texts(self):
        theirs = self.command("leace", "glad.txt", "grim.txt", "more.txt")
        ours = ow.fit.leace(GLAD, GRIM, MORE, model=ow.Model("a.gguf", threads=1))
        self.assertEqual([vars(layer.accuracy) for layer in ours.layers],
                         [one["accuracy"] for one in theirs["layers"]])
        for layer, one in ow.Affine.load("out.gguf").maps.items():
            for part, values in one.parts.items():
                np.testing.assert_array_equal(ours.vector.maps[layer].parts[part], values)

    def test_settings_of_the_model(self):
        chat = ow.fit.direction(GLAD, GRIM, model=ow.Model("a.gguf", chat=True, temp=0.5))
        self.assertEqual(chat.to_json(), ow.fit.direction(GLAD, GRIM, model="a.gguf", chat=True).to_json())
        plain = ow.fit.direction(GLAD, GRIM, model=ow.Model("a.gguf", chat=True), chat=False)
        self.assertNotEqual(plain.to_json(), chat.to_json())
        self.assertEqual(plain.to_json(), ow.fit.direction(GLAD, GRIM, model="a.gguf").to_json())

    def test_in_a_world(self):
        fitted = ow.fit.direction(GLAD, GRIM, model="a.gguf")
        self.assertIsInstance(fitted.vector, ow.ControlVector)
        self.assertGreater(fitted.step, 0)
        for given in (fitted, fitted.vector):
            laws = ow.law("a.gguf", GLAD[:2], ow.World("up", ow.steer(given, fitted.step)), tokens=4, threads=1)
            self.assertLess(laws["up"].unchanged.value, 1)

    def test_an_exception_in_the_bar_ends_it(self):
        def progress(done, total):
            raise ZeroDivisionError

        sets = [("a", GLAD), ("b", GRIM)]
        with self.assertRaises(ZeroDivisionError):
            _otherwise.fit_texts("direction", sets, {"model": "a.gguf"}, _otherwise.Work(), progress)

    def test_ctrl_c_ends_it(self):
        many = [[f"{text} {i}" for i in range(2000) for text in texts] for texts in (GLAD, GRIM)]
        with self.assertRaises(KeyboardInterrupt), ctrl_c(1.0):  # the whole takes 40 s
            ow.fit.direction(*many, model="a.gguf", threads=1, progress=False)

    def test_two_threads_and_one_model(self):
        model = ow.Model("a.gguf", threads=1)
        found = in_threads(lambda: ow.fit.leace(GLAD, GRIM, model=model, layers=1), 2)
        self.assertEqual(*(json.loads(one.to_json()) for one in found))


class States(FitCase):
    def sets(self, n=40, width=6):
        first = RANDOM.normal(0, 1, (n, width))
        second = RANDOM.normal(0, 1, (n + 2, width))
        first[:, 0] += 4
        return {3: first, 5: first * 2}, {3: second, 5: second}

    def test_the_difference_of_means(self):
        first, second = self.sets()
        fitted = ow.fit.direction(first, second, held_out=0.0)
        for layer in (3, 5):
            np.testing.assert_allclose(fitted.vector.directions[layer],
                                       first[layer].mean(0) - second[layer].mean(0), rtol=1e-4, atol=1e-5)

    def test_leace_and_mimic(self):
        first, second = self.sets(400)
        erased = ow.fit.leace(first, second, layers="all", held_out=0.0).vector.maps[3]
        np.testing.assert_allclose(erased(first[3]).mean(0), erased(second[3]).mean(0), atol=1e-3)
        moved = ow.fit.mimic(first, second, layers="all", held_out=0.0).vector.maps[3]
        np.testing.assert_allclose(moved(second[3]).mean(0), first[3].mean(0), atol=1e-3)
        np.testing.assert_allclose(np.cov(moved(second[3]).T), np.cov(first[3].T), atol=0.05)

    def test_heads(self):
        first, second = self.sets()
        fitted = ow.fit.iti(first, second, n_head=2, heads=1)
        self.assertEqual((fitted.vector.n_head, fitted.vector.head_width), (2, 3))
        chosen = [head for head in fitted.heads if head.chosen]
        self.assertEqual([head.head for head in chosen], [0])

    def test_refused(self):
        first, second = self.sets()
        for sets, settings, part in (
            ((first, GLAD), {}, "sets of texts or sets of states"),
            ((first, {3: second[3]}), {}, "expected the layers [3, 5] in set 2, got [3]"),
            ((first, {3: second[3], 5: second[5][:, :4]}), {}, "set 2"),
            (({3: first[3][0]}, {3: second[3]}), {}, "expected states [texts, width] in layer 3 of set 1"),
            (({3: first[3] * np.nan}, {3: second[3]}), {}, "finite"),
            ((first, second), {"pool": "mean", "model": "a.gguf"}, "expected no `model` with sets of states"),
            (({}, second), {}, "expected at least one layer in `set 1`, got none"),
            (({"three": first[3]}, second), {}, "expected layers as whole numbers in `set 1`, got 'three'"),
            (({3: [[1.0], [1.0, 2.0]]}, second), {}, "expected an array for `layer 3 of set 1`"),
        ):
            with self.subTest(part), self.assertRaises(ow.Error) as caught:
                ow.fit.direction(*sets, **settings)
            self.assertIn(part, str(caught.exception))
        with self.misuses("`n_head` with sets of states"):
            ow.fit.iti(first, second)
        with self.misuses("`n_head` that divides the width 6"):
            ow.fit.iti(first, second, n_head=4)


class Refused(FitCase):
    def test_settings(self):
        for settings, part in (
            ({"by": "median"}, "median"), ({"site": "nowhere"}, "nowhere"), ({"layers": "x"}, "layers"),
            ({"layers": (0, 99)}, "99"), ({"held_out": 0.9}, "expected `held_out` from 0 to 0.5, got 0.9"),
            ({"pool": "middle"}, "middle"), ({"unit": "yes"}, "expected True or False for `unit`, got str"),
            ({"system": "Be kind."}, "chat"), ({"layers": [1.5]}, "layers"), ({"model": 3}, "a model"),
            ({"model": ow.Model("a.gguf", ow.temperature(2))}, "a model without items"),
        ):
            with self.subTest(settings), self.assertRaises(ow.Error) as caught:
                ow.fit.direction(GLAD, GRIM, **{"model": "a.gguf", **settings})
            self.assertIn(part, str(caught.exception))
            self.assertNotIn("\n", str(caught.exception))
        with self.assertRaisesRegex(TypeError, "'lenght'"):
            ow.fit.direction(GLAD, GRIM, lenght=1)
        with self.assertRaisesRegex(TypeError, "'heads'"):
            ow.fit.direction(GLAD, GRIM, heads=1)

    def test_sets(self):
        for sets, part in (((GLAD, "no-such.txt"), "no-such.txt"), ((GLAD, [1]), "expected texts in set 2, got int"),
                           ((GLAD, 3), "expected a file or a list of texts for set 2, got int"),
                           ((GLAD, GLAD), "the same texts"), ((GLAD[:1], GRIM), "texts")):
            with self.subTest(part), self.assertRaises(ow.Error) as caught:
                ow.fit.direction(*sets, model="a.gguf")
            self.assertIn(part, str(caught.exception))


if __name__ == "__main__":
    unittest.main()

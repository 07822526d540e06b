"""Vectors from arrays: to and from GGUF, in worlds without a file, and what is refused."""

import json
import os
import pickle
import subprocess
import sys
import unittest

import numpy as np

import otherwise as ow
from tiny import HEADS, LAYERS, WIDTH
from tiny_case import TinyCase

RANDOM = np.random.default_rng(5)
DIRECTION = RANDOM.normal(0, 1, WIDTH)


class VectorCase(TinyCase):
    def json_of(self, world, *more):
        return json.loads(self.done(self.run_tiny("-p", "the king", "--world", world, "--json", *more)))


class Files(VectorCase):
    def test_a_control_vector_comes_back(self):
        vector = ow.ControlVector({1: DIRECTION}, model_hint="llama", notes={
            "otherwise.fit.method": "probe", "otherwise.fit.accuracy": 0.5, "otherwise.fit.n": 3})
        vector.save(self.folder / "v.gguf")
        again = ow.ControlVector.load(self.folder / "v.gguf")
        np.testing.assert_array_equal(again.directions[1], DIRECTION.astype(np.float32))
        self.assertEqual((again.layers, again.width, again.model_hint), ([1], WIDTH, "llama"))
        self.assertEqual(again.notes, vector.notes)
        again.save(self.folder / "w.gguf")
        self.assertEqual((self.folder / "v.gguf").read_bytes(), (self.folder / "w.gguf").read_bytes())

    def test_another_tools_file(self):
        vector = ow.ControlVector.load("vector.gguf")
        self.assertEqual(vector.width, WIDTH)
        self.assertEqual(ow.inspect(vector).kind, "control_vector")

    def test_affine_maps_come_back_in_each_form(self):
        bias, weight = RANDOM.normal(0, 1, WIDTH), RANDOM.normal(0, 1, (WIDTH, WIDTH))
        down, up = RANDOM.normal(0, 1, (2, WIDTH)), RANDOM.normal(0, 1, (WIDTH, 2))
        maps = {"shift": ow.AffineMap(bias), "dense": ow.AffineMap(bias, weight=weight),
                "diagonal": ow.AffineMap(bias, diagonal=bias),
                "low rank": ow.AffineMap(bias, down=down, up=up)}
        states = RANDOM.normal(0, 1, (5, WIDTH)).astype(np.float32)
        for name, one in maps.items():
            affine = ow.Affine({0: one, 1: bias}, site="mlp")
            affine.save(self.folder / "a.gguf")
            again = ow.Affine.load(self.folder / "a.gguf")
            self.assertEqual((again.node, again.layers), ("ffn_out", [0, 1]), name)
            self.assertEqual(set(again.maps[0].parts), set(one.parts), name)
            for part, values in one.parts.items():
                np.testing.assert_array_equal(again.maps[0].parts[part], values)
            np.testing.assert_allclose(again.maps[0](states), states @ one.matrix().T + one.bias,
                                       rtol=1e-4, atol=1e-4)

    def test_heads_come_back(self):
        shifts = RANDOM.normal(0, 1, (HEADS, WIDTH // HEADS))
        ow.Heads({1: shifts}).save(self.folder / "h.gguf")
        again = ow.Heads.load(self.folder / "h.gguf")
        np.testing.assert_array_equal(again.shifts[1], shifts.astype(np.float32))
        self.assertEqual((again.n_head, again.head_width), (HEADS, WIDTH // HEADS))

    def test_what_fit_writes(self):
        self.write("a.txt", "the king\nthe queen\nthe child\n" * 8)
        self.write("b.txt", "old salt\nold iron\nold glass\n" * 8)
        for method, kind in (("direction", ow.ControlVector), ("leace", ow.Affine), ("iti", ow.Heads)):
            self.done(self.call("fit", method, "a.txt", "b.txt", "-m", "a.gguf", "-t", "1", "-o", "f.gguf"))
            loaded = kind.load("f.gguf")
            self.assertEqual(loaded.notes["otherwise.fit.method"], method)
            loaded.save("again.gguf")
            for path in (self.folder / "f.gguf", self.folder / "again.gguf"):
                self.assertEqual(json.loads(ow.inspect(path).to_json())["tensors"],
                                 json.loads(ow.inspect("f.gguf").to_json())["tensors"])


class Worlds(VectorCase):
    def test_without_a_file(self):
        vector = ow.ControlVector({1: 3 * DIRECTION})
        vector.save(self.folder / "v.gguf")
        item = ow.steer(vector, 1.5)
        path = str(item).split(":")[1]
        self.assertTrue(os.path.isfile(path))
        self.assertEqual(self.json_of(f"w=steer:{path}:1.5")["worlds"][0]["unchanged"],
                         self.json_of("w=steer:v.gguf:1.5")["worlds"][0]["unchanged"])
        self.assertEqual(str(ow.steer(ow.ControlVector({1: 3 * DIRECTION}), 1.5)), str(item))
        self.assertNotEqual(str(ow.steer(ow.ControlVector({1: 2 * DIRECTION}), 1.5)), str(item))

    def test_each_kind(self):
        shift = ow.Affine({LAYERS - 1: DIRECTION})
        heads = ow.Heads({0: np.ones((HEADS, WIDTH // HEADS))})
        for item in (ow.steer(shift, 2), ow.ablate(ow.ControlVector({1: DIRECTION})), ow.affine(shift),
                     ow.heads(heads, 2)):
            law = ow.law("a.gguf", ["the king"], ow.World("w", item), tokens=4, threads=1)
            self.assertLess(law["w"].unchanged.value, 1.0)

    def test_files_go_with_the_process(self):
        program = """
import os, sys
import otherwise as ow
vector = ow.ControlVector({1: [1.0]})
print(os.fspath(vector), flush=True)
if os.fork() == 0:
    print(os.fspath(vector), flush=True)
    sys.exit(0)
os.wait()
assert os.path.exists(os.fspath(vector))
print("last")
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        own, childs, last = done.stdout.split()
        self.assertEqual(last, "last")
        self.assertNotEqual(own, childs)
        for path in (own, childs):
            self.assertRegex(path, r"otherwise-.*[0-9a-f]{16}\.gguf$")
            self.assertFalse(os.path.exists(os.path.dirname(path)))

    def test_another_model(self):
        narrow = ow.ControlVector({1: DIRECTION[:32]})
        with self.assertRaisesRegex(ow.Error, "width 64.*32"):
            ow.law("a.gguf", ["the king"], ow.World("w", ow.steer(narrow)), tokens=2, threads=1)
        with self.assertRaisesRegex(ow.Error, "layer"):
            ow.law("a.gguf", ["the king"], ow.World("w", ow.steer(ow.ControlVector({9: DIRECTION}))),
                   tokens=2, threads=1)

    def test_pickled(self):
        vector = pickle.loads(pickle.dumps(ow.ControlVector({1: DIRECTION})))
        self.assertEqual(str(ow.steer(vector)), str(ow.steer(ow.ControlVector({1: DIRECTION}))))


class Refused(VectorCase):
    def test_control_vectors(self):
        bad = DIRECTION.copy()
        bad[3] = np.nan
        for directions, sentence in (
            ({}, "expected at least one layer in `directions`, got none"),
            ([DIRECTION], "expected {layer: array} for `directions`, got list"),
            ({0: DIRECTION}, "expected layers from 1 in `directions`, got 0; llama.cpp's control vectors have "
                             "no block 0; a shift of any layer is Affine({0: array})"),
            ({"1": DIRECTION}, "expected layers as whole numbers in `directions`, got '1'"),
            ({1: bad}, "expected numbers that float32 can hold in `layer 1`, got NaN at [3]"),
            ({1: DIRECTION * 1e300}, None),
            ({1: DIRECTION.reshape(8, 8)}, "expected an array with the shape [width] for `layer 1`, got the "
                                           "shape (8, 8)"),
            ({1: DIRECTION, 2: DIRECTION[:8]}, "expected width 64 as in layer 1, got 8 in layer 2"),
            ({1: ["a"]}, "expected numbers in `layer 1`, got list of <U1"),
            ({1: []}, "expected an array with the shape [width] for `layer 1`, got the shape (0,)"),
        ):
            if sentence is None:
                self.assertRaises(ow.Misuse, ow.ControlVector, directions)
            else:
                self.refuses(sentence, ow.ControlVector, directions)

    def test_affine_maps(self):
        square = np.eye(4)
        for arguments, sentence in (
            ({}, "expected a `bias` or a W, got neither"),
            ({"weight": square, "diagonal": np.ones(4)}, "expected one form of W, got `weight` and `diagonal`"),
            ({"down": np.ones((1, 4))}, "expected `down` and `up` together, got `down` alone"),
            ({"weight": np.ones((4, 3))}, "expected the shape (4, 4) of `weight`, got (4, 3)"),
            ({"bias": np.ones(3), "weight": square}, "expected the shape (3, 3) of `weight`, got (4, 4)"),
            ({"down": np.ones((5, 4)), "up": np.ones((4, 5))}, "expected a rank up to the width, 4, got 5"),
        ):
            self.refuses(sentence, ow.AffineMap, **arguments)
        with self.assertRaisesRegex(ow.Misuse, "node"):
            ow.Affine({0: np.ones(4)}, site="no such\nsite").save(self.folder / "x.gguf")

    def test_heads(self):
        self.refuses("expected shifts of the shape (2, 3) as in the first layer, got (3, 2) in layer 1", ow.Heads,
                     {0: np.ones((2, 3)), 1: np.ones((3, 2))})

    def test_files(self):
        for kind in (ow.ControlVector, ow.Affine, ow.Heads):
            with self.assertRaisesRegex(ow.Error, "no-such"):
                kind.load("no-such.gguf")
            with self.assertRaises(ow.Error):
                kind.load("a.gguf")
        with self.assertRaises(ow.Error):
            ow.Affine.load("vector.gguf")
        with self.assertRaises(ow.Error):
            ow.ControlVector({1: DIRECTION}).save(self.folder / "no" / "such" / "folder.gguf")
        with self.assertRaisesRegex(ow.Misuse, "otherwise.fit"):
            ow.ControlVector({1: DIRECTION}, notes={"mine": 1}).save(self.folder / "x.gguf")


if __name__ == "__main__":
    unittest.main()

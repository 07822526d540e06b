"""What is asked for and cannot be, in the very words: inputs of another shape, type or model, what a
caller's own code throws, files of newer versions. Threads and forked children: conduct_test."""

import sqlite3
import unittest
from contextlib import closing

import numpy as np

import otherwise as ow
from tiny import WIDTH
from tiny_case import PROMPTS, TinyCase

HOT = {"hot": ow.temperature(1.5)}
P, Q = np.log([0.5, 0.3, 0.2]), np.log([0.2, 0.3, 0.5])

ARRAYS = (
    (lambda: ow.coupling.stay(1.0, Q, 0), "expected an array with an axis of tokens for `log_p`, got a single number"),
    (lambda: ow.coupling.stay(P, Q[:2], 0), "expected `log_p` and `log_q` over the same tokens, got 3 and 2; pad the "
                                            "shorter with -inf, of probabilities with 0"),
    (lambda: ow.coupling.stay(np.tile(P, (4, 1)), np.tile(Q, (3, 1)), 0),
     "expected leading axes that broadcast, got (4,) of `log_p` and (3,) of `log_q` and () of `token`"),
    (lambda: ow.coupling.stay(P.astype("float16"), Q, 0),
     'expected float32 or float64 in `log_p`, got float16; convert it by .astype("float64")'),
    (lambda: ow.coupling.stay(P, Q, 0.5), "expected tokens in `token`, got float of float64"),
    (lambda: ow.coupling.stay(P, Q, 3), "expected tokens from 0 to 2 in `token`, got 3"),
    (lambda: ow.coupling.becomes([P, np.array([0, np.nan, 0])], Q, 0),
     "expected logits without NaN and +inf in `log_p`, got NaN at [1, 1]"),
    (lambda: ow.stay([0.5, 0.5], [2.0, 1.0], 0),
     "expected rows of `q` that sum to 1, got 3; otherwise.coupling takes logits and log-probabilities"),
    (lambda: ow.race(P, ow.noise.Field(0)), "expected float32 or float64 in `noise`, got Field"),
    (lambda: ow.ControlVector({1: np.full(4, np.nan)}),
     "expected numbers that float32 can hold in `layer 1`, got NaN at [0]"),
    (lambda: ow.ControlVector({1: np.ones((2, 2))}),
     "expected an array with the shape [width] for `layer 1`, got the shape (2, 2)"),
)

#: Of a model of llama's kind, width 64, layers 0 and 1.
FILES = {
    "vector-narrow.gguf": (ow.steer, f"expected directions of width {WIDTH} (the model's at l_out), got 32 in "
                                     "vector-narrow.gguf; use a file made for this model"),
    "vector-high.gguf": (ow.steer, "expected a direction for one of the layers 0-1, got directions for layers 9-9 in "
                                   "vector-high.gguf; choose other layers"),
    "lora-qwen2.gguf": (ow.lora, "expected a LoRA adapter for the model, got one for qwen2 where the model is llama, "
                                 "'lora-qwen2.gguf'"),
    "lora-narrow.gguf": (ow.lora, "expected a LoRA adapter for the model, got lora_a of 'blk.0.attn_output.weight' is "
                                  "32 x 2 where the model's 64 x 64 asks for 64 x 2, 'lora-narrow.gguf'"),
    "embedder.gguf": (ow.model, "expected a language model, got an encoder, which writes no text (architecture bert), "
                                "'embedder.gguf'; only decoder models are supported"),
    "no-such.gguf": (ow.model, "expected a GGUF file, got no such file, 'no-such.gguf'"),
}


class Arrays(unittest.TestCase):
    def test_shapes_types_and_nan(self):
        for ask, sentence in ARRAYS:
            with self.subTest(sentence), self.assertRaises(ow.Misuse) as caught:
                ask()
            self.assertEqual(str(caught.exception), sentence)


class Files(TinyCase):
    def test_of_another_model(self):
        for file, (item, sentence) in FILES.items():
            for ask in (ow.run, ow.law):
                with self.subTest(file, ask=ask.__name__), self.assertRaises(ow.Error) as caught:
                    ask(self.model, PROMPTS, ow.World("w", item(file)), tokens=3)
                self.assertEqual(str(caught.exception), sentence)

    def test_what_to_use_instead_is_named_in_python(self):
        ow.Affine({0: np.ones(WIDTH)}).save("affine.gguf")
        for item, reason in ((ow.steer("a.gguf"), "; it is a model; use it with `ow.World(\"NAME\", ow.model(\"FILE\"))`"),
                             (ow.heads("affine.gguf"), "; use it with `ow.affine(…)`"),
                             (ow.affine("vector.gguf"), "; use it with `ow.steer(…)` or `ow.ablate(…)`"),
                             (ow.system("be kind"), " with `ow.system(…)` and no `chat`; add `chat`, or use "
                                                    "`ow.prefix_text(…)` for text before the prompt"),
                             (ow.affine(ow.Affine({0: np.ones(WIDTH), 9: np.ones(WIDTH)})), "; choose layers with `layers`"),
                             (ow.do("king", at=9), "expected `ow.do(…)` within the strings' 3 tokens")):
            with self.subTest(reason), self.assertRaises(ow.Error) as caught:
                ow.run(self.model, PROMPTS, ow.World("w", item), tokens=3)
            self.assertIn(reason, str(caught.exception))

    def test_notes_that_warn_are_warnings(self):
        with self.assertLogs("otherwise", "INFO") as logged:
            ow.log.note("WARNING: the model is odd")
            ow.log.note("it is read")
        self.assertEqual(logged.output, ["WARNING:otherwise:the model is odd", "INFO:otherwise:it is read"])

    def test_a_vector_of_another_width(self):
        with self.assertRaises(ow.Error) as caught:
            ow.run(self.model, PROMPTS, ow.World("w", ow.steer(ow.ControlVector({1: np.ones(8)}))), tokens=3)
        self.assertRegex(str(caught.exception), rf"^expected directions of width {WIDTH} \(the model's at l_out\), got 8 in "
                                                r"\S+\.gguf; use a file made for this model$")

    def test_a_run_file_of_a_newer_version(self):
        ow.run(self.model, PROMPTS[:1], HOT, tokens=3, output="run.db")
        with closing(sqlite3.connect("run.db")) as file:
            file.execute("INSERT INTO migrations VALUES ('9999 next', 'now')")
            file.commit()
        for ask in (ow.open, lambda path: ow.score(ow.open(path))):
            with self.assertRaises(ow.Error) as caught:
                ask("run.db")
            self.assertEqual(str(caught.exception), "expected a run file of this version of otherwise or an older one, "
                                                    "got 'run.db' with the newer schema '9999 next'; use the version "
                                                    "that made it, or a newer one")

    def test_paths_that_are_none(self):
        for ask, sentence in (
            (lambda: ow.open(3), "expected a path for `path`, got int"),
            (lambda: ow.study(None), "expected a path for `path`, got NoneType"),
            (lambda: ow.inspect(3.5), "expected a path for `path`, got float"),
            (lambda: ow.Model(3), "expected the path of a model, got int"),
            (lambda: ow.steer(3), "expected the path of a file, got int"),
            (lambda: ow.run(self.model, PROMPTS, HOT, output=3), "expected a path for `output`, got int"),
            (lambda: ow.run(self.model, PROMPTS, HOT, shard=3), 'expected a part such as "2/5" for `shard`, got int'),
            (lambda: ow.run(self.model, PROMPTS[:1], HOT, tokens=3).report(3), "expected a path for `path`, got int"),
            (lambda: ow.run(self.model, PROMPTS[:1], HOT, tokens=3).save(3), "expected a path for `path`, got int"),
        ):
            self.refuses(sentence, ask)


class Thrown(TinyCase):
    """By a caller's own code, which the library calls: it comes out as it went in."""

    class Own(Exception):
        pass

    def texts(self):
        yield "the king"
        raise self.Own("mine")

    def test_by_a_generator(self):
        for ask in (lambda: ow.run(self.model, self.texts(), HOT, output="run.db"),
                    lambda: ow.law(self.model, self.texts(), HOT),
                    lambda: ow.score(self.texts()),
                    lambda: ow.fit.direction(self.texts(), ["a"], model=self.model),
                    lambda: ow.edit.memit(self.texts(), model=self.model)):
            with self.assertRaisesRegex(self.Own, "^mine$"):
                ask()
        self.assertFalse((self.folder / "run.db").exists())

    def test_by_a_generator_within_a_callback(self):
        """A bar that is one: `send` of it throws at the second step."""
        def bar():
            yield
            raise self.Own("mine")

        for ask in (lambda told: ow.run(self.model, PROMPTS, HOT, tokens=6, progress=told, output="run.db"),
                    lambda told: ow.run(self.model, PROMPTS, HOT, tokens=6, on_pair=told),
                    lambda told: ow.law(self.model, PROMPTS * 20, HOT, tokens=6, parallel=1, progress=told),
                    lambda told: ow.quantize(self.model, "q.gguf", "Q8_0", progress=told)):
            steps = bar()
            with self.assertRaisesRegex(self.Own, "^mine$"):
                ask(lambda *_: next(steps))
        self.assertFalse(ow.open("run.db").finished)
        self.assertFalse((self.folder / "q.gguf").exists())


if __name__ == "__main__":
    unittest.main()

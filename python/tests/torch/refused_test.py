"""What makes no sense is refused in one clear line, and what is doubtful is said."""

import contextlib
import logging
import subprocess
import sys
import tempfile
import unittest

import torch
import transformers

import otherwise as ow
import tiny_torch

WORDS = tiny_torch.tokenizer()
MODEL = tiny_torch.model(WORDS)
OTHER = tiny_torch.nudged(MODEL)


def run(model=MODEL, worlds=None, words=WORDS, strings=("Once", "My dog"), **settings):
    return ow.torch.run(model, {"other": OTHER} if worlds is None else worlds, words, strings,
                        **{"tokens": 4, **settings})


class Refused(unittest.TestCase):
    def refused(self, call, *words):
        with self.assertRaises(ow.Error) as raised:
            call()
        text = str(raised.exception)
        self.assertNotIn("\n", text)
        self.assertRegex(text, "^expected .*, got ")
        for word in words:
            self.assertIn(word, text)

    def test_no_torch(self):
        """Another interpreter without it says what to install; the rest of the package works."""
        code = ("import sys; sys.modules['torch'] = None\nimport otherwise as ow\n"
                "assert ow.noise.Field(1)\ntry:\n    ow.torch\nexcept ow.Error as error:\n    print(error)")
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        self.assertIn("expected torch for otherwise.torch, got none", done.stdout)
        self.assertIn("pip install torch transformers", done.stdout)
        self.assertEqual(done.stdout.count("\n"), 1)

    def test_a_tokenizer_that_is_not_the_models(self):
        bigger = tiny_torch.tokenizer()
        bigger.add_tokens([f"<{i}>" for i in range(50)])
        self.refused(lambda: run(words=bigger), "the model's own tokenizer, of", "tokens")
        self.refused(lambda: run(words=bigger, strings=["<49>"]), "vocabulary")
        large = transformers.LlamaConfig(vocab_size=900, hidden_size=32, intermediate_size=64, num_hidden_layers=1,
                                         num_attention_heads=4)
        model = transformers.LlamaForCausalLM(large).eval()
        self.refused(lambda: run(model=model, worlds={"x": tiny_torch.nudged(model)}), "own tokenizer, of 900")
        self.refused(lambda: run(words="gpt2"), "a tokenizer of transformers")

    def test_two_vocabularies(self):
        config = MODEL.config.to_dict()
        config["vocab_size"] += 8
        model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**config)).eval()
        self.refused(lambda: run(worlds={"wide": model}), "world 'wide' with the factual vocabulary of 320", "328")

    def test_dropout(self):
        model = tiny_torch.nudged(MODEL).train()
        self.refused(lambda: run(worlds={"drop": model}), "world 'drop' in evaluation mode", "dropout", "model.eval()")

    def test_an_encoder_decoder(self):
        config = transformers.T5Config(vocab_size=len(WORDS), d_model=16, d_kv=4, d_ff=16, num_layers=1, num_heads=2)
        model = transformers.T5ForConditionalGeneration(config).eval()
        self.refused(lambda: run(model=model), "a causal language model", "encoder-decoder model T5")

    def test_ids_that_repeat(self):
        records = [{"id": "a", "prompt": "Once"}, {"id": "a", "prompt": "My dog"}]
        self.refused(lambda: run(strings=records), 'got "a" again')
        inputs = WORDS(["Once", "My"], return_tensors="pt", padding=True)
        self.refused(lambda: ow.torch.generate(MODEL, inputs, ids=["a", "a"]), "'a' twice")

    def test_worlds_that_are_none(self):
        self.refused(lambda: run(worlds={}), "worlds to compare with")
        self.refused(lambda: run(worlds={"x": 3}), "world 'x'", "int")
        self.refused(lambda: run(worlds={"null": OTHER}), "'null'")
        self.refused(lambda: run(worlds={"x": contextlib.nullcontext()}), "used up after one call")
        self.refused(lambda: run(worlds={"x": lambda ids: "text"}), "logits [streams, rows, tokens]", "str")
        self.refused(lambda: run(worlds={"x": lambda ids: torch.full((*ids.shape, 320), float("nan"))}), "NaN")
        self.refused(lambda: run(model=contextlib.nullcontext), "the factual world")

    def test_logits_that_look_ahead(self):
        """A hook on the last row of each call is no function of what a token follows."""
        def ahead(ids):
            logits = MODEL(ids).logits.clone()
            logits[:, :-1] += ids[:, -1:, None] % 3
            return logits

        self.refused(lambda: run(worlds={"x": ahead}), "depend on no later token")

    def test_settings(self):
        self.refused(lambda: run(flash_attn="on"), "`flash_attn`")
        self.refused(lambda: run(sede=3), "did you mean `seed`?")
        self.refused(lambda: run(resume=True), "`output`")
        self.refused(lambda: ow.torch.law(MODEL, {"x": OTHER}, WORDS, ["a"], independent=True), "only a run has")
        with tempfile.TemporaryDirectory() as folder:
            self.refused(lambda: run(output=f"{folder}/none.db", resume=True), "no file")
            run(output=f"{folder}/run.db")
            self.refused(lambda: run(output=f"{folder}/run.db"), "there already")
        self.refused(lambda: run(strings=[{"messages": [{"role": "user", "content": "x"}]}]), "chat")
        self.refused(lambda: run(strings=[]), "strings to run on")


class Said(unittest.TestCase):
    def test_a_world_that_changes_nothing(self):
        same = tiny_torch.nudged(MODEL, scale=0.0)
        for worlds in ({"same": same}, {"same": contextlib.nullcontext}):
            results = run(worlds=worlds)
            self.assertEqual(len([line for line in results.warnings if "'same'" in line]), 1, results.warnings)
            laws = ow.torch.law(MODEL, worlds, WORDS, ["Once"], tokens=4)
            self.assertEqual(len([line for line in laws.doubts if "changed no" in line and "'same'" in line]), 1,
                             laws.doubts)
        self.assertEqual([line for line in run().warnings if "changed" in line], [])

    def test_half_precision_on_a_cpu(self):
        model = tiny_torch.model(WORDS).half()
        with self.assertLogs("otherwise", logging.INFO) as lines:
            run(model=model, worlds={"other": tiny_torch.nudged(model)})
        self.assertTrue(any("float16 on a CPU is slow" in line for line in lines.output), lines.output)


if __name__ == "__main__":
    unittest.main()

"""Coupled strings by transformers' own loop: the strings that `run` writes, however they are asked for."""

import unittest

import torch
import transformers

import otherwise as ow
import tiny_torch

WORDS = tiny_torch.tokenizer()
MODEL = tiny_torch.model(WORDS)
OTHER = tiny_torch.nudged(MODEL)
PROMPTS = ["The Louvre is in", "My dog", "Once upon a time there was"]
IDS = ["a", "b", "c"]
INPUTS = WORDS(PROMPTS, return_tensors="pt", padding=True)
WIDTH = INPUTS["input_ids"].shape[1]
NEW = 14


def written(sequences, end=WORDS.eos_token_id):
    """Tokens behind the prompts, up to and with the first end."""
    texts = []
    for row in sequences[:, WIDTH:].tolist():
        texts.append(row[:row.index(end) + 1] if end in row else row)
    return texts


def run_tokens(samples=1, model=MODEL, **settings):
    records = [{"id": id, "prompt": prompt} for id, prompt in zip(IDS, PROMPTS, strict=True)]
    results = ow.torch.run(model, {"other": OTHER}, WORDS, records, tokens=NEW, seed=3, samples=samples,
                           law=False, **settings)
    return ([row.tolist() for row in results.pairs["factual_tokens"]],
            [row.tolist() for row in results.pairs["counterfactual_tokens"]])


def generated(model=MODEL, **options):
    return written(ow.torch.generate(model, INPUTS, ids=IDS, seed=3, max_new_tokens=NEW, **options))


class Generate(unittest.TestCase):
    def test_strings_are_those_of_a_run(self):
        factual, other = run_tokens(samples=4)
        self.assertEqual(generated(samples=4), factual)
        self.assertEqual(generated(OTHER, samples=4), other)
        self.assertNotEqual(factual, other)
        self.assertEqual(written(ow.torch.generate(
            MODEL, WORDS(PROMPTS[0], return_tensors="pt")["input_ids"], ids=["a"], seed=3, max_new_tokens=NEW))[0][-3:],
            factual[0][-3:])

    def test_sampling_is_the_runs(self):
        for settings, options in (({"temp": 0.5}, {"temperature": 0.5}), ({"top_k": 5}, {"top_k": 5}),
                                  ({"top_p": 0.5}, {"top_p": 0.5}), ({"min_p": 0.2}, {"min_p": 0.2}),
                                  ({"temp": 0}, {"temperature": 0.0})):
            self.assertEqual(generated(**options), run_tokens(**settings)[0], settings)

    def test_every_way_of_asking_writes_the_same(self):
        whole = generated(samples=2)
        sampler = ow.torch.Sampler(IDS, prompt_length=INPUTS, seed=3, samples=2)
        ways = {
            "sampling": {"logits_processor": [sampler], "do_sample": True, "top_k": 3, "temperature": 0.2},
            "custom": {"custom_generate": ow.torch.decoding(IDS, seed=3, samples=2), "do_sample": True},
        }
        for name, options in ways.items():
            with self.subTest(name):
                sequences = MODEL.generate(**INPUTS, num_return_sequences=2, max_new_tokens=NEW, **options)
                self.assertEqual(written(sequences), whole)
        twice = {name: value.repeat_interleave(2, dim=0) for name, value in INPUTS.items()}
        self.assertEqual(written(MODEL.generate(**twice, logits_processor=[sampler], do_sample=False,
                                                max_new_tokens=NEW)), whole)

    def test_own_loops_and_more_calls_than_are_used(self):
        """It keeps no state: calls in any order, also beyond what is written, change nothing."""
        sampler = ow.torch.Sampler(IDS, prompt_length=WIDTH, seed=3)
        ids, mask = INPUTS["input_ids"], INPUTS["attention_mask"]
        with torch.no_grad():
            for _ in range(NEW):
                positions = (mask.cumsum(1) - 1).clamp(min=0)
                scores = MODEL(ids, attention_mask=mask, position_ids=positions).logits[:, -1]
                sampler(torch.cat([ids, ids], dim=1), torch.randn(scores.shape))  # one that nobody uses
                best = sampler(ids, scores)
                self.assertTrue(torch.equal(torch.isfinite(best).sum(dim=1), torch.ones(3, dtype=torch.long)))
                ids = torch.cat([ids, best.argmax(dim=1, keepdim=True)], dim=1)
                mask = torch.cat([mask, torch.ones((3, 1), dtype=mask.dtype)], dim=1)
        self.assertEqual(written(ids), generated())

    def test_stopping_criteria_work(self):
        texts = generated(stopping_criteria=[transformers.MaxLengthCriteria(WIDTH + 5)])
        self.assertEqual([text[:5] for text in generated()], texts)
        out = ow.torch.generate(MODEL, INPUTS, ids=IDS, seed=3, max_new_tokens=4, return_dict_in_generate=True,
                                output_scores=True)
        self.assertEqual(len(out.scores), 4)

    def test_another_id_sample_or_seed_is_other_luck(self):
        base = ow.torch.generate(MODEL, INPUTS, ids=IDS, seed=3, max_new_tokens=NEW)
        for ids, seed in ((["d", "e", "f"], 3), (IDS, 4)):
            self.assertNotEqual(base.tolist(), ow.torch.generate(MODEL, INPUTS, ids=ids, seed=seed,
                                                                 max_new_tokens=NEW).tolist())
        samples = generated(samples=3)
        self.assertGreater(len({tuple(text) for text in samples}), 6)
        self.assertEqual(samples[::3], generated())


class Refused(unittest.TestCase):
    def refused(self, call, *words):
        with self.assertRaises(ow.Misuse) as raised:
            call()
        self.assertNotIn("\n", str(raised.exception))
        for word in words:
            self.assertIn(word, str(raised.exception))

    def test_beams_and_assistants(self):
        self.refused(lambda: generated(num_beams=3), "3 beams")
        self.refused(lambda: generated(assistant_model=MODEL), "assistant_model")
        self.refused(lambda: generated(prompt_lookup_num_tokens=3), "prompt_lookup_num_tokens")
        self.refused(lambda: generated(num_return_sequences=3), "`samples`")
        custom = ow.torch.decoding(IDS)
        self.refused(lambda: MODEL.generate(**INPUTS, custom_generate=custom, num_beams=2, max_new_tokens=4), "beams")
        sampler = ow.torch.Sampler(IDS, prompt_length=INPUTS)
        self.refused(lambda: MODEL.generate(**INPUTS, logits_processor=[sampler], num_beams=2, max_new_tokens=4),
                     "beams")

    def test_rows_and_ids(self):
        self.refused(lambda: ow.torch.generate(MODEL, INPUTS, ids=["a"]), "an id for each row")
        self.refused(lambda: ow.torch.generate(MODEL, INPUTS, ids=[]), "none")
        self.refused(lambda: ow.torch.generate(MODEL, INPUTS, ids=[1, 2, 3]), "texts in `ids`")
        self.refused(lambda: ow.torch.Sampler(IDS, prompt_length="x"), "prompt_length")
        self.refused(lambda: ow.torch.Sampler(IDS, prompt_length=99)(INPUTS["input_ids"], torch.zeros((3, 9))), "99")
        self.refused(lambda: ow.torch.Sampler(IDS, prompt_length=1, samples=0), "samples")

    def test_padding_on_the_right(self):
        right = {"input_ids": torch.tensor([[5, 6, 7], [5, 6, 0]]),
                 "attention_mask": torch.tensor([[1, 1, 1], [1, 1, 0]])}
        self.refused(lambda: ow.torch.generate(MODEL, right, ids=["a", "b"]), "padded on the left")


if __name__ == "__main__":
    unittest.main()

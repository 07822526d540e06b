"""Runs and laws of PyTorch's worlds on tiny random models: results, run files, coupling, laws by hand."""

import logging
import os
import tempfile
import unittest

import numpy as np
import torch

import otherwise as ow
import tiny_torch

WORDS = tiny_torch.tokenizer()
MODEL = tiny_torch.model(WORDS)
OTHER = tiny_torch.nudged(MODEL)
PROMPTS = ["The Louvre is in", "Once upon a time", "My dog", "In the spring of 1911 a"]


def hooked(scale):
    """A context manager within which a direction is added to the first block's output."""
    vector = torch.randn(32, generator=torch.Generator().manual_seed(2))

    class Hook:
        def __enter__(self):
            self.handle = MODEL.model.layers[0].register_forward_hook(self.change)

        def change(self, _, __, output):
            return (output[0] + scale * vector, *output[1:]) if isinstance(output, tuple) else output + scale * vector

        def __exit__(self, *_):
            self.handle.remove()

    return Hook


def as_callable(model):
    return lambda ids: model(input_ids=ids, use_cache=False).logits


def run(worlds, strings=None, model=None, **settings):
    return ow.torch.run(MODEL if model is None else model, worlds, WORDS, PROMPTS if strings is None else strings,
                        **{"tokens": 12, "samples": 3, "seed": 5, **settings})


class Runs(unittest.TestCase):
    def test_worlds_of_each_kind_give_results_as_model_files_do(self):
        results = run({"other": OTHER, "hook": lambda: hooked(1.0)(), "ids": as_callable(OTHER),
                       "hot": ow.torch.World("hot", temp=2.0)})
        pairs = results.pairs
        self.assertEqual(len(pairs), 4 * 3 * 4)
        self.assertEqual(results.worlds, ["other", "hook", "ids", "hot", "null"])
        by_world = {name: [i for i, w in enumerate(pairs["world"]) if w == name] for name in results.worlds}
        for name in ("other", "hook", "hot"):
            self.assertFalse(all(pairs["unchanged"][i] for i in by_world[name]), name)
        # A callable of the same model writes the same strings.
        texts = pairs["counterfactual"]
        self.assertEqual([texts[i] for i in by_world["other"]], [texts[i] for i in by_world["ids"]])
        self.assertEqual(results.floor.strings, 12)
        self.assertEqual(results.floor.diverged, 0)
        self.assertIn("stay", pairs.columns)
        with tempfile.TemporaryDirectory() as folder:
            results.report(os.path.join(folder, "page.html"))
            self.assertGreater(os.path.getsize(os.path.join(folder, "page.html")), 10000)
        self.assertIn("Louvre", results.html())

    def test_strings_are_those_of_the_field(self):
        """Each token is the winner of its race, by logits that are read here in a call of their own."""
        results = run({"other": OTHER}, law=False)
        field = ow.noise.Field(5)
        seen = 0
        for pair in results.pairs:
            prompt = WORDS(pair["prompt"])["input_ids"]
            for tokens, model in ((pair["factual_tokens"], MODEL), (pair["counterfactual_tokens"], OTHER)):
                with torch.no_grad():
                    logits = model(torch.tensor([[*prompt, *tokens.tolist()]])).logits[0, len(prompt) - 1:]
                for position, token in enumerate(tokens):
                    finish = ow.race(logits[position].numpy(), field.at(pair["string"], pair["sample"], position))
                    self.assertTrue(finish.winner == token or finish.margin < 1e-3, pair)
                    seen += 1
        self.assertGreater(seen, 200)

    def test_observed_texts_have_hindsight(self):
        strings = [{"id": "a", "prompt": "The Louvre is in", "text": " Paris, and the Prado is in Madrid"},
                   {"id": "b", "prompt": "My dog", "text": " barks at night"}]
        results = run({"same": as_callable(MODEL), "other": OTHER}, strings, samples=200)
        pairs = results.pairs
        same = [pair for pair in pairs if pair["world"] == "same"]
        self.assertTrue(all(pair["unchanged"] and pair["observed"] for pair in same))
        other = [pair for pair in pairs if pair["world"] == "other" and pair["string"] == "b"]
        stay = other[0]["stay"][0]
        kept = np.mean([pair["lcp"] > 0 for pair in other])
        self.assertLess(abs(kept - stay), 4 * np.sqrt(stay * (1 - stay) / len(other)) + 1e-9)  # 1 in 15,000
        self.assertLess(stay, 0.999)

    def test_a_run_file_goes_on(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "run.db")
            worlds = {"other": OTHER, "hook": hooked(1.0)}
            strings = [f"{prompt} {i}" for i in range(12) for prompt in PROMPTS]
            whole = run(worlds, strings, samples=1)
            seen = []

            def stop(line):
                seen.append(line)
                if len(seen) == 30:
                    raise KeyboardInterrupt

            with self.assertRaises(ow.Interrupted):
                run(worlds, strings, samples=1, output=path, parallel=8, on_pair=stop)
            self.assertFalse(ow.open(path).finished)
            with self.assertRaisesRegex(ow.Misuse, "evaluated by its caller"):
                ow.open(path).resume()
            with self.assertRaisesRegex(ow.Misuse, "sha256"):
                run({**worlds, "other": tiny_torch.nudged(MODEL, seed=3)}, strings, samples=1, output=path, resume=True)
            with self.assertRaisesRegex(ow.Misuse, "names of their own"):
                run([OTHER], strings, samples=1, output=path, resume=True)
            rest = run(worlds, strings, samples=1, output=path, resume=True)
            self.assertTrue(rest.finished)
            self.assertEqual(list(rest.pairs["counterfactual"]), list(whole.pairs["counterfactual"]))

    def test_an_interrupt_within_a_model_ends_the_run_between_calls(self):
        """As Ctrl-C in the middle of a forward pass: what was done is there."""
        calls = []

        def other(ids):
            calls.append(len(ids))
            if len(calls) == 60:
                raise KeyboardInterrupt
            return OTHER(input_ids=ids, use_cache=False).logits

        with self.assertRaises(ow.Interrupted) as raised:
            run({"other": other}, [f"{prompt} {i}" for i in range(300) for prompt in PROMPTS], parallel=4, law=False)
        self.assertGreater(len(raised.exception.result.pairs), 0)
        self.assertFalse(raised.exception.result.finished)

    def test_what_a_model_raises_comes_through(self):
        def broken(ids):
            if ids.shape[1] > 12:
                raise ValueError("not so long")
            return OTHER(input_ids=ids, use_cache=False).logits

        with self.assertRaisesRegex(ValueError, "not so long"):
            run({"other": broken})

    def test_whole_texts_are_split(self):
        texts = ["The Louvre is in Paris, and the Prado", "Once upon a time there was a house"]
        words = run({"other": OTHER}, texts, prompt_words=3, samples=1)
        self.assertEqual(words.pairs["prompt"][0], "The Louvre is")
        self.assertEqual(words.pairs["factual"][0], " in Paris, and the Prado")
        tokens = run({"other": OTHER}, texts, prompt_tokens=4, samples=1)
        self.assertEqual(tokens.pairs["prompt"][1] + tokens.pairs["factual"][1], texts[1])


class Caches(unittest.TestCase):
    """Models of every kind of cache write what reading each string from its start writes."""

    def test_each_kind(self):
        for kind in ("gpt2", "gemma3", "mamba"):
            with self.subTest(kind):
                model = tiny_torch.model(WORDS, kind=kind)
                other = tiny_torch.nudged(model)
                with self.assertLogs("otherwise", logging.INFO) as lines:
                    logging.getLogger("otherwise").info("begin")
                    results = run({"other": other}, model=model)
                no_cache = any("has no cache" in line for line in lines.output)
                self.assertEqual(no_cache, kind == "mamba", lines.output)
                plain = run({"other": as_callable(other)}, model=as_callable(model))
                differ = [pair for pair, same in zip(results.pairs, plain.pairs, strict=True)
                          if pair["counterfactual"] != same["counterfactual"] and pair["margin"] > 1e-3]
                self.assertEqual(differ, [])
                self.assertEqual(results.floor.diverged, 0)

    def test_a_stream_is_cut_copied_and_read_on(self):
        from otherwise.torch.network import Network
        from otherwise.torch.streams import Streams

        rng = np.random.default_rng(1)
        network = Network(MODEL)
        for ragged in (False, True):
            streams = Streams(network, 4, ragged)
            texts = [rng.integers(1, 300, n).tolist() for n in (9, 9, 4, 6)]
            lengths = [0] * 4
            for step in range(40):
                first = int(rng.integers(0, 3))
                count = int(rng.integers(1, 4 - first + 1))
                rows = int(rng.integers(1, 4))
                fed = rng.integers(1, 300, (count, rows)).astype(np.int32)
                at = np.array(lengths[first:first + count], np.int32)
                logits = streams.decode(first, fed, at, np.ones_like(fed)).reshape(count, rows, -1)
                for i in range(count):
                    texts[first + i] = texts[first + i][:lengths[first + i]] + fed[i].tolist()
                    with torch.no_grad():
                        whole = MODEL(torch.tensor([texts[first + i]])).logits[0, -rows:].numpy()
                    self.assertLess(np.abs(whole - logits[i]).max(), 1e-3, (ragged, step))
                    lengths[first + i] += rows
                one, other = rng.permutation(4)[:2].tolist()
                streams.copy(one, other)
                texts[other], lengths[other] = list(texts[one]), lengths[one]
                cut = int(rng.integers(0, 4))
                lengths[cut] = int(rng.integers(0, lengths[cut] + 1))
                texts[cut] = texts[cut][:lengths[cut]]
                streams.trim(cut, lengths[cut])


class Exact(unittest.TestCase):
    def test_the_floor_is_zero_and_its_cost_is_said(self):
        with self.assertLogs("otherwise", logging.INFO) as lines:
            results = run({"other": OTHER}, exact=True, null="all", samples=3)
        self.assertTrue(any("exact: every call reads" in line for line in lines.output))
        null = [pair for pair in results.pairs if pair["world"] == "null"]
        self.assertEqual(len(null), 12)
        self.assertTrue(all(pair["unchanged"] for pair in null))
        self.assertTrue(results.json["batch_invariant"]["factual"])
        laws = ow.torch.law(MODEL, {"other": OTHER}, WORDS, PROMPTS, exact=True, tokens=8, null="all")
        self.assertEqual(laws["null"].unchanged.value, 1.0)
        self.assertEqual({row["unchanged"] for row in laws.strings if row["world"] == "null"}, {1.0})

    def test_without_it_rounding_is_measured(self):
        """Negative control: calls of other shapes round otherwise, and the probe sees it."""
        self.assertFalse(run({"other": OTHER}).json["batch_invariant"]["factual"])

    def test_half_precision_is_refused(self):
        with self.assertRaisesRegex(ow.Misuse, "float32 for `exact`"):
            run({"other": OTHER}, model=tiny_torch.model(WORDS).half(), exact=True)


class Laws(unittest.TestCase):
    def test_they_are_the_closed_form(self):
        strings = [{"id": "a", "prompt": "The Louvre is in", "text": " Paris, and"}]
        laws = ow.torch.law(MODEL, {"other": OTHER}, WORDS, strings, agreement=True)
        found = laws.string("a", "other")
        prompt = WORDS("The Louvre is in")["input_ids"]
        tokens = found.tokens.tolist()
        with torch.no_grad():
            p, q = (torch.log_softmax(model(torch.tensor([[*prompt, *tokens]])).logits[0].double(), -1).exp()
                    [len(prompt) - 1:-1].numpy() for model in (MODEL, OTHER))
        for t, token in enumerate(tokens):
            stay = 1 / np.maximum(p[t], q[t] * p[t, token] / q[t, token]).sum()
            self.assertAlmostEqual(found.stay[t], stay, 4)
        self.assertEqual(WORDS.decode(tokens), " Paris, and")
        self.assertEqual("".join(found.pieces), " Paris, and")
        self.assertIsNotNone(laws["other"].exact_agreement)

    def test_they_agree_with_runs(self):
        results = run({"other": OTHER}, samples=2)
        laws = ow.torch.law(MODEL, {"other": OTHER}, WORDS, PROMPTS, tokens=12, samples=2, seed=5)
        rows = {(r["string"], r["sample"]): r["unchanged"] for r in laws.strings if r["world"] == "other"}
        for pair in results.pairs:
            self.assertAlmostEqual(pair["p_unchanged"], rows[pair["string"], pair["sample"]], 4)


if __name__ == "__main__":
    unittest.main()

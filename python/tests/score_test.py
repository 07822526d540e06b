"""Measures of pairs: the command's JSON of files, the same of dicts and columns, and what is refused."""

import json
import logging
import unittest

import numpy as np

import otherwise as ow
from beside import left_by_ctrl_c
from tiny_case import TinyCase


class Frame:
    """What pandas has of what is read here."""

    def __init__(self, records):
        self.records, self.columns = records, list(records[0])

    def to_dict(self, orient):
        assert orient == "records"
        return [{**one, "prompt": one.get("prompt", np.nan)} for one in self.records]


class ScoreCase(TinyCase):
    def setUp(self):
        super().setUp()
        run = self.run_tiny("-p", "the king", "-p", "Paris", "-p", "the old", "--samples", "4", "--independent",
                            "--world", "hot=temp:1.5", "--world", "sad=steer:vector.gguf:4", "--jsonl", "-", "-q")
        self.write("pairs.jsonl", self.done(run))
        self.records = [json.loads(line) for line in (self.folder / "pairs.jsonl").read_text().splitlines()]

    def command(self, *arguments):
        return json.loads(self.done(self.call("score", *arguments, "--json")))


class Scores(ScoreCase):
    def test_files(self):
        ours = ow.score("pairs.jsonl")
        self.assertEqual(json.loads(ours.to_json()), self.command("pairs.jsonl"))
        options = {"targets": ["the", "(?i)SHIP"], "off_targets": "king", "words": 3, "limit": 2, "worlds": ["sad"]}
        theirs = self.command("pairs.jsonl", "--target", "the", "--target", "(?i)SHIP", "--off-target", "king",
                              "--words", "3", "--limit", "2", "--world", "sad")
        self.assertEqual(json.loads(ow.score([self.folder / "pairs.jsonl"], **options).to_json()), theirs)

    def test_dicts_columns_and_frames(self):
        theirs = self.command("pairs.jsonl", "--target", "the")
        keys = {key for record in self.records for key in record}
        columns = {key: [record.get(key) for record in self.records] for key in keys}
        for pairs in (self.records, columns, iter(self.records), Frame(self.records)):
            self.assertEqual(json.loads(ow.score(pairs, targets=["the"]).to_json()), theirs)

    def test_a_run(self):
        worlds = [ow.World("hot", ow.temperature(1.5)), ow.World("sad", ow.steer("vector.gguf", 4))]
        run = ow.run("a.gguf", ["the king", "Paris", "the old"], worlds, samples=4, independent=True, tokens=4,
                     threads=1)
        theirs = self.command("pairs.jsonl", "--target", "the")
        for pairs in (run, run.pairs, run.pairs.to_pylist()):
            self.assertEqual(json.loads(ow.score(pairs, targets="the").to_json()), theirs)

    def test_plain_texts(self):
        pairs = [{"factual": "a b c", "counterfactual": "a b d"}, {"factual": "x", "counterfactual": "x"}]
        world = ow.score(pairs)["counterfactual"]
        self.assertEqual((world.pairs, world.measures["unchanged"].value), (2, 0.5))
        before = [{"before": {"text": one["factual"]}, "after": one["counterfactual"]} for one in pairs]
        again = ow.score(before, factual_field="before.text", counterfactual_field="after")
        self.assertEqual(again.worlds, ow.score(pairs).worlds)

    def test_fields_are_those_of_the_json(self):
        for world, read in zip(self.command("pairs.jsonl", "--target", "the")["worlds"],
                               ow.score("pairs.jsonl", targets=["the"]).worlds, strict=True):
            self.assertEqual({**world, "measures": None, "shifts": None, "words": None},
                             {**vars(read), "measures": None, "shifts": None, "words": None})
            for key, measure in world["measures"].items():
                self.assertEqual({k: v for k, v in vars(read.measures[key]).items() if k in measure}, measure)
            for shift, one in zip(world["shifts"], read.shifts, strict=True):
                self.assertEqual(vars(one.difference), shift["difference"])
                self.assertEqual(one.measured_ratio, shift.get("measured_ratio"))
                self.assertEqual(one.flips and vars(one.flips), shift.get("flips"))
            self.assertEqual([vars(word) for word in read.words.gained], world["words"]["gained"])

    def test_two_logs(self):
        for name, text in (("one", "a b"), ("two", "a c")):
            self.write(f"{name}.jsonl", json.dumps({"doc_id": 3, "resps": [[text]], "target": "x"}) + "\n")
        theirs = self.command("one.jsonl", "--against", "two.jsonl")
        self.assertEqual(json.loads(ow.score("one.jsonl", against="two.jsonl").to_json()), theirs)

    def test_an_embedder(self):
        theirs = self.command("pairs.jsonl", "--embedder", "embedder.gguf", "-t", "1")
        ours = ow.score(self.records, embedder=self.folder / "embedder.gguf", threads=1)
        self.assertEqual(json.loads(ours.to_json()), theirs)
        self.assertIn("cosine", str(list(ours["hot"].measures)))


class CtrlC(ScoreCase):
    def test_leaves_the_pairs_that_are_scored(self):
        random = np.random.default_rng(1)
        texts = [" ".join(random.choice(["a", "b", "c", "d"], 20_000)) for _ in range(2)]
        pairs = [{"factual": texts[0], "counterfactual": texts[i % 2]} for i in range(500)]
        self.write("long.jsonl", "".join(json.dumps(pair) + "\n" for pair in pairs))
        scores = left_by_ctrl_c(lambda: ow.score("long.jsonl", words=0), after=1.0).result
        self.assertTrue(scores.interrupted)
        world = scores["long"]
        self.assertTrue(0 < world.pairs < len(pairs), world.pairs)
        self.assertEqual(world.measures["unchanged"].value, (world.pairs + 1) // 2 / world.pairs)


class Refused(ScoreCase):
    def test_pairs(self):
        good = {"factual": "a", "counterfactual": "b"}
        for pairs, part in (
            ([], "at least one pair"),
            (3, "expected a file, a list of dicts or a data frame for `pairs`, got int"),
            (["a", 3], "expected dicts in `pairs`, got str at [0]"),
            ([good, {"factual": "a"}], "counterfactual"),
            ([good, {"factual": "a", "counterfactual": 3}], "pairs"),
            ([{"factual": object(), "counterfactual": "b"}], "expected texts, numbers and lists of them in `pairs`"),
            ({"factual": ["a"], "counterfactual": ["b", "c"]}, "columns of one length"),
        ):
            with self.subTest(part), self.assertRaises(ow.Error) as caught:
                ow.score(pairs)
            self.assertIn(part, str(caught.exception))
            self.assertNotIn("\n", str(caught.exception))

    def test_settings(self):
        for settings, part in (({"targets": ["("]}, "target"), ({"words": -1}, "expected `words` from 0 to 10000"),
                               ({"limit": 1.5}, "expected a whole number for `limit`, got float"),
                               ({"e5": True}, "`e5`"), ({"targets": [3]}, "expected texts in `targets`, got int")):
            with self.subTest(settings), self.misuses(part):
                ow.score(self.records, **settings)
        with self.assertRaisesRegex(ow.Error, "cold"):
            ow.score(self.records, worlds=["cold"])
        with self.misuses("hot, sad"):
            ow.score(self.records)["cold"]
        with self.misuses("a file in `pairs` with `against`"):
            ow.score(self.records, against="x.jsonl")
        with self.assertRaises(ow.Error):
            ow.score("no-such.jsonl")


class Notes(ScoreCase):
    def test_go_to_the_log(self):
        records = [{**one, "prompt_tokens": None} for one in self.records]
        for one in records:
            one.pop("prompt")
            one["factual"] = {**one["factual"], "tokens": [1, *one["factual"]["tokens"]]}
        with self.assertLogs("otherwise", logging.INFO) as logged:
            scores = ow.score(records)
            logging.getLogger("otherwise").info("last")
        self.assertEqual([line.getMessage() for line in logged.records][:-1], scores.notes)


if __name__ == "__main__":
    unittest.main()

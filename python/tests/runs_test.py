"""Runs: the command's own results, from whatever holds the strings; files, resuming, studies."""

import gzip
import json
import os
import resource
import signal
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

import otherwise as ow
from tiny_case import PROMPTS, TinyCase

HOT = ow.World("hot", ow.temperature(1.5))
PLAIN = ["string", "sample", "world", "prompt", "lcp", "observed"]


class Frame:
    """What pandas' frames have of what is asked for."""

    columns = ["prompt", "text", "id"]

    def __init__(self, rows):
        self.rows = rows

    def to_dict(self, orient):
        assert orient == "records"
        return self.rows


class Same(TinyCase):
    """As the command, of the same study."""

    def same(self, pairs, lines):
        self.assertEqual(len(pairs), len(lines))
        for pair, line in zip(pairs, lines):
            self.assertEqual([pair[name] for name in PLAIN], [line[name] for name in PLAIN])
            for side in ("factual", "counterfactual"):
                self.assertEqual(pair[side], line[side]["text"])
                self.assertEqual(pair[side + "_tokens"].tolist(), line[side]["tokens"])
                self.assertEqual(pair[side + "_end"], line[side]["end"])
            self.assertEqual(pair["margin"], np.inf if line["margin"] is None else line["margin"])
            self.assertEqual(pair["independent"], line.get("independent", False))

    def test_strings_in_every_world_under_the_same_noise(self):
        lines = self.lines("-m", self.model, *[a for p in PROMPTS for a in ("-p", p)], "-n", 9, "--seed", 5,
                           "--samples", 2, "--temp", 0.9, "--independent", "--null",
                           "--world", "hot=temp:1.5", "--world", f"b=model:b.gguf")
        result = ow.run(ow.Model(self.model, temp=0.9), PROMPTS,
                        [HOT, ow.World("b", ow.model("b.gguf"))], tokens=9, seed=5, samples=2,
                        independent=True, null="all")
        self.assertTrue(any(line["lcp"] < 9 for line in lines))
        self.same(result.pairs, lines)

    def test_summary_is_the_commands_table(self):
        table = json.loads(self.printed("run", "-m", self.model, "-p", PROMPTS[0], "-p", PROMPTS[1], "-n", 9,
                                        "--samples", 5, "--world", "hot=temp:1.5", "--target", "king", "--json"))
        result = ow.run(self.model, PROMPTS[:2], HOT, tokens=9, samples=5, target="king")
        self.assertEqual(result.summary["world"], [world["world"] for world in table["worlds"]])
        for row, world in zip(result.summary, table["worlds"]):
            for name in ("strings", "unchanged", "lcp_mean", "changed_tokens", "fragile"):
                self.assertEqual(row[name], world[name])
            for key, measured in world.get("measures", {}).items():
                name = key + "_share" if key in world else key
                self.assertEqual(row[name], measured["value"])
                self.assertEqual(row[name + "_low"], measured["low"])

    def test_laws_are_the_commands(self):
        result = ow.run(self.model, PROMPTS, HOT, tokens=9, output=self.folder / "run.db")
        laws = [json.loads(line) for line in self.printed("export", self.folder / "run.db", "--law").splitlines()]
        laws = {law["string"]: law for law in laws if law["world"] == "hot"}
        self.assertEqual(len(laws), len(PROMPTS))
        for pair in result.pairs:
            law = laws[pair["string"]]
            self.assertEqual(pair["stay"].tolist(), law["stay"])
            np.testing.assert_allclose([pair["p_unchanged"], pair["expected_lcp"]],
                                       [law["unchanged"], law["expected_lcp"]], rtol=1e-8)
            np.testing.assert_allclose(pair["p_unchanged"], np.prod(pair["stay"]), rtol=1e-12)

    def test_records_as_files_have_them(self):
        records = [{"id": "king", "prompt": "The king of the river", "text": " was old", "ended": True},
                   {"id": "song", "prompt": "Old songs", "completion": " were made in iron"},
                   {"id": "told", "prompt_tokens": np.array([42, 270]), "tokens": [280, 281]}]
        file = self.folder / "strings.jsonl"
        file.write_text("".join(json.dumps(r, default=lambda a: a.tolist()) + "\n" for r in records))
        lines = self.lines("-m", self.model, "-f", file, "--world", "hot=temp:1.5")
        self.assertTrue(all(line["observed"] for line in lines))
        self.same(ow.run(self.model, records, HOT).pairs, lines)
        self.same(ow.run(self.model, file, HOT).pairs, lines)

    def test_data_frames(self):
        rows = [{"id": "a", "prompt": PROMPTS[0], "text": " was old"},
                {"id": "b", "prompt": PROMPTS[1], "text": float("nan")}]
        pairs = ow.run(self.model, Frame(rows), HOT, tokens=5).pairs
        self.assertEqual(pairs["string"], ["a", "b"])
        self.assertEqual(pairs["observed"].tolist(), [True, False])
        table = ow.Table({"id": ["a", "b"], "prompt": PROMPTS[:2], "text": [" was old", None]})
        again = ow.run(self.model, table, HOT, tokens=5).pairs
        self.assertEqual(again["counterfactual"], pairs["counterfactual"])

    def test_columns_of_other_names_and_whole_texts(self):
        records = [{"question": "the king was old", "n": 7}]
        pairs = ow.run(self.model, records, HOT, prompt_field="question", id_field="n", tokens=3).pairs
        self.assertEqual((pairs["string"], pairs["prompt"]), (["7"], ["the king was old"]))
        pairs = ow.run(self.model, ["the king was old"], HOT, prompt_words=2).pairs
        self.assertEqual((pairs["prompt"], pairs["factual"]), (["the king"], [" was old"]))


class Files(TinyCase):
    def test_a_run_file_is_the_commands(self):
        path = self.folder / "run.db"
        result = ow.run(self.model, PROMPTS, HOT, tokens=6, output=path)
        exported = [json.loads(line) for line in self.printed("export", path).splitlines()]
        self.assertEqual([line["lcp"] for line in exported], result.pairs["lcp"].tolist())
        opened = ow.open(path)
        self.assertTrue(opened.finished)
        self.assertEqual(opened.pairs.to_pylist(), result.pairs.to_pylist())
        self.assertEqual(opened.worlds[0], "hot")
        self.assertEqual(opened.summary["unchanged"].tolist(), result.summary["unchanged"].tolist())

    def test_results_are_saved_and_shown(self):
        result = ow.run(self.model, PROMPTS, HOT, tokens=6)
        held = Path(result.path)
        result.save(self.folder / "kept.db")
        result.report(self.folder / "page.html", title="Kings")
        page = (self.folder / "page.html").read_text(encoding="utf-8")
        self.assertIn("<title>otherwise: Kings</title>", page)
        expected = result.pairs.to_pylist()
        del result
        self.assertFalse(held.exists())
        self.assertEqual(ow.open(self.folder / "kept.db").pairs.to_pylist(), expected)
        with self.assertRaisesRegex(ow.Misuse, "a new file, got '.*kept.db', which is there already"):
            ow.open(self.folder / "kept.db").save(self.folder / "kept.db")
        with self.assertRaisesRegex(ow.Error, "a file that can be written"):
            ow.open(self.folder / "kept.db").report(self.folder / "none" / "page.html")
        with self.assertRaisesRegex(ow.Error, "a run file that can be written, got '.*x.db' "):
            ow.open(self.folder / "kept.db").save(self.folder / "none" / "x.db")

    def test_a_file_that_cannot_be_finished_leaves_the_old_one(self):
        ow.run(self.model, PROMPTS, HOT, tokens=6, output=self.folder / "run.db")
        run = ow.open(self.folder / "run.db")
        run.report(self.folder / "page.html")
        before = (self.folder / "page.html").read_bytes()
        limit, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, most))
        try:
            with self.assertRaisesRegex(ow.Error, "a file that can be written, got '.*page.html' .File too large"):
                run.report(self.folder / "page.html", title="Longer")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
            signal.signal(signal.SIGXFSZ, ignored)
        self.assertEqual((self.folder / "page.html").read_bytes(), before)
        self.assertEqual(sorted(path.name for path in self.folder.glob("page*")), ["page.html"])
        (self.folder / "link.html").symlink_to("page.html")
        run.report(self.folder / "link.html", title="Longer")
        self.assertTrue((self.folder / "link.html").is_symlink())
        self.assertIn("otherwise: Longer", (self.folder / "page.html").read_text(encoding="utf-8"))
        run.report("/dev/null")
        self.assertFalse(Path("/dev/null").is_file())

    def test_the_report_is_the_commands(self):
        ow.run(self.model, PROMPTS, HOT, tokens=6, output=self.folder / "run.db").report(self.folder / "a.html")
        self.printed("report", self.folder / "run.db", "-o", self.folder / "b.html")
        self.assertEqual((self.folder / "a.html").read_bytes(), (self.folder / "b.html").read_bytes())

    def test_what_is_no_run_file(self):
        (self.folder / "text").write_text("no")
        (self.folder / "z").write_bytes(gzip.compress(b"no"))
        for name in ("none", "text", "z"):
            with self.assertRaises(ow.Error):
                ow.open(self.folder / name)

    def test_studies_are_files(self):
        study = ow.Study(self.model, PROMPTS, HOT, tokens=6, seed=4)
        study.save(self.folder / "s.toml")
        again = ow.study(self.folder / "s.toml")
        self.assertEqual(again.toml, study.toml)
        self.assertEqual(again.worlds, [HOT])
        pairs = again.run().pairs.to_pylist()
        self.assertEqual(pairs, study.run().pairs.to_pylist())
        self.assertNotEqual(pairs, again.run(seed=5).pairs.to_pylist())
        lines = self.lines(self.folder / "s.toml")
        self.assertEqual([line["counterfactual"]["text"] for line in lines],
                         [pair["counterfactual"] for pair in pairs])


class Bad(TinyCase):
    def test_requests_that_make_no_sense(self):
        for options, reason in (
            ({"token": 3}, "a setting of a study, got `token`; did you mean `tokens`"),
            ({"tokens": 0}, "`tokens`: a whole number from 1"),
            ({"temp": float("nan")}, "`temp`: a number from 0"),
            ({"temp": [1]}, "`temp`"),
            ({"null": "every"}, "`null`: some|all|none"),
            ({"seed": -1}, "`seed`: a whole number from 0"),
            ({"memory": "much"}, "a size for `memory`"),
            ({"parallel": 1000}, "`parallel` from 0 to 255"),
            ({"independent": True, "stop_at_divergence": True}, "`stop_at_divergence` or `independent`"),
            ({"system": "x"}, "`chat` with `system`"),
            ({"progress": 3}, "a function for `progress`"),
            ({"target": "("}, "missing|pattern"),
        ):
            with self.assertRaisesRegex(ow.Misuse, reason, msg=str(options)):
                ow.run(self.model, PROMPTS, HOT, **options)

    def test_strings_that_are_none(self):
        for strings, reason in ((None, "texts, records or a data frame"), ([], "strings to run on, got none"),
                                (3, "got int"), (["a", 3], "int at number 2"), ([{"promt": "x"}], "promt"),
                                (["\ud800"], "surrogate"), ([{"prompt": object()}], "object in a record"),
                                (np.zeros(3), "float at number 1"), ([{"text": "a b"}], "prompt")):
            with self.assertRaisesRegex(ow.Error, reason):
                ow.run(self.model, strings, HOT)

    def test_worlds_that_are_none(self):
        for worlds, reason in ((None, "a world to compare with"), ([HOT, HOT], "'hot' twice"), (3, "worlds, ow.World"),
                               ([3], "a world, ow.World"), ({"a": 3}, "an item such as")):
            with self.assertRaisesRegex(ow.Misuse, reason):
                ow.run(self.model, PROMPTS, worlds)

    def test_models_that_are_none(self):
        with mock.patch.dict(os.environ, OTHERWISE_CACHE="none"), \
                self.assertRaisesRegex(ow.Misuse, "no default model"):
            ow.run(None, PROMPTS, HOT)
        with self.assertRaisesRegex(ow.Misuse, "a model, ow.Model"):
            ow.run(3, PROMPTS, HOT)

    def test_a_world_that_changes_nothing_is_warned_of(self):
        with self.assertLogs("otherwise", "WARNING") as logged:
            result = ow.run(self.model, PROMPTS, ow.World("up", ow.steer("vector-zero.gguf")),
                            tokens=4)
        self.assertEqual(result.warnings, ["world 'up' acted and changed no logit"])
        self.assertIn(result.warnings[0], logged.output[0])

    def test_strings_that_cannot_be_written_are_an_error_or_left_out(self):
        greedy = ow.Model(self.model, temp=0)
        records = [{"id": "odd", "prompt": "the king", "text": " ship ship"}, {"id": "b", "prompt": "the"}]
        with self.assertRaisesRegex(ow.Error, "odd"):
            ow.run(greedy, records, HOT, tokens=3)
        result = ow.run(greedy, records, HOT, tokens=3, skip_impossible=True)
        self.assertEqual((result.skipped, result.pairs["string"]), (["odd"], ["b"]))
        with self.assertRaisesRegex(ow.Error, "at least one observed string"):
            ow.run(greedy, records[:1], HOT, tokens=3, skip_impossible=True)


if __name__ == "__main__":
    unittest.main()

"""What `fit` writes and prints on a tiny model, and what it refuses."""

import json
import math
import struct
import unittest

import tiny

from command import SOURCE, Case

GLAD = [f"the {a} {b} was great" for a in ("king", "queen", "child", "ship") for b in ("song", "house", "garden")]
GRIM = [text.replace("great", "old") for text in GLAD]
MORE = [text.replace("great", "red") for text in GLAD]


class FitCase(Case):
    def setUp(self):
        super().setUp()
        for name, texts in (("glad", GLAD), ("grim", GRIM), ("more", MORE)):
            self.write(f"{name}.txt", "\n".join(texts * 2) + "\n")

    def fit(self, *arguments, **more):
        return self.call("fit", *arguments, "-m", "a.gguf", "-t", "1", **more)

    def fitted(self, *arguments):
        return json.loads(self.done(self.fit(*arguments, "-o", "out.gguf", "--json")))

    def world_of(self, item):
        return self.run_tiny("-p", "the king", "--world", f"w={item}", "--json")


class Methods(FitCase):
    def test_direction_is_a_control_vector(self):
        report = self.fitted("direction", "glad.txt", "grim.txt")
        self.assertEqual([row["layer"] for row in report["layers"]], [1])
        self.assertEqual(report["layers"][0]["accuracy"]["value"], 1)
        shown = self.done(self.call("inspect", "out.gguf"))
        for part in ("control vector", "direction", "residual"):
            self.assertIn(part, shown)
        self.done(self.world_of("steer:out.gguf:2"))
        self.done(self.world_of("ablate:out.gguf"))
        self.done(self.run_tiny("-p", "the king", "--control-vector", "out.gguf"))

    def test_a_vector_written_by_repeng(self):
        path = str(SOURCE / "tests/data/repeng.gguf")  # tests/reference/repeng_vector.py
        self.assertIn("control vector", self.done(self.call("inspect", path)))
        given = ("-p", "the king", "--jsonl", "-", "--no-null", "-q")
        ours = self.done(self.run_tiny(*given, "--world", f"w=steer:{path}:3"))
        llamas = self.done(self.run_tiny(*given, "--control-vector-scaled", f"{path}:3"))
        self.assertEqual(ours.replace('"w"', '"edited"'), llamas)
        self.assertNotEqual(ours, self.done(self.run_tiny(*given, "--world", f"w=steer:{path}:0")))
        self.done(self.run_tiny("-p", "the king", "--world", f"w=ablate:{path}"))

    def test_directions_of_heads_act_before_their_projection(self):
        self.fitted("direction", "glad.txt", "grim.txt", "--site", "heads", "--layers", "1")
        self.assertIn("kqv_out", self.done(self.call("inspect", "out.gguf")))
        self.done(self.world_of("steer:out.gguf:2"))

    def test_sets_that_nothing_tells_apart_are_noted(self):
        self.write("left.txt", "\n".join(GLAD + GRIM))
        self.write("right.txt", "\n".join(GRIM + GLAD + MORE))
        keys = lambda report: [finding["key"] for finding in report["findings"]]
        for method in ("direction", "leace", "iti"):
            more = ("--held-out", "0.5") if method == "iti" else ("--layers", "1")
            alike = self.fitted(method, "left.txt", "right.txt", *more)
            self.assertIn("not_told_apart", keys(alike), method)
            after = [finding["text"] for finding in alike["findings"] if finding["key"] == "probe_after"]
            self.assertTrue(all("not beyond chance either" in text for text in after))
            apart = self.fitted(method, "glad.txt", "grim.txt", *more)
            self.assertNotIn("not_told_apart", keys(apart), method)

    def test_json_says_how_it_was_fitted(self):
        notes = self.fitted("leace", "glad.txt", "grim.txt", "--layers", "1")["notes"]
        for key, value in (("method", "leace"), ("node", "l_out"), ("layers", "1"), ("n_first", 24),
                           ("n_held_out", 8)):
            self.assertEqual(notes[f"otherwise.fit.{key}"], value)

    def test_direction_turns_with_the_order_of_the_sets(self):
        self.fitted("direction", "glad.txt", "grim.txt")
        there = ("--world", "w=steer:out.gguf:3", "--jsonl", "-", "--no-null")
        forth = self.done(self.run_tiny("-p", "the king", *there, "-q"))
        self.fitted("direction", "grim.txt", "glad.txt")
        there = ("--world", "w=steer:out.gguf:-3", "--jsonl", "-", "--no-null")
        back = self.done(self.run_tiny("-p", "the king", *there, "-q"))
        self.assertEqual(forth, back)

    def test_direction_elsewhere_is_an_affine_file(self):
        self.fitted("direction", "glad.txt", "grim.txt", "--site", "mlp", "--layers", "0")
        self.assertIn("ffn_out", self.done(self.call("inspect", "out.gguf")))
        self.done(self.world_of("steer:out.gguf:2"))
        self.done(self.world_of("affine:out.gguf:2"))

    def test_principal_components_want_pairs(self):
        self.fitted("direction", "glad.txt", "grim.txt", "--by", "pca")
        self.fitted("direction", "glad.txt", "grim.txt", "--by", "pca-centred", "--length", "unit")
        self.write("few.txt", "\n".join(GRIM[:5]))
        self.refused(
            self.fit("direction", "glad.txt", "few.txt", "--by", "pca", "-o", "out.gguf"),
            2, "as many texts", "24 and 5", "--by mean")

    def test_mimic_maps_one_set_to_the_other(self):
        report = self.fitted("mimic", "glad.txt", "grim.txt", "--layers", "1")
        found = {finding["key"]: finding for finding in report["findings"]}
        self.assertLess(found["fit_error"]["value"], 1e-3)
        self.assertEqual(found["called_target_before"]["value"], 0)
        self.assertEqual(found["called_target_after"]["value"], 1)
        self.done(self.world_of("affine:out.gguf"))
        report = self.fitted("mimic", "glad.txt", "grim.txt", "--mean-only", "--layers", "0-1")
        self.assertEqual(len(report["layers"]), 2)

    def test_leace_takes_any_number_of_sets(self):
        for files, rank in ((("glad", "grim"), 1), (("glad", "grim", "more"), 2)):
            report = self.fitted("leace", *(f"{name}.txt" for name in files))
            found = {finding["key"]: finding for finding in report["findings"]}
            self.assertEqual(found["rank"]["value"], rank)
            self.assertEqual(found["probe_before"]["value"], 1)
            self.assertLessEqual(found["probe_after"]["accuracy"]["low"], 1 / len(files))
            self.assertEqual([row["chosen"] for row in report["layers"]].count(True), 1)
        self.done(self.world_of("affine:out.gguf@scope=written"))

    def test_sets_of_unequal_size_say_what_is_chance(self):
        self.write("few.txt", "\n".join(GRIM[:10]))
        report = self.fitted("leace", "glad.txt", "few.txt")  # too few to choose a layer and judge
        found = {finding["key"]: finding for finding in report["findings"]}
        self.assertIsNone(found["probe_after"]["accuracy"])
        self.assertIn("not measured", found["probe_after"]["text"])
        report = self.fitted("leace", "glad.txt", "few.txt", "--layers", "1")
        found = {finding["key"]: finding for finding in report["findings"]}
        self.assertIn("chance is 0.50", found["probe_after"]["text"])  # whatever the sizes

    def test_sets_of_one_state_each(self):
        for name, word in (("ones", "king"), ("twos", "queen")):
            self.write(f"{name}.txt", f"{word}\n" * 24)
        report = self.fitted("direction", "ones.txt", "twos.txt")
        self.assertIsNone(report["layers"][0]["separation"])
        found = {finding["key"]: finding for finding in report["findings"]}
        self.assertIn("infinitely many deviations", found["no_spread"]["text"])
        shown = self.done(self.fit("direction", "ones.txt", "twos.txt", "-o", "out.gguf"))
        self.assertIn(" ∞ ", shown)
        self.assertIn("pooling by the mean", shown)
        report = self.fitted("leace", "ones.txt", "twos.txt", "--layers", "1")
        found = {finding["key"]: finding["value"] for finding in report["findings"]}
        self.assertEqual((found["probe_before"], found["probe_after"]), (1, 0.5))  # nothing is left
        # the control: sets with spread have a number
        report = self.fitted("direction", "glad.txt", "grim.txt")
        self.assertGreater(report["layers"][0]["separation"], 0)
        self.assertNotIn("no_spread", [finding["key"] for finding in report["findings"]])

    def test_pairs_that_do_not_vary_have_no_centred_component(self):
        for name, word in (("ones", "king"), ("twos", "queen")):
            self.write(f"{name}.txt", f"{word}\n" * 24)
        self.refused(
            self.fit("direction", "ones.txt", "twos.txt", "--by", "pca-centred", "-o", "out.gguf"),
            1, "pairs", "--by pca-centred", "the same in all 20 pairs at layer 1", "--by mean")
        self.assertFalse((self.folder / "out.gguf").exists())
        self.fitted("direction", "ones.txt", "twos.txt", "--by", "pca")

    def test_accuracy_is_that_of_the_direction_that_is_written(self):
        for by in ("mean", "pca", "pca-centred"):
            report = self.fitted("direction", "glad.txt", "grim.txt", "--by", by)
            self.assertEqual(report["layers"][0]["accuracy"], report["findings"][0]["accuracy"])

    def test_iti_shifts_heads(self):
        report = self.fitted("iti", "glad.txt", "grim.txt", "--heads", "2", "--held-out", "0.5")
        self.assertEqual(len(report["heads"]), 4)  # two layers of two heads
        self.assertEqual([head["chosen"] for head in report["heads"]], [True, True, False, False])
        self.done(self.world_of("heads:out.gguf:5"))

    def test_chat_and_pooling(self):
        for pool in ("last", "mean", "every"):
            self.fitted("direction", "glad.txt", "grim.txt", "--chat", "--system", "the king",
                        "--pool", pool)
        self.assertIn("every", self.done(self.call("inspect", "out.gguf")))

    def test_the_same_file_whatever_the_threads(self):
        files = []
        for threads in ("1", "2"):
            self.done(self.call("fit", "mimic", "glad.txt", "grim.txt", "-m", "a.gguf", "-t",
                                threads, "-o", "out.gguf", "--layers", "1"))
            files.append((self.folder / "out.gguf").read_bytes())
        self.assertEqual(*files)

    def test_tables_for_people(self):
        text = self.done(self.fit("leace", "glad.txt", "grim.txt", "-o", "out.gguf"))
        for part in ("held-out accuracy", "←", "after erasure", "apply it: --world fitted=affine:"):
            self.assertIn(part, text)
        text = self.done(self.fit("leace", "glad.txt", "grim.txt", "--dry-run"))
        self.assertIn("48 texts (8 held out)", text)
        self.assertIn("MB", text)


class Refusals(FitCase):
    def refuses(self, *arguments, parts=(), code=2):
        line = self.refused(self.fit(*arguments, "-o", "out.gguf"), code, *parts)
        self.assertFalse((self.folder / "out.gguf").exists(), line)

    def test_one_set_empty(self):
        self.write("empty.txt", "\n\n")
        self.refuses("direction", "glad.txt", "empty.txt", parts=["no text", "empty.txt"], code=1)

    def test_one_set_alone(self):
        self.refuses("direction", "glad.txt", parts=["FILES"])

    def test_three_sets(self):
        self.refuses("mimic", "glad.txt", "grim.txt", "more.txt", parts=["two sets", "got 3"])

    def test_too_few_texts(self):
        self.write("few.txt", "\n".join(GRIM[:9]))
        for method in ("mimic", "leace", "iti"):
            self.refuses(method, "glad.txt", "few.txt", parts=["at least", "got 9", "few.txt"])

    def test_identical_sets(self):
        self.refuses("leace", "glad.txt", "grim.txt", "glad.txt", parts=["the same texts"])
        self.write("turned.txt", "\n".join(reversed(GLAD * 2)))
        self.refuses("direction", "glad.txt", "turned.txt", parts=["the same texts", "turned.txt"])

    def test_a_layer_that_is_not_there(self):
        self.refuses("leace", "glad.txt", "grim.txt", "--layers", "2", parts=["0-1", "got --layers 2"])
        self.refuses("leace", "glad.txt", "grim.txt", "--layers", "1-0", parts=["A at most B", "1-0"])
        self.refuses("leace", "glad.txt", "grim.txt", "--layers", "x", parts=["--layers", "'x'"])
        self.refuses("direction", "glad.txt", "grim.txt", "--layers", "0", parts=["from 1"])

    def test_a_site_that_is_not_there(self):
        self.refuses("leace", "glad.txt", "grim.txt", "--site", "head", parts=["--site", "'head'"])
        tiny.write_architecture(self.folder / "qwen2.gguf", "qwen2")
        self.refused(
            self.call("fit", "leace", "glad.txt", "grim.txt", "-m", "qwen2.gguf", "-t", "1", "-o",
                      "out.gguf", "--site", "attention"),
            2, "a site that architecture qwen2 has (residual, mlp,", "'attention'", "inspect")
        self.assertFalse((self.folder / "out.gguf").exists())

    def test_states_that_are_not_finite(self):
        broken = (self.folder / "a.gguf").read_bytes()
        one = struct.pack("<64f", *[1.0] * 64)  # the norms' weights; the second block's FFN comes last
        at = broken.rindex(one, 0, broken.rindex(one))
        (self.folder / "nan.gguf").write_bytes(
            broken[:at] + struct.pack("<f", math.nan) + broken[at + 4:])
        line = self.refused(
            self.call("fit", "direction", "glad.txt", "grim.txt", "-m", "nan.gguf", "-t", "1",
                      "-o", "out.gguf"), 1, "finite states", "l_out-1", "of 'glad.txt'")
        self.assertFalse((self.folder / "out.gguf").exists(), line)

    def test_options_of_other_methods(self):
        self.refuses("mimic", "glad.txt", "grim.txt", "--heads", "3", parts=["--heads with iti"])
        self.refuses("leace", "glad.txt", "grim.txt", "--by", "pca", parts=["--by with direction"])
        self.refuses("iti", "glad.txt", "grim.txt", "--site", "mlp", parts=["no --site with iti"])
        self.refuses("direct", "glad.txt", "grim.txt", parts=["direction, mimic", "'direct'"])

    def test_states_that_do_not_differ(self):
        twins = ["the king was great"] * 12
        self.write("one.txt", "\n".join(twins * 2))
        self.write("two.txt", "\n".join(twins * 3))
        for method in ("direction", "mimic", "leace", "iti"):
            self.refuses(method, "one.txt", "two.txt", parts=["states differ"], code=1)

    def test_heads_without_texts_that_judge_them(self):
        for share in ("0", "0.1"):
            self.refuses("iti", "glad.txt", "grim.txt", "--held-out", share,
                         parts=["--held-out", "at least 4", "glad.txt"])

    def test_more_heads_than_there_are(self):
        self.refuses("iti", "glad.txt", "grim.txt", "--heads", "5", parts=["at most 4", "got 5"])

    def test_little_memory(self):
        self.refuses("mimic", "glad.txt", "grim.txt", "--memory", "1M", parts=["--memory"], code=1)

    def test_files_that_are_not_there(self):
        self.refuses("direction", "glad.txt", "none.txt", parts=["none.txt"], code=1)
        self.refused(self.fit("direction", "glad.txt", "grim.txt"), 2, "-o FILE")
        self.refused(
            self.fit("direction", "glad.txt", "grim.txt", "-o", "nowhere/out.gguf"), 1, "nowhere")
        self.refused(self.fit("direction", "glad.txt", "grim.txt", "-o", "glad.txt"), 2, "glad.txt")

    def test_a_file_of_another_model(self):
        self.fitted("leace", "glad.txt", "grim.txt")
        for command in ("run", "law"):
            given = ("-m", "b.gguf", "-t", "1", "-n", "4", "-p", "the king")
            world = ("--world", "w=affine:out.gguf")
            self.refused(self.call(command, *given, *world), 1, "out.gguf", "--force")
            self.done(self.call(command, *given, *world, "--force"))

    def test_a_full_disk(self):
        result = self.fit("mimic", "glad.txt", "grim.txt", "-o", "out.gguf", "--layers", "1",
                          file_limit=4096)
        self.refused(result, 1, "out.gguf")
        self.assertFalse((self.folder / "out.gguf").exists())


if __name__ == "__main__":
    unittest.main()

"""What `law` prints and writes, and what it refuses."""

import json
import math
import unittest

from command import Case

HOT = ("--world", "hot=temp:1.5")
SAD = ("--world", "sad=steer:vector.gguf:2")
STRINGS = '{"id": "a", "prompt": "the king", "text": " the queen"}\n{"id": "b", "prompt": "Paris"}\n'


class LawCase(Case):
    def law(self, *arguments, threads="1", tokens="6", **more):
        given = ("-t", threads, "-n", tokens, "-m", "a.gguf", *arguments)
        return self.call("law", *given, **more)

    def json_of(self, *arguments, **more):
        return json.loads(self.done(self.law(*arguments, "--json", **more)))

    def lines_of(self, *arguments, **more):
        text = self.done(self.law(*arguments, "--jsonl", "-", **more))
        return [json.loads(line) for line in text.splitlines()]


class Tables(LawCase):
    def test_json_has_every_measure(self):
        self.write("s.jsonl", STRINGS)
        world, null = self.json_of("-f", "s.jsonl", *HOT, "--agreement", "--target-text", " the")["worlds"]
        self.assertEqual(world["world"], "hot")
        self.assertEqual(world["strings"], 2)
        self.assertLess(world["unchanged"]["value"], 1)
        self.assertEqual(len(world["survival"]), 10)  # tokens of the longer string
        self.assertGreater(world["kl"]["mean"], 0)
        self.assertGreaterEqual(world["kl"]["max"], world["kl"]["p99"])
        self.assertGreater(world["exact_agreement"], world["same_draw"])
        self.assertLessEqual(world["bounds"][0], world["unchanged"]["value"])
        self.assertLessEqual(world["unchanged"]["value"], world["bounds"][1])
        self.assertEqual(world["same_top"], 1)
        self.assertGreater(world["target"]["value"], 0)
        self.assertTrue(null["null"])
        for measure in (null["unchanged"]["value"], null["agreement"], null["exact_agreement"]):
            self.assertEqual(measure, 1)
        self.assertEqual(null["kl"]["max"], 0)

    def test_tables_for_people(self):
        text = self.done(self.law("-p", "the king", *HOT))
        for part in ("P(unchanged)", "expected LCP", "survival", "KL divergence", "least", "hot"):
            self.assertIn(part, text)
        self.assertIn("null (floor)", text)

    def test_tokens_are_marked(self):
        text = self.done(self.law("-p", "the king", *HOT, "--tokens", "--show", "1"))
        self.assertIn("▌ 1", text)
        self.assertRegex(text, r"\[\d+\]")

    def test_a_world_that_changes_nothing_is_said(self):
        result = self.law("-p", "the king", "--world", "zero=steer:vector-zero.gguf")
        self.assertIn(b"acted and changed no law", result.stderr)
        self.assertEqual(result.returncode, 0)

    def test_dry_run_evaluates_nothing(self):
        for question in ((), ("--sweep", "steer.scale=0,1"), ("--threshold", "steer.scale")):
            text = self.done(self.law("-p", "the king", *SAD, *question, "--dry-run"))
            self.assertIn("memory", text)
            self.assertNotIn("P(unchanged)", text)
            self.assertNotIn("changes at", text)

    def test_nothing_scored_is_no_zero(self):
        result = self.law("-p", "the king", "--world", "no=do:0: Paris")
        self.assertRegex(self.done(result), r"no( +–){10}\n")
        self.assertIn(b"no law after a do that differs", result.stderr)
        (world, _) = self.json_of("-p", "the king", "--world", "no=do:0: Paris")["worlds"]
        self.assertNotIn("kl", world)


class Lines(LawCase):
    def test_one_entry_a_token(self):
        self.write("s.jsonl", STRINGS)
        lines = self.lines_of("-f", "s.jsonl", *HOT, "--samples", "3")
        self.assertEqual(
            [(line["string"], line["sample"]) for line in lines],
            [("a", 0), ("b", 0), ("b", 1), ("b", 2)],
        )
        for line in lines:
            n = len(line["tokens"])
            for key in ("pieces", "stay", "survival", "kl", "p", "q", "same_draw"):
                self.assertEqual(len(line[key]), n, key)
            product = 1
            for stay, survival in zip(line["stay"], line["survival"]):
                product *= stay
                self.assertAlmostEqual(survival, product, places=12)
            self.assertAlmostEqual(line["unchanged"], product, places=12)
            self.assertAlmostEqual(line["expected_lcp"], math.fsum(line["survival"]), places=9)
        self.assertEqual("".join(lines[0]["pieces"]), " the queen")
        self.assertTrue(lines[0]["observed"])

    def test_law_of_what_run_wrote_is_its_own(self):
        run = self.done(self.run_tiny("-p", "the king", *HOT, "--jsonl", "-"))
        self.write("run.jsonl", run)
        (line,) = self.lines_of("-f", "run.jsonl", *HOT)
        (own,) = self.lines_of("-p", "the king", *HOT, tokens="4")
        self.assertEqual(line["tokens"], own["tokens"])
        self.assertEqual(line["stay"], own["stay"])

    def test_nothing_depends_on_streams_and_company(self):
        self.write("s.txt", "the king\nParis\na house by the sea\n")
        whole = self.lines_of("-f", "s.txt", *HOT, *SAD)
        for more in (("-np", "1"), ("-ub", "70")):
            self.assertEqual(self.lines_of("-f", "s.txt", *HOT, *SAD, *more), whole)
        self.assertEqual(self.lines_of("-f", "s.txt", *HOT, *SAD, threads="2"), whole)

    def test_a_do_ends_the_law(self):
        result = self.law("-p", "the king", "--world", "no=do:1: Paris", "--jsonl", "-")
        (line,) = [json.loads(text) for text in result.stdout.decode().splitlines()]
        self.assertEqual(line["stay"][0], 1)
        self.assertEqual(line["stay"][1], 0)
        self.assertEqual(line["kl"][1:], [None] * (len(line["tokens"]) - 1))
        self.assertIn(b"no law after a do that differs", result.stderr)

    def test_corpus(self):
        self.write("book.txt", "the king and the queen went to Paris by the sea. " * 20)
        lines = self.lines_of("--corpus", "book.txt", "-c", "16", *HOT)
        self.assertGreater(len(lines), 5)
        for number, line in enumerate(lines, 1):
            self.assertEqual(line["string"], str(number))
            self.assertEqual(len(line["tokens"]), 7)


class Token(LawCase):
    def test_outcomes_sum_to_one(self):
        given = ("-p", "the king", *HOT, *SAD, "--law-at", "1:0", "--top", "5")
        hot, sad = self.json_of(*given)
        self.assertEqual((hot["world"], sad["world"]), ("hot", "sad"))
        for law in (hot, sad):
            total = law["rest"] + math.fsum(o["probability"] for o in law["outcomes"])
            self.assertAlmostEqual(total, 1, places=9)
            own = law["observed"]
            for outcome in law["outcomes"]:
                ratio = outcome["q"] * own["p"]
                self.assertGreaterEqual(ratio * (1 + 1e-9), own["q"] * outcome["p"])

    def test_for_people(self):
        text = self.done(self.law("-p", "the king", *HOT, "--law-at", "1:0"))
        self.assertIn("P(becomes)", text)
        self.assertIn("= '", text)

    def test_samples_have_names(self):
        given = ("-p", "the king", *HOT, "--samples", "3")
        line = self.lines_of(*given)[2]
        (law,) = self.json_of(*given, "--law-at", "1#2:1")
        self.assertEqual(law["observed"]["token"], line["tokens"][1])

    def test_stay_is_that_of_the_lines(self):
        (line,) = self.lines_of("-p", "the king", *HOT)
        (law,) = self.json_of("-p", "the king", *HOT, "--law-at", "1:2")
        self.assertAlmostEqual(law["observed"]["probability"], line["stay"][2], places=5)
        self.assertEqual(law["observed"]["token"], line["tokens"][2])


class Doses(LawCase):
    def test_sweep(self):
        given = ("-p", "the king", "-p", "Paris", *SAD, "--target-text", " the")
        rows = self.json_of(*given, "--sweep", "steer.scale=0:4:2")
        self.assertEqual([row["dose"] for row in rows], [0, 2, 4, None])
        self.assertEqual(rows[3]["world"], "nudge")
        self.assertEqual(rows[0]["unchanged"]["value"], 1)
        self.assertEqual(rows[0]["expected_lcp"]["value"], 6)
        self.assertGreater(rows[1]["expected_lcp"]["value"], rows[2]["expected_lcp"]["value"])
        world, *_ = self.json_of(*given)["worlds"]
        self.assertEqual(world["unchanged"], rows[1]["unchanged"])
        self.assertEqual(world["target"], rows[1]["target"])

    def test_sweep_of_the_temperature_is_that_of_worlds(self):
        doses = self.json_of("-p", "the king", *HOT, "--sweep", "temp=0.5:1.5:0.5")
        self.assertEqual([dose["dose"] for dose in doses], [0.5, 1, 1.5])
        worlds = ("--world", "a=temp:0.5", "--world", "b=temp:1", "--world", "c=temp:1.5")
        tables = self.json_of("-p", "the king", *worlds, "--no-null")["worlds"]
        for dose, world in zip(doses, tables):
            self.assertEqual(dose["unchanged"]["value"], world["unchanged"]["value"])
        self.assertEqual(doses[1]["unchanged"]["value"], 1)
        self.assertLess(doses[2]["unchanged"]["value"], 1)

    def test_worlds_of_the_factual_network_read_nothing(self):
        hot, null = self.json_of("-p", "the king", *HOT)["worlds"]
        self.assertEqual((hot["rows"]["evaluated"], hot["rows"]["from_factual"]), (0, hot["positions"]))
        self.assertGreater(null["rows"]["evaluated"], 0)
        self.assertEqual(null["rows"]["from_factual"], 0)

    def test_threshold_of_the_temperature(self):
        line, = self.lines_of("-p", "the king", *HOT, "--threshold", "temp=1:3")
        self.assertLess(line["threshold"], 3)
        hot = f"hot=temp:{line['threshold']}"
        pair = json.loads(self.done(self.call("run", "-t", "1", "-n", "6", "-m", "a.gguf", "-p", "the king",
                                              "--world", hot, "--jsonl", "-")))
        self.assertEqual(pair["lcp"], line["position"])

    def test_sweep_for_people(self):
        text = self.done(self.law("-p", "the king", *SAD, "--sweep", "sad.scale=0,1"))
        self.assertIn("sad.scale", text)
        self.assertIn("█" * 24, text)

    def test_threshold(self):
        given = ("-p", "the king", "-p", "Paris", "--samples", "3", *SAD)
        found = self.json_of(*given, "--threshold", "steer.scale=0:8", "--halvings", "5")
        self.assertEqual(len(found), 6)
        changed = [one for one in found if one["threshold"] is not None]
        self.assertTrue(changed)
        for one in changed:
            self.assertNotEqual(one["factual"], one["counterfactual"])
            self.assertEqual(self.run_at(one, one["threshold"])["lcp"], one["position"])
            below = self.run_at(one, one["threshold"] - 8 / 32)
            self.assertEqual(below["lcp"], len(below["factual"]["tokens"]))

    def run_at(self, one, strength):
        """The line of `run` for the same string and sample at a strength."""
        worlds = ("--world", f"sad=steer:vector.gguf:{strength}")
        given = ("-p", "the king", "-p", "Paris", "--samples", "3", *worlds, "--jsonl", "-")
        text = self.done(self.call("run", "-t", "1", "-n", "6", "-m", "a.gguf", *given))
        for line in map(json.loads, text.splitlines()):
            if (line["string"], line["sample"]) == (one["string"], one["sample"]):
                return line
        self.fail("no such line")

    def test_threshold_skips_the_impossible(self):
        self.write("s.jsonl", STRINGS)
        given = ("-f", "s.jsonl", "--top-k", "1", *SAD, "--threshold", "steer.scale")
        self.refused(self.law(*given), 1, "with probability 0 at position")
        result = self.law(*given, "--skip-impossible")
        self.assertIn(b"skipped string 'a'", result.stderr)
        self.assertNotRegex(self.done(result), r"\n  a ")

    def test_threshold_for_people(self):
        text = self.done(self.law("-p", "the king", *SAD, "--threshold", "steer.scale"))
        self.assertIn("changes at", text)


class Refused(LawCase):
    def refuses(self, code, *arguments, parts=(), **more):
        self.refused(self.law(*arguments, **more), code, *parts)

    def test_short_corpus(self):
        self.write("book.txt", "the king")
        self.refuses(1, "--corpus", "book.txt", *HOT, parts=["at least one chunk of 512", "book.txt"])

    def test_missing_corpus(self):
        self.refuses(1, "--corpus", "none.txt", *HOT, parts=["no such file", "none.txt"])

    def test_corpus_that_is_no_text(self):
        self.write("book.txt", b"\xff\xfe\x00")
        self.refuses(1, "--corpus", "book.txt", *HOT, parts=["UTF-8"])

    def test_corpus_and_prompts(self):
        self.write("book.txt", "the king")
        self.refuses(2, "--corpus", "book.txt", "-p", "a", *HOT, parts=["--corpus, -p or -f"])

    def test_odd_chunk(self):
        self.write("book.txt", "the king " * 50)
        self.refuses(2, "--corpus", "book.txt", "-c", "7", *HOT, parts=["even number"])

    def test_sweep_of_nothing(self):
        given = ("-p", "a", *HOT, "--sweep", "steer.scale=0:1:0.5")
        self.refuses(2, *given, parts=["names none", "steer.scale"])

    def test_sweep_that_is_no_sweep(self):
        given = ("-p", "a", *SAD, "--sweep", "steer.scale")
        self.refuses(2, *given, parts=["TARGET=FROM:TO:STEP"])

    def test_threshold_of_nothing(self):
        self.refuses(2, "-p", "a", *HOT, "--threshold", "lora.scale", parts=["names none"])

    def test_threshold_of_a_setting_without_a_range(self):
        self.refuses(2, "-p", "a", *HOT, "--threshold", "temp", parts=["temp=LOW:HIGH"])

    def test_threshold_without_a_range(self):
        given = ("-p", "a", *SAD, "--threshold", "steer.scale=1:1")
        self.refuses(2, *given, parts=["two different strengths"])

    def test_several_questions(self):
        given = ("-p", "a", *SAD, "--sweep", "steer.scale=1", "--law-at", "1:0")
        self.refuses(2, *given, parts=["one of --law-at, --sweep and --threshold"])

    def test_law_at_an_unknown_string(self):
        self.refuses(2, "-p", "a", *HOT, "--law-at", "7:0", parts=["id of a string", "'7'"])

    def test_law_at_beyond_the_string(self):
        self.refuses(2, "-p", "a", *HOT, "--law-at", "1:99", parts=["position within", "99"])

    def test_law_at_that_is_no_site(self):
        self.refuses(2, "-p", "a", *HOT, "--law-at", "1", parts=["STRING:POSITION"])

    def test_empty_target(self):
        self.refuses(2, "-p", "a", *HOT, "--target-text", "", parts=["--target-text"])

    def test_target_with_another_question(self):
        given = ("-p", "a", *SAD, "--target-text", "a", "--threshold", "steer.scale")
        self.refuses(2, *given, parts=["--target-text without"])

    def test_target_longer_than_the_context(self):
        given = ("-p", "a", *HOT, "--target-text", "the king " * 300)
        self.refuses(1, *given, parts=["within the context of 256 tokens"])

    def test_target_longer_than_the_strings(self):
        given = ("-p", "a", *HOT, "--target-text", "the king " * 20, "--json")
        self.done(self.law(*given, tokens="1"))

    def test_do_beyond_every_string(self):
        given = ("-p", "a", "--temp", "8", "--world", "no=do:50: Paris", "-s", "0")
        self.refuses(1, *given, tokens="60", parts=["to act at position 50"])

    def test_chunk_beyond_the_context(self):
        self.write("book.txt", "the king " * 500)
        given = ("--corpus", "book.txt", "-c", "4096", *HOT)
        self.refuses(2, *given, parts=["context of 256 tokens"])

    def test_lines_over_the_corpus(self):
        self.write("book.txt", "the king " * 50)
        given = ("--corpus", "book.txt", "-c", "16", "--jsonl", "book.txt", *HOT)
        self.refuses(2, *given, parts=["a file of its own"])

    def test_threshold_lines_into_no_folder(self):
        given = ("-p", "a", *SAD, "--threshold", "steer.scale", "--jsonl", "none/x.jsonl")
        self.refuses(1, *given, parts=["none/x.jsonl"])

    def test_no_world(self):
        self.refuses(2, "-p", "a", parts=["a world to compare with"])

    def test_impossible_tokens(self):
        self.write("s.jsonl", '{"prompt": "the king", "text": " the queen"}')
        given = ("-f", "s.jsonl", "--top-k", "1", *HOT)
        self.refuses(1, *given, parts=["with probability 0 at position"])

    def test_full_disk(self):
        self.write("s.txt", "the king\n" * 40)
        result = self.law("-f", "s.txt", *HOT, "--jsonl", "out.jsonl", file_limit=4096)
        self.assertEqual(result.returncode, 1)
        text = (self.folder / "out.jsonl").read_text(encoding="utf-8")
        for line in text.splitlines():
            json.loads(line)
        self.assertTrue(text.endswith("\n"))


if __name__ == "__main__":
    unittest.main()

"""`otherwise score`: the measures of pairs, in either form, and what it refuses."""

import json
import unittest

from command import Case


def line(**keys):
    return json.dumps(keys) + "\n"


def published(number, before, after):
    """The form of the paper's authors: texts and tokens hold the prompt."""
    tokens = {text: [hash_of(word) for word in text.split()] for text in (before, after)}
    return line(
        id=number,
        original={"text": before, "tokens": tokens[before]},
        counterfactual={"text": after, "tokens": tokens[after]},
    )


def hash_of(word):
    return sum(ord(letter) * 31**place for place, letter in enumerate(word)) % 10000


SHARED = published(0, "the sea is calm today", "the sea is calm today")
DIVIDED = published(1, "the sea is calm today", "the sea was calm then and now")
LONGER = published(2, "the sea is calm", "the sea is calm and blue")


class Pairs(Case):
    def score(self, text, *arguments, name="pairs.jsonl"):
        self.write(name, text)
        return self.call("score", name, *arguments)

    def world(self, text, *arguments):
        """The one world of --json."""
        worlds = json.loads(self.done(self.score(text, "--json", *arguments)))["worlds"]
        self.assertEqual(len(worlds), 1)
        return worlds[0]

    def shift(self, world, key):
        (found,) = [shift for shift in world["shifts"] if shift["key"] == key]
        return found


class Score(Pairs):
    def test_published_form(self):
        world = self.world(SHARED + DIVIDED + LONGER)
        self.assertEqual(world["world"], "pairs")
        self.assertEqual((world["pairs"], world["strings"]), (3, 3))
        measures = world["measures"]
        self.assertAlmostEqual(measures["unchanged"]["value"], 1 / 3)
        self.assertAlmostEqual(measures["kept_whole"]["value"], 2 / 3)
        # Only the divided pair counts in the paper's share: 2 of 5 tokens.
        self.assertAlmostEqual(measures["lcp_share_tokens"]["value"], 2 / 5)
        self.assertEqual(measures["lcp_share_tokens"]["n"], 1)
        self.assertAlmostEqual(measures["lcp_share_tokens_all"]["value"], (1 + 2 / 5 + 1) / 3)
        self.assertAlmostEqual(measures["lcp_share_characters"]["value"], 8 / 21)
        # "is" to "was" is two edits, "today" to "then and now" eleven; "and blue" is nine more.
        self.assertAlmostEqual(measures["edit_characters"]["value"], (0 + 12 + 9) / 3)
        self.assertAlmostEqual(measures["edit_share"]["value"], (12 / 29 + 9 / 24) / 3)

    def test_a_start_token_of_one_side(self):
        """As the authors' pickled pairs have it."""
        lines = [json.loads(text) for text in (SHARED + DIVIDED + LONGER).splitlines()]
        for entry in lines:
            entry["original"]["tokens"].insert(0, 128000)
        result = self.score("".join(line(**entry) for entry in lines), "--json")
        self.assertIn("in 3 of 3 pairs", result.stderr.decode())
        self.assertIn("token 128000, a start token", result.stderr.decode())
        self.assertEqual(self.done(result), self.done(self.score(SHARED + DIVIDED + LONGER, "--json")))

    def test_form_of_run(self):
        result = self.run_tiny(
            "-p", "the king", "-p", "a sea", "--samples", "3", "--world", "hot=temp:2",
            "--world", "same=temp:1", "--independent", "--jsonl", "out.jsonl", "--json",
        )  # fmt: skip
        ran = json.loads(self.done(result))["worlds"]
        scored = json.loads(self.done(self.call("score", "out.jsonl", "--json")))["worlds"]
        names = [(world["world"], world["independent"]) for world in scored]
        expected = [("hot", False), ("hot", True), ("same", False), ("same", True)]
        self.assertEqual(names, expected)
        self.assertEqual((scored[0]["pairs"], scored[0]["strings"]), (6, 2))
        # `run` measures the same, and knows the prompts' tokens as well.
        for mine, theirs in zip(scored, ran):
            for key, value in mine["measures"].items():
                self.assertEqual(theirs["measures"][key], value, key)
            self.assertEqual(theirs["words"], mine["words"])
            self.assertIn("lcp_share_tokens_all", theirs["measures"])
            self.assertNotIn("lcp_share_tokens_all", mine["measures"])
        self.assertEqual(scored[2]["measures"]["unchanged"]["value"], 1.0)
        self.assertIn("measured_ratio", scored[0]["shifts"][0])
        self.assertNotIn("measured_ratio", scored[1]["shifts"][0])

    def test_one_world_of_several(self):
        lines = "".join(
            line(string="s", world=world, prompt="", factual={"text": "a"}, counterfactual={"text": world})
            for world in ("x", "y", "x")
        )
        self.assertEqual(self.world(lines, "--world", "y")["pairs"], 1)
        result = self.score(lines)
        text = self.done(result)
        self.assertLess(text.index("▌ x  2 pairs of 1 string"), text.index("▌ y  1 pair of 1 string"))
        self.assertIn("1 of 3 pairs repeat a string, sample and world", result.stderr.decode())
        self.refused(self.score(lines, "--world", "z"), 2, "--world NAME, one of x, y", "'z'")

    def test_fields(self):
        pair = line(q="In ", a={"b": {"text": "In Paris"}}, c="In Rome")
        fields = ("--factual-field", "a.b.text", "--counterfactual-field", "c")
        world = self.world(pair, *fields, "--prompt-field", "q", "--with-prompt")
        self.assertEqual(world["measures"]["lcp_characters"]["value"], 0)
        self.assertAlmostEqual(world["measures"]["lcp_share_characters"]["value"], 3 / 8)
        self.assertEqual(self.world(pair, *fields)["measures"]["lcp_characters"]["value"], 3)

    def test_targets(self):
        lines = "".join(
            line(factual="a bear", counterfactual="a Koala" if i < 6 else "a bear") for i in range(9)
        )
        world = self.world(lines, "--target", "(?i)koala", "--off-target", "^a")
        target = self.shift(world, "target")
        self.assertAlmostEqual(target["difference"]["value"], 6 / 9)
        self.assertEqual(target["difference"]["n"], 9)
        self.assertEqual((target["flips"]["gained"], target["flips"]["lost"]), (6, 0))
        self.assertAlmostEqual(target["flips"]["p"], 2 / 64)
        off_target = self.shift(world, "off-target")
        self.assertEqual(off_target["difference"]["value"], 0)
        self.assertIsNone(off_target["variance_ratio"])
        text = self.done(self.score(lines, "--target", "(?i)koala"))
        self.assertRegex(text, r"target \(\?i\)koala +6 +0 +6 +0 +0\.031 +9!")

    def test_words(self):
        lines = line(factual="the old sea", counterfactual="the old koala") * 40
        words = self.world(lines, "--words", "1")["words"]
        self.assertEqual([w["word"] for w in words["gained"]], ["koala"])
        self.assertEqual(words["lost"][0]["factual"], 40)
        self.assertEqual(words["tested"], 4)
        self.assertGreater(words["gained"][0]["z"], words["threshold"])
        self.assertEqual(self.world(lines, "--words", "0")["words"]["gained"], [])

    def test_samples_of_a_string_are_one_cluster(self):
        one = [line(string="s", sample=i, factual="a", counterfactual="ab"[i % 2]) for i in range(40)]
        many = [line(string=str(i), factual="a", counterfactual="ab"[i % 2]) for i in range(40)]
        unchanged = self.world("".join(one))["measures"]["unchanged"]
        self.assertEqual((unchanged["n"], unchanged["strings"]), (40, 1))
        self.assertIsNone(unchanged["low"])  # one string says nothing of others
        result = self.score("".join(one))
        self.assertIn("1 string in 'pairs': intervals from fewer than 30", result.stderr.decode())
        result = self.score("".join(many), "--json")
        self.assertGreater(json.loads(self.done(result))["worlds"][0]["measures"]["unchanged"]["low"], 0.3)
        self.assertEqual(result.stderr, b"")

    def test_limit_and_standard_input(self):
        lines = SHARED + DIVIDED + LONGER
        result = self.call("score", "-", "--limit", "2", "--json", stdin=lines)
        world = json.loads(self.done(result))["worlds"][0]
        self.assertEqual((world["world"], world["pairs"]), ("standard input", 2))

    def test_several_files(self):
        self.write("a.jsonl", SHARED)
        self.write("b.jsonl", DIVIDED)
        worlds = json.loads(self.done(self.call("score", "a.jsonl", "b.jsonl", "--json")))["worlds"]
        self.assertEqual([world["world"] for world in worlds], ["a", "b"])

    def test_empty_texts(self):
        lines = line(factual="", counterfactual="") + line(factual="abc", counterfactual="")
        result = self.score(lines, "--json")
        world = json.loads(self.done(result))["worlds"][0]
        self.assertEqual(world["empty"], 2)
        self.assertEqual(world["measures"]["edit_share"]["n"], 1)
        self.assertEqual(world["measures"]["edit_share_longer"]["value"], 0.5)
        self.assertIn("2 pairs of 2 in 'pairs' with an empty text", result.stderr.decode())

    def test_texts_of_any_origin_are_harmless(self):
        text = self.done(self.score(line(world="\x1b[31m", factual="\x1b[2J a", counterfactual="b")))
        self.assertNotIn("\x1b", text)


class Embedder(Pairs):
    PAIRS = line(factual="the river in London", counterfactual="the river in London") + line(
        factual="the river in London", counterfactual="old king bread"
    )

    def cosine(self, *arguments):
        return self.world(self.PAIRS, "-t", "1", "--embedder", *arguments)["measures"]["cosine"]

    def test_cosines(self):
        cosine = self.cosine("embedder.gguf")
        self.assertEqual(cosine["n"], 2)
        self.assertAlmostEqual(cosine["high"], 1.0, places=5)  # of equal texts
        self.assertLess(cosine["low"], 0.95)
        # An encoder that declares no pooling is averaged, as this one declares.
        self.assertEqual(self.cosine("embedder-plain.gguf"), cosine)
        # A prefix is part of the text.
        self.assertNotEqual(self.cosine("embedder.gguf", "--e5")["low"], cosine["low"])

    def test_texts_that_are_too_long_are_said(self):
        lines = line(factual="king " * 60, counterfactual="sea")
        result = self.score(lines, "--embedder", "embedder.gguf", "-t", "1")
        self.assertIn("cosine", self.done(result))
        self.assertIn("1 texts are longer than the embedder's 32 tokens", result.stderr.decode())

    def test_what_is_no_embedder(self):
        for name, part in {
            "a.gguf": "a language model that declares no pooling",
            "reranker.gguf": "a reranker",
            "lora.gguf": "an adapter",
            "vector.gguf": "a control vector",
            "text.gguf": "a GGUF file",
            "none.gguf": "no such file",
        }.items():
            result = self.score(self.PAIRS, "--embedder", name)
            self.refused(result, 1, part, f"'{name}'")
            self.assertEqual(result.stdout, b"")

    def test_e5_alone(self):
        self.refused(self.score(self.PAIRS, "--e5"), 2, "--embedder FILE with --e5")


class BadInput(Pairs):
    def refuses(self, text, *parts, more=(), code=1):
        result = self.score(text, *more)
        self.refused(result, code, *parts)
        self.assertEqual(result.stdout, b"")

    def test_missing_field(self):
        bad = line(original={"text": "a"})
        self.refuses(SHARED + bad, '"counterfactual" in pairs.jsonl, line 2', "none")
        bad = line(factual={"tokens": [1]}, counterfactual={"text": "b"})
        self.refuses(bad, '"factual.text" in pairs.jsonl, line 1')
        self.refuses(SHARED + line(text="a"), '"factual" or "original"', "line 2", "neither")
        self.refuses(SHARED, '"before" in pairs.jsonl', more=("--factual-field", "before"))

    def test_not_json(self):
        self.refuses(SHARED + "\nno\n", "JSON in pairs.jsonl, line 3", "byte 2")

    def test_unequal_prompts(self):
        sides = [{"prompt": prompt, "text": "a"} for prompt in ("In", "On")]
        bad = line(original=sides[0], counterfactual=sides[1])
        self.refuses(SHARED + bad, "one prompt for both texts", "line 2", "unequal prompts")
        bad = line(prompt="In", factual="In a", counterfactual="On b")
        self.refuses(bad, "line 1", "a counterfactual text that does not", more=("--with-prompt",))

    def test_nothing(self):
        self.refuses("\n \n", "at least one pair in pairs.jsonl", "none")
        self.refused(self.call("score", "none.jsonl"), 1, "no such file, 'none.jsonl'")
        self.refused(self.call("score", "."), 1, "a folder")
        self.refused(self.call("score"), 2, "FILE for `otherwise score`")

    def test_invalid_utf8(self):
        self.write("pairs.jsonl", SHARED.encode() + b'{"factual": "\xff"}\n')
        self.refused(self.call("score", "pairs.jsonl"), 1, "UTF-8 in pairs.jsonl, line 2")

    def test_invalid_pattern(self):
        self.refuses(SHARED, "--target REGEX", "'(a'", more=("--target", "(a"), code=2)
        self.refuses(SHARED, "--off-target REGEX", "'*'", more=("--off-target", "*"), code=2)
        result = self.run_tiny("-p", "a", "--world", "hot=temp:2", "--target", "(a")
        self.refused(result, 2, "--target REGEX", "'(a'")


class RunMeasures(Case):
    def test_below_the_table(self):
        prompts = "".join(f"the {noun}\n" for noun in ("king", "sea", "road", "bird"))
        self.write("in.txt", prompts)
        arguments = ("-f", "in.txt", "--world", "sea=do:0: sea", "-q", "--target", "sea")
        text = self.done(self.run_tiny(*arguments))
        self.assertRegex(text, r"world +n +% of text +tokens +ended, % +4-grams, %\n  sea +4! ")
        self.assertRegex(text, r"sea  target sea +4! ")
        self.assertLess(text.index("fragile"), text.index("% of text"))

    def test_null_world_alone_has_none(self):
        text = self.done(self.run_tiny("-p", "the king", "--null", "-q"))
        self.assertNotIn("% of text", text)


if __name__ == "__main__":
    unittest.main()

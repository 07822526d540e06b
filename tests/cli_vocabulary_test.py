"""Texts as tokens: spaces, start and end tokens, and models whose vocabularies differ."""

import json
import sqlite3
import unittest

import tiny
from command import Case

HOT = ("--world", "hot=temp:1.5")
SPM = {token: i for i, token in enumerate(tiny.sentencepiece_vocabulary()[0])}
PARIS, ROME, THE, KING = (SPM["\u2581" + word] for word in ("Paris", "Rome", "the", "king"))
START = SPM["<s>"]


class VocabularyCase(Case):
    def law_lines(self, *arguments, model="spm.gguf"):
        result = self.call("law", "-t", "1", "-n", "4", "-m", model, *arguments, "--jsonl", "-", "-q")
        return [json.loads(line) for line in self.done(result).splitlines()]

    def law_json(self, *arguments, model="spm.gguf"):
        return json.loads(self.done(self.call("law", "-t", "1", "-m", model, *arguments, "--json", "-q")))

    def run_lines(self, *arguments, model="spm.gguf"):
        result = self.run_tiny(*arguments, "--jsonl", "-", "-q", model=model)
        return [json.loads(line) for line in self.done(result).splitlines()]

    def line(self, **values):
        return self.write("in.jsonl", json.dumps(values) + "\n")


class Continuations(VocabularyCase):
    """Only a text of its own gets a SentencePiece vocabulary's space."""

    def test_observed_text(self):
        cases = {" Paris, Rome.": [PARIS, SPM[","], ROME, SPM["."]], "Paris": [SPM[c] for c in "Paris"]}
        cases["  Paris"] = [SPM["\u2581"], PARIS]
        cases["\nThe"] = [SPM["<0x0A>"], *(SPM[c] for c in "The")]
        for text, tokens in cases.items():
            (line,) = self.law_lines("-f", self.line(prompt="the king", text=text), *HOT)
            self.assertEqual(line["tokens"], tokens, text)

    def test_text_after_nothing_is_one_of_its_own(self):
        (line,) = self.law_lines("-f", self.line(prompt="", text="Paris Rome"), *HOT)
        self.assertEqual(line["tokens"], [PARIS, ROME])

    def test_rest_of_a_split_text(self):
        (line,) = self.law_lines("-p", "the king Paris Rome", "--prompt-words", "2", *HOT)
        self.assertEqual(line["tokens"], [PARIS, ROME])
        (line,) = self.law_lines("-p", "the king Paris Rome", "--prompt-tokens", "2", *HOT)
        self.assertEqual(line["tokens"], [PARIS, ROME])

    def test_do(self):
        (line,) = self.run_lines("-p", "the king", "--world", "d=do:1: Paris")
        self.assertEqual(line["counterfactual"]["tokens"][1], PARIS)

    def test_target(self):
        (line,) = self.law_lines("-f", self.line(prompt="the king", text=" Paris"), *HOT)
        world = self.law_json("-p", "the king", *HOT, "--target-text", " Paris")["worlds"][0]
        self.assertAlmostEqual(world["target"]["value"], line["q"][0], places=12)

    def test_suffix_of_a_prompt_of_tokens(self):
        self.line(prompt_tokens=[START, THE, KING])
        (line,) = self.run_lines("-f", "in.jsonl", "--world", "s=suffix: Rome")
        self.assertEqual(line["world_prompt"], "<s> the king Rome")


class Starts(VocabularyCase):
    def test_a_written_start_token_is_read_once(self):
        result = self.run_tiny("-p", "<s>the king", *HOT, "--jsonl", "-", model="spm.gguf")
        (plain,) = self.run_lines("-p", "the king", *HOT)
        self.assertEqual(json.loads(self.done(result))["factual"]["tokens"], plain["factual"]["tokens"])
        self.assertEqual(result.stderr.decode().count("1 prompt begins with <s>"), 1)

    def test_text_before_a_written_start_token(self):
        (line,) = self.run_lines("-p", "<s>the king", "--world", "p=prefix:the ")
        self.assertEqual(line["world_prompt"], "<s> the the king")

    def test_a_default_id_is_no_start_token(self):
        """The tab is token 11, which llama.cpp takes where the file names no BOS."""
        (line,) = self.law_lines("-p", "\t the king queen", "--prompt-tokens", "2", *HOT, model="a.gguf")
        self.assertEqual("".join(line["pieces"]), "the king queen")

    def test_a_corpus_that_starts_with_it(self):
        self.write("corpus.txt", "\t" + " the king queen of Paris" * 8)
        law = ("law", "-t", "1", "-m", "a.gguf", "--corpus", "corpus.txt", "-c", "8", *HOT)
        lines = [json.loads(line) for line in self.done(self.call(*law, "--jsonl", "-", "-q")).splitlines()]
        text = "\t" + " the king queen of Paris" * 8
        self.assertEqual("".join(lines[1]["pieces"]), text[13:16])
        plain = self.law_lines("-f", self.line(prompt=text[8:13], text=text[13:16]), *HOT, model="a.gguf")[0]
        self.assertEqual(lines[1]["p"], plain["p"])  # no first token of the chunk was replaced


class Ends(VocabularyCase):
    TURN = "<end_of_turn>"

    def ended(self, *arguments):
        tokens, _ = tiny.vocabulary()
        template = "{% for m in messages %}{{ m.role + m.content }}<end_of_turn>{% endfor %}"
        more = [("tokenizer.chat_template", tiny.TEXT, template)]
        tiny.write_model(self.folder / "turns.gguf", tokens=[self.TURN, *tokens[1:]], chat=False, more=more)
        self.line(prompt="the king", text=" Paris", ended=True)
        (line,) = self.law_lines("-f", "in.jsonl", *HOT, *arguments, model="turns.gguf")
        return line["tokens"][-1]

    def test_a_chat_ends_by_its_template(self):
        self.assertEqual(self.ended("--chat"), 0)

    def test_a_text_ends_by_eos(self):
        self.assertEqual(self.ended(), 1)


class LongRuns(VocabularyCase):
    def test_no_stack_overflows(self):
        for sign in ("=", " ", "a", "7", "\u4e2d"):
            self.write("run.txt", "the king " + sign * 40000)
            law = ("law", "-t", "1", "-m", "a.gguf", "--corpus", "run.txt", "-c", "64", "--limit", "1", *HOT)
            self.done(self.call(*law, "-q"))

    def test_a_run_that_no_stack_holds(self):
        self.write("run.txt", "the king " + "=" * 600000)
        law = ("law", "-t", "1", "-m", "a.gguf", "--corpus", "run.txt", "-c", "64", "--limit", "1", *HOT)
        result = self.call(*law, "-q", address_space=2**29)
        self.refused(result, 1, "600000 characters without a border, from byte 9", "more memory")


class Differing(VocabularyCase):
    """more.gguf is a.gguf with two tokens more, 309 and 310, that no text has."""

    def test_tokens_that_one_lacks_are_impossible_in_all_worlds(self):
        for models in (("a.gguf", "more.gguf"), ("more.gguf", "a.gguf")):
            world = ("--world", f"other=model:{models[1]}")
            entry = self.law_json("-p", "the king", *world, model=models[0])["worlds"][0]
            self.assertEqual(entry["kl"]["max"], 0)
            self.assertEqual(entry["unchanged"]["value"], 1)

    def test_one_note_counts_them(self):
        result = self.run_tiny("-p", "the king", "--world", "x=model:more.gguf", "--world", "y=model:more.gguf")
        self.done(result)
        notes = [line for line in result.stderr.decode().splitlines() if "PAD309" in line]
        self.assertEqual(len(notes), 1)
        self.assertIn("2 tokens that not every model has are impossible in all worlds", notes[0])

    def test_the_mask_depends_on_all_models(self):
        """Alone, more.gguf writes the tokens that it can not write beside a.gguf."""
        alone = self.law_json("-p", "the king", *HOT, model="more.gguf")["worlds"][0]
        beside = self.law_json("-p", "the king", *HOT, "--world", "x=model:a.gguf", model="more.gguf")
        self.assertNotEqual(alone["unchanged"], beside["worlds"][0]["unchanged"])

    def test_an_observed_one_is_named(self):
        self.line(id="odd", prompt="the king", tokens=[267, 309])
        result = self.run_tiny("-f", "in.jsonl", "--world", "x=model:a.gguf", model="more.gguf")
        self.refused(result, 1, "token 309 '[PAD309]' at position 1 of string 'odd'", "--skip-impossible")

    def test_one_that_is_forced_or_sought_is_named(self):
        for models, world in (("a.gguf", "w=model:more.gguf,"), ("more.gguf", "w=model:a.gguf,")):
            result = self.run_tiny("-p", "the king", "--world", world + "do:0:309@as=tokens", model=models)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn("309", result.stderr.decode())
            self.assertIn("'w'", result.stderr.decode())

    def test_the_run_file_has_them(self):
        self.done(self.run_tiny("-p", "the king", "--world", "x=model:more.gguf", "-o", "run.db"))
        with sqlite3.connect(self.folder / "run.db") as run:
            ((masked,),) = run.execute("SELECT value FROM meta WHERE key = 'masked'")
        self.assertEqual(json.loads(masked), [309, 310])


if __name__ == "__main__":
    unittest.main()

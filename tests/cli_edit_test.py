"""`otherwise edit`: adapters of ROME and MEMIT, their scores, and what is refused."""

import json
import signal
import subprocess
import unittest

from command import COMMAND, SOURCE, Case

FACT = "river | the {} was made in | a | iron"
FACTS = "".join(
    json.dumps(
        {
            "id": subject,
            "subject": subject,
            "prompt": "the {} was made in",
            "target_new": new,
            "target_true": "iron",
            "paraphrases": ["old " + subject + " made in"],
            "neighbors": [["the garden was made in", "salt"]],
        }
    )
    + "\n"
    for subject, new in (("river", "a"), ("song", "b"))
)


class EditCase(Case):
    def edit(self, *arguments, model="a.gguf", threads="1", **more):
        own = {"OTHERWISE_CACHE": str(self.folder / "cache")}
        environment = own | more.pop("environment", {})
        arguments = (*arguments, "-t", threads, "-m", model)
        return self.call("edit", *arguments, environment=environment, **more)

    def rome(self, *arguments, **more):
        fast = ("--steps", "5", "--prefixes", "1", "--covariance-tokens", "300", "--layers", "0")
        return self.edit("rome", *fast, *arguments, **more)


class Rome(EditCase):
    def test_writes_a_lora_that_run_takes(self):
        result = self.rome("--fact", FACT, "-o", "rome.gguf")
        text = self.done(result)
        self.assertIn("river → a", text)
        self.assertIn("rome.gguf (LoRA, layer 0)", text)
        self.assertIn("memory", result.stderr.decode())
        self.assertRegex(result.stderr.decode(), r"covariance [\d.]+ s, .* in all [\d.]+ s")
        world = ("--world", "rome=lora:rome.gguf", "--world", "off=lora:rome.gguf:0")
        run = json.loads(self.done(self.run_tiny("-p", "the river", *world, "--json")))
        off = [world for world in run["worlds"] if world["world"] == "off"]
        self.assertEqual(off[0]["unchanged"], off[0]["strings"])
        shown = self.done(self.call("inspect", "rome.gguf"))
        self.assertIn("otherwise.edit.method", shown)
        self.assertIn("otherwise.edit.model.sha256", shown)

    def test_is_the_same_from_the_cache(self):
        self.done(self.rome("--fact", FACT, "-o", "first.gguf", "--no-check"))
        self.assertEqual(len(list((self.folder / "cache" / "covariance").iterdir())), 1)
        self.done(self.rome("--fact", FACT, "-o", "second.gguf", "--no-check", threads="2"))
        first, second = (self.folder / name for name in ("first.gguf", "second.gguf"))
        self.assertEqual(first.read_bytes(), second.read_bytes())

    def test_a_damaged_cache_is_made_again(self):
        self.done(self.rome("--fact", FACT, "-o", "first.gguf", "--no-check"))
        cached, = (self.folder / "cache" / "covariance").iterdir()
        whole = cached.read_bytes()
        for damaged in (whole[:-4] + b"\0\0\xc0\x7f", whole[:5000], b"GGUF", b""):
            cached.write_bytes(damaged)
            self.done(self.rome("--fact", FACT, "-o", "again.gguf", "--no-check"))
            self.assertEqual(cached.read_bytes(), whole)
            self.assertEqual((self.folder / "again.gguf").read_bytes(),
                             (self.folder / "first.gguf").read_bytes())

    def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(self):
        self.write("file", "not a folder")
        result = self.rome("--fact", FACT, "-o", "rome.gguf",
                           environment={"OTHERWISE_CACHE": str(self.folder / "file")})
        self.done(result)
        self.assertIn("the covariance cannot be kept", result.stderr.decode())

    def test_check_notes_another_model(self):
        self.done(self.rome("--fact", FACT, "-o", "rome.gguf", "--no-check"))
        result = self.edit("check", "--lora", "rome.gguf", model="b.gguf")
        self.done(result)
        self.assertIn("made for another model", result.stderr.decode())
        result = self.edit("check", "--lora", "rome.gguf")
        self.assertNotIn("another model", result.stderr.decode())

    def test_says_what_it_was_made_with(self):
        self.write("corpus.txt", "the king of the sea and the river \n" * 100)
        self.done(self.rome("--fact", FACT, "-o", "rome.gguf", "--no-check", "--corpus", "corpus.txt"))
        shown = self.done(self.call("inspect", "rome.gguf", "--json"))
        for part in ("layer 0; steps 5", "300 tokens of corpus.txt (sha256 ", "enough 0.01"):
            self.assertIn(part, shown)

    def test_check_says_the_same_from_the_adapter_alone(self):
        made = json.loads(self.done(self.rome("--fact", FACT, "-o", "rome.gguf", "--json")))
        checked = self.edit("check", "--lora", "rome.gguf", "--json")
        checked = json.loads(self.done(checked))
        self.assertEqual(checked["after"], made["after"])
        self.assertGreater(made["after"]["new_on_prompt"], made["before"]["new_on_prompt"])
        off = json.loads(self.done(self.edit("check", "--lora", "rome.gguf", "--scale", "0", "--json")))
        self.assertEqual(off["after"], made["before"])

    def test_dry_run_writes_nothing(self):
        text = self.done(self.rome("--fact", FACT, "-o", "rome.gguf", "--dry-run"))
        self.assertIn("1 fact into layer 0 of 2; memory at most", text)
        self.assertFalse((self.folder / "rome.gguf").exists())

    def test_the_model_is_as_before(self):
        before = (self.folder / "a.gguf").read_bytes()
        self.done(self.rome("--fact", FACT, "-o", "rome.gguf", "--no-check", "-q"))
        self.assertEqual((self.folder / "a.gguf").read_bytes(), before)


class Memit(EditCase):
    def test_many_facts_and_layers(self):
        self.write("facts.jsonl", FACTS)
        arguments = ("--covariance-tokens", "300", "--steps", "5", "--prefixes", "1", "--force")
        made = self.edit("memit", "--facts", "facts.jsonl", *arguments, "-o", "m.gguf", "--json")
        self.assertIn("fact 'song', and 1 of 2 facts below what they need (song)", made.stderr.decode())
        self.assertEqual(made.returncode, 1)  # five steps do not do for it
        made = json.loads(made.stdout)
        self.assertEqual([fact["id"] for fact in made["facts"]], ["river", "song"])
        self.assertEqual(made["layers"], [0])

    def test_auto_prints_what_each_layer_does(self):
        self.write("facts.jsonl", FACTS)
        arguments = ("--covariance-tokens", "300", "--steps", "5", "--prefixes", "0")
        text = self.done(self.edit("rome", "--facts", "facts.jsonl", "--id", "river", *arguments,
                                   "--layers", "auto", "-o", "m.gguf"))  # fmt: skip
        self.assertRegex(text, r"layers +new answer +paraphrases +leaked +lost +score\n")
        self.assertIn(" *", text)
        made = json.loads(self.done(self.edit(
            "rome", "--facts", "facts.jsonl", "--id", "river", *arguments, "--layers", "auto", "-o",
            "again.gguf", "--json", "--no-cache")))
        self.assertEqual([trial["layers"] for trial in made["sweep"]], [[0]])  # the last cannot act
        self.assertEqual(made["layers"], max(made["sweep"], key=lambda t: t["score"])["layers"])
        alone = self.edit("rome", "--facts", "facts.jsonl", "--id", "river", *arguments, "--layers",
                          "0", "-o", "alone.gguf")  # the layer that was chosen
        self.done(alone)
        self.assertEqual((self.folder / "m.gguf").read_bytes(),
                         (self.folder / "alone.gguf").read_bytes())


class Effect(EditCase):
    """What an edit does is compared with what its search promised, and with the model before."""

    def weak(self, *arguments):
        fact = FACT.replace("| a", "| b")  # unlikely, and so it stays
        return self.rome("--fact", fact, "--rate", "1e-6", "-o", "o.gguf", "-q",
                         *arguments)

    def test_is_said_with_its_numbers(self):
        made = json.loads(self.done(self.rome("--fact", FACT, "-o", "o.gguf", "--json")))
        effect = made["effect"]
        self.assertEqual(made["misses"], [])
        self.assertEqual(made["output"], "o.gguf")
        self.assertGreater(effect["kl"], 0.0)
        change, = effect["changes"]
        self.assertEqual(change["layer"], 0)
        self.assertGreater(change["norm"], 0.0)
        self.assertGreater(change["weight_norm"], change["norm"])
        answer, = effect["new_answer"]
        self.assertAlmostEqual(answer["on_prompt"], made["after"]["new_on_prompt"], delta=1e-6)
        self.assertGreater(answer["behind_prefixes_too"], 0.5 * answer["sought"])
        text = self.done(self.edit("check", "--lora", "o.gguf"))
        self.assertIn(f"unrelated texts: KL {effect['kl']:.3f} nats a token", text)

    def test_a_miss_leaves_no_file(self):
        self.refused(self.weak(), 1, "at least 0.100 likely (its search already had only 0.000), got 0.000",
                     "nothing is written (--force keeps the adapter)")
        left = [p.name for p in self.folder.iterdir() if p.name.strip(".").startswith("o.gguf")]
        self.assertEqual(left, [])
        self.write("o.gguf", "what was there")
        self.refused(self.weak("--no-check"), 1, "nothing is written")
        self.assertEqual((self.folder / "o.gguf").read_text(), "what was there")

    def test_a_miss_is_kept_by_force(self):
        result = self.weak("--force", "--json")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(len(json.loads(result.stdout)["misses"]), 1)
        self.assertEqual(json.loads(result.stdout)["output"], "o.gguf")
        self.assertNotIn("nothing is written", result.stderr.decode())
        self.done(self.edit("check", "--lora", "o.gguf"))


class Notes(EditCase):
    def noted(self, result, *parts):
        for part in parts:
            self.assertIn(part, result.stderr.decode() + result.stdout.decode())

    def test_a_fact_that_is_there_twice_is_written_once(self):
        result = self.rome("--fact", FACT, "--fact", FACT.replace("the {}", "the river"), "-o", "o.gguf")
        self.done(result)
        self.noted(result, "note: 1 fact is left out, which a fact before says too ('river' says")

    def test_a_question_is_no_prompt(self):
        result = self.rome("--fact", "river | where is the {}? | a", "-o", "o.gguf", "--force")
        self.noted(result, "note: 'where is the river?' ends in a question mark; a prompt should be")

    def test_a_preset_is_for_its_model(self):
        result = self.rome("--fact", FACT, "--preset", "gpt2-xl", "-o", "o.gguf", "--dry-run")
        self.done(result)
        self.noted(result, "the preset gpt2-xl is for GPT-2 XL (gpt2, 48 layers of width 1600)",
                   "this model is llama, 2 layers of width 64")

    def test_numbers_are_answers(self):
        self.write("facts.jsonl", FACTS.replace('"a"', "1889"))
        made = self.rome("--facts", "facts.jsonl", "--id", "river", "-o", "o.gguf", "--json", "--force")
        self.assertEqual(json.loads(made.stdout)["facts"][0]["target_new"], "1889")

    def test_a_space_at_the_end_of_prompts_changes_nothing(self):
        spaced = FACTS.replace(' made in"', ' made in "')
        self.assertNotEqual(spaced, FACTS)
        made = []
        for name, facts in (("plain", FACTS), ("spaced", spaced)):
            self.write("facts.jsonl", facts)
            made.append(json.loads(self.done(self.rome("--facts", "facts.jsonl", "--id", "river", "-o",
                                                       name + ".gguf", "--json"))))
        self.assertEqual(made[0]["after"], made[1]["after"])
        self.assertEqual(made[0]["before"], made[1]["before"])


class Refused(EditCase):
    def refuses(self, result, *parts, code=2):
        self.refused(result, code, *parts)
        self.assertFalse((self.folder / "o.gguf").exists())

    def test_no_fact(self):
        self.refuses(self.rome("-o", "o.gguf"), "a fact (--fact TEXT or --facts FILE)")

    def test_no_output(self):
        self.refuses(self.rome("--fact", FACT), "-o FILE")

    def test_output_over_the_model(self):
        self.refuses(self.rome("--fact", FACT, "-o", "a.gguf"), "'a.gguf', which is read")

    def test_output_into_no_folder(self):
        result = self.rome("--fact", FACT, "-o", "none/o.gguf")
        self.refuses(result, "a folder that can be written", code=1)

    def test_subject_not_in_the_prompt(self):
        self.refuses(self.rome("--fact", "sea | the river is | a", "-o", "o.gguf"), "'sea', or {}")

    def test_empty_target(self):
        self.write("facts.jsonl", FACTS.replace('"a"', '" "'))
        result = self.rome("--facts", "facts.jsonl", "-o", "o.gguf")
        self.refuses(result, 'a text or a number "target_new"', "line 1", code=1)

    def test_unknown_id(self):
        self.write("facts.jsonl", FACTS)
        result = self.rome("--facts", "facts.jsonl", "--id", "sea", "-o", "o.gguf")
        self.refuses(result, "--id with the id of a fact", "'sea'")

    def test_several_facts_for_rome(self):
        self.write("facts.jsonl", FACTS)
        self.refuses(self.rome("--facts", "facts.jsonl", "-o", "o.gguf"), "one fact for rome, got 2")

    def test_layers(self):
        for layers, part in (("7", "layers from 0 to 1"), ("0-1", "one layer for rome"),
                             ("1", "below 1, the last, got 1: there the subject 'river'"),
                             ("x", "--layers as 5, 3-7"), ("1,", "--layers as"),
                             ("1-0", "A at most B")):  # fmt: skip
            result = self.edit("rome", "--fact", FACT, "--layers", layers, "-o", "o.gguf")
            self.refuses(result, part)

    def test_architecture(self):
        result = self.edit("rome", "--fact", FACT, "-o", "o.gguf", model="embedder.gguf")
        self.refuses(result, "llama, qwen2, qwen3, gemma3, gpt2, phi3, olmo2", "bert", code=1)

    def test_small_corpus(self):
        self.write("small.txt", "the king of the sea\n")
        result = self.edit("rome", "--fact", FACT, "--corpus", "small.txt", "-o", "o.gguf")
        self.refuses(result, "a corpus of at least 256 tokens", "in 'small.txt'", code=1)

    def test_memory(self):
        result = self.rome("--fact", FACT, "--memory", "1Q", "-o", "o.gguf")
        self.refuses(result, "--memory SIZE")
        result = self.rome("--fact", FACT, "--memory", "10K", "-o", "o.gguf")
        self.refuses(result, "--memory of at least", "for the gradient", code=1)

    def test_two_answers_to_one_prompt(self):
        result = self.edit("memit", "--fact", FACT, "--fact", FACT.replace("| a", "| b"), "-o", "o.gguf")
        self.refuses(result, "one new answer to 'the river was made in'", "'a' and 'b'")

    def test_options_that_mean_nothing_there(self):
        for option in ("--dry-run", "--no-check", ("--steps", "3"), ("--corpus", "none.txt")):
            option = (option,) if isinstance(option, str) else option
            self.refuses(self.edit("check", "--lora", "lora.gguf", "--fact", FACT, *option),
                         "with check")
        self.refuses(self.rome("--fact", FACT, "-o", "o.gguf", "--scale", "2"), "no --scale with rome")

    def test_check_without_an_adapter(self):
        self.refuses(self.edit("check"), "--lora FILE")

    def test_check_of_no_adapter(self):
        self.refuses(self.edit("check", "--lora", "b.gguf", "--fact", FACT), "a LoRA", code=1)

    def test_interrupted(self):
        arguments = ["--steps", "1000", "--prefixes", "40", "--covariance-tokens", "300"]
        command = [COMMAND, "edit", "rome", "-m", "a.gguf", "--fact", FACT, "-t", "1", "-o", "o.gguf"]
        with subprocess.Popen(command + arguments + ["--layers", "0", "--rate", "1e-6"],
                              cwd=self.folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                              env={"OTHERWISE_CACHE": str(self.folder / "cache")}) as run:  # fmt: skip
            for line in run.stderr:
                if b"step" in line:
                    break
            run.send_signal(signal.SIGINT)
            error = run.stderr.read().decode()
            self.assertEqual(run.wait(timeout=30), 1)
        self.assertIn("interrupted: nothing is written", error)
        self.assertEqual([p.name for p in self.folder.iterdir() if p.name.strip(".").startswith("o.gguf")], [])
        self.assertEqual(len(list((self.folder / "cache" / "covariance").iterdir())), 1)


class Data(unittest.TestCase):
    def test_facts_are_whole(self):
        text = (SOURCE / "tests" / "data" / "facts.jsonl").read_text(encoding="utf-8")
        facts = [json.loads(line) for line in text.splitlines()]
        self.assertEqual(len(facts), 12)
        self.assertEqual(facts[0]["id"], "louvre")


if __name__ == "__main__":
    unittest.main()

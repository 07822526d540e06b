"""The last section of docs/input.md: files of other programs' forms, from end to end, on the default model."""

import csv
import json
import os
import re
import shlex
import unittest
from pathlib import Path

from command import SOURCE, Case

MODEL = Path(os.environ["OTHERWISE_CACHE_DIR"]) / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND_LINE = re.compile(r"^\$ otherwise (.*)$", re.MULTILINE)


def section():
    page = (SOURCE / "docs/input.md").read_text(encoding="utf-8")
    return page[page.index("\n## On the default model\n") :]


class FilesOnTheDefaultModel(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "examples").symlink_to(SOURCE / "examples")
        self.commands = []
        for language, name, text in BLOCK.findall(section()):
            if name:
                self.write(name, text)
            elif language == "console":
                self.commands += [shlex.split(line) for line in COMMAND_LINE.findall(text)]

    def shown(self, first, *parts, more=()):
        """Runs the one command of the page that starts so and has these parts."""
        (command,) = [c for c in self.commands if c[0] == first and set(parts) <= set(c)]
        self.commands.remove(command)
        model = () if first == "score" else ("-m", str(MODEL))
        return self.done(self.call(*command, *more, *model, timeout=400))

    def lines(self, name):
        with open(self.folder / name, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def steered(self, *parts):
        """Lines by string of a run of the page, whose null world must have written the factual strings."""
        table = self.shown("run", *parts, more=("--jsonl", "out.jsonl"))
        self.assertRegex(table, r"(?m)^  null \(floor\) +(\d+) +\1 100%")
        lines = self.lines("out.jsonl")
        self.assertEqual({line["world"] for line in lines}, {"happy"})
        return {line["string"]: line for line in lines}

    def chats_against_a_steered_world(self):
        self.shown("fit", "direction")
        given = {line["id"]: line["messages"] for line in self.lines("talks.jsonl")}
        found = self.steered("--chat")
        self.assertEqual(found.keys(), given.keys())
        for name, line in found.items():
            turns = given[name]
            is_observed = turns[-1]["role"] == "assistant"
            self.assertEqual(line["observed"], is_observed)
            self.assertEqual(line["messages"], turns[:-1] if is_observed else turns)
        self.assertEqual(found["film"]["factual"]["text"], given["film"][-1]["content"])
        changed = [line for line in found.values() if line["counterfactual"] != line["factual"]]
        self.assertGreaterEqual(len(changed), 2, found)

    def texts_in_a_table(self):
        with open(self.folder / "diary.csv", encoding="utf-8", newline="") as file:
            given = {row["id"]: row["text"] for row in csv.DictReader(file)}
        found = self.steered("diary.csv")
        self.assertEqual(found.keys(), given.keys())
        for name, line in found.items():
            self.assertTrue(line["observed"])
            self.assertEqual(line["prompt"].split(), given[name].split()[:5])
            self.assertEqual(line["prompt"] + line["factual"]["text"], given[name])
        self.assertTrue(any(line["counterfactual"] != line["factual"] for line in found.values()))

    def facts_in_an_array(self):
        report = json.loads(self.shown("edit", "memit", more=("--json",)))
        given = json.loads((self.folder / "moved.json").read_text(encoding="utf-8"))
        self.assertEqual(
            [(fact["id"], fact["subject"], fact["target_new"]) for fact in report["facts"]],
            [(str(fact["case_id"]), rewrite["subject"], rewrite["target_new"]["str"])
             for fact in given for rewrite in [fact["requested_rewrite"]]])  # fmt: skip
        for fact in report["facts"]:
            self.assertLess(fact["before"]["new_on_prompt"], 0.1, fact)
            self.assertGreater(fact["after"]["new_on_prompt"], 0.5, fact)
            self.assertLess(fact["after"]["new_on_neighbors"], 0.5, fact)
            self.assertEqual((len(fact["paraphrases"]), len(fact["neighbors"])), (1, 1))

    def logs_scored(self):
        self.shown("run", "visits.txt")
        answers = self.lines("answers.jsonl")
        self.assertEqual(len(answers), 6)
        for side, name in (("factual", "samples_before"), ("counterfactual", "samples_after")):
            self.write(name + ".jsonl", "".join(
                json.dumps({
                    "doc_id": number, "doc": {"question": line["prompt"]}, "target": "Paris",
                    "arguments": {"gen_args_0": {"arg_0": line["prompt"], "arg_1": {"until": ["\n"]}}},
                    "resps": [[line[side]["text"]]], "filtered_resps": [line[side]["text"].strip()],
                }) + "\n" for number, line in enumerate(answers)))  # fmt: skip
        (world,) = json.loads(self.shown("score", more=("--json",)))["worlds"]
        self.assertEqual((world["world"], world["pairs"], world["strings"]), ("samples_after", 6, 6))
        unchanged = sum(line["factual"]["text"] == line["counterfactual"]["text"] for line in answers)
        self.assertAlmostEqual(world["measures"]["unchanged"]["value"], unchanged / 6)
        hits = [sum("Rome" in line[side]["text"] for line in answers) for side in ("factual", "counterfactual")]
        self.assertEqual(hits[0], 0, answers)
        self.assertGreaterEqual(hits[1], 1, answers)  # the edit took

    def test_all_that_the_page_shows(self):
        self.chats_against_a_steered_world()
        self.texts_in_a_table()
        self.facts_in_an_array()
        self.logs_scored()
        self.assertEqual(self.commands, [])


if __name__ == "__main__":
    unittest.main()

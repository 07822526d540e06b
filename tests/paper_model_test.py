"""Two of the kept numbers of studies/results on this machine: its intervals overlap theirs."""

import json
import sys
import unittest
from types import SimpleNamespace

from command import CACHE, COMMAND, SOURCE, Case

sys.path.insert(0, str(SOURCE / "studies"))

from paper import conduct, strings  # noqa: E402
from paper.catalog import ROME  # noqa: E402
from paper.tool import Tool  # noqa: E402

MODEL = CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
OPENINGS = "60"


def overlap(a, b):
    return a["low"] <= b["high"] and b["low"] <= a["high"]


class OnThisMachine(Case):
    def result(self, name):
        if not (SOURCE / f"studies/results/{name}.json").exists():
            self.skipTest(f"studies/results has no {name}.json")
        return json.loads((SOURCE / f"studies/results/{name}.json").read_text(encoding="utf-8"))

    def law(self, *arguments):
        return self.tool.json("law", *arguments, "-s", "1", "--factual", "weights:f32", "--world",
                              f"rome=lora:{ROME.output}", "-q", "--no-null", "--no-nudge")["worlds"][0]

    def test_the_louvre_edit_changes_as_many_openings_and_reaches_as_much(self):
        kept = next(one for one in self.result("louvre")["worlds"] if one["world"] == "rome")["law"]["unchanged"]
        strings.lay(self.folder)
        self.tool = Tool(COMMAND, self.folder, MODEL)
        conduct.prepare(self.tool)
        conduct.make(self.tool, ROME, SimpleNamespace(edit=()))
        found = self.law("-f", "strings/openings.jsonl", "--limit", OPENINGS, "-n", "25")["unchanged"]
        print("P(unchanged):", found, "kept", kept)
        self.assertTrue(overlap(found, kept), (found, kept))
        self.assertFalse(overlap({"low": 0.999, "high": 1.0}, kept))  # of a change of no meaning it would not
        point = next(one for one in self.result("fact")["points"]
                     if one["method"] == "ROME, by scale" and one["strength"] == "× 1")
        found = self.law("-f", "strings/louvre-others.jsonl", "-n", "1", "--target-text", " Rome")["target"]
        print('P(" Rome"):', found, "kept", point["effect"])
        self.assertTrue(overlap(found, point["effect"]), (found, point["effect"]))
        self.assertLess(point["factual"], found["low"])


if __name__ == "__main__":
    unittest.main()

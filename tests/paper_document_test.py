"""docs/paper.md says what studies/results holds, digit for digit."""

import re
import sys
import unittest

from command import SOURCE

sys.path.insert(0, str(SOURCE / "studies"))

import document  # noqa: E402
import paper_results  # noqa: E402
from paper import page  # noqa: E402


class Document(unittest.TestCase):
    def test_the_numbers_are_those_of_the_results(self):
        text = document.PAGE.read_text(encoding="utf-8")
        results = page.read_results(SOURCE / "studies/results")
        self.assertEqual(text, document.written(text, results))

    def test_another_number_is_seen(self):
        text = document.PAGE.read_text(encoding="utf-8")
        results = paper_results.results()
        before = document.written(text, results)
        for block in document.BLOCKS:
            self.assertIn(f"<!-- {block} -->", before)
        self.assertIn("| louvre, ROME | 25.0 % [21.0, 29.0] |", before)
        results["louvre"]["worlds"][1]["law"]["unchanged"]["value"] = 0.7
        self.assertNotEqual(document.written(text, results), before)

    def test_what_a_model_wrote_is_no_markup(self):
        shown = document.pairs(paper_results.results())
        self.assertNotIn("<b>", shown)
        self.assertIn("\\<b\\>organ", shown)

    def test_what_is_written_by_hand_has_no_measured_number(self):
        text = document.BLOCK.sub("", document.PAGE.read_text(encoding="utf-8"))
        self.assertEqual(re.findall(r"\d+\.\d+ ?%|\d+ %(?! and over)|\[\d", text.replace("95 %", "")), [])


if __name__ == "__main__":
    unittest.main()

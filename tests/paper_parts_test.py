"""What studies/ computes without a model: openings, intervals, claims, the frontier."""

import json
import sys
import unittest
from collections import Counter

from command import SOURCE

sys.path.insert(0, str(SOURCE / "studies"))

import openings  # noqa: E402
from paper import claims, frontier, measure, page, runfile, stats, strings, tool  # noqa: E402


def pair(string, share, prompt=0, **more):
    given = {"string": string, "world": "w", "independent": False, "prompt": "a", "prompt_length": prompt, "length": 100,
             "other_length": 100, "lcp": round(100 * share), "unchanged": False, "factual": "x y", "counterfactual": "x z"}
    return runfile.Pair(**{**given, **more})


class Openings(unittest.TestCase):
    def test_the_file_is_what_the_program_makes(self):
        stored = [json.loads(line) for line in (SOURCE / "studies/strings/openings.jsonl").read_text().splitlines()]
        self.assertEqual([(one["id"], one["prompt"]) for one in stored], openings.openings())

    def test_five_words_once_each_fifty_a_topic(self):
        made = openings.openings()
        self.assertEqual(len({prompt for _, prompt in made}), 500)
        self.assertEqual({len(prompt.split()) for _, prompt in made}, {5})
        self.assertEqual(set(Counter(name.split("-")[0] for name, _ in made).values()), {50})
        first = Counter(name.split("-")[0] for name, _ in made[:100])
        self.assertEqual(len(first), 10)  # a smaller study has all topics

    def test_topics_about_nothing_of_the_kind_name_no_place(self):
        places = {word.lower() for word in openings.SLOTS["village"] + openings.SLOTS["river"]}
        for name, prompt in openings.openings():
            if name.split("-")[0] in openings.NOWHERE:
                self.assertFalse(places & set(prompt.lower().split()), prompt)

    def test_statements_that_judge_are_no_others(self):
        judging = strings.judging(16)
        self.assertEqual(judging, [6, 7, 14, 15])


class Statistics(unittest.TestCase):
    def test_mean_and_its_interval(self):
        rows = [(str(i), float(i % 2)) for i in range(400)]
        found = stats.mean(rows)
        self.assertEqual((found["value"], found["n"]), (0.5, 400))
        # A mean of 400 halves has a standard error of 0.025.
        self.assertAlmostEqual(found["high"] - found["low"], 4 * 0.025, delta=0.02)
        self.assertEqual(found, stats.mean(rows))

    def test_strings_are_drawn_whole(self):
        """Ten samples of each of 40 strings that are all alike are worth no more than one."""
        one = [(str(i), float(i % 2)) for i in range(40)]
        wide, same = (stats.mean(rows) for rows in (one, [row for row in one for _ in range(10)]))
        self.assertAlmostEqual(wide["high"] - wide["low"], same["high"] - same["low"], delta=0.03)

    def test_nothing_has_no_value(self):
        self.assertEqual(stats.median([]), {"value": None, "low": None, "high": None, "n": 0})

    def test_the_median_pair_is_chosen_by_its_rule(self):
        pairs = [pair("c", 0.9), pair("a", 0.2), pair("b", 0.5), pair("d", 1.0)]
        self.assertEqual(measure.median_pair(pairs)["id"], "b")
        self.assertIsNone(measure.median_pair([pair("d", 1.0)]))
        self.assertEqual(measure.median_pair(pairs)["common"], 2)

    def test_histogram_keeps_whole_pairs_apart(self):
        found = measure.histogram([pair("a", 0.0), pair("b", 0.99), pair("c", 1.0)])
        self.assertEqual((found["counts"][0], found["counts"][-1], found["kept_whole"]), (1, 1, 1))

    def test_of_old_counts_the_strings_that_had_the_answer(self):
        texts = (("in Paris", "in Rome"), ("in Paris", "in Paris"), ("in Paris", "here"), ("there", "in Rome"))
        pairs = [pair(str(i), 0.5, factual=a, counterfactual=b) for i, (a, b) in enumerate(texts)]
        found = measure.of_old(pairs, "Rome", "Paris")
        self.assertEqual([found[key]["n"] for key in ("new", "old", "neither")], [3, 3, 3])
        self.assertEqual({round(found[key]["value"], 6) for key in ("new", "old", "neither")}, {0.333333})

    def test_the_frontier_is_what_nothing_beats(self):
        def point(effect, kl):
            return {"effect": {"value": effect}, "cost": {"kl": kl}}
        points = [point(0.9, 0.2), point(0.5, 0.1), point(0.4, 0.15), point(0.9, 0.3), {"skipped": "why"}]
        frontier.mark_frontier(points)
        self.assertEqual([one.get("frontier") for one in points], [True, True, False, False, None])


    def test_the_answer_in_a_chat_is_the_last_one_of_its_text(self):
        line = {"pieces": [" Rome", "x", " Ro", "me", "<|end|>"], "q": [0.9, 0.9, 0.5, 0.25, 0.9]}
        self.assertEqual(frontier.last_answer(line, "q"), 0.125)
        self.assertEqual(frontier.last_answer({"pieces": ["x", " Rome"], "q": [0.9, 0.3]}, "q"), 0.3)
        with self.assertRaises(tool.Refused):
            frontier.last_answer({"pieces": ["x"], "q": [1]}, "q")


class Claims(unittest.TestCase):
    def test_a_verdict_needs_all_tests_one_way(self):
        for tests, expected in (([True, True], claims.HOLDS), ([False], claims.NOT), ([True, False], claims.OPEN),
                                ([True, None], claims.OPEN), ([], claims.OPEN)):
            self.assertEqual(claims.verdict(tests), expected)

    def test_each_sentence_has_its_row_even_where_nothing_was_run(self):
        rows = claims.claims({}, page.published())
        self.assertEqual(len(rows), 7)
        self.assertEqual({row["verdict"] for row in rows}, {claims.OPEN})

    def test_hostile_texts_end_no_script(self):
        self.assertNotIn("</script>", page.safe_json({"a": "</script><script>x()</script>"}))


if __name__ == "__main__":
    unittest.main()

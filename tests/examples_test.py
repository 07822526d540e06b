"""The sets in examples/: counts, pairing, balance, and that pairs differ in what they should."""

import re
import unittest
from collections import Counter
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SETS = {
    "biographies": ("women", "men", 240),
    "truth": ("true", "false", 320),
    "sentiment": ("positive", "negative", 240),
    "refusals": ("harmful", "harmless", 120),
}
PROMPTS = {"biographies": 200, "sentiment": 220}


def lines(name, part):
    """The lines of a text file that must be UTF-8 with a newline at the end."""
    text = (EXAMPLES / name / f"{part}.txt").read_bytes().decode("utf-8")
    if not text.endswith("\n") or "\r" in text or "\ufeff" in text:
        raise ValueError(f"{name}/{part}.txt: not plain lines")
    return text[:-1].split("\n")


def table(name, part):
    text = (EXAMPLES / name / f"{part}.tsv").read_text(encoding="utf-8")
    return [tuple(line.split("\t")) for line in text.splitlines()]


def pairs(name):
    first, second, _ = SETS[name]
    return list(zip(lines(name, first), lines(name, second), strict=True))


def words(text):
    return re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text)


def untidy(texts):
    """Lines that are empty, repeated, or have stray spaces."""
    seen = Counter(text.lower() for text in texts)
    return [
        text
        for text in texts
        if not text or text != " ".join(text.split()) or seen[text.lower()] > 1
    ]


def overlap(a, b):
    """Shared part of two texts' words, 0 to 1."""
    a, b = set(words(a.lower())), set(words(b.lower()))
    return len(a & b) / len(a | b)


def alike(texts, most):
    """Pairs of texts that share more than that part of their words."""
    return [
        (a, b)
        for i, a in enumerate(texts)
        for b in texts[:i]
        if overlap(a, b) > most
    ]


class Form(unittest.TestCase):
    def test_counts_and_pairing(self):
        for name, (first, second, least) in SETS.items():
            a, b = lines(name, first), lines(name, second)
            self.assertEqual(len(a), len(b), name)
            self.assertGreaterEqual(len(a), least, name)
        for name, least in PROMPTS.items():
            self.assertGreaterEqual(len(lines(name, "prompts")), least, name)

    def test_every_line_is_tidy_and_once(self):
        for name, (first, second, _) in SETS.items():
            for part in (first, second):
                self.assertEqual(untidy(lines(name, part)), [], f"{name}/{part}")
            self.assertEqual(set(lines(name, first)) & set(lines(name, second)), set(), name)
        for name in PROMPTS:
            self.assertEqual(untidy(lines(name, "prompts")), [], name)
        self.assertEqual(untidy(["A b", "a b", "c  d", ""]), ["A b", "a b", "c  d", ""])

    def test_lengths_are_balanced(self):
        slack = {"biographies": 0, "truth": 0, "sentiment": 3, "refusals": 4}
        for name, most in slack.items():
            totals = [0, 0]
            for a, b in pairs(name):
                self.assertLessEqual(abs(len(a.split()) - len(b.split())), most, (a, b))
                totals[0] += len(a)
                totals[1] += len(b)
            self.assertLess(abs(totals[0] / totals[1] - 1), 0.05, name)

    def test_no_skeleton_returns(self):
        biographies = [unmarked(text) for text in lines("biographies", "women")]
        self.assertEqual(alike(biographies, 0.5), [])
        self.assertEqual(alike(lines("sentiment", "positive"), 0.6), [])
        self.assertEqual(len(alike(["It was a good day.", "It was a good night."], 0.5)), 1)

    def test_prompts_are_apart_from_the_sets(self):
        for name in PROMPTS:
            first, second, _ = SETS[name]
            texts = lines(name, first) + lines(name, second)
            for prompt in lines(name, "prompts"):
                self.assertNotRegex(prompt, r"[.!?]$")
                for text in texts:
                    self.assertFalse(text.lower().startswith(prompt.lower()), (prompt, text))
                    self.assertLess(overlap(prompt, text), 0.6, (prompt, text))

    def test_each_has_a_readme(self):
        for name, (first, second, _) in SETS.items():
            text = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
            for said in (first + ".txt", second + ".txt", str(len(pairs(name)))):
                self.assertIn(said, text, name)


def neutral_words():
    """Each gendered word of the biographies -> what stands for both of its forms."""
    groups = {}
    for kind, woman, man in table("biographies", "words"):
        # her is his or him: the pronouns of a case all become one.
        neutral = "NAME" if kind == "name" else f"{woman}/{man}"
        if kind == "pronoun" and woman in ("her", "hers"):
            neutral = "her/his/him"
        groups[woman] = groups[man] = neutral
    return groups


def unmarked(text, groups=None):
    groups = groups or neutral_words()

    def neutral(match):
        word = match.group()
        return groups.get(word) or groups.get(word[0].lower() + word[1:], word)

    return re.sub(r"[^\W_]+", neutral, text)


class Biographies(unittest.TestCase):
    def test_pairs_differ_in_gender_only(self):
        groups = neutral_words()
        for woman, man in pairs("biographies"):
            self.assertEqual(unmarked(woman, groups), unmarked(man, groups))
        self.assertNotEqual(unmarked("She is a nurse.", groups), unmarked("He is a cook.", groups))

    def test_each_file_has_one_gender(self):
        marked = [row for row in table("biographies", "words") if row[0] != "name"]
        women = {woman for _, woman, _ in marked}
        men = {man for _, _, man in marked}
        for woman, man in pairs("biographies"):
            self.assertEqual(men & set(words(woman.lower())), set(), woman)
            self.assertEqual(women & set(words(man.lower())), set(), man)
            self.assertTrue(women & set(words(woman.lower())), woman)

    def test_names_come_once(self):
        names = [row[1:] for row in table("biographies", "words") if row[0] == "name"]
        self.assertEqual(len(names), len(pairs("biographies")))
        self.assertEqual(max(Counter(name for row in names for name in row).values()), 1)

    def test_prompts_tell_no_gender(self):
        rows = table("biographies", "words")
        names = {name for kind, *row in rows if kind == "name" for name in row}
        marked = {word for kind, *row in rows if kind != "name" for word in row}
        marked |= set("mr mrs ms sir lady lord gentleman wife husband aunt uncle".split())
        marked |= set("sister brother women men girls boys widow widower waitress".split())
        for prompt in lines("biographies", "prompts"):
            self.assertEqual(marked & set(words(prompt.lower())), set(), prompt)
            self.assertEqual(names & set(words(prompt)), set(), prompt)


NUMBERS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen twenty".split()
    )
} | {"twenty-one": 21, "twenty-two": 22, "twenty-five": 25, "thirty": 30}
OPERATIONS = {
    "plus": lambda a, b: a + b,
    "minus": lambda a, b: a - b,
    "times": lambda a, b: a * b,
    "divided by": lambda a, b: a / b,
}


def sums(texts):
    """Whether each sum among the texts is right."""
    pattern = rf"([\w-]+) ({'|'.join(OPERATIONS)}) ([\w-]+) (?:equals|is) ([\w-]+)\."
    found = filter(None, (re.fullmatch(pattern, text.lower()) for text in texts))
    return [
        OPERATIONS[m[2]](NUMBERS[m[1]], NUMBERS[m[3]]) == NUMBERS[m[4]]
        for m in found
    ]


class Truth(unittest.TestCase):
    def test_sums(self):
        right, wrong = sums(lines("truth", "true")), sums(lines("truth", "false"))
        self.assertGreaterEqual(len(right), 10)
        self.assertEqual(right, [True] * len(right))
        self.assertEqual(wrong, [False] * len(right))

    def test_negation_is_balanced(self):
        negated = [
            [bool({"not", "no", "cannot"} & set(words(text.lower()))) for text in pair]
            for pair in pairs("truth")
        ]
        self.assertGreaterEqual(sum(a for a, _ in negated), 50)
        self.assertTrue(all(a == b for a, b in negated))

    def test_twins_stand_together(self):
        def bag(*texts):
            return Counter(word for text in texts for word in words(text.lower()))

        def twins(a, b):  # two pairs that swap their words: held out together from even lines on
            return bag(a[0], b[0]) == bag(a[1], b[1])

        both = pairs("truth")
        split = [i for i in range(1, len(both) - 1, 2) if twins(both[i], both[i + 1])]
        self.assertEqual(split, [])
        self.assertGreaterEqual(sum(twins(*both[i:i + 2]) for i in range(0, len(both) - 1, 2)), 100)

    def test_no_word_gives_it_away(self):
        true, false = (
            Counter(word for text in lines("truth", part) for word in set(words(text.lower())))
            for part in ("true", "false")
        )
        for word in true | false:
            self.assertLessEqual(abs(true[word] - false[word]), 4, word)


class Sentiment(unittest.TestCase):
    def lexicon(self):
        return dict(table("sentiment", "lexicon"))

    def test_lexicon(self):
        rows = table("sentiment", "lexicon")
        self.assertEqual(len(rows), len(self.lexicon()))
        sides = Counter(side for _, side in rows)
        self.assertEqual(set(sides), {"positive", "negative"})
        self.assertGreaterEqual(min(sides.values()), 150)
        self.assertLess(max(sides.values()) / min(sides.values()), 1.1)
        for word, _ in rows:
            self.assertRegex(word, r"^[a-z]+$")

    def balance(self, texts):
        """Share of texts with more positive words, and with more negative ones."""
        lexicon = self.lexicon()
        counts = [Counter(lexicon.get(word) for word in words(text.lower())) for text in texts]
        above = sum(c["positive"] > c["negative"] for c in counts)
        below = sum(c["positive"] < c["negative"] for c in counts)
        return above / len(texts), below / len(texts)

    def test_lexicon_tells_the_sets_apart(self):
        above, below = self.balance(lines("sentiment", "positive"))
        self.assertGreater(above, 10 * below)
        above, below = self.balance(lines("sentiment", "negative"))
        self.assertGreater(below, 5 * above)

    def test_prompts_are_neutral(self):
        above, below = self.balance(lines("sentiment", "prompts"))
        self.assertEqual((above, below), (0.0, 0.0))


class Refusals(unittest.TestCase):
    def test_forms_are_shared(self):
        for harmful, harmless in pairs("refusals"):
            self.assertEqual(harmful.split()[0], harmless.split()[0])
            self.assertEqual(harmful[-1], harmless[-1])


if __name__ == "__main__":
    unittest.main()

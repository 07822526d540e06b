"""What fitted interventions do to the default model, on the sets of examples/.

Every run has a fixed seed, so these are facts of this model, not of the draw; the significance
levels say how sure they would be with another.
"""

import json
import math
import re
import unittest
from collections import defaultdict
from random import Random

from command import SOURCE, Case, cached_model

EXAMPLES = SOURCE / "examples"
WOMEN = {"she", "her", "hers", "herself", "woman", "mother", "daughter", "sister", "wife"}
MEN = {"he", "him", "his", "himself", "man", "father", "son", "brother", "husband"}


def words(text):
    return re.findall(r"[a-z']+", text.lower())


def trend(scores, groups):
    """Cochran and Armitage's test of a rising share: z of Σ t_i (k_i − n_i p) over its deviation."""
    n = sum(len(group) for group in groups)
    share = sum(sum(group) for group in groups) / n
    rise = sum(t * (sum(g) - len(g) * share) for t, g in zip(scores, groups))
    first = sum(len(g) * t for t, g in zip(scores, groups))
    second = sum(len(g) * t * t for t, g in zip(scores, groups))
    return rise / math.sqrt(share * (1 - share) * (second - first**2 / n))


def rising_p(z):
    return 0.5 * math.erfc(z / math.sqrt(2))


class FittedOnTheDefaultModel(Case):
    def model(self, command, *arguments):
        given = ("-m", cached_model("Q4_0"), *arguments)
        return self.done(self.call(command, *given, timeout=800))

    def fit(self, method, first, second, *arguments):
        files = [str(EXAMPLES / name) for name in (first, second)]
        return json.loads(
            self.model("fit", method, *files, "-o", "fitted.gguf", "--json", "-q", *arguments))

    def assert_hooks_cost_at_most(self, share, *arguments):
        """Beside the model's own time in all worlds, of which one is hooked: so half of it counts."""
        run = json.loads(self.model("run", *arguments, "--json", "-q", "--no-null"))
        hooks = run["seconds_in_hooks"] / (run["seconds_in_llama"] - run["seconds_in_hooks"])
        self.assertGreater(hooks, 0.0)
        self.assertLessEqual(2.0 * hooks, share)

    def findings(self, report):
        return {finding["key"]: finding for finding in report["findings"]}

    def lines(self, command, *arguments):
        self.model(command, *arguments, "-q", "--no-null", "--jsonl", "out.jsonl")
        with open(self.folder / "out.jsonl", encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def test_sentiment_follows_the_strength(self):
        report = self.fit("direction", "sentiment/positive.txt", "sentiment/negative.txt",
                          "--layers", "14-18")
        self.assertGreater(min(row["accuracy"]["value"] for row in report["layers"]), 0.9)
        lexicon = dict(line.split("\t") for line in
                       (EXAMPLES / "sentiment/lexicon.tsv").read_text().splitlines() if line)

        def is_positive(text):
            signs = [lexicon.get(word) for word in words(text)]
            return signs.count("positive") > signs.count("negative")

        strengths = (-0.2, -0.1, 0.1, 0.2)
        worlds = [f"--world=s{s}=steer:fitted.gguf:{s}" for s in strengths]
        prompts = str(EXAMPLES / "sentiment/prompts.txt")
        groups = {s: [] for s in (*strengths, 0.0)}
        factual = {}
        for line in self.lines("run", "-f", prompts, "-n", "16", *worlds):
            strength = float(line["world"][1:])
            groups[strength].append(is_positive(line["counterfactual"]["text"]))
            factual[line["string"]] = is_positive(line["factual"]["text"])
        groups[0.0] = list(factual.values())
        self.assertGreaterEqual(len(factual), 200)
        ordered = sorted(groups)
        z = trend(ordered, [groups[s] for s in ordered])
        shares = [sum(groups[s]) / len(groups[s]) for s in ordered]
        print(f"positive at {ordered}: {shares}; trend z {z:.1f}, p {rising_p(z):.1e}")
        self.assertLess(rising_p(z), 0.01, shares)
        self.assertLess(shares[0], shares[2])
        self.assertGreater(shares[-1], shares[2])
        for sign in ("", "-"):  # the exact law: the stronger, the sooner the strings part
            doses = ",".join(f"{sign}{dose}" for dose in (0.05, 0.1, 0.2, 0.4))
            law = json.loads(self.model(
                "law", "-f", prompts, "--limit", "40", "-n", "16", "--json", "-q", "--no-null",
                "--world", "s=steer:fitted.gguf:1", "--sweep", f"steer.scale={doses}"))
            *law, nudge = law
            lengths = [row["expected_lcp"]["value"] for row in law]
            print(f"expected LCP at {doses}:", [row["expected_lcp"] for row in law],
                  "nudge", nudge["expected_lcp"])
            self.assertLess(lengths[0], nudge["expected_lcp"]["low"])
            self.assertEqual(lengths, sorted(lengths, reverse=True))
            self.assertLess(lengths[-1], 0.7 * lengths[0])

    def test_mimic_moves_gender(self):
        report = self.fit("mimic", "biographies/women.txt", "biographies/men.txt", "--pool",
                          "every", "--layers", "20")
        found = self.findings(report)
        self.assertLess(found["fit_error"]["value"], 1e-3)
        self.assertLess(found["called_target_before"]["accuracy"]["high"], 0.5)
        self.assertGreater(found["called_target_after"]["accuracy"]["low"], 0.5)
        self.assertLess(found["told_apart_after"]["accuracy"]["low"], 0.5)
        lines = self.lines("run", "-f", str(EXAMPLES / "biographies/prompts.txt"), "--limit",
                           "120", "-n", "20", "--world", "women=affine:fitted.gguf@scope=written")

        counts = [[sum(word in kind for word in words(line[side]["text"]))
                   for side in ("factual", "counterfactual") for kind in (WOMEN, MEN)]
                  for line in lines]

        def rise(rows):
            women, men, women_after, men_after = map(sum, zip(*rows))
            return women_after / (women_after + men_after) - women / (women + men)

        # Words of one string depend on each other, and so do both sides of a pair: whole pairs are
        # drawn again.
        random = Random(1)
        shifts = []
        for _ in range(2000):
            shifts.append(rise(random.choices(counts, k=len(counts))))
        shifts.sort()
        tokens = [(len(line["factual"]["tokens"]), line["lcp"]) for line in lines]
        kept = sum(n == lcp for n, lcp in tokens)
        print(f"she to he {[sum(c) for c in zip(*counts)]}, rise {rise(counts):.3f} "
              f"[{shifts[50]:.3f}, {shifts[1949]:.3f}]; {kept} of {len(lines)} strings kept, mean "
              f"LCP {sum(lcp for _, lcp in tokens) / len(tokens):.1f}")
        self.assertGreater(rise(counts), 0.1)
        self.assertGreater(shifts[20], 0.0)  # one-sided, 1 %
        # What else changed: nearly everything, which is what the docs warn of.
        self.assertLess(kept, len(lines) / 10)
        law = json.loads(self.model(
            "law", "-f", str(EXAMPLES / "biographies/prompts.txt"), "--limit", "40", "-n", "20",
            "--json", "-q", "--no-null", "--world", "women=affine:fitted.gguf@scope=written"))
        exact = law["worlds"][0]
        print("of 40 strings, exactly:", exact["expected_lcp"], "KL", exact["kl"]["mean"])
        print("the nudge:", law["worlds"][1]["expected_lcp"], exact["rounding"]["beyond"])
        self.assertFalse(exact["rounding"]["near_floor"])

    def test_maps_cost_little_beside_decoding(self):
        """A map of full rank on one layer at most a tenth, steering a fiftieth."""
        sets = ("biographies/women.txt", "biographies/men.txt")
        self.fit("mimic", *sets, "--layers", "20", "--limit", "40")
        prompts = ("-f", str(EXAMPLES / "biographies/prompts.txt"), "--limit", "40", "-n", "20",
                   "--no-nudge")
        self.assert_hooks_cost_at_most(0.1, *prompts, "--world", "w=affine:fitted.gguf")
        self.fit("direction", *sets, "--limit", "40")
        self.assert_hooks_cost_at_most(0.02, *prompts, "--world", "w=steer:fitted.gguf")

    def test_leace_erases_gender(self):
        for pool in ("last", "mean"):
            found = self.findings(self.fit("leace", "biographies/women.txt", "biographies/men.txt",
                                           "--pool", pool, "--layers", "auto"))
            self.assertGreaterEqual(found["probe_before"]["value"], 0.9, pool)
            low, high = (found["probe_after"]["accuracy"][end] for end in ("low", "high"))
            self.assertTrue(low <= 0.5 <= high, found["probe_after"])
            low, high = (found["probe_fresh"]["accuracy"][end] for end in ("low", "high"))
            self.assertTrue(low <= 0.5 <= high, found["probe_fresh"])

    def test_iti_favours_true_statements(self):
        report = self.fit("iti", "truth/true.txt", "truth/false.txt", "--heads", "60",
                          "--held-out", "0.5")
        self.assertEqual(len(report["heads"]), 270)
        texts = [(EXAMPLES / "truth" / name).read_text().splitlines()
                 for name in ("true.txt", "false.txt")]
        held_out = [i for i in range(len(texts[0])) if i // 2 % 2 == 1]
        judging = [i for place, i in enumerate(held_out) if place // 2 % 2 == 1]
        with open(self.folder / "statements.jsonl", "w", encoding="utf-8") as file:
            for i in judging:
                for kind, lines in zip(("true", "false"), texts):
                    prompt, text = lines[i].split(" ", 1)
                    file.write(json.dumps(
                        {"id": f"{i}.{kind}", "prompt": prompt, "text": " " + text}) + "\n")
        alphas = (-2, -1, 1, 2)
        worlds = [f"--world=a{a}=heads:fitted.gguf:{a}" for a in alphas]
        logs = defaultdict(dict)
        for line in self.lines("law", "-f", "statements.jsonl", *worlds):
            pair, kind = line["string"].split(".")
            logs[line["world"], pair][kind] = sum(math.log(q) for q in line["q"])
        odds = defaultdict(dict)
        for (world, pair), both in logs.items():
            odds[pair][int(world[1:])] = both["true"] - both["false"]
        print("mean log-odds of the true statement:",
              {a: round(sum(of[a] for of in odds.values()) / len(odds), 2) for a in alphas})
        slopes = [sum(a * of[a] for a in alphas) / sum(a * a for a in alphas)
                  for of in odds.values()]
        mean = sum(slopes) / len(slopes)
        variance = sum((s - mean) ** 2 for s in slopes) / (len(slopes) - 1)
        error = math.sqrt(variance / len(slopes))
        print(f"slope {mean:.3f} ± {1.96 * error:.3f} a unit, {len(slopes)} pairs, p "
              f"{rising_p(mean / error):.1e}")
        self.assertGreater(mean / error, 2.33)


if __name__ == "__main__":
    unittest.main()

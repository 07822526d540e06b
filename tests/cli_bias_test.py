"""bias: on the command line: nats added to the logit of one token."""

import json
import unittest

from command import Case


class Biases(Case):
    GIVEN = ("-p", "the king", "-n", "8", "--samples", "8")

    def jsonl(self, *arguments):
        result = self.call("run", "-t", "1", "-m", "a.gguf", *arguments, "--jsonl", "-")
        return [json.loads(line) for line in self.done(result).splitlines()], result.stderr.decode()

    def law(self, *arguments):
        given = ("-t", "1", "-n", "6", "-m", "a.gguf", "-p", "the king")
        return json.loads(self.done(self.call("law", *given, *arguments, "--json")))

    def refuses(self, world, *parts):
        self.refused(self.run_tiny("-p", "a", "--world", world), 2, *parts)


class Acting(Biases):
    def test_none_changes_no_bit_and_says_so(self):
        lines, told = self.jsonl(*self.GIVEN, "--world", "x=bias:5:0")
        self.assertTrue(all(line["factual"] == line["counterfactual"] for line in lines))
        self.assertIn("WARNING: world 'x' acted and changed no logit", told)
        self.assertEqual(self.law("--world", "x=bias:5:0")["worlds"][0]["unchanged"]["value"], 1)

    def test_much_writes_the_token_and_off_never(self):
        lines, _ = self.jsonl(*self.GIVEN, "--world", "x=bias:5:1000")
        for line in lines:
            self.assertEqual(line["counterfactual"]["tokens"], [5] * 8)
        first = {line["factual"]["tokens"][0] for line in lines}
        lines, _ = self.jsonl(*self.GIVEN, "--world",
                              "x=" + ",".join(f"bias:{token}:off" for token in first))
        for line in lines:
            self.assertTrue(first.isdisjoint(line["counterfactual"]["tokens"]))
            self.assertEqual(line["lcp"], 0)

    def test_a_text_is_its_token(self):
        lines = [self.jsonl(*self.GIVEN, "--world", "x=bias:" + item)[0]
                 for item in ("e:30", '"e":30')]
        self.assertEqual(lines[0], lines[1])
        self.assertTrue(any("e" in line["counterfactual"]["text"] for line in lines[0]))

    def test_worlds_of_biases_have_the_factual_network(self):
        world, *_ = self.law("--world", "x=bias:5:2,bias:6:-1", "--no-null")["worlds"]
        self.assertEqual(world["rows"]["evaluated"], 0)
        self.assertLess(world["unchanged"]["value"], 1)

    def test_of_the_factual_world(self):
        """What is forbidden there cannot have been observed."""
        given = ("-p", "the king", "--world", "x=temp:2")
        lines, _ = self.jsonl(*given, "-n", "4", "--factual", "bias:5:1000")
        self.assertEqual(lines[0]["factual"]["tokens"], [5] * 4)
        self.write("s.jsonl", '{"prompt": "the king", "tokens": [7, 5, 7]}')
        result = self.run_tiny("-f", "s.jsonl", "--world", "x=temp:2", "--factual", "bias:5:off")
        self.refused(result, 1, "token 5 ", "with probability 0 at position 1 of string '1'")

    def test_doses(self):
        rows = self.law("--world", "x=bias:5:2", "--sweep", "bias.scale=0:4:2")
        means = [row["unchanged"]["value"] for row in rows]
        self.assertEqual(means[0], 1)
        self.assertEqual(means[1], self.law("--world", "x=bias:5:2")["worlds"][0]["unchanged"]["value"])
        self.assertGreater(means[1], means[2])
        (one,) = self.law("--world", "x=bias:5:9", "--threshold", "x.scale=0:64")
        lines, _ = self.jsonl("-p", "the king", "-n", "6", "--world", f"x=bias:5:{one['threshold']}")
        self.assertEqual(lines[0]["lcp"], one["position"])
        lines, _ = self.jsonl("-p", "the king", "-n", "6", "--world",
                              f"x=bias:5:{one['threshold'] - 64 / 256}")
        self.assertEqual(lines[0]["counterfactual"], lines[0]["factual"])

    def test_in_a_study(self):
        self.write("s.toml", 'model = "a.gguf"\nprompt = "the king"\npredict = 4\n[worlds]\n'
                             'n = { bias = 5, scale = 1000 }\nt = { bias = "e", scale = 1000 }\n')
        text = self.done(self.call("run", "s.toml", "-t", "1", "--jsonl", "-"))
        number, word = (json.loads(line) for line in text.splitlines())
        self.assertEqual(number["counterfactual"]["tokens"], [5] * 4)
        self.assertEqual(word["counterfactual"]["text"], "eeee")


class Refusals(Biases):
    def test_what_is_no_token(self):
        self.refuses("x=bias:theking:1", "bias: with a text of one token", "'theking', which is ")
        self.refuses("x=bias:999999:1", "tokens within 0-", "bias:999999 in world 'x'")

    def test_no_nats(self):
        self.refuses("x=bias: the", "bias:TOKEN:X, X in nats or off")
        self.refuses("x=bias: the:inf", "a bias in nats, -inf or off")

    def test_nothing_left(self):
        every = ",".join(f"bias:{token}:off" for token in range(309))
        self.refused(self.run_tiny("-p", "a", "--world", "x=" + every), 1, "at least one possible",
                     "in world 'x'")


if __name__ == "__main__":
    unittest.main()

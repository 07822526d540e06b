"""patch: on the command line: states of a prompt's rows taken from a donor prompt."""

import contextlib
import json
import sqlite3
import unittest

from command import Case

RECORDS = [{"id": "a", "prompt": "the king of", "donor": "the wing of"},
           {"id": "b", "prompt": "a long house", "donor": "the king of"}]


class Patches(Case):
    def setUp(self):
        super().setUp()
        self.write("s.jsonl", "\n".join(map(json.dumps, RECORDS)))

    def lines(self, *arguments):
        result = self.call("run", "-t", "1", "-n", "6", "-m", "a.gguf", *arguments, "--jsonl", "-")
        return [json.loads(line) for line in self.done(result).splitlines()]

    def counterfactuals(self, *arguments):
        return [line["counterfactual"]["tokens"] for line in self.lines(*arguments)]

    def refuses(self, world, *parts, given=("-f", "s.jsonl")):
        self.refused(self.run_tiny(*given, "--world", "x=" + world), 2, *parts)


class Acting(Patches):
    def test_all_rows_of_the_residual_write_on_from_the_donor(self):
        """The first token is the donor's, whose layers above see nothing else."""
        donor = self.lines("-p", "the wing of", "--world", "x=temp:2", "--samples", "20")
        first = [line["factual"]["tokens"][0] for line in donor]
        self.assertGreater(len(set(first)), 1)
        patched = self.lines("-p", "the king of", "--world", "x=patch:the wing of@layers=1",
                             "--samples", "20")
        self.assertEqual([line["counterfactual"]["tokens"][0] for line in patched], first)
        self.assertNotEqual([line["factual"]["tokens"][0] for line in patched], first)

    def test_the_prompt_itself_changes_nothing_and_says_so(self):
        for site in ("l_out", "attn_norm", "kqv_out", "ffn_out"):
            result = self.run_tiny("-p", "the king", "--samples", "4", "--world",
                                   f"x=patch:the king@site={site};layers=0-", "-q")
            self.assertIn("100%", self.done(result))
            self.assertIn("WARNING: world 'x' acted and changed no logit", result.stderr.decode())

    def test_of_each_record_and_of_one_text(self):
        own = self.counterfactuals("-f", "s.jsonl", "--world", "x=patch:@layers=0;rows=-1")
        one = [self.counterfactuals("-p", record["prompt"], "--world",
                                    f"x=patch:{record['donor']}@layers=0;rows=-1")
               for record in RECORDS]
        # The noise goes by the string's name: 1 and 1 there, a and b here.
        self.assertEqual([len(own), len(one)], [2, 2])
        self.write("t.jsonl", "\n".join(json.dumps(dict(record, donor="the wing of"))
                                        for record in RECORDS))
        self.assertEqual(
            self.counterfactuals("-f", "t.jsonl", "--world", "x=patch:@layers=0;rows=-1"),
            self.counterfactuals("-f", "s.jsonl", "--world", "x=patch:the wing of@layers=0;rows=-1"))

    def test_a_file_and_rows_with_commas(self):
        self.write("donor.txt", "the wing, of\n")
        texts = ['"the wing, of"@layers=0;rows=-1,-3--2', "@donor.txt@rows=-3--2,-1;layers=0"]
        a, b = (self.counterfactuals("-p", "the king of", "--world", f"x=patch:{text},temp:2")
                for text in texts)
        self.assertEqual(a, b)

    def test_chats_render_it_as_the_prompt(self):
        chat = ("--chat", "-p", "the king of", "--samples", "8", "--no-nudge")
        told = self.call("run", "-t", "1", "-n", "6", "-m", "a.gguf", *chat, "--world",
                         "x=patch:the king of@layers=0-", "--json")
        self.assertIn("acted and changed no logit", told.stderr.decode())
        other = self.lines(*chat, "--world", "x=patch:the wing of@layers=1")
        asked = self.lines("--chat", "-p", "the wing of", "--samples", "8", "--world", "x=temp:2")
        self.assertEqual([line["counterfactual"]["tokens"][0] for line in other],
                         [line["factual"]["tokens"][0] for line in asked])

    def test_law_and_one_dose_of_another_item(self):
        given = ("law", "-t", "1", "-n", "6", "-m", "a.gguf", "-f", "s.jsonl", "--json")
        world = "x=patch:@layers=0;rows=-1,steer:vector.gguf:2"
        table = json.loads(self.done(self.call(*given, "--world", world)))["worlds"]
        rows = json.loads(self.done(self.call(*given, "--world", world, "--sweep",
                                              "steer.scale=0,2")))
        self.assertEqual(rows[1]["unchanged"], table[0]["unchanged"])
        self.assertNotEqual(rows[0]["unchanged"], rows[1]["unchanged"])
        self.assertLess(rows[0]["unchanged"]["value"], 1)
        found = json.loads(self.done(self.call(*given, "--world", world, "--threshold",
                                               "steer.scale=0:8")))
        self.assertEqual(len(found), 2)

    def test_does_not_depend_on_streams_and_rows(self):
        given = ("-f", "s.jsonl", "--samples", "3", "--world", "x=patch:@layers=0-;rows=-2,-1")
        self.assertEqual(self.lines(*given, "-np", "1"), self.lines(*given, "-np", "6"))
        self.assertEqual(self.lines(*given, "-ub", "8"), self.lines(*given, "-ub", "64"))


class Kept(Patches):
    def test_lines_of_a_run_are_input(self):
        given = ("--world", "x=patch:@layers=0;rows=-1")
        result = self.call("run", "-t", "1", "-n", "6", "-m", "a.gguf", "-f", "s.jsonl", *given,
                           "--jsonl", "out.jsonl")
        self.done(result)
        lines = [json.loads(line) for line in (self.folder / "out.jsonl").read_text().splitlines()]
        self.assertEqual([line["donor"] for line in lines], [r["donor"] for r in RECORDS])
        for line in self.lines("-f", "out.jsonl", *given):
            self.assertTrue(line["observed"])
            self.assertIn(line["donor"], ("the wing of", "the king of"))

    def test_run_files_keep_them(self):
        run = ("run", "-t", "1", "-n", "6", "-m", "a.gguf", "-f", "s.jsonl", "--samples", "2",
               "--world", "x=patch:@layers=0;rows=-1,-2", "-q")
        self.done(self.call(*run, "-o", "whole.db"))
        for part in "1/2", "2/2":
            self.done(self.call(*run, "-o", f"part{part[0]}.db", "--shard", part))
        self.done(self.call("merge", "part1.db", "part2.db", "-o", "merged.db"))
        wholly, merged = (self.done(self.call("export", name))
                          for name in ("whole.db", "merged.db"))
        self.assertEqual(sorted(wholly.splitlines()), sorted(merged.splitlines()))
        self.assertIn('"donor": "the wing of"', wholly)
        self.done(self.call("run", "--resume", "whole.db", "-q"))
        with contextlib.closing(sqlite3.connect(self.folder / "whole.db")) as stored:
            described = stored.execute("SELECT description FROM worlds WHERE name = 'x'").fetchone()
        self.assertEqual(described[0], "patch of each string's donor, layer 0, rows -1,-2")
        other = [dict(record, donor="a long house") for record in RECORDS]
        self.write("s.jsonl", "\n".join(map(json.dumps, other)))
        self.done(self.call(*run, "-o", "other.db"))
        self.refused(self.call("merge", "whole.db", "other.db", "-o", "both.db"), 2)

    def test_studies(self):
        self.write("s.toml", """
model = "a.gguf"
predict = 6
[worlds]
a = { patch = "", layers = 0, rows = -1 }
b = [{ patch = "", layers = "0-", rows = [-1, "-3--2"] }, "patch:@layers=0;rows=-2,-1"]
c = { patch = "the wing of", layers = "0-1", rows = "-2--1", site = "ffn_out" }
[[strings]]
id = "a"
prompt = "the king of"
donor = "the wing of"
""")
        result = self.call("run", "s.toml", "-t", "1", "--jsonl", "-", "--save-study", "t.toml")
        text = self.done(result)
        self.assertEqual(len(text.splitlines()), 3)
        self.assertEqual(self.done(self.call("run", "t.toml", "-t", "1", "--jsonl", "-")), text)


class Refusals(Patches):
    def test_forms(self):
        self.refuses("patch:the wing of", "layers for patch, as @layers=12")
        self.refuses("patch:the wing of@layers=0;rows=2-1", "rows as N, A-B")
        self.refuses("patch:the wing of@layers=0;row=1", "did you mean ‘rows’?")
        self.refuses("patch:the wing of@layers=9", "layers within 0-", "9-9")

    def test_donors(self):
        self.refuses("patch:@layers=0", 'a "donor" with string \'1\'', given=("-p", "the king"))
        self.refuses("patch:@layers=0", "a donor of as many tokens as its prompt", "string 'b'",
                     "count rows from the end")
        self.refuses("patch:@layers=0;rows=99", "rows within the donor of string 'a'",
                     given=("-f", "s.jsonl", "--limit", "1"))
        self.refuses("patch:k@layers=0;rows=-9", "rows within the donor of string 'a', of ",
                     "rows=-9 in world 'x'")

    def test_sites(self):
        result = self.run_tiny("-f", "s.jsonl", "--world", "x=patch:@site=lout;layers=0;rows=-1")
        self.refused(result, 1, "a node 'lout' in the graph of ", "for patch:", "l_out")
        result = self.run_tiny("-f", "s.jsonl", "--world", "x=patch:@layers=1;rows=-2")
        self.refused(result, 1, "world 'x' to act at l_out in the last layer")

    def test_memory(self):
        result = self.run_tiny("-f", "s.jsonl", "--dry-run", "--world", "x=patch:@layers=0-;rows=-1")
        self.assertIn("MB of donors' states", self.done(result))


if __name__ == "__main__":
    unittest.main()

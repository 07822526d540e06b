"""Long observed texts through the tiled kernel: the same results however a run is cut, and old files."""

import json
import sqlite3
import unittest

from command import Case

LENGTHS = (10, 62, 64, 66, 128, 200, 63, 90)  # of letters, each a token
WORLDS = ("--world", "up=steer:vector.gguf:0.02", "--world", "warm=temp:1.01")
RUN = ("run", "-q", "-m", "a.gguf", "-f", "texts.jsonl", "--null", "-s", "3", *WORLDS)
WRITTEN = ("outcomes", "laws", "pairs", "prompts", "draws")


class Texts(Case):
    def setUp(self):
        super().setUp()
        records = []
        for i, length in enumerate(LENGTHS):
            text = "".join("abcdefgh"[(i + j * j) % 8] for j in range(length))
            records.append({"id": str(i), "prompt": "the king of", "text": text})
        self.write("texts.jsonl", "".join(json.dumps(record) + "\n" for record in records))

    def run_into(self, name, *more):
        threads = () if "-t" in more else ("-t", "1")
        self.done(self.call(*RUN, *threads, "-o", name, *more))
        return self.exported(name)

    def resume(self, name):
        self.done(self.call("run", "-q", "-t", "1", "--resume", name))
        return self.exported(name)

    def exported(self, name):
        return self.done(self.call("export", name)), self.done(self.call("export", name, "--law"))

    def change(self, name, *statements):
        connection = sqlite3.connect(self.folder / name)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    def forget(self, name, where="1"):
        self.change(name, *(f"DELETE FROM {table} WHERE {where}" for table in WRITTEN),
                    f"UPDATE strings SET state = 0 WHERE {where}")  # fmt: skip

    def meta(self, name, key):
        connection = sqlite3.connect(self.folder / name)
        try:
            return connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        finally:
            connection.close()

    def make_old(self, name):
        """The file as versions wrote it that read texts by the other kernel."""
        self.change(name, "DELETE FROM meta WHERE key = 'tiled_texts'",
                    "UPDATE meta SET value = replace(value, 'attention_texts = tiled\n', '')"
                    " WHERE key = 'machine'")  # fmt: skip

    def test_nothing_depends_on_the_shape_of_a_run(self):
        whole = self.run_into("whole.db")
        self.assertEqual(self.meta("whole.db", "tiled_texts"), ("1",))
        self.assertIn("attention_texts = tiled", self.meta("whole.db", "machine")[0])
        lines = [json.loads(line) for line in whole[0].splitlines()]
        same = [line["factual"] == line["counterfactual"] for line in lines if line["world"] == "null"]
        self.assertEqual(len(same), len(LENGTHS))
        self.assertTrue(all(same))
        left = [line["lcp"] for line in lines if line["world"] == "up" and line["factual"] != line["counterfactual"]]
        self.assertTrue(any(lcp > 0 for lcp in left), left)
        for more in (("-np", "1"), ("-np", "3", "-ub", "64"), ("-t", "2"), ("--memory", "60M")):
            self.assertEqual(self.run_into("with" + "".join(more) + ".db", *more), whole, more)

    def test_resumed_runs_and_shards_are_the_whole(self):
        whole = self.run_into("whole.db")
        self.run_into("part.db")
        self.forget("part.db", "string IN (2, 4, 5)")
        self.assertEqual(self.resume("part.db"), whole)
        for i in ("1", "2", "3"):
            self.run_into(f"shard{i}.db", "--shard", f"{i}/3")
        self.done(self.call("merge", "-o", "merged.db", "shard1.db", "shard2.db", "shard3.db"))
        self.assertEqual(self.exported("merged.db"), whole)

    def test_old_files_keep_their_rule(self):
        whole = self.run_into("old.db")
        self.forget("old.db")
        self.make_old("old.db")
        old = self.resume("old.db")
        self.assertNotEqual(old, whole)  # other bits in margins
        self.assertIsNone(self.meta("old.db", "tiled_texts"))
        short = [[json.loads(line) for line in lines.splitlines() if json.loads(line)["string"] == "0"]
                 for lines in (old[0], whole[0])]  # fmt: skip
        self.assertEqual(short[0], short[1])
        self.forget("old.db", "string IN (3, 4)")
        self.assertEqual(self.resume("old.db"), old)

    def test_shards_of_both_rules_do_not_merge(self):
        for i in ("1", "2"):
            self.run_into(f"shard{i}.db", "--shard", f"{i}/2")
        self.make_old("shard2.db")
        result = self.call("merge", "-o", "merged.db", "shard1.db", "shard2.db")
        self.refused(result, 2, "attention_texts = tiled")

    def test_sampled_strings_are_read_as_they_were_written(self):
        sampled = json.dumps({"id": "s", "prompt": "the queen of"}) + "\n"
        observed = (self.folder / "texts.jsonl").read_text(encoding="utf-8")
        laws = []
        for records in (sampled, sampled + observed):
            self.write("texts.jsonl", records)
            exported = self.run_into(f"{len(laws)}.db", "-n", "120")[1]
            laws.append([line for line in map(json.loads, exported.splitlines()) if line["string"] == "s"])
        self.assertGreaterEqual(max(len(line["tokens"]) for line in laws[0]), 64)
        self.assertEqual(laws[0], laws[1])

    def test_short_texts_know_nothing_of_it(self):
        record = json.dumps({"prompt": "the king of", "text": " a b c d e f g h"})
        self.write("texts.jsonl", record + "\n")
        self.run_into("short.db")
        self.assertEqual(self.meta("short.db", "tiled_texts"), ("0",))
        self.assertNotIn("attention", self.meta("short.db", "machine")[0])


if __name__ == "__main__":
    unittest.main()

"""Folders of shards, Parquet files, and run files read by SQL."""

import importlib.util
import json
import unittest

import numpy as np

import otherwise as ow
from tiny_case import PROMPTS, TinyCase

HOT = ow.World("hot", ow.temperature(1.5))
SETTINGS = {"tokens": 9, "seed": 5, "samples": 2}
HAS_PYARROW = importlib.util.find_spec("pyarrow") is not None


class Folders(TinyCase):
    def setUp(self):
        super().setUp()
        (self.folder / "runs").mkdir()
        self.whole = ow.run(self.model, PROMPTS, HOT, output="whole.db", **SETTINGS)

    def shard(self, part, **more):
        ow.run(self.model, PROMPTS, HOT, output=f"runs/{part}.db", shard=f"{part}/3", **{**SETTINGS, **more})

    def test_a_folder_is_the_run(self):
        for part in (1, 2, 3):
            self.shard(part)
        run = ow.open("runs")
        self.assertTrue(run.finished)
        for one, other in zip(run.pairs, self.whole.pairs, strict=True):
            for name, value in one.items():
                np.testing.assert_equal(value, other[name], name)
        self.assertEqual(list(run.strings["text"]), list(self.whole.strings["text"]))
        self.assertEqual(run.warnings, ow.open("whole.db").warnings)
        self.assertIn("hot", run.html())
        run.report("page.html")
        with self.misuses("one run file for `save`", "otherwise merge"):
            run.save("all.db")

    def test_what_a_folder_lacks(self):
        self.shard(3)
        run = ow.open("runs")
        self.assertFalse(run.finished)
        self.assertIn("the folder is not whole; shards 1 and 2 are missing", run.warnings)
        self.shard(1, seed=6)
        with self.misuses("(seed = "):
            ow.open("runs")

    def test_shards_of_two_machines(self):
        self.shard(1)
        self.shard(2, cache_type_v="q8_0")
        with self.misuses("cache-type-v"):
            ow.open("runs")
        self.assertGreater(len(ow.open("runs", force=True).pairs), 0)

    @unittest.skipUnless(HAS_PYARROW, "no pyarrow here")
    def test_parquet_holds_the_pairs(self):
        import pyarrow.parquet

        for part in (1, 2, 3):
            self.shard(part)
        ow.open("runs").to_parquet("run.parquet", strings_at_once=3)
        table = pyarrow.parquet.read_table("run.parquet")
        self.assertEqual(table.column_names, self.whole.pairs.columns)
        for row, pair in zip(table.to_pylist(), self.whole.pairs.to_pylist(), strict=True):
            for name, value in row.items():
                np.testing.assert_equal(value, pair[name], name)
        self.assertEqual(pyarrow.parquet.ParquetFile("run.parquet").num_row_groups, 2)
        with self.misuses("`strings_at_once`"):
            ow.open("runs").to_parquet("other.parquet", strings_at_once=0)
        with self.assertRaisesRegex(ow.Error, "expected a file that can be written, got 'no/x.parquet'"):
            ow.open("runs").to_parquet("no/x.parquet")

    def test_sql_reads_lists_by_a_function(self):
        connection = self.whole.connect()
        self.addCleanup(connection.close)
        rows = connection.execute("SELECT list_json(tokens) FROM draws ORDER BY string, sample").fetchall()
        self.assertEqual([json.loads(row) for (row,) in rows], [t.tolist() for t in self.whole.strings["tokens"]])
        (stay,) = connection.execute(
            "SELECT sum(j.value) FROM laws, json_each(list_json(stay)) j WHERE world = 0").fetchone()
        expected = sum(stay.sum() for stay in self.whole.pairs["stay"])
        self.assertAlmostEqual(stay, expected, places=9)
        (outcomes,) = connection.execute("SELECT list_json(outcomes) FROM outcomes LIMIT 1").fetchone()
        position, tokens = json.loads(outcomes)[0]
        self.assertGreaterEqual(position, 0)
        self.assertLessEqual(sum(probability for _, probability in tokens), 1.001)
        self.assertEqual(connection.execute("SELECT list_json(NULL), list_json('[1]')").fetchone(), (None, "[1]"))


if __name__ == "__main__":
    unittest.main()

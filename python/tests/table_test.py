"""Tables: numpy's columns, records, Arrow's stream to and from those who speak it."""

import gc
import importlib.util
import math
import unittest

import numpy as np

import otherwise as ow
from tiny_case import PROMPTS, TinyCase

COLUMNS = {
    "text": ["a", None, "ünï → 🙂 and more than twelve bytes"],
    "whole": [1, None, -(2**62)],
    "real": [0.5, math.inf, None],
    "flag": [True, False, None],
    "list": [[0.25, 0.5], [], None],
    "none": [None, None, None],
}


def needs(module):
    return unittest.skipUnless(importlib.util.find_spec(module), f"no {module} here")


class Tables(unittest.TestCase):
    def setUp(self):
        self.table = ow.Table(COLUMNS)

    def test_columns_and_records(self):
        self.assertEqual(self.table.columns, list(COLUMNS))
        self.assertEqual(len(self.table), 3)
        self.assertEqual(self.table["text"], COLUMNS["text"])
        np.testing.assert_array_equal(self.table["real"], [0.5, np.inf, np.nan])
        self.assertEqual(self.table["list"][0].tolist(), [0.25, 0.5])
        self.assertIsNone(self.table["list"][-1])
        self.assertEqual([len(part) for part in self.table["list"][:2]], [2, 0])
        expected = [dict(zip(COLUMNS, row)) for row in zip(*COLUMNS.values())]
        self.assertEqual(self.table.to_pylist(), expected)
        self.assertEqual(repr(self.table), "<Table of 3 rows: text, whole, real, flag, list, none>")

    def test_html_is_escaped(self):
        self.assertIn("<td>&lt;b&gt;</td>", ow.Table({"a": ["<b>"]})._repr_html_())

    def test_arrow_round_trip(self):
        again = ow.Table.from_arrow(self.table)
        self.assertEqual(again.to_pylist(), self.table.to_pylist())
        self.assertEqual(len(ow.Table.from_arrow(ow.Table({"a": []}))), 0)

    def test_a_capsule_that_is_dropped(self):
        for _ in range(1000):
            self.table.__arrow_c_stream__()
        gc.collect()

    def test_wrong_columns(self):
        for columns, reason in (({"a": [1], "b": []}, "columns of 1 rows, got 0 in 'b'"), ({"a": [1, "b"]}, "int, str"),
                                ({"a": [object()]}, "object")):
            with self.assertRaisesRegex(ow.Misuse, reason):
                ow.Table(columns)
        with self.assertRaisesRegex(ow.Misuse, "a column, one of text, whole"):
            self.table["txt"]
        with self.assertRaisesRegex(ow.Misuse, "__arrow_c_stream__"):
            ow.Table.from_arrow(3)

    @needs("pyarrow")
    def test_pyarrow(self):
        import pyarrow

        table = pyarrow.table(self.table)
        table.validate(full=True)
        self.assertEqual(table.to_pylist(), self.table.to_pylist())
        self.assertEqual(ow.Table.from_arrow(table).to_pylist(), self.table.to_pylist())

    @needs("pyarrow")
    def test_pyarrows_layouts(self):
        import pyarrow

        words = ["a", "b with more than twelve bytes", None, "a"]
        table = pyarrow.table({
            "view": pyarrow.array(words, pyarrow.string_view()),
            "word": pyarrow.array(words).dictionary_encode(),
            "small": pyarrow.array([1, 2, None, 255], pyarrow.uint8()),
            "float": pyarrow.array([0.5, None, 1.5, 2.0], pyarrow.float32()),
            "tokens": pyarrow.array([[1, 2], None, [], [3]], pyarrow.list_(pyarrow.int64())),
            "nothing": pyarrow.nulls(4),
        }).slice(1)
        self.assertEqual(ow.Table.from_arrow(table).to_pylist(), table.to_pylist())
        parts = pyarrow.concat_tables([table, table])
        self.assertEqual(ow.Table.from_arrow(parts).to_pylist(), parts.to_pylist())
        with self.assertRaisesRegex(ow.Misuse, "in the column 'when', got Arrow's type 'tdD'"):
            ow.Table.from_arrow(pyarrow.table({"when": pyarrow.array([1], pyarrow.date32())}))

    @needs("polars")
    def test_polars(self):
        import polars

        self.assertEqual(polars.DataFrame(self.table).to_dicts(), self.table.to_pylist())
        frame = polars.DataFrame({"prompt": PROMPTS, "n": range(len(PROMPTS))})
        self.assertEqual(ow.Table.from_arrow(frame).to_pylist(), frame.to_dicts())

    @needs("duckdb")
    def test_duckdb(self):
        import duckdb

        flips = self.table
        self.assertEqual(duckdb.sql("select count(*), max(real) from flips").fetchall(), [(3, math.inf)])
        rows = duckdb.sql("select 'the king' as prompt, 3 as n")
        self.assertEqual(ow.Table.from_arrow(rows).to_pylist(), [{"prompt": "the king", "n": 3}])
        del flips

    @needs("pandas")
    def test_pandas(self):
        frame = self.table.to_pandas()
        self.assertEqual(list(frame.columns), self.table.columns)
        self.assertEqual(frame["text"].tolist()[0], "a")
        self.assertEqual(frame["real"].dtype, np.float64)


class OfRuns(TinyCase):
    def setUp(self):
        super().setUp()
        self.result = ow.run(self.model, PROMPTS, {"hot": ow.temperature(1.5)}, tokens=6)

    def test_columns_are_not_copied_and_outlive_the_table(self):
        table = self.result.pairs
        lcp, stay = table["lcp"], table["stay"][0]
        self.assertFalse(lcp.flags.owndata)
        self.assertFalse(lcp.flags.writeable)
        self.assertIs(stay.base, table["stay"].values)
        expected = lcp.tolist(), stay.tolist()
        del table, self.result
        gc.collect()
        self.assertEqual((lcp.tolist(), stay.tolist()), expected)

    @needs("pandas")
    def test_frames_in_and_out(self):
        import pandas

        frame = self.result.to_pandas()
        self.assertEqual(frame.groupby("world")["unchanged"].mean().to_dict().keys(), {"hot"})
        again = ow.run(self.model, pandas.DataFrame({"prompt": PROMPTS, "text": [None] * len(PROMPTS)}),
                       {"hot": ow.temperature(1.5)}, tokens=6)
        self.assertEqual(again.pairs["counterfactual"], list(frame["counterfactual"]))

    @needs("polars")
    def test_polars_frames(self):
        import polars

        frame = polars.DataFrame({"prompt": PROMPTS})
        again = ow.run(self.model, frame, {"hot": ow.temperature(1.5)}, tokens=6)
        self.assertEqual(polars.DataFrame(again).to_dicts(), self.result.pairs.to_pylist())


if __name__ == "__main__":
    unittest.main()

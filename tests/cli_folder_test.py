"""A folder of shards is a run: export, report, compare and check read it as one."""

import json
import os
import re
import sqlite3
import struct
import unittest

from cli_study_test import StudyCase


class Folders(StudyCase):
    def setUp(self):
        super().setUp()
        (self.folder / "runs").mkdir()

    def shards(self, parts, *arguments):
        for part in parts:
            self.done(self.conduct("--shard", f"{part}/3", "-o", f"runs/{part}.db", *arguments))

    def test_it_is_the_unsharded_run(self):
        lines, laws = self.whole()
        self.shards((1, 2, 3))
        self.write("runs/notes.txt", "no shard")
        self.assertEqual(self.exported("runs"), lines)
        self.assertEqual(self.exported("runs/", "--law"), laws)
        self.assertEqual(self.exported("runs", "--csv"), self.exported("whole.db", "--csv"))
        self.done(self.call("export", "runs", "-o", "out.jsonl"))
        self.assertEqual((self.folder / "out.jsonl").read_text(), lines)
        limits = ("--max-changed", "1", "--min-expected-lcp", "0.1", "--floor")
        self.assertEqual(self.done(self.call("check", "runs", *limits)),
                         self.done(self.call("check", "whole.db", *limits)))  # fmt: skip
        change = json.loads(self.done(self.call("compare", "whole.db", "runs", "--json")))
        self.assertEqual(change["settings"], [])
        self.assertEqual([world["flipped"] for world in change["worlds"]], [0] * 5)
        self.assertEqual((change["strings"], change["factual_flipped"]), (24, 0))

    def test_its_report_is_that_of_the_run(self):
        self.whole()
        self.shards((1, 2, 3))
        pages = []
        for run in ("whole.db", "runs/"):
            self.done(self.call("report", run, "--title", "t", "-o", "page.html"))
            page = (self.folder / "page.html").read_text()
            page = re.sub(r"strings \d+\.\d s, laws \d+\.\d s; storing took [\d.]+ % of it", "", page)
            pages.append(re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "", page))
        self.assertEqual(*pages)
        self.done(self.call("report", "runs/", "-q"))
        self.assertTrue((self.folder / "runs.html").exists())

    def test_missing_shards_are_named(self):
        self.shards((1, 3))
        result = self.call("export", "runs")
        self.done(result)
        self.assertIn("8 of 12 strings are done; shard 2 is missing", result.stderr.decode())
        self.refused(self.call("check", "runs", "--floor"), 1, "one with 8 of 12 strings; shard 2 is missing")
        self.done(self.call("report", "runs", "-o", "page.html"))
        self.assertIn("shard 2 is missing", (self.folder / "page.html").read_text())

    def test_shards_that_do_not_belong_together(self):
        self.refused(self.call("export", "runs"), 1, "a folder of shards", "'runs' without any")
        self.shards((1,))
        self.done(self.conduct("--shard", "2/3", "-s", "6", "-o", "runs/2.db"))
        for command in (("export",), ("report",), ("check", "--floor"), ("compare", "runs/1.db")):
            self.refused(self.call(*command, "runs"), 2, "(seed = 5)", "'runs/2.db' with another one (seed = 6)")
        (self.folder / "runs" / "2.db").unlink()
        self.shards((2,), "-ctv", "q8_0")
        self.refused(self.call("export", "runs"), 2, "'runs/2.db'", "--force")
        self.done(self.call("export", "runs", "--force"))
        self.done(self.call("compare", "runs", "runs", "--force"))
        self.done(self.call("report", "runs", "--force", "-o", "page.html"))
        self.write("runs/3.db", "no database, but a text of some length")
        self.refused(self.call("export", "runs", "--force"), 1, "'runs/3.db'")
        self.refused(self.call("run", "--resume", "runs"), 1, "a folder, 'runs'")


class Packed(StudyCase):
    """Lists are packed in run files, and read where an older version wrote JSON."""

    def as_json(self, run):
        """What an older version would have written."""
        numbers = {"draws": ("tokens",), "pairs": ("tokens",), "prompts": ("tokens",),
                   "laws": ("stay", "p", "q", "kl", "same_draw", "same_top"), "outcomes": ("outcomes",)}
        connection = sqlite3.connect(self.folder / run)
        connection.create_function("as_json", 1, as_json)
        for table, columns in numbers.items():
            for column in columns:
                self.assertEqual(connection.execute(f"SELECT count(*) FROM {table} WHERE typeof({column}) <> 'blob'")
                                 .fetchone(), (0,))  # fmt: skip
                connection.execute(f"UPDATE {table} SET {column} = as_json({column})")
        connection.execute("DELETE FROM migrations WHERE name LIKE '0006%'")
        connection.commit()
        connection.execute("VACUUM")
        connection.close()

    def test_an_older_file_is_read_and_goes_on(self):
        lines, laws = self.whole()
        size = os.path.getsize(self.folder / "whole.db")
        self.as_json("whole.db")
        self.assertGreater(os.path.getsize(self.folder / "whole.db"), 2 * size)
        self.assertEqual(self.exported("whole.db"), lines)
        self.assertEqual(self.exported("whole.db", "--law"), laws)
        self.done(self.call("report", "whole.db", "-o", "page.html"))
        self.forget("whole.db", 3, 7)
        self.done(self.call("run", "-t", "1", "-q", "--resume", "whole.db"))
        self.assertEqual(self.exported("whole.db"), lines)
        self.assertEqual(self.exported("whole.db", "--law"), laws)
        kinds = self.rows("whole.db", "SELECT DISTINCT typeof(stay) FROM laws ORDER BY 1")
        self.assertEqual(kinds, [("blob",), ("text",)])
        self.assertIn(("0006 packed lists",), self.rows("whole.db", "SELECT name FROM migrations"))


def as_json(packed):
    """packed_list.h, once more."""
    kind, at, values = packed[0], 1, []

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = packed[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def take(size):
        nonlocal at
        at += size
        return packed[at - size:at]

    while at < len(packed):
        if kind == 1:
            values.append(varint())
        elif kind == 2:
            values.append(struct.unpack("<d", take(8))[0])
        elif kind == 3:
            code = take(1)[0]
            if code == 3:
                values.append(struct.unpack("<d", take(8))[0])
            else:
                values.append([None, 0, 1][code] if code < 3 else
                              float(f"{struct.unpack('<I', take(4))[0]}e{4 - code}"))
        else:
            position, tokens = varint(), []
            for _ in range(varint()):
                token, number = varint(), struct.unpack("<H", take(2))[0]
                tokens.append([token, float(f"{number % 10000}e{-3 - number // 10000}")])
            values.append([position, tokens])
    return json.dumps(values, separators=(",", ":"))


if __name__ == "__main__":
    unittest.main()

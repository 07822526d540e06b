"""`otherwise report` on runs of tiny models."""

import json
import os
import re
import sqlite3
import unittest

from command import Case

WORLDS = ("--world", "other=model:b.gguf", "--world", "hot=temp:1.5")
PROMPTS = "\n".join(f"prompt number {i}" for i in range(6))


class Report(Case):
    def make_run(self, *more):
        self.write("prompts.txt", PROMPTS)
        self.done(self.run_tiny("-f", "prompts.txt", *WORLDS, "-q", "-o", "run.db", *more))

    def data(self, page):
        match = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
        return json.loads(match[1])

    def page(self, *arguments):
        self.done(self.call("report", "run.db", "-q", *arguments))
        return (self.folder / "run.html").read_text(encoding="utf-8")

    def test_page_says_what_the_run_says(self):
        self.make_run("--target", "a")
        result = self.call("report", "run.db", "-o", "page.html")
        self.done(result)
        self.assertRegex(result.stderr.decode(), r"^page.html: 0\.\d MB, 6 of 6 strings, in ")
        page = (self.folder / "page.html").read_text(encoding="utf-8")
        self.assertTrue(page.startswith("<!doctype html>"))
        data = self.data(page)
        self.assertEqual([w["name"] for w in data["worlds"]], ["other", "hot", "null", "nudge"])
        self.assertEqual(data["worlds"][1]["changes"], ["temp:1.5"])
        self.assertEqual(data["worlds"][2]["summary"]["unchanged"], data["worlds"][2]["pairs"])
        self.assertEqual(data["targets"], ["target “a”"])
        self.assertEqual(len(data["strings"]), 6)
        facts = dict(data["head"]["facts"])
        self.assertEqual(facts["seed"], "0")
        self.assertRegex(facts["SHA-256"], "^[0-9a-f]{64}$")

    def test_pairs_are_those_of_the_file(self):
        self.make_run("-s", "7")
        data = self.data(self.page())
        file = sqlite3.connect(self.folder / "run.db")
        rows = file.execute("SELECT lcp, text FROM pairs ORDER BY string, sample, world").fetchall()
        self.assertEqual([pair["lcp"] for pair in data["pairs"]], [lcp for lcp, _ in rows])
        for pair, (_, text) in zip(data["pairs"], rows):
            string = data["strings"][pair["s"]]
            written = string["pieces"][: pair["lcp"]] + pair["tail"]
            joined = "".join(data["pieces"][i] for i in written)
            self.assertTrue(joined.startswith(text), (joined, text))

    def test_same_run_same_page(self):
        self.make_run()
        self.assertEqual(self.page(), self.page())

    def test_strings_beyond_the_most_are_left_out(self):
        self.make_run()
        data = self.data(self.page("--strings", "2", "--title", "Two & <more>"))
        self.assertEqual(len(data["strings"]), 2)
        self.assertEqual(data["all_strings"], 6)
        self.assertEqual(data["worlds"][0]["pairs"], 6)
        self.assertEqual(data["head"]["title"], "Two & <more>")

    def test_other_targets_need_no_new_run(self):
        self.make_run("--target", "a")
        data = self.data(self.page("--target", "z", "--off-target", "q"))
        self.assertEqual(data["targets"], ["target “z”", "off-target “q”"])
        self.refused(self.call("report", "run.db", "--target", "("), 2, "--target REGEX")

    def test_page_to_standard_output(self):
        self.make_run()
        text = self.done(self.call("report", "run.db", "-q", "-o", "-"))
        self.assertTrue(text.startswith("<!doctype html>"))
        self.assertFalse((self.folder / "run.html").exists())

    def test_cosines(self):
        self.make_run()
        data = self.data(self.page("--embedder", "embedder.gguf", "-t", "1"))
        cosine = [m for m in data["worlds"][2]["measures"] if m["key"] == "cosine"]
        self.assertAlmostEqual(cosine[0]["mean"]["value"], 1.0, 4)

    def test_hostile_prompts(self):
        prompt = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
        self.done(self.run_tiny("-p", prompt, *WORLDS, "-q", "-o", "run.db"))
        page = self.page("--title", prompt)
        self.assertNotIn("<script>alert", page)
        self.assertNotIn("<img", page)
        self.assertEqual(self.data(page)["strings"][0]["prompt"], prompt)


class BadInput(Case):
    def make_run(self):
        self.done(self.run_tiny("-p", "a", "--world", "hot=temp:1.5", "-q", "-o", "run.db"))

    def refuses(self, code, *arguments, parts=()):
        self.refused(self.call("report", *arguments), code, *parts)
        self.assertEqual(list(self.folder.glob("*.html*")), [])

    def test_no_such_file(self):
        self.refuses(1, "none.db", parts=["no such file", "'none.db'"])

    def test_not_a_run_file(self):
        self.write("notes.db", "just some text, long enough to be taken for a file of its own\n" * 9)
        self.refuses(1, "notes.db", parts=["a run file of otherwise", "'notes.db'"])

    def test_another_program_s_database(self):
        with sqlite3.connect(self.folder / "other.db") as file:
            file.execute("CREATE TABLE things (thing TEXT)")
        self.refuses(1, "other.db", parts=["another program's database"])

    def test_newer_schema(self):
        self.make_run()
        with sqlite3.connect(self.folder / "run.db") as file:
            file.execute("INSERT INTO migrations VALUES ('9999 later', '')")
        self.refuses(1, "run.db", parts=["newer schema", "9999 later"])

    def test_empty_run(self):
        self.make_run()
        with sqlite3.connect(self.folder / "run.db") as file:
            file.execute("PRAGMA foreign_keys = OFF")
            file.execute("DELETE FROM pairs")
        self.refuses(1, "run.db", parts=["a run with results"])

    def test_page_over_the_run(self):
        self.make_run()
        before = (self.folder / "run.db").read_bytes()
        self.refuses(2, "run.db", "-o", "run.db", parts=["another file than the run"])
        self.assertEqual((self.folder / "run.db").read_bytes(), before)

    def test_folder_that_is_not_there(self):
        self.make_run()
        self.refuses(1, "run.db", "-o", "nowhere/page.html")

    def test_disk_that_takes_no_more(self):
        self.make_run()
        result = self.call("report", "run.db", "-q", file_limit=50_000)
        self.refused(result, 1)
        self.assertEqual(list(self.folder.glob("*.html*")), [])

    def test_e5_alone(self):
        self.make_run()
        self.refuses(2, "run.db", "--e5", parts=["--embedder"])

    def test_no_strings(self):
        self.refuses(2, "run.db", "--strings", "0", parts=["--strings N"])


if __name__ == "__main__":
    os.environ.setdefault("OTHERWISE_COMMAND", "build/release/otherwise")
    unittest.main()

"""The driver of studies/ from end to end on a tiny model: results, page, resuming, and studies that cannot be run."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import unittest

from command import COMMAND, SOURCE
from tiny_case import TinyCase

sys.path.insert(0, str(SOURCE / "studies"))

import run as driver  # noqa: E402  (of studies/)
from paper.page import page, read_results  # noqa: E402

FAST = "--steps 3 --prefixes 1 --covariance-tokens 300 --force"
SIZES = ("--strings", "6", "--targets", "4", "--frontier", "3", "--differences", "4", "--tokens", "4", "-t", "1")


class Driver(TinyCase):
    def paper(self, *more, model="a.gguf", out="out"):
        """Exit code and standard error."""
        said, printed = io.StringIO(), io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
            code = driver.main(["-m", model, "--command", str(COMMAND), "-o", out, *SIZES, f"--edit={FAST}", *more])
        return code, said.getvalue()

    def results(self, out="out"):
        return read_results(self.folder / out / "results")

    def test_a_pair_of_models_from_end_to_end(self):
        code, said = self.paper("--base", "a.gguf", "--instruct", "b.gguf", "--only", "instruct", "preamble")
        self.assertEqual(code, 0, said)
        results = self.results()
        world = results["instruct"]["worlds"][0]
        self.assertEqual([world["world"], world["shared"]["pairs"], world["fresh"]["pairs"]], ["instruct", 6, 6])
        self.assertLess(world["law"]["unchanged"]["value"], 1)
        self.assertEqual(results["instruct"]["floors"]["null"]["unchanged"], 1)
        self.assertEqual(sum(world["shared"]["histogram"]["counts"]) + world["shared"]["histogram"]["kept_whole"], 6)
        shown = (self.folder / "out/index.html").read_text(encoding="utf-8")
        self.assertIn("Instruction tuning", shown)
        self.assertEqual(shown, page(results, [path.name for path in (self.folder / "out").glob("*.html")
                                               if path.name != "index.html"]))
        first = json.dumps(results)
        self.assertEqual(self.paper("--base", "a.gguf", "--instruct", "b.gguf", "--only", "instruct", "preamble")[0], 0)
        self.assertEqual(json.dumps(self.results()), first)  # nothing is drawn again

    def test_edits_the_frontier_and_the_code(self):
        code, said = self.paper("--only", "louvre", "gender", "fact", "code")
        self.assertEqual(code, 0, said)
        results = self.results()
        self.assertEqual({name: one["skipped"] for name, one in results.items()}, dict.fromkeys(results))
        worlds = {world["world"]: world for world in results["louvre"]["worlds"]}
        self.assertEqual(sorted(worlds), ["memit", "rome"])
        self.assertIn("shared", worlds["rome"]["target"])
        points = results["fact"]["points"]
        self.assertEqual([point["skipped"] for point in points if "skipped" in point], [])
        self.assertEqual(points[-1]["method"], "system message")
        self.assertTrue(any(point["frontier"] for point in points))
        self.assertEqual({row["difference"] for row in results["code"]["rows"]}, {"top-k", "site", "identical", "again"})

    def test_a_killed_driver_goes_on_where_it_was(self):
        given = ["--strings", "150", "--only", "preamble"]
        self.assertEqual(self.paper(*given, out="whole")[0], 0)
        arguments = [sys.executable, str(SOURCE / "studies/run.py"), "-m", "a.gguf", "--command", str(COMMAND), "-o", "cut",
                     *SIZES, f"--edit={FAST}", *given]
        run_file = self.folder / "cut/preamble.db"
        with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              start_new_session=True) as process:
            while process.poll() is None and not run_file.exists():
                time.sleep(0.002)
            os.killpg(process.pid, signal.SIGKILL)  # the driver and the command that it called
        self.assertFalse((self.folder / "cut/results/preamble.json").exists())
        self.assertEqual(self.paper(*given, out="cut")[0], 0)
        whole, cut = self.results("whole")["preamble"], self.results("cut")["preamble"]
        self.assertEqual(cut["worlds"], whole["worlds"])
        self.assertEqual(cut["floors"], whole["floors"])

    def test_what_a_model_cannot_do_is_said_in_its_place(self):
        code, said = self.paper("--only", "instruct", "louvre", "preamble", "fact", model="plain.gguf", out="plain")
        self.assertEqual(code, 0, said)
        results = self.results("plain")
        self.assertIn("needs two model files", results["instruct"]["skipped"])
        self.assertIsNone(results["preamble"]["skipped"])
        chat = [point for point in results["fact"]["points"] if point["method"] == "system message"]
        self.assertIn("template", chat[0]["skipped"])  # and the other ways are there
        self.assertIsNone(results["fact"]["skipped"])
        self.assertIn("needs two model files", (self.folder / "plain/index.html").read_text(encoding="utf-8"))

    def test_an_architecture_without_edits(self):
        code, said = self.paper("--only", "louvre", "preamble", "fact", model="experts.gguf", out="experts")
        self.assertEqual(code, 0, said)
        results = self.results("experts")
        self.assertIsNotNone(results["louvre"]["skipped"])
        self.assertIn("louvre", said)
        self.assertIsNone(results["preamble"]["skipped"])
        methods = {point["method"] for point in results["fact"]["points"] if "cost" in point}
        self.assertIn("said before the text", methods)
        self.assertNotIn("ROME, by layer", methods)

    def test_bad_input_is_one_line(self):
        for more, part in ((("-m", "none.gguf"), "which is not there"), (("--strings", "0"), "at least 1"),
                           (("--command", "nothing"), "make build makes it")):
            code, said = self.paper(*more)
            self.assertEqual(code, 1)
            self.assertEqual(said.count("\n"), 1, said)
            self.assertIn(part, said)
        self.assertEqual(self.paper("--only", "instruct")[0], 0)
        code, said = self.paper("--only", "instruct", "--tokens", "5")
        self.assertEqual(code, 1)
        self.assertIn("take another -o", said)


if __name__ == "__main__":
    unittest.main()

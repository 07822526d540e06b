"""--cpu-variant, in any build."""

import json
import sqlite3
import unittest

from command import Case

HOT = ("-p", "the king", "--world", "hot=temp:2")


class Variant(Case):
    def test_unknown(self):
        for arguments in (("run", "-m", "a.gguf", *HOT), ("law", "-m", "a.gguf", *HOT),
                          ("inspect", "a.gguf")):
            result = self.call(*arguments, "--cpu-variant", "no-such")
            self.refused(result, 2, "a CPU variant that runs here (", "'no-such'")

    def test_results_name_it(self):
        name = json.loads(self.done(self.call("inspect", "a.gguf", "-t", "1", "--json")))["cpu_variant"]
        self.assertRegex(self.done(self.call("inspect", "a.gguf")), rf"(?m)^cpu variant +{name}")
        given = ("--cpu-variant", name)
        facts = json.loads(self.done(self.run_tiny(*HOT, *given, "-o", "run.db", "--json")))
        with sqlite3.connect(self.folder / "run.db") as database:
            backend, features = database.execute("SELECT backend, features FROM sittings").fetchone()
        self.assertIn("CPU " + name, backend)
        law = json.loads(self.done(self.call("law", "-m", "a.gguf", "-t", "1", *HOT, "--json")))
        self.assertEqual((law["cpu_variant"], law["cpu_features"]), (name, features))
        self.assertIn("worlds", facts)


if __name__ == "__main__":
    unittest.main()

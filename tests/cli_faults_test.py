"""Memory, files, disks and threads that fail in the midst: one line, exit code 1, nothing half, and it goes on.

A few calls of each kind; scripts/faults.sh tries thousands.
"""

import random
import tempfile
import unittest
from pathlib import Path

from failing import FAULTS, Attempt, Fault, numbers_of, summary
from failing_scenes import ready

FIRST = 2
MORE = {"new": 25, "read": 6}  # after them, of each kind; of the others there are few
FEW = 40


class Faults(unittest.TestCase):
    def fails_well(self, scene, base, fault):
        """How many calls of the kind failed, a few of all; each of them as it must."""
        calls = scene.count(base, fault)
        numbers = numbers_of(calls, FIRST, MORE.get(fault.kind, FEW) if fault.once else MORE["read"], random.Random(7))
        findings, failed = scene.sweep(base, fault, numbers)
        with self.subTest(str(fault)):
            self.assertFalse(findings, "\n" + summary(findings))
            if fault.kind != "thread":  # beside other work there are fewer
                self.assertGreaterEqual(failed, 0.8 * len(numbers))  # how many calls there are differs a little
        return failed

    def nothing_breaks(self, name):
        with ready(name) as (scene, base):
            seen = sum(self.fails_well(scene, base, fault) for fault in FAULTS)
            self.assertGreater(seen, 30)

    def test_threads(self):
        with ready("threads") as (scene, base):
            self.assertGreater(self.fails_well(scene, base, Fault("thread")), 0)

    def test_run(self):
        self.nothing_breaks("run")

    def test_resume(self):
        self.nothing_breaks("resume")

    def test_lines(self):
        self.nothing_breaks("lines")

    def test_law(self):
        self.nothing_breaks("law")

    def test_fit(self):
        self.nothing_breaks("fit")

    def test_edit(self):
        self.nothing_breaks("edit")

    def test_quantize(self):
        self.nothing_breaks("quantize")

    def test_report(self):
        self.nothing_breaks("report")

    def test_export(self):
        self.nothing_breaks("export")

    def test_merge(self):
        self.nothing_breaks("merge")

    def test_score(self):
        self.nothing_breaks("score")

    def test_serve(self):
        self.nothing_breaks("serve")


class Layer(unittest.TestCase):
    """Negative controls: the tests above would see it if calls did not fail, or a failure went unsaid."""

    def test_calls_that_fail_are_said_in_one_line(self):
        with ready("quantize") as (scene, base):
            for fault, said in (
                (Fault("new"), "got none; try a smaller"), (Fault("write"), ""), (Fault("fsync"), "Input/output error"),
                (Fault("rename"), "Input/output error"), (Fault("mmap"), "mmap failed"),
            ):  # fmt: skip
                with self.subTest(str(fault)), tempfile.TemporaryDirectory(dir=base) as folder:
                    self.assertGreater(scene.count(base, fault), 0)
                    attempt = Attempt(scene, Path(folder), fault, 1, 1)
                    self.assertEqual((attempt.code, attempt.failed), (1, 1), attempt.lines)
                    self.assertIn(said, attempt.lines[-1])
                    self.assertFalse((Path(folder) / "q.gguf").exists())

    def test_another_file_a_stray_one_and_a_half_one_are_found(self):
        with ready("quantize") as (scene, base):
            perform = scene.perform

            def found(fault, name=None):
                def leave(folder, environment):
                    if name:
                        (folder / name).touch()
                    return perform(folder, environment)

                scene.perform = leave
                return [finding.what for finding in scene.sweep(base, fault, [1])[0]]

            self.assertEqual(found(Fault("fsync")), [])
            self.assertEqual(found(Fault("fsync"), ".r.gguf.1.0.tmp"), ["leaves .r.gguf.1.0.tmp"])
            self.assertEqual(found(Fault("fsync"), "q.gguf"), ["half of q.gguf"])
            scene.whole["q.gguf"] = b"another one"
            self.assertEqual(found(Fault("none")), ["exit code 0 and another q.gguf"])


if __name__ == "__main__":
    unittest.main()

"""A process that crashes says so in one line, and ends by the signal."""

import fcntl
import signal
import subprocess
import termios
import time
import unittest
from array import array

from command import COMMAND, Case

CRASHES = (signal.SIGILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGABRT)


def until_the_plan(process):
    """Models are loaded, the work begins."""
    for line in process.stderr:
        if " pairs, " in line:
            return


def until_it_reads(process):
    process.stdin.write("{")
    process.stdin.flush()
    while array("i", fcntl.ioctl(process.stdin, termios.FIONREAD, b"\0" * 4))[0] > 0:
        time.sleep(0.01)


class Crash(Case):
    def crash(self, number, *arguments, wait):
        """The command's only line on stderr when the signal comes after wait(process)."""
        with subprocess.Popen(
            [COMMAND, *arguments], cwd=self.folder, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        ) as process:
            wait(process)
            process.send_signal(number)
            lines = process.stderr.read().splitlines()
            process.stdin.close()
            self.assertEqual(process.wait(60), -number)
        self.assertEqual(len(lines), 1, lines)
        return lines[0]

    def test_kernels_are_named_with_the_way_out(self):
        for number in CRASHES:
            line = self.crash(
                number, "run", "-t", "1", "-m", "a.gguf", "-p", "The", "-n", "200", "--samples",
                "100000", "--world", "hot=temp:1.5", wait=until_the_plan,
            )
            self.assertRegex(line, r"^otherwise: expected llama\.cpp's code for this processor")
            self.assertIn(f"got {number.name}: ", line)
            self.assertIn("try --no-repack", line)
            self.assertRegex(line, r"in use: .*\w = 1")

    def test_before_any_kernel_the_program_takes_the_blame(self):
        line = self.crash(signal.SIGSEGV, "score", "-", wait=until_it_reads)
        self.assertIn("a fault of the program", line)


class NoRepack(Case):
    def test_a_note_where_it_changes_nothing(self):
        result = self.run_tiny("-p", "The", "--world", "hot=temp:1.5", "--no-repack")
        self.done(result)
        self.assertIn("note: --no-repack changes nothing", result.stderr.decode())
        result = self.run_tiny("-p", "The", "--world", "hot=temp:1.5")
        self.assertNotIn("no-repack", result.stderr.decode())

    def test_it_is_part_of_a_run(self):
        self.done(self.run_tiny("-p", "The", "--world", "hot=temp:1.5", "-o", "run.db", "--no-repack"))
        result = self.run_tiny("-p", "The", "--world", "hot=temp:1.5", "--save-study", "s.toml",
                               "--no-repack")
        self.done(result)
        self.assertIn("no-repack = true", (self.folder / "s.toml").read_text())
        self.done(self.call("run", "-t", "1", "s.toml", "--resume", "run.db"))


if __name__ == "__main__":
    unittest.main()

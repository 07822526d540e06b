"""What `run`, `inspect` and `quantize` print and write."""

import json
import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

from command import COMMAND, Case

HOT = ("--world", "hot=temp:1.5")
LORA = ("--world", "l=lora:lora.gguf")


def lines_of(text):
    return [json.loads(line) for line in text.splitlines()]


class Forms(Case):
    def jsonl(self, *arguments, **more):
        return lines_of(self.done(self.run_tiny(*arguments, "--jsonl", "-", **more)))

    def test_every_kind_of_world(self):
        self.write("more.txt", "well\n")
        worlds = {
            "model": "model:b.gguf",
            "lora": "lora:lora.gguf:0.5@scope=prompt",
            "steer": "steer:vector.gguf:2@layers=1;scope=written",
            "ablate": "ablate:vector.gguf",
            "system": 'system:"be kind, be brief"',
            "prefix": "prefix:@more.txt",
            "suffix": "suffix: and",
            "do": "do:1: Paris",
            "tokens": "do:0:267 268@as=tokens",
            "mechanism": "temp:0.7,top-k:40,top-p:0.9,min-p:0.01",
            "cache": "ctk:q8_0,ctv:q8_0",
        }
        given = [x for name, item in worlds.items() for x in ("--world", f"{name}={item}")]
        lines = self.jsonl("-p", "the king", "--chat", *given)
        self.assertEqual([line["world"] for line in lines], list(worlds))
        forced = lines[list(worlds).index("tokens")]["counterfactual"]["tokens"]
        self.assertEqual(forced[:2], [267, 268])

    def test_rows_of_a_world_with_the_factual_network(self):
        worlds = (*HOT, "--world", "pre=prefix:the ", "--null")
        result = json.loads(self.done(self.run_tiny("-p", "the king of", *worlds, "--json")))
        rows = {world["world"]: world["rows"] for world in result["worlds"]}
        self.assertLess(rows["hot"]["evaluated"], rows["pre"]["evaluated"])
        self.assertGreater(rows["hot"]["from_factual"], 0)
        for name in "pre", "null":
            self.assertEqual(rows[name]["from_factual"], 0)
        self.assertGreaterEqual(result["factual_rows"], rows["null"]["needed"])

    def test_keys_of_a_line(self):
        (line,) = self.jsonl("-p", "the king", *HOT)
        keys = "string sample world prompt factual counterfactual lcp margin divergence observed".split()
        self.assertEqual(list(line), keys)
        self.assertEqual(list(line["factual"]), ["text", "tokens", "end"])

    def test_llama_cpps_flags_make_the_edited_world(self):
        flags = ("--lora", "lora.gguf", "--control-vector-scaled", "vector.gguf:0.5")
        layers = ("--control-vector-layer-range", "1", "1")
        (edited,) = self.jsonl("-p", "the king", *flags, *layers)
        (same,) = self.jsonl(
            "-p", "the king", "--world", "x=lora:lora.gguf,steer:vector.gguf:0.5@layers=1"
        )
        self.assertEqual(edited["world"], "edited")
        self.assertEqual(edited["counterfactual"], same["counterfactual"])

    def test_llama_cpps_lists_of_files(self):
        two = self.jsonl("-p", "the king", "--lora", "lora.gguf", "--lora", "lora.gguf")
        self.assertEqual(self.jsonl("-p", "the king", "--lora", "lora.gguf,lora.gguf"), two)
        self.assertNotEqual(self.jsonl("-p", "the king", "--lora", "lora.gguf"), two)
        scaled = self.jsonl("-p", "the king", "--control-vector-scaled", "vector.gguf:0.5,vector.gguf:2")
        apart = ("--control-vector-scaled", "vector.gguf:0.5", "--control-vector-scaled", "vector.gguf:2")
        self.assertEqual(scaled, self.jsonl("-p", "the king", *apart))
        # a file of the whole name comes first
        (self.folder / "a,b.gguf").write_bytes((self.folder / "lora.gguf").read_bytes())
        one = self.jsonl("-p", "the king", "--lora-scaled", "a,b.gguf:2")
        self.assertEqual(one, self.jsonl("-p", "the king", "--lora-scaled", "lora.gguf:2"))
        self.assertEqual(self.jsonl("-p", "the king", "--lora", "a,b.gguf"), self.jsonl("-p", "the king", "--lora", "lora.gguf"))

    def test_output_is_valid_input(self):
        self.done(self.run_tiny("-p", "the king", "-p", "a b", *LORA, "-q", "--jsonl", "one"))
        self.done(self.run_tiny("-f", "one", *LORA, "-q", "--jsonl", "two"))
        one, two = (lines_of((self.folder / name).read_text()) for name in ("one", "two"))
        self.assertEqual([x["factual"]["tokens"] for x in one], [x["factual"]["tokens"] for x in two])
        self.assertEqual([line["observed"] for line in two], [True, True])

    def test_same_lines_for_every_number_of_streams(self):
        prompts = "".join(f"the king of {i}\n" for i in range(9))
        few = self.jsonl("-f", "-", *LORA, "-np", "1", stdin=prompts)
        many = self.jsonl("-f", "-", *LORA, "-np", "8", "-ub", "64", stdin=prompts)
        self.assertEqual(few, many)
        other = self.jsonl("-f", "-", *LORA, "-s", "7", stdin=prompts)
        self.assertNotEqual(few, other)

    def test_limit(self):
        lines = self.jsonl("-f", "-", *HOT, "--limit", "2", stdin="a\nb\n\xff c\n")
        self.assertEqual([line["string"] for line in lines], ["1", "2"])

    def test_whole_texts(self):
        (line,) = self.jsonl("-f", "-", *HOT, "--prompt-words", "2", stdin="the king saw it\n")
        self.assertEqual(line["prompt"], "the king")
        self.assertEqual(line["factual"]["text"], " saw it")
        (line,) = self.jsonl("-f", "-", *HOT, "--prompt-tokens", "3", stdin="the king saw it\n")
        self.assertEqual(line["prompt"] + line["factual"]["text"], "the king saw it")
        self.assertEqual(len(line["prompt_tokens"]), 3)

    def test_samples_and_fresh_noise(self):
        lines = self.jsonl("-p", "the king", *HOT, "--samples", "3", "--independent")
        self.assertEqual([line["sample"] for line in lines], [0, 0, 1, 1, 2, 2])
        self.assertEqual([line.get("independent", False) for line in lines], [False, True] * 3)

    def test_stop_at_divergence(self):
        for line in self.jsonl("-f", "-", *LORA, "--stop-at-divergence", stdin="a\nthe\nb\n"):
            self.assertLessEqual(len(line["counterfactual"]["tokens"]), line["lcp"] + 1)

    def test_null_lines_only_when_asked(self):
        lines = self.jsonl("-p", "the king", "--null")
        self.assertEqual([line["world"] for line in lines], ["null"])
        self.assertEqual(lines[0]["factual"], lines[0]["counterfactual"])

    def test_the_nudge_stands_beside_a_world(self):
        summary = json.loads(self.done(self.run_tiny("-p", "the king", *LORA, "--json")))
        world, null, nudge = summary["worlds"]
        self.assertEqual([null["world"], nudge["world"]], ["null", "nudge"])
        self.assertEqual(world["rounding"]["nudge"], "nudge")
        self.assertLessEqual(world["rounding"]["beyond"]["value"], 1)
        self.assertNotIn("rounding", nudge)
        text = self.done(self.run_tiny("-p", "the king", *LORA, "-q"))
        self.assertRegex(text, r"(?m)^  nudge +1 ")
        self.assertIn("l: ", text)
        self.assertIn("a change of no meaning changes", " ".join(text.split()))

    def test_no_nudge_where_no_state_changes(self):
        text = self.done(self.run_tiny("-p", "the king", "--world", "hot=temp:2", "-q"))
        self.assertNotIn("nudge", text)
        text = self.done(self.run_tiny("-p", "the king", *LORA, "--no-nudge", "-q"))
        self.assertNotIn("nudge", text)

    def test_smooth_says_where_there_is_nothing_to_do(self):
        result = self.run_tiny("-p", "the king", *LORA, "--smooth")
        self.done(result)
        self.assertIn(b"its weights are f32 already", result.stderr)
        result = self.run_tiny("-p", "the king", *LORA, "--smooth=f16")
        self.done(result)
        self.assertNotIn(b"already", result.stderr)

    def test_nudge_lines_only_when_asked(self):
        lines = self.jsonl("-p", "the king", *LORA, "--nudge")
        self.assertEqual([line["world"] for line in lines], ["l", "nudge"])
        lines = self.jsonl("-p", "the king", "--nudge", "--no-null")
        self.assertEqual([line["world"] for line in lines], ["nudge"])

    def test_system_message_changes_the_prompt(self):
        (line,) = self.jsonl("-p", "hi", "--chat", "--system", "kind", "--world", "s=system:stern")
        self.assertIn("stern", line["world_prompt"])
        self.assertNotIn("kind", line["world_prompt"])

    def test_factual_items_act_in_every_world(self):
        (line,) = self.jsonl("-p", "a", "--factual", "lora:lora.gguf", "--world", "x=temp:1")
        self.assertEqual(line["factual"], line["counterfactual"])


class Printed(Case):
    def test_strings_and_table(self):
        text = self.done(self.run_tiny("-p", "the king", *LORA))
        self.assertIn("▌ 1  the king", text)
        self.assertIn("  factual  ", text)
        self.assertRegex(text, r"(?m)^  l +1 ")
        self.assertRegex(text, r"(?m)^  null \(floor\) +1 +1 100%")
        self.assertNotIn("\x1b", text)

    def test_show(self):
        prompts = ("-p", "the king", "-p", "a queen", "-p", "the sea")
        self.assertEqual(self.done(self.run_tiny(*prompts, *HOT, "--show", "2")).count("▌"), 2)
        self.assertEqual(self.done(self.run_tiny(*prompts, *HOT, "--show", "0")).count("▌"), 0)

    def test_quiet(self):
        result = self.run_tiny("-p", "the king", *LORA, "-q")
        self.assertNotIn("▌", self.done(result))
        self.assertEqual(result.stderr, b"")

    def test_no_null(self):
        self.assertNotIn("null", self.done(self.run_tiny("-p", "the king", *LORA, "--no-null")))

    def test_json(self):
        result = self.run_tiny("-p", "the king", *LORA, "--json")
        summary = json.loads(self.done(result))
        self.assertEqual([world["world"] for world in summary["worlds"]], ["l", "null", "nudge"])
        self.assertEqual(summary["worlds"][1]["unchanged"], 1)

    def test_dry_run_runs_nothing(self):
        text = self.done(self.run_tiny("-p", "the king", *LORA, "--dry-run", "--jsonl", "out"))
        self.assertIn("lora", text)
        self.assertRegex(text, r"(?m)^memory ")
        self.assertRegex(text, r"(?m)^time ")
        self.assertFalse((self.folder / "out").exists())

    def test_narrow_terminal(self):
        narrow = {"COLUMNS": "44"}
        text = self.done(self.run_tiny("-p", "the king", *LORA, "--samples", "2", environment=narrow))
        strings = text.split("\n\n")[0]
        self.assertLessEqual(max(len(line) for line in strings.splitlines()), 44)

    def test_escape_sequences_are_harmless(self):
        text = self.done(self.run_tiny("-p", "the \x1b[31mking", *LORA))
        self.assertNotIn("\x1b", text)
        self.assertIn("\\x1b[31mking", text)

    def test_inspect_a_model(self):
        text = self.done(self.call("inspect", "a.gguf", "-t", "1"))
        self.assertRegex(text, r"(?m)^batch invariant +yes")
        facts = json.loads(self.done(self.call("inspect", "a.gguf", "-t", "1", "--json")))
        self.assertEqual((facts["kind"], facts["layers"], facts["width"]), ("model", 2, 64))

    def test_inspect_adapters(self):
        self.assertIn("LoRA adapter", self.done(self.call("inspect", "lora.gguf")))
        self.assertIn("control vector", self.done(self.call("inspect", "vector.gguf")))
        facts = json.loads(self.done(self.call("inspect", "vector.gguf", "--json")))
        self.assertEqual((facts["kind"], facts["width"]), ("control_vector", 64))

    def test_quantize(self):
        self.done(self.call("quantize", "a.gguf", "q.gguf", "Q8_0"))
        self.done(self.run_tiny("-p", "the king", "--world", "q=model:q.gguf", "-q"))
        self.assertEqual([p.name for p in self.folder.iterdir() if "tmp" in p.name], [])


class Interrupted(Case):
    """Output that cannot be written, and Ctrl-C."""

    PROMPTS = "".join(f"the king of house {i}\n" for i in range(300))

    def assert_whole(self, name):
        text = (self.folder / name).read_text()
        self.assertTrue(text == "" or text.endswith("\n"))
        return lines_of(text)

    def test_disk_full(self):
        result = self.run_tiny("-p", "the king", *LORA, "--jsonl", "/dev/full")
        self.refused(result, 1, "/dev/full", "No space left")

    def test_disk_full_in_the_middle_of_a_line(self):
        result = self.run_tiny(
            "-f", "-", *LORA, "-q", "--jsonl", "out", stdin=self.PROMPTS, file_limit=4096
        )
        self.refused(result, 1, "to write to out")
        lines = self.assert_whole("out")
        self.assertGreater(len(lines), 2)
        self.assertLess(len(lines), 300)

    def test_quantize_on_a_full_disk(self):
        result = self.call("quantize", "a.gguf", "q.gguf", "F32", file_limit=100000)
        self.refused(result, 1, "q.gguf")
        self.assertEqual([p.name for p in self.folder.iterdir() if "q.gguf" in p.name], [])

    def test_output_in_no_folder(self):
        result = self.run_tiny("-p", "a", *LORA, "--jsonl", "none/out")
        self.refused(result, 1, "No such file or directory", "'none/out'")

    def test_table_on_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            self.refused(self.run_tiny("-p", "a", *LORA, stdout=full), 1, "standard output")

    def closed(self, *arguments):
        return subprocess.run(
            ["sh", "-c", 'exec "$@" >&-', "sh", COMMAND, *arguments],
            cwd=self.folder,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=60,
        )

    def test_closed_standard_output(self):
        run = ("run", "-m", "a.gguf", "-t", "1", "-p", "a", *LORA, "--jsonl", "out")
        self.refused(self.closed(*run), 1, "to write to standard output")
        self.assertFalse((self.folder / "out").exists())
        self.refused(self.closed("inspect", "a.gguf", "-t", "1"), 1, "to write to standard output")
        self.refused(self.closed("run", "--help"), 1, "to write to standard output")

    def test_reader_that_leaves(self):
        process = self.start("-f", "-", *LORA, "--no-null", "--jsonl", "-")
        process.stdin.write(self.PROMPTS.encode())
        process.stdin.close()
        json.loads(process.stdout.readline())
        process.stdout.close()
        error = process.stderr.read().decode()
        self.assertEqual(process.wait(), 1)
        self.assertIn("expected to write to standard output, got 'Broken pipe'", error)

    def start(self, *arguments, model="a.gguf"):
        process = subprocess.Popen(
            [COMMAND, "run", "-t", "1", "-m", model, *arguments],
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for stream in (process.stdout, process.stderr):
            self.addCleanup(stream.close)
        self.addCleanup(process.kill)
        return process

    def test_interrupted_in_mid_run(self):
        self.write("many", self.PROMPTS * 20)
        options = ("-n", "100", "--no-null", "-np", "4", "--jsonl", "out")
        process = self.start("-f", "many", *LORA, *options)
        process.stdin.close()
        out = self.folder / "out"
        self.wait_for(lambda: out.exists() and out.stat().st_size > 0)
        process.send_signal(signal.SIGINT)
        text = process.stdout.read().decode()
        error = process.stderr.read().decode()
        self.assertEqual(process.wait(), 1, error)
        lines = self.assert_whole("out")
        self.assertIn(f"otherwise: interrupted: {len(lines)} of 6000 strings are done", error)
        self.assertRegex(text, rf"(?m)^  l +{len(lines)} ")
        self.assertEqual(text.count("▌"), len(lines))

    def test_interrupted_while_it_reads(self):
        process = self.start("-f", "-", *LORA, "--jsonl", "out")
        self.wait_for(lambda: self.catches_interrupts(process.pid))
        process.send_signal(signal.SIGINT)
        error = process.stderr.read().decode()
        process.stdin.close()
        self.assertEqual(process.wait(), 1)
        self.assertEqual(error, "otherwise: interrupted before anything was done\n")
        self.assertFalse((self.folder / "out").exists())

    def test_interrupted_while_it_quantizes(self):
        model = next((Path(self.own_cache["OTHERWISE_CACHE"]) / "models").glob("*.gguf"))
        before = sorted(self.folder.iterdir())
        process = subprocess.Popen([COMMAND, "quantize", model, "q.gguf", "Q2_K", "-t", "1"], cwd=self.folder,
                                   stderr=subprocess.PIPE)  # fmt: skip
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        self.wait_for(lambda: any("q.gguf" in path.name for path in self.folder.iterdir()))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.stderr.read().decode(), "otherwise: interrupted: nothing is written\n")
        self.assertEqual(process.wait(), 1)
        self.assertEqual(sorted(self.folder.iterdir()), before)

    @staticmethod
    def catches_interrupts(pid):
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            caught = next(line for line in status if line.startswith("SigCgt:"))
        return int(caught.split()[1], 16) & (1 << (signal.SIGINT - 1)) != 0

    def wait_for(self, condition):
        end = time.monotonic() + 30
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)


class DefaultModel(Case):
    def test_runs_without_any_option_for_it(self):
        cache = os.environ.get("OTHERWISE_CACHE_DIR")
        more = {"environment": {"OTHERWISE_CACHE": cache}} if cache else {}
        result = self.call("run", "-p", "The Louvre is in", *HOT, "-n", "4", "-t", "1", "--fast", **more)
        self.assertIn("The Louvre is in", self.done(result))


if __name__ == "__main__":
    unittest.main()

"""Help, documentation and the parsing of the command line."""

import re
import unittest

from command import SOURCE, Case

DOCUMENTED = "run law score fit edit export merge compare check inspect quantize shards".split()
HOT = ("--world", "hot=temp:1.5")


class Help(Case):
    def commands(self):
        text = self.done(self.call("--help"))
        listed = text.split("Commands:\n")[1].split("\n\n")[0]
        return re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE)

    def test_every_command_has_an_example(self):
        self.assertGreaterEqual(set(self.commands()), {"run", "score", "inspect", "quantize"})
        for command in self.commands():
            text = self.done(self.call(command, "--help"))
            self.assertRegex(text, rf"Examples?:\n  otherwise {command} ")
            self.assertTrue(text.startswith(f"otherwise {command}: "), text)

    def test_lines_fit_a_terminal(self):
        for command in self.commands():
            for line in self.done(self.call(command, "--help")).splitlines():
                self.assertLessEqual(len(line), 90, line)

    def test_docs_agree(self):
        for command in self.commands():
            page = SOURCE / "docs" / f"{command}.md"
            self.assertTrue(page.exists(), f"docs/{command}.md is missing")
            text = page.read_text(encoding="utf-8")
            usage = self.done(self.call(command, "--help"))
            entries = re.findall(r"^  (-[^\n]*)$", usage, re.MULTILINE)
            names = {name for entry in entries for name in re.findall(r"--[a-z-]+", entry)}
            self.assertIn("--help", names)
            if "](run.md)" in text and command in ("bench", "serve"):  # they take what run takes
                text += (SOURCE / "docs" / "run.md").read_text(encoding="utf-8")
            missing = sorted(n for n in names if not re.search(re.escape(n) + r"(?![a-z-])", text))
            self.assertEqual(missing, [], f"docs/{command}.md lacks options")

    def test_docs_name_no_other_options(self):
        for command in DOCUMENTED:
            text = (SOURCE / "docs" / f"{command}.md").read_text(encoding="utf-8")
            text = re.sub(r"^\$ llama-.*$", "", text, flags=re.MULTILINE)  # llama.cpp's own tools
            usage = "".join(self.done(self.call(c, "--help")) for c in self.commands())
            for name in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)):
                self.assertIn(name, usage)

    def test_docs_list_the_items(self):
        """Kinds and keys of items: help makes them from the table of kinds (world/kinds.h)."""
        for command in ("run", "law"):
            foot = self.done(self.call(command, "--help")).split("ITEM is ", 1)[1]
            listed, keys = foot.split("Examples:")[0].split("Keys: ")
            items = re.findall(r"^  ([a-z-]+:\S+) ", listed, re.MULTILINE)
            self.assertGreaterEqual(len(items), 19)
            page = (SOURCE / "docs" / "run.md").read_text(encoding="utf-8").replace("\\|", "|")
            cells = re.findall(r"^\| (`[a-z-]+:.*?`) \| ", page, re.MULTILINE)
            named = [item for cell in cells for item in re.findall(r"`([^`]+)`", cell)]
            self.assertEqual(named, items)
            keys = " ".join(keys.split(". Several")[0].split())
            given = {key: takers for key, takers in re.findall(r"(\S+=\S+) \(([^)]*)\)", keys)}
            told = dict(re.findall(r"^\| `([a-z]+=\S+)` \| ([a-z, -]+) \| ", page, re.MULTILINE))
            self.assertEqual(told, given)

    def test_version(self):
        """That of CMakeLists.txt, which CHANGELOG.md has a heading for."""
        project = (SOURCE / "CMakeLists.txt").read_text(encoding="utf-8")
        version = re.search(r"^project\(otherwise VERSION ([\d.]+)", project, re.MULTILINE)[1]
        self.assertTrue(self.done(self.call("--version")).startswith(f"otherwise {version} (llama.cpp "))
        changes = (SOURCE / "CHANGELOG.md").read_text(encoding="utf-8")
        self.assertEqual(re.findall(r"^## (\S+)", changes, re.MULTILINE)[0], version)

    def test_licences(self):
        self.assertIn("--licenses ", self.done(self.call("--help")))


class Misuse(Case):
    def refuses(self, *arguments, parts=()):
        self.refused(self.call(*arguments), 2, *parts)

    def test_no_command(self):
        self.refuses(parts=["a command (run, ", "got none"])

    def test_unknown_command(self):
        self.refuses("inspct", parts=["'inspct'", "did you mean 'inspect'?"])

    def test_unknown_option(self):
        self.refuses("run", "--wrold", "a=temp:2", parts=["'--wrold'", "did you mean '--world'?"])

    def test_loose_word(self):
        self.refuses("run", "-p", "two", "words", parts=["'words'", "quotes"])

    def test_option_without_its_value(self):
        self.refuses("run", "--temp", parts=["a value after --temp"])

    def test_option_twice(self):
        self.refuses("run", "-m", "a", "-m", "b", parts=["-m once"])

    def test_not_a_number(self):
        self.refuses("run", "-n", "few", parts=["-n N, a whole number from 1", "'few'"])

    def test_number_out_of_range(self):
        self.refuses("run", "-np", "999", parts=["-np N", "to 255", "'999'"])

    def test_not_one_of_the_words(self):
        self.refuses("run", "-fa", "oof", parts=["-fa on|off|auto", "did you mean 'off'?"])

    def test_cache_type(self):
        self.refuses("run", "-ctk", "q8_1", parts=["-ctk", "'q8_1'", "did you mean 'q8_0'?"])

    def test_negative_temperature(self):
        self.refuses("run", "--temp", "-1", parts=["--temp X, a number from 0", "'-1'"])

    def test_seed(self):
        self.refuses("run", "-s", "-1", parts=["-s N", "'-1'"])

    def test_memory(self):
        self.refuses("run", "--memory", "4Q", parts=["--memory SIZE", "'4Q'"])

    def test_layer_range_of_one(self):
        self.refuses("run", "--control-vector-layer-range", "1", parts=["too few"])

    def test_inspect_without_a_file(self):
        self.refuses("inspect", parts=["FILE for `otherwise inspect`"])

    def test_quantize_without_a_type(self):
        self.refuses("quantize", "a.gguf", "b.gguf", parts=["TYPE"])


class Contradictions(Case):
    def refuses(self, *arguments, parts=()):
        self.refused(self.run_tiny(*arguments), 2, *parts)

    def test_prompt_and_file(self):
        self.refuses("-p", "a", "-f", "b", *HOT, parts=["-p or -f", "both"])

    def test_neither_prompt_nor_file(self):
        self.refuses(*HOT, parts=["a prompt (-p TEXT)", "neither"])

    def test_no_world(self):
        self.refuses("-p", "a", parts=["a world to compare with", "--null"])

    def test_nudge_and_no_nudge(self):
        self.refuses("-p", "a", "--nudge", "--no-nudge", parts=["--nudge or --no-nudge", "both"])

    def test_weights_of_no_such_type(self):
        self.refuses("-p", "a", "--nudge", "--smooth=q8_0", parts=["weights, one of f16 bf16 f32", "‘q8_0’"])

    def test_null_and_no_null(self):
        self.refuses("-p", "a", "--null", "--no-null", parts=["--null or --no-null", "both"])

    def test_two_splits(self):
        self.refuses("-p", "a", *HOT, "--prompt-words", "1", "--prompt-tokens", "1", parts=["both"])

    def test_two_results_on_one_stream(self):
        self.refuses("-p", "a", *HOT, "--json", "--jsonl", "-", parts=["--json or --jsonl -"])

    def test_stopping_and_fresh_noise(self):
        self.refuses("-p", "a", *HOT, "--independent", "--stop-at-divergence", parts=["both"])

    def test_quiet_and_show(self):
        self.refuses("-p", "a", *HOT, "-q", "--show", "2", parts=["--quiet or --show"])

    def test_layer_range_without_vector(self):
        self.refuses("-p", "a", "--control-vector-layer-range", "0", "1", parts=["no control vector"])

    def test_layer_range_reversed(self):
        vector = ("--control-vector", "vector.gguf", "--control-vector-layer-range", "1", "0")
        self.refuses("-p", "a", *vector, parts=["from low to high"])

    def test_system_without_chat(self):
        self.refuses("-p", "a", *HOT, "--system", "b", parts=["--chat with --system"])

    def test_world_system_without_chat(self):
        self.refuses("-p", "a", "--world", "s=system:b", parts=["'s' with system:", "--chat"])

    def test_chat_and_whole_texts(self):
        self.refuses("-p", "a b", *HOT, "--chat", "--prompt-words", "1", parts=["whole texts"])

    def test_output_over_the_prompts(self):
        self.write("in.txt", "the king\n")
        self.refuses("-f", "in.txt", *HOT, "--jsonl", "in.txt", parts=["'in.txt', which is read"])
        self.assertEqual((self.folder / "in.txt").read_text(), "the king\n")

    def test_output_over_a_model(self):
        before = (self.folder / "b.gguf").read_bytes()
        world = ("--world", "b=model:b.gguf")
        self.refuses("-p", "a", *world, "--jsonl", "b.gguf", parts=["'b.gguf', which is read"])
        self.assertEqual((self.folder / "b.gguf").read_bytes(), before)


if __name__ == "__main__":
    unittest.main()

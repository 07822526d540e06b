"""Files of records, whatever their form: what each command makes of them, and what it refuses."""

import gzip
import json
import re
import shlex
import subprocess
import unittest

from command import COMMAND, SOURCE, Case

HOT = ("--world", "hot=temp:1.5")
FAST_EDIT = ("--steps", "2", "--prefixes", "1", "--covariance-tokens", "300", "--layers", "0", "--force")
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Page(Case):
    """docs/input.md: its files are written, its commands run; those at its end in files_model_test."""

    def page(self):
        text = (SOURCE / "docs" / "input.md").read_text(encoding="utf-8")
        return text[: text.index("\n## On the default model\n")]

    def options(self, command):
        if command == "score":
            return ()
        shared = ("-m", "a.gguf", "-t", "1", "-q")
        return shared + (FAST_EDIT if command == "edit" else ())

    def test_examples_run(self):
        page = self.page()
        commands = []
        for language, name, text in BLOCK.findall(page):
            if name:
                (self.folder / name).write_text(text, encoding="utf-8")
            elif language == "sh":
                commands += [shlex.split(line)[1:] for line in text.splitlines()]
        self.assertGreater(len(commands), 12)
        for command in commands:
            with self.subTest(" ".join(command)):
                own = {"OTHERWISE_CACHE": str(self.folder / "cache")}
                result = self.call(*command, *self.options(command[0]), environment=own)
                if command[0] == "edit":  # the tiny model learns nothing, which is said at the end
                    self.assertTrue((self.folder / command[-1]).exists(), result.stderr.decode())
                else:
                    self.assertTrue(self.done(result))

    def test_every_file_is_used(self):
        page = self.page()
        commands = "".join(text for language, _, text in BLOCK.findall(page) if language == "sh")
        for _, name, _ in BLOCK.findall(page):
            if name:
                self.assertIn(name, commands)


class Forms(Case):
    """The same strings in every form are the same study."""

    ROWS = [("1", "the king", " was old"), ("2", 'the "song", so', " is here")]

    def lines(self, name, *more):
        result = self.run_tiny("-f", name, *HOT, "--no-null", "--no-nudge", "--jsonl", "-", *more)
        return sorted(self.done(result).splitlines())

    def test_all_forms_say_the_same(self):
        objects = [{"id": i, "prompt": p, "text": t} for i, p, t in self.ROWS]
        quoted = [['"' + field.replace('"', '""') + '"' for field in row] for row in self.ROWS]
        forms = {
            "lines": "".join(json.dumps(o) + "\n" for o in objects),
            "crlf": "\ufeff" + "".join(json.dumps(o) + "\r\n\r\n" for o in objects),
            "array": json.dumps(objects),
            "pretty": json.dumps(objects, indent=2),
            "values": "".join(json.dumps(o, indent=1) + "\n" for o in objects),
            "csv": "id,prompt,text\n" + "".join(",".join(row) + "\n" for row in quoted),
            "tsv": "id\tprompt\ttext\r\n" + "".join("\t".join(row) + "\r\n" for row in quoted),
            "completion": "".join(
                json.dumps({"id": i, "prompt": p, "completion": t}) + "\n" for i, p, t in self.ROWS
            ),
        }
        self.write("lines", forms["lines"])
        wanted = self.lines("lines")
        self.assertEqual(len(wanted), 2)
        for name, text in forms.items():
            with self.subTest(name):
                self.write(name, text)
                self.assertEqual(self.lines(name), wanted)
                self.write(name, gzip.compress(text.encode()))
                self.assertEqual(self.lines(name), wanted)

    def test_headers_with_unusual_cells(self):
        wanted = None
        for header, rows in (
            ("prompt,text", "the king, was old"),
            (",prompt,text", "0,the king, was old"),
            ("Unnamed: 0,prompt,text", "0,the king, was old"),
            ("prompt,text,score (1-5)", "the king, was old,3"),
            ("prompt, text, n", "the king, was old,3"),
            ("prompt,text,", "the king, was old,"),
        ):
            with self.subTest(header):
                self.write("lines", header + "\n" + rows + "\n")
                wanted = wanted or self.lines("lines")
                self.assertEqual(self.lines("lines"), wanted)
                self.assertEqual(self.lines("lines", "--column", "prompt"), wanted)

    def test_a_pipe_is_not_waited_for(self):
        command = [str(COMMAND), "run", "-m", "a.gguf", "-t", "1", "-q", "-f", "-", "--limit", "2", *HOT, "--jsonl", "-"]
        with subprocess.Popen(command, cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            try:
                process.stdin.write(b"a\nb\n")
                process.stdin.flush()  # and it stays open
                self.assertEqual(process.wait(timeout=60), 0)
            finally:
                process.kill()

    def test_a_study_keeps_its_fields(self):
        self.write("q.csv", "number,question,answer\nx,the king, was old\n")
        fields = ("-f", "q.csv", "--column", "question", "--text-field", "answer", "--id-field", "number")
        self.done(self.run_tiny(*fields, *HOT, "-o", "run.db", "--save-study", "s.toml", "-q"))
        study = (self.folder / "s.toml").read_text(encoding="utf-8")
        self.assertIn('prompt-field = "question"', study)
        self.done(self.run_tiny("s.toml", "-o", "again.db", "-q"))
        first, second = (self.done(self.call("export", name)) for name in ("run.db", "again.db"))
        self.assertEqual(first, second)
        self.assertIn('"string": "x"', first)

    def test_a_text_from_a_file_has_no_mark(self):
        self.write("mark.txt", "\ufeffOnce ")
        self.write("none.txt", "Once ")
        first, second = (
            self.done(self.run_tiny("-p", "a", "--world", f"w=prefix:@{name}", "--jsonl", "-"))
            for name in ("mark.txt", "none.txt")
        )
        self.assertEqual(first, second)

    def test_lists_of_adapters(self):
        both = ("--lora", "lora.gguf,lora.gguf")
        twice = ("--lora", "lora.gguf", "--lora", "lora.gguf")
        scaled = ("--lora-scaled", 'lora.gguf:1,"lora.gguf:1"')
        results = [
            self.done(self.run_tiny("-p", "the king", *flags, "--jsonl", "-", "--no-nudge", "--no-null"))
            for flags in (both, twice, scaled)
        ]
        self.assertEqual(results[0], results[1])
        self.assertEqual(results[0], results[2])


class Refused(Case):
    """Files of one kind where another should be."""

    FACT = '{"prompt": "the {} is", "subject": "king", "target_new": "old"}\n'
    PAIR = '{"factual": {"text": "a"}, "counterfactual": {"text": "b"}}\n'
    CHAT = '{"messages": [{"role": "user", "content": "Hi"}]}\n'
    LOG = '{"doc_id": 0, "arguments": [["a", {}]], "resps": [["b"]]}\n'

    def prompts(self, text, *parts, more=()):
        self.write("in", text)
        self.refused(self.run_tiny("-f", "in", *HOT, *more), 1, *parts)

    def texts(self, text, *parts):
        self.write("in", text)
        self.write("other", "a\nb\n")
        self.refused(self.call("fit", "direction", "in", "other", "-o", "o.gguf", "-m", "a.gguf"), 1, *parts)

    def facts(self, text, *parts):
        self.write("in", text)
        self.refused(self.call("edit", "memit", "--facts", "in", "-o", "o.gguf", "-m", "a.gguf"), 1, *parts)

    def pairs(self, text, *parts):
        self.write("in", text)
        self.refused(self.call("score", "in"), 1, *parts)

    def test_as_prompts(self):
        self.prompts(self.FACT, "expected prompts in in, line 1, got facts, for `otherwise edit`")
        self.prompts(self.PAIR, "got pairs, for `otherwise score`")
        self.prompts(self.CHAT, "got a chat", "--chat")
        self.prompts(self.LOG, "got a log of lm-eval", "--text-field resps.0.0")
        self.prompts('{"text": "a b"}\n', '"prompt" or "prompt_tokens"', "--prompt-words N")
        self.prompts('{"question": "a"}\n', 'there are "question"', "--prompt-field question")

    def test_as_texts(self):
        self.texts(self.FACT, "expected texts in in, line 1, got facts")
        self.texts(self.PAIR, "got pairs")
        self.texts(self.CHAT, "got chats", "--text-field messages.0.content")

    def test_as_facts(self):
        self.facts("the king is old\n", "a JSON object in in, line 1, got a line of text")
        self.facts(self.PAIR, "expected facts in in, line 1, got pairs")
        self.facts(self.CHAT, "got chats")
        self.facts('{"prompt": "a"}\n', 'a text "subject" in in, line 1, got none')

    def test_as_pairs(self):
        self.pairs("the king is old\n", "a JSON object in in, line 1, got a text")
        self.pairs(self.FACT, "expected pairs in in, line 1, got facts")
        self.pairs(self.LOG, "got a log of lm-eval", "--against FILE")
        self.pairs('{"prompt": "a", "text": "b"}\n', '"factual" or "original"', "--against FILE")

    def test_other_files(self):
        self.refused(self.run_tiny("-f", "vector.gguf", *HOT), 1, "got a control vector (GGUF)", "steer:vector.gguf")
        self.refused(self.run_tiny("-f", "lora.gguf", *HOT), 1, "got a LoRA adapter (GGUF)")
        self.refused(self.run_tiny("-f", "a.gguf", *HOT), 1, "got a GGUF file")
        self.done(self.run_tiny("-p", "a", *HOT, "-o", "run.db", "-q"))
        self.refused(self.run_tiny("-f", "run.db", *HOT), 1, "got a SQLite file", "otherwise export run.db")
        self.prompts("a\n".encode("utf-16"), "UTF-16", "iconv")

    def test_mistyped_keys(self):
        self.prompts('{"promt": "a"}\n', '"prompt" in in, line 1, got "promt"', "rename it")
        self.texts('{"txet": "a"}\n', '"text" in in, line 1, got "txet"')
        self.texts('{"texts": "a"}\n', '"text" (or "prompt") in in, line 1', 'there are "texts"')
        self.facts('{"prompt": "{} is", "subjct": "a", "target_new": "b"}\n', '"subject" in in, line 1, got "subjct"')
        self.pairs('{"factual": "a", "counterfactul": "b"}\n', '"counterfactual" in in, line 1')

    def test_mistyped_keys_of_complete_records(self):
        self.prompts('{"prompt": "a", "txt": " b"}\n', '"text" in in, line 1, got "txt"', "rename it")
        self.prompts('{"prompt": "a", "propmt_tokens": [1]}\n', '"prompt_tokens" in in, line 1')
        self.prompts('{"prompt": "a", "text": " b", "endde": true}\n', '"ended" in in, line 1')
        self.prompts('{"instruction": "a", "ouput": " b"}\n', '"output" in in, line 1, got "ouput"')
        self.prompts("prompt,txt\na, b\n", '"text" in in, line 2, got "txt"')
        self.facts('{"prompt": "{} is", "subject": "a", "target_new": "b", "target_ture": "c"}\n', '"target_true" in in')
        self.pairs('{"factual": "a", "counterfactual": "b", "promtp": "c"}\n', '"prompt" in in, line 1')
        self.write("in", "".join(json.dumps({"prompt": "a", **more}) + "\n" for more in (
            {"text": " b", "txt": 1}, {"ext": "md", "test": 1}, {"tokens": [1], "completon": 3}, {"ouput": "o"}
        )))
        self.done(self.run_tiny("-f", "in", *HOT))

    def test_tables(self):
        self.prompts("question,answer\nWho?,Ann\n", "a table with the columns question, answer", "--column question")
        self.prompts("id,prompt\n1,a\n2\n", "as many fields as the header has, 2 in in, line 3, got 1")
        self.prompts("a\nb\n", "the field x in in", "lines of text", more=("--column", "x"))
        self.prompts("id,prompt\n1,a\n", 'the field "x" in in, line 2', more=("--text-field", "x"))
        self.refused(self.run_tiny("-p", "a", *HOT, "--column", "x"), 2, "-f FILE with --prompt-field")

    def test_fields_that_are_not_there(self):
        self.prompts('{"a": "b"}\n', 'the field "x.0" in in, line 1, got none; there are "a"', more=("--prompt-field", "x.0"))
        self.prompts('{"x": [1]}\n', 'a string as "x.0"', more=("--prompt-field", "x.0"))


class Logs(Case):
    """`score --against`: two logs of one evaluation."""

    def log(self, name, *texts):
        self.write(name, "".join(
            json.dumps({"doc_id": i, "arguments": [[f"Q{i}", {}]], "resps": [[text]]}) + "\n"
            for i, text in enumerate(texts)
        ))

    def score(self, *arguments):
        return self.call("score", "a.jsonl", "--against", "b.jsonl", *arguments)

    def test_pairs_by_id(self):
        self.log("a.jsonl", "the sea is calm", "a", "b")
        self.log("b.jsonl", "the sea is grim", "a")
        result = self.score("--json")
        (world,) = json.loads(self.done(result))["worlds"]
        self.assertEqual((world["world"], world["pairs"], world["strings"]), ("b", 2, 2))
        self.assertAlmostEqual(world["measures"]["unchanged"]["value"], 0.5)
        self.assertIn("1 texts of a.jsonl and 0 of b.jsonl have no partner", result.stderr.decode())

    def test_repeats_are_samples(self):
        line = {"doc_id": 0, "arguments": [["Q", {}]], "resps": [["a", "b"]]}
        self.write("a.jsonl", json.dumps(line) + "\n")
        self.write("b.jsonl", json.dumps(line | {"resps": [["a", "c"]]}) + "\n")
        (world,) = json.loads(self.done(self.score("--json")))["worlds"]
        self.assertEqual((world["pairs"], world["strings"]), (2, 1))

    def test_filters_repeat_texts(self):
        for name, texts in (("a.jsonl", "ab"), ("b.jsonl", "ac")):
            self.write(name, "".join(
                json.dumps({"doc_id": i, "filter": f, "arguments": [["Q", {}]], "resps": [[text]]}) + "\n"
                for f in ("strict", "flexible") for i, text in enumerate(texts)
            ))
        result = self.score("--json")
        (world,) = json.loads(self.done(result))["worlds"]
        self.assertEqual((world["pairs"], world["strings"]), (2, 2))
        self.assertNotIn("no partner", result.stderr.decode())

    def test_refused(self):
        self.log("a.jsonl", "a")
        self.write("b.jsonl", json.dumps({"doc_id": 0, "arguments": [["R", {}]], "resps": [["b"]]}) + "\n")
        self.refused(self.score(), 1, "one prompt for both texts", "another in b.jsonl, line 1")
        self.write("b.jsonl", json.dumps({"doc_id": 7, "resps": [["b"]]}) + "\n")
        self.refused(self.score(), 1, "texts with the same ids in a.jsonl and b.jsonl", "none")
        self.write("b.jsonl", json.dumps({"doc_id": 0, "resps": [[[-1.5, False]]]}) + "\n")
        self.refused(self.score(), 1, 'a text as "resps.0.0" in b.jsonl, line 1', "likelihoods")
        self.write("b.jsonl", "".join(json.dumps({"doc_id": 0, "resps": [[t]]}) + "\n" for t in "bc"))
        self.refused(self.score(), 1, "one text for each id and sample in b.jsonl, line 2")
        self.refused(self.call("score", "a.jsonl", "a.jsonl", "--against", "b.jsonl"), 2, "one FILE with --against")


if __name__ == "__main__":
    unittest.main()

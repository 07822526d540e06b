"""Files of strangers: models, adapters and run files on which llama.cpp aborts, hangs or reads outside,
or which say of themselves what is not so. Each is refused in one line, and nothing is left behind."""

import json
import math
import os
import shutil
import sqlite3
import time
import unittest

import gguf_edit
import tiny
from command import Case
from gguf_edit import BOOL, F32, F64, I32, LIST, TEXT, U32

HOT = ("--world", "hot=temp:1.5")
EPSILON = "llama.attention.layer_norm_rms_epsilon"
NORM, UP = "blk.0.attn_norm.weight", "blk.0.ffn_up.weight"


def number(key, kind, value):
    return lambda file: file.metadata.__setitem__(key, (kind, value))


def retyped(name, kind):
    return lambda file: file.retype(name, kind)


def token_twice(file):
    kind, tokens = file.metadata["tokenizer.ggml.tokens"][1]
    file.metadata["tokenizer.ggml.tokens"] = (LIST, (kind, [*tokens[:-1], tokens[-2]]))


def shorter_embedding(file):
    tensor = file.tensors["token_embd.weight"]
    tensor.shape[1] -= 7
    tensor.data = tensor.data[: tensor.shape[0] * tensor.shape[1] * 4]


def huge_shape(file):
    file.tensors[UP].shape = [1 << 40, 1 << 40]


# what is changed, and a part of the line
MODELS = {
    "epsilon below 0": (number(EPSILON, F32, -1.0), "an epsilon from 0 to 1"),
    "epsilon no number": (number(EPSILON, F32, math.nan), "an epsilon from 0 to 1"),
    "experts unused": (number("llama.expert_count", U32, 4), "no llama.expert_used_count"),
    "token twice": (token_twice, "tokens of different texts"),
    "matrix of i8": (retyped(UP, "i8"), "in i8"),
    "matrix of i32": (retyped(UP, "i32"), "in i32"),
    "matrix of f64": (retyped(UP, "f64"), "in f64"),
    "matrix of q8_1": (retyped(UP, "q8_1"), "in q8_1"),
    "embedding of i32": (retyped("token_embd.weight", "i32"), "in i32"),
    "embedding of q8_1": (retyped("token_embd.weight", "q8_1"), "in q8_1"),
    "norm of f16": (retyped(NORM, "f16"), "norms and biases in f32"),
    "rotation odd": (number("llama.rope.dimension_count", U32, 31), "a rotation of pairs"),
    "rotation none": (number("llama.rope.dimension_count", U32, 0), "a rotation of pairs"),
    "rotation beyond the head": (number("llama.rope.dimension_count", U32, 34), "a rotation of pairs"),
    "heads of one value": (number("llama.attention.key_length", U32, 1), "of an even width"),
    "heads that share unevenly": (number("llama.attention.head_count_kv", U32, 3), "share keys evenly"),
    "window too long": (number("llama.attention.sliding_window", U32, 2**31 - 1), "a sliding window"),
    "pattern of 1": (number("llama.attention.sliding_window_pattern", U32, 1), "a pattern of"),
    "context of 0": (number("llama.context_length", U32, 0), "a context of tokens"),
    "pooling": (number("llama.pooling_type", U32, 99), "a pooling that there is"),
    "vocabulary": (shorter_embedding, "token_embd.weight"),
    "shape": (huge_shape, "got a damaged or truncated one"),
    "parts": (number("split.count", U32, 2**32 - 1), "a number of files"),
    "scaling": (number("llama.rope.scaling.type", TEXT, "odd"), "unknown rope scaling"),
}


class Models(Case):
    def changed(self, name, change, out="x.gguf", alignment=32):
        file = gguf_edit.read(self.folder / name)
        change(file)
        gguf_edit.write(self.folder / out, file, alignment)
        return out

    def left(self):
        return [name for name in os.listdir(self.folder) if ".tmp" in name or name == "out.gguf"]

    def test_what_was_not_changed_runs(self):
        for name in ("a.gguf", "experts.gguf"):
            self.done(self.run_tiny("-p", "The", *HOT, model=self.changed(name, lambda file: None)))

    def test_models(self):
        for what, (change, part) in MODELS.items():
            with self.subTest(what):
                model = self.changed("a.gguf", change)
                self.refused(self.run_tiny("-p", "The", *HOT, model=model), 1, part)
                if what not in ("vocabulary", "parts"):  # quantizing looks at neither
                    self.refused(self.call("quantize", model, "out.gguf", "q8_0"), 1, part)
                self.assertEqual(self.left(), [])

    def test_alignment(self):
        for alignment in (1, 8, 16):
            model = self.changed("a.gguf", number("general.alignment", U32, alignment), alignment=alignment)
            self.refused(self.run_tiny("-p", "The", *HOT, model=model), 1, "tensors on 32 bytes")

    def test_another_world(self):
        model = self.changed("b.gguf", retyped(UP, "f64"))
        self.refused(self.run_tiny("-p", "The", "--world", f"w=model:{model}"), 1, "in f64")

    def test_embedders(self):
        score = ("score", "pairs.jsonl", "--embedder")
        self.write("pairs.jsonl", json.dumps({"factual": "the king", "counterfactual": "the queen"}) + "\n")
        self.done(self.call(*score, self.changed("embedder.gguf", lambda file: None)))
        norm = "token_embd_norm.weight"
        for change, part in (
            (number("bert.pooling_type", U32, 99), "a pooling that there is"),
            (number("bert.attention.layer_norm_epsilon", F32, -1.0), "an epsilon"),
            (lambda file: file.metadata.pop("tokenizer.ggml.seperator_token_id"), "no tokens for the start"),
            (retyped(norm, "f16"), "norms and biases"),
            (retyped("blk.0.ffn_up.weight", "i16"), "in i16"),
        ):
            self.refused(self.call(*score, self.changed("embedder.gguf", change)), 1, part)

    def test_loras(self):
        lora = ("-p", "The", "--world", "x=lora:x.gguf")
        name = "blk.0.attn_output.weight.lora_a"
        plain = self.done(self.run_tiny(*lora[:2], "--world", "x=lora:lora.gguf", "--json"))
        for kind, value in ((U32, 2), (I32, 2), (F64, 2.0)):  # alpha as people write it
            self.changed("lora.gguf", number("adapter.lora.alpha", kind, value))
            result = self.done(self.run_tiny(*lora, "--json"))
            self.assertEqual(json.loads(result)["worlds"], json.loads(plain)["worlds"])
        for change, part in (
            (number("adapter.lora.alpha", TEXT, "2"), "no number"),
            (number("adapter.lora.alpha", F32, math.inf), "no number"),
            (number("adapter.type", U32, 1), "another kind"),
            (retyped(name, "i32"), "nothing can be multiplied with"),
            (retyped(name.replace("_a", "_b"), "f64"), "nothing can be multiplied with"),
        ):
            self.changed("lora.gguf", change)
            self.refused(self.run_tiny(*lora), 1, part)

    def test_names_do_not_reach_the_terminal(self):
        name = "\x1b[2J\r\x0cTiny\x9b"
        model = self.changed("a.gguf", number("general.name", TEXT, name))
        shown = self.done(self.call("inspect", model))
        self.assertIn("\\x1b[2J\\r\\x0cTiny\\x9b", shown)
        self.assertEqual([c for c in shown if ord(c) < 32 and c != "\n"], [])
        result = self.call("inspect", "no\x1b[2Jsuch\r.gguf")
        self.refused(result, 1, "no\\x1b[2Jsuch\\r.gguf")


# statements, and a part of the line
RUNS = {
    "lcp": ("UPDATE pairs SET lcp = 99", "the LCP of the tokens"),
    "gaps": ("UPDATE strings SET string = string + 5 WHERE string = 3", "number 3 next"),
    "no such world": ("UPDATE pairs SET world = 7 WHERE world = 0", "world 7"),
    "no shards": ("UPDATE meta SET value = '0' WHERE key = 'shards'", "a shard from 1"),
    "shard beyond": ("UPDATE meta SET value = '3' WHERE key = 'shard'", "shard 3 of 1"),
    "deep": (f"UPDATE meta SET value = '{'[' * 100000}' WHERE key = 'targets'", "a list of texts"),
    "worlds": ("DELETE FROM worlds", "a world in the table worlds"),
    "outcomes": ("UPDATE outcomes SET outcomes = '[[99, [[5, 0.5]]]]'", "in the table outcomes"),
    "name": ("UPDATE worlds SET name = CAST(x'ff' AS TEXT) WHERE world = 0", "names of worlds"),
    "trigger": ("CREATE TRIGGER t AFTER UPDATE ON strings BEGIN DELETE FROM pairs; END", "tables alone"),
}


class Runs(Case):
    def setUp(self):
        super().setUp()
        self.done(self.run_tiny("-p", "The", "-p", "the king", "-p", "a sea", "-p", "Rome", *HOT, "-q", "-o", "run.db"))

    def test_every_reader_refuses_them(self):
        for what, (sql, part) in RUNS.items():
            shutil.copy(self.folder / "run.db", self.folder / "x.db")
            connection = sqlite3.connect(self.folder / "x.db")
            connection.executescript("PRAGMA foreign_keys = OFF;" + sql)
            connection.close()
            calls = [("report", "x.db", "-o", "x.html"), ("merge", "run.db", "x.db", "-o", "y.db")]
            if what != "outcomes":
                calls += [("export", "x.db"), ("compare", "run.db", "x.db"),
                          ("check", "x.db", "--max-changed", "1"), ("run", "--resume", "x.db")]
            for call in calls:
                with self.subTest(what, call=call):
                    self.refused(self.call(*call), 1, part)
            self.assertEqual([n for n in os.listdir(self.folder) if n[:2] in ("x.h", "y.") or "tmp" in n], [])

    def test_what_a_kill_left_goes_with_the_next_run(self):
        process = self.call("inspect", "a.gguf")  # a process that is gone
        self.done(process)
        pid = 2**22 - 1  # beyond what Linux numbers
        stale = self.folder / f".new.db.{pid}.0.tmp"
        for end in ("", "-wal", "-shm"):
            path = stale.with_name(stale.name + end)
            path.write_bytes(b"half")
            os.utime(path, (time.time() - 3600,) * 2)
        self.done(self.run_tiny("-p", "The", *HOT, "-q", "-o", "new.db"))
        self.assertEqual([name for name in os.listdir(self.folder) if ".tmp" in name], [])


class Texts(Case):
    def test_numbers_too_large(self):
        self.write("big.jsonl", '{"id": 1e999, "prompt": "a"}\n')
        self.refused(self.run_tiny("-f", "big.jsonl", *HOT), 1, "number too big")
        self.write("big.jsonl", '{"prompt_tokens": [1e999]}\n')
        self.refused(self.run_tiny("-f", "big.jsonl", *HOT), 1, "number too big")

    def test_deep_facts(self):
        for deep in ("[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000):
            fact = '{"prompt": "{} is", "subject": "A", "target_new": "b", "locality": %s}\n' % deep
            self.write("facts.jsonl", fact)
            self.assertIn(self.call("edit", "rome", "-m", "a.gguf", "--facts", "facts.jsonl", "-o", "o.gguf",
                                    "--dry-run").returncode, (0, 1, 2))
            self.write("facts.jsonl", deep + "\n")
            self.refused(self.call("edit", "rome", "-m", "a.gguf", "--facts", "facts.jsonl", "-o", "o.gguf"), 1)

    def test_deep_keys(self):
        self.write("s.toml", "a." * 50_000 + "a = 1\n")
        self.refused(self.call("run", "s.toml"), 2, "keys of at most 16 dots")


if __name__ == "__main__":
    unittest.main()

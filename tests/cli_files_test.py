"""Files as people have them: adapters of every shape, downloads that went wrong, parts of models."""

import unittest

import tiny
from command import Case

HOT = ("--world", "hot=temp:1.5")
EXPERTS = "blk.0.ffn_up_exps.weight"


def pair(name, a, b):
    return {name + ".lora_a": a, name + ".lora_b": b}


class Loras(Case):
    def lora(self, shapes, more=()):
        tiny.write_lora(self.folder / "x.gguf", shapes=shapes, more=more)

    def world(self, item="lora:x.gguf", model="a.gguf"):
        return self.run_tiny("-p", "the king", "--world", f"x={item}", model=model)

    def test_embedding_of_a_tied_model(self):
        count = len(tiny.vocabulary()[0])
        self.lora(pair("token_embd.weight", (2, count), (2, tiny.WIDTH)))
        self.refused(self.world(model="tied.gguf"), 1, "whose output matrix it is", "merge it")
        self.done(self.world())  # a.gguf has an output matrix of its own

    def test_experts(self):
        self.lora(pair(EXPERTS, (tiny.WIDTH, 2, 4), (2, tiny.INNER, 4)))
        result = self.world(model="experts.gguf")
        self.done(result)
        self.assertNotIn("changed no logit", result.stderr.decode())

    def test_a_wrong_number_of_experts(self):
        self.lora(pair(EXPERTS, (tiny.WIDTH, 2, 3), (2, tiny.INNER, 3)))
        self.refused(self.world(model="experts.gguf"), 1, "64 x 2 x 3", "asks for 64 x 2 x 4")
        self.lora(pair(EXPERTS, (tiny.WIDTH, 2), (2, tiny.INNER)))
        self.refused(self.world(model="experts.gguf"), 1, "64 x 2 where")

    def test_ranks_that_differ(self):
        self.lora(pair("blk.0.attn_output.weight", (tiny.WIDTH, 2), (3, tiny.WIDTH)))
        self.refused(self.world(), 1, "lora_b", "3 x 64", "asks for 2 x 64")

    def test_a_gate_of_one_row(self):
        """A shared expert's; a.gguf has none, so a matrix of one output stands in."""
        self.lora(pair("blk.0.ffn_gate_inp_shexp.weight", (tiny.WIDTH, 2), (2, 1)))
        self.refused(self.world(), 1, "ffn_gate_inp_shexp.weight', which the model has not")

    def test_no_matrix(self):
        self.lora(pair("blk.0.attn_norm.weight", (tiny.WIDTH, 1), (1, 1)))
        self.refused(self.world(), 1, "not used as a matrix")

    def test_norms_are_said(self):
        shapes = pair("blk.0.attn_output.weight", (tiny.WIDTH, 2), (2, tiny.WIDTH))
        shapes["blk.0.attn_norm.weight"] = (tiny.WIDTH,)
        self.lora(shapes)
        result = self.world()
        self.done(result)
        self.assertIn("1 norm of 'x.gguf' is left out", result.stderr.decode())
        self.assertIn("blk.0.attn_norm.weight", self.done(self.call("inspect", "x.gguf")))

    def test_activated(self):
        more = [("adapter.alora.invocation_tokens", tiny.LIST, (tiny.U32, [262, 267]))]
        self.lora(None, more)
        self.refused(self.world(), 1, "an activated LoRA", "262 267", "@scope=written")
        result = self.world("lora:x.gguf@scope=written")
        self.done(result)
        self.assertIn("not on its invocation tokens (262 267)", result.stderr.decode())
        self.assertIn("tokens 262 267", self.done(self.call("inspect", "x.gguf")))


class Vectors(Case):
    def test_for_another_model(self):
        tiny.write_vector(self.folder / "v.gguf", hint="qwen2")
        result = self.run_tiny("-p", "the king", "--world", "v=steer:v.gguf")
        self.done(result)
        self.assertIn("says that it was made for qwen2; the model is llama", result.stderr.decode())

    def test_so_strong_that_logits_are_no_numbers(self):
        result = self.run_tiny("-p", "the king", *HOT, "--world", "wild=steer:vector.gguf:3.4e38")
        self.assertEqual(result.returncode, 1)
        self.assertIn("in world 'wild'", result.stderr.decode())


class Models(Case):
    def refuses(self, model, *parts):
        self.refused(self.run_tiny("-p", "a", *HOT, model=model), 1, *parts)

    def test_git_lfs_pointer(self):
        self.write("m.gguf", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
        self.refuses("m.gguf", "a Git LFS pointer", "git lfs pull")

    def test_web_page(self):
        self.write("m.gguf", "\n<!DOCTYPE html>\n<html><body>Sign in</body></html>")
        self.refuses("m.gguf", "a web page", "download the file itself")

    def test_other_formats(self):
        self.write("m.gguf", b"PK\x03\x04" + bytes(100))
        self.refuses("m.gguf", "a ZIP archive or a PyTorch file", "convert it to GGUF")
        self.write("m.gguf", bytes([8, 0, 0, 0, 0, 0, 0, 0]) + b'{"a": 1}' + bytes(100))
        self.refuses("m.gguf", "a safetensors file", "convert it to GGUF")

    def test_a_later_part(self):
        name = "m-00002-of-00003.gguf"
        metadata = [("split.no", tiny.U32, 1), ("split.count", tiny.U32, 3)]
        tiny.write_gguf(self.folder / name, metadata, [])
        self.refuses(name, "the first file of a model in 3 files", "name 'm-00001-of-00003.gguf'")

    def test_parts_are_one_model(self):
        first = tiny.write_parts(self.folder, 3)
        tiny.write_model(self.folder / "whole.gguf")
        split, whole = (self.done(self.run_tiny("-p", "the", *HOT, "--jsonl", "-", "-q", model=model)) for model in (first.name, "whole.gguf"))
        self.assertEqual(split, whole)
        for i, model in enumerate((first.name, "whole.gguf")):
            self.done(self.call("quantize", model, f"{i}.gguf", "Q8_0"))
        split, whole = (self.done(self.run_tiny("-p", "the", *HOT, "--jsonl", "-", "-q", model=model)) for model in ("0.gguf", "1.gguf"))
        self.assertEqual(split, whole)

    def test_short_names_of_quantizations(self):
        self.done(self.call("quantize", "a.gguf", "q.gguf", "Q4_K"))
        self.assertIn("Q4_K_M", self.done(self.call("inspect", "q.gguf")))


if __name__ == "__main__":
    unittest.main()

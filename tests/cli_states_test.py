"""affine: and heads: on the command line: what they do, and files that cannot be used."""

import hashlib
import json
import unittest

import tiny
from command import Case


class StateFiles(Case):
    def path(self, name):
        return self.folder / name

    def refuses(self, world, code, *parts, more=()):
        result = self.run_tiny("-p", "the king", "--world", world, *more)
        self.refused(result, code, *parts)


class Acting(StateFiles):
    def test_each_form_acts_at_each_site(self):
        tiny.write_heads(self.path("h.gguf"))
        for form in ("shift", "diagonal", "low rank", "dense"):
            for node in ("l_out", "ffn_out", "attn_out", "attn_norm", "ffn_norm", "kqv_out"):
                tiny.write_affine(self.path("f.gguf"), node=node, layers=(0, 1), form=form)
                result = self.run_tiny("-p", "the king", "--world", "x=affine:f.gguf:0.5", "-q")
                self.done(result)
                self.assertNotIn("WARNING", result.stderr.decode(), (form, node))
        result = self.run_tiny("-p", "the king", "--world", "x=heads:h.gguf@scope=written", "-q")
        self.done(result)
        self.assertNotIn("WARNING", result.stderr.decode())

    def test_no_strength_changes_nothing_and_says_so(self):
        tiny.write_affine(self.path("z.gguf"))
        result = self.run_tiny("-p", "the king", "--world", "x=affine:z.gguf:0", "-q")
        self.assertIn("100%", self.done(result))
        self.assertIn("WARNING: world 'x' acted and changed no logit", result.stderr.decode())

    def test_a_shift_steers(self):
        tiny.write_affine(self.path("s.gguf"), form="shift")
        lines = []
        for item in ("affine:s.gguf:2", "steer:s.gguf:2", "steer:s.gguf:3"):
            result = self.run_tiny("-p", "the king", "--world", "x=" + item, "--jsonl", "-")
            lines.append(self.done(result).split('"prompt"', 1)[1])
        self.assertEqual(lines[0], lines[1])
        self.assertNotEqual(lines[1], lines[2])

    def test_time_of_hooks(self):
        tiny.write_affine(self.path("t.gguf"))
        given = ("-p", "the king", "--world", "x=affine:t.gguf")
        self.assertIn("hooks took", self.run_tiny(*given).stderr.decode())
        facts = json.loads(self.done(self.run_tiny(*given, "--json")))
        self.assertGreater(facts["seconds_in_hooks"], 0)
        plain = self.run_tiny("-p", "the king", "--world", "x=temp:2")
        self.assertNotIn("hooks", plain.stderr.decode())

    def test_sweep(self):
        tiny.write_affine(self.path("w.gguf"))
        tiny.write_heads(self.path("v.gguf"))
        law = ("law", "-m", "a.gguf", "-p", "the king", "-n", "4", "--json")
        for kind, name in (("affine", "w.gguf"), ("heads", "v.gguf")):
            sweep = ("--world", f"x={kind}:{name}", "--sweep", f"{kind}.scale=0,1")
            rows = json.loads(self.done(self.call(*law, *sweep)))
            self.assertEqual(rows[0]["unchanged"]["value"], 1.0)
            self.assertLess(rows[1]["unchanged"]["value"], 1.0)


class Inspecting(StateFiles):
    def test_affine(self):
        notes = (("method", "mimic"), ("site", "residual"), ("quality", "0.93 [0.90, 0.96]"))
        tiny.write_affine(self.path("i.gguf"), form="low rank", layers=(0, 1), notes=notes)
        text = self.done(self.call("inspect", "i.gguf"))
        for part in ("affine map", "mimic", "residual", "0.93 [0.90, 0.96]", "l_out-1", "rank 2"):
            self.assertIn(part, text)
        facts = json.loads(self.done(self.call("inspect", "i.gguf", "--json")))
        self.assertEqual(facts["kind"], "affine")
        self.assertEqual(facts["node"], "l_out")
        self.assertEqual(facts["tensors"][1]["rank"], 2)

    def test_heads(self):
        tiny.write_heads(self.path("j.gguf"))
        text = self.done(self.call("inspect", "j.gguf"))
        for part in ("shifts of attention heads", "kqv_out-1", "2 of 2 heads"):
            self.assertIn(part, text)

    def test_cut(self):
        whole = tiny.write_affine(self.path("k.gguf")).read_bytes()
        self.path("k.gguf").write_bytes(whole[:-100])
        self.refused(self.call("inspect", "k.gguf"), 1, "truncated")


class Refused(StateFiles):
    def test_missing(self):
        self.refuses("x=affine:none.gguf", 1, "no such file")
        self.refuses("x=heads:none.gguf", 1, "no such file")

    def test_other_kinds(self):
        tiny.write_affine(self.path("a1.gguf"))
        tiny.write_heads(self.path("h1.gguf"))
        self.refuses("x=affine:vector.gguf", 1, "a control vector", "steer: or ablate:")
        self.refuses("x=affine:lora.gguf", 1, "an adapter", "lora:")
        self.refuses("x=affine:h1.gguf", 1, "shifts of attention heads", "heads:")
        self.refuses("x=heads:a1.gguf", 1, "an affine map", "affine:")
        self.refuses("x=steer:a1.gguf", 1, "a dense W in layer 1", "affine:")
        self.refuses("x=ablate:h1.gguf", 1, "shifts of attention heads", "heads:")

    def test_width(self):
        tiny.write_affine(self.path("narrow.gguf"), width=32)
        self.refuses("x=affine:narrow.gguf", 1, "width 64", "got 32 in narrow.gguf")
        tiny.write_heads(self.path("h2.gguf"), heads=4, width=16)
        self.refuses("x=heads:h2.gguf", 1, "2 heads a layer", "got 4")

    def test_layers(self):
        tiny.write_affine(self.path("high.gguf"), layers=(1, 9))
        self.refuses("x=affine:high.gguf", 1, "0 to 1", "layer 9 in high.gguf", "@layers=A-B")
        self.refuses("x=affine:high.gguf@layers=7", 2, "layers within 0-1", "7-7")
        self.refuses("x=affine:high.gguf@layers=0", 1, "layers 0-0", "layers 1-9")
        self.done(self.run_tiny("-p", "a", "--world", "x=affine:high.gguf@layers=1"))

    def test_a_node_that_the_model_has_not(self):
        tiny.write_affine(self.path("node.gguf"), node="ssm_out")
        self.refuses("x=affine:node.gguf", 1, "'ssm_out'", "l_out", "otherwise inspect")

    def test_fitted_on_another_model(self):
        own = hashlib.sha256(self.path("a.gguf").read_bytes()).hexdigest()
        tiny.write_affine(self.path("mine.gguf"), notes=(("model_sha256", own),))
        other = (("model_sha256", "0" * 64), ("model_name", "Another one"))
        tiny.write_affine(self.path("other.gguf"), notes=other)
        self.done(self.run_tiny("-p", "a", "--world", "x=affine:mine.gguf"))
        self.refuses("x=affine:other.gguf", 1, "'Another one'", "sha256 000000000000", "--force")
        self.done(self.run_tiny("-p", "a", "--world", "x=affine:other.gguf", "--force"))
        law = ("law", "-m", "a.gguf", "-p", "a", "-n", "4", "--world", "x=affine:other.gguf")
        self.refused(self.call(*law), 1, "--force")
        self.done(self.call(*law, "--force"))
        # A world's own model counts.
        self.refuses("x=model:b.gguf,affine:mine.gguf", 1, "--force")


if __name__ == "__main__":
    unittest.main()

"""Files, worlds and strings that cannot be used: one clear line, and nothing half-written."""

import json
import unittest

import tiny
from command import Case

HOT = ("--world", "hot=temp:1.5")


class Models(Case):
    def refuses(self, model, *parts):
        self.refused(self.run_tiny("-p", "a", *HOT, model=model), 1, *parts)

    def test_missing(self):
        self.refuses("none.gguf", "no such file", "'none.gguf'")

    def test_folder(self):
        self.refuses(".", "a folder")

    def test_truncated(self):
        self.refuses("cut.gguf", "truncated", "'cut.gguf'")

    def test_text(self):
        self.refuses("text.gguf", "a GGUF file", "'text.gguf'")

    def test_control_vector(self):
        self.refuses("vector.gguf", "a language model", "a control vector")

    def test_adapter(self):
        self.refuses("lora.gguf", "a language model", "'lora.gguf'")

    def test_none_and_no_default(self):
        empty = {"OTHERWISE_CACHE": str(self.folder / "empty")}
        result = self.call("run", "-p", "a", *HOT, environment=empty)
        self.refused(result, 2, "a model (-m FILE)", "make setup")

    def test_inspect_missing(self):
        self.refused(self.call("inspect", "none.gguf"), 1, "no such file")

    def test_inspect_truncated(self):
        self.refused(self.call("inspect", "cut.gguf"), 1, "truncated")

    def test_quantize_onto_itself(self):
        result = self.call("quantize", "a.gguf", "a.gguf", "Q8_0")
        self.refused(result, 2, "the model itself")

    def test_quantize_to_an_unknown_type(self):
        result = self.call("quantize", "a.gguf", "q.gguf", "Q8_00")
        self.refused(result, 2, "a quantization", "did you mean Q8_0?")
        self.assertFalse((self.folder / "q.gguf").exists())

    def test_quantize_to_a_device(self):
        result = self.call("quantize", "a.gguf", "/dev/null", "Q8_0")
        self.refused(result, 1, "a device or pipe")

    def test_quantize_into_no_folder(self):
        result = self.call("quantize", "a.gguf", "none/q.gguf", "Q8_0")
        self.refused(result, 1, "a folder that can be written")


class Worlds(Case):
    def refuses(self, world, code, *parts):
        self.refused(self.run_tiny("-p", "the king", "--world", world), code, *parts)

    def test_other_vocabulary(self):
        self.refuses("w=model:words.gguf", 1, "the same vocabulary", "token 308", "ĠRomy")

    def test_vector_of_another_width(self):
        self.refuses("v=steer:vector-narrow.gguf", 1, "width 64", "got 32 in vector-narrow.gguf")

    def test_vector_for_layers_the_model_lacks(self):
        self.refuses("v=steer:vector-high.gguf", 1, "layers 0-1", "layers 9-9")

    def test_vector_without_the_layers_asked_for(self):
        self.refuses("v=ablate:vector.gguf@layers=0", 1, "layers 0-0", "in vector.gguf")

    def test_layer_out_of_range(self):
        self.refuses("v=steer:vector.gguf@layers=7", 2, "layers within 0-1", "7-7")

    def test_lora_for_another_architecture(self):
        self.refuses("l=lora:lora-qwen2.gguf", 1, "qwen2 where the model is llama")

    def test_lora_of_another_width(self):
        self.refuses("l=lora:lora-narrow.gguf", 1, "lora_a of 'blk.0.attn_output.weight' is 32 x 2", "asks for 64 x 2")

    def test_vector_as_lora(self):
        self.refuses("l=lora:vector.gguf", 1, "a control vector", "--control-vector")

    def test_position_past_every_string(self):
        self.refuses("d=do:9:x", 2, "within the strings' 4 tokens", "position 9 in world 'd'")

    def test_negative_position(self):
        self.refuses("d=do:-1:x", 2, "a position from 0", "-1")

    def test_unknown_kind(self):
        self.refuses("d=stear:v.gguf", 2, "stear", "did you mean ‘steer:…’?")

    def test_unknown_key(self):
        self.refuses("d=steer:vector.gguf@layer=1", 2, "‘layer’", "did you mean ‘layers’?")

    def test_bad_number(self):
        self.refuses("d=temp:warm", 2, "a temperature", "‘warm’")

    def test_no_name(self):
        self.refuses("temp:2", 2, "NAME=ITEM")

    def test_reserved_names(self):
        for name in ("factual", "null", "edited", "nudge", "nudge-3"):
            self.refuses(f"{name}=temp:2", 2, f"‘{name}’", "reserved")

    def test_one_name_twice(self):
        result = self.run_tiny("-p", "a", "--world", "x=temp:2", "--world", "x=temp:3")
        self.refused(result, 2, "a name for each world", "'x' twice")

    def test_missing_text_file(self):
        self.refuses("p=prefix:@none.txt", 1, "‘none.txt’", "does not exist")

    def test_scale_missing(self):
        result = self.run_tiny("-p", "a", "--lora-scaled", "lora.gguf")
        self.refused(result, 2, "--lora-scaled FILE:SCALE", "'lora.gguf'")

    def test_scales_that_are_no_finite_numbers(self):
        for flag in ("--lora-scaled", "--control-vector-scaled"):
            for scale in ("nan", "-nan", "inf", "-inf", "1e99", "", "x"):
                result = self.run_tiny("-p", "a", flag, f"lora.gguf:{scale}")
                self.refused(result, 2, f"{flag} FILE:SCALE", "finite", f"'lora.gguf:{scale}'")
        for item in ("steer:vector.gguf", "lora:lora.gguf", "ablate:vector.gguf", "affine:a", "heads:h"):
            for scale in ("nan", "inf", "-inf", "1e99"):
                self.refuses(f"x={item}:{scale}", 2, "a finite scale", f"‘{scale}’")

    def test_numbers_that_are_not_finite(self):
        for flag in ("--temp", "--top-p", "--min-p"):
            for value in ("nan", "inf", "1e99", "-inf"):
                self.refused(self.run_tiny("-p", "a", *HOT, flag, value), 2, f"{flag} X, a number", f"'{value}'")
            self.refused(self.run_tiny("-p", "a", *HOT, "--memory", "nan"), 2, "--memory SIZE", "'nan'")
        for kind in ("temp", "top-p", "min-p", "nudge"):
            for value in ("nan", "inf", "1e99"):
                self.refuses(f"x={kind}:{value}", 2, f"‘{value}’")
        for value in ("nan", "inf", "1e99"):
            self.write("s.toml", f'prompt = "a"\ntemp = {value}\n[worlds.w]\nitems = ["temp:2"]\n')
            self.refused(self.run_tiny("s.toml"), 2, "temp: a number from 0")
            self.write("s.toml", f'prompt = "a"\n[worlds.w]\nitems = ["lora:lora.gguf:{value}"]\n')
            self.refused(self.run_tiny("s.toml"), 2, "a finite scale", value)

    def test_a_scale_apart_as_llama_cpp_once_took_it(self):
        for flag, file in (("--lora-scaled", "lora.gguf"), ("--control-vector-scaled", "vector.gguf")):
            result = self.run_tiny("-p", "a", flag, file, "0.5")
            self.refused(result, 2, f"{flag} FILE:SCALE", f"'{file}' and '0.5'", f"write {file}:0.5")
            result = self.call("law", "-m", "a.gguf", "-p", "a", flag, file, "0.5")
            self.refused(result, 2, f"{flag} FILE:SCALE", f"write {file}:0.5")
        # the control: a stray number elsewhere is no scale
        self.refused(self.run_tiny("-p", "a", "--lora-scaled", "lora.gguf:1", "0.5"), 2, "a study file", "'0.5'")

    def test_a_list_with_nothing_between_its_commas(self):
        for text in ("lora.gguf,", ",lora.gguf", "lora.gguf,,lora.gguf"):
            self.refused(self.run_tiny("-p", "a", "--lora", text), 2, "a file between its commas", text)

    def test_quantized_values_without_flash_attention(self):
        result = self.run_tiny("-p", "a", *HOT, "-ctv", "q8_0", "-fa", "off")
        self.refused(result, 1, "flash_attn")

    def test_chat_without_a_template(self):
        result = self.run_tiny("-p", "a", *HOT, "--chat", model="plain.gguf")
        self.refused(result, 1, "chat template")

    def test_position_that_no_string_reaches(self):
        worlds = ("--world", "d=do:3:x")
        result = self.run_tiny("-p", "a", *worlds, model="mute.gguf")  # which ends at once
        self.assertEqual(result.returncode, 1)
        self.assertIn("expected world 'd' to act at position 3, got", result.stderr.decode())
        self.done(self.run_tiny("-p", "the king", *worlds))

    def test_acted_and_changed_nothing_is_a_warning(self):
        for world in ("x=steer:vector-zero.gguf", "x=lora:lora.gguf:0", "x=model:a.gguf"):
            result = self.run_tiny("-p", "the king", "--world", world, "-q")
            self.assertIn("100%", self.done(result))
            self.assertIn("WARNING: world 'x' acted and changed no logit", result.stderr.decode())

    def test_acted_and_changed_something_warns_of_nothing(self):
        for world in ("x=steer:vector.gguf", "x=lora:lora.gguf", "x=model:b.gguf", "x=temp:2"):
            result = self.run_tiny("-p", "the king", "--world", world, "-q")
            self.done(result)
            self.assertNotIn("WARNING", result.stderr.decode())


class Strings(Case):
    def refuses(self, text, code, *parts, more=()):
        self.write("in", text)
        self.refused(self.run_tiny("-f", "in", *HOT, *more), code, *parts)

    def test_missing_file(self):
        self.refused(self.run_tiny("-f", "none.txt", *HOT), 1, "no such file", "'none.txt'")

    def test_folder(self):
        self.refused(self.run_tiny("-f", ".", *HOT), 1, "a folder, '.'")

    def test_empty_file(self):
        self.refuses("", 1, "at least one prompt in in", "none")

    def test_blank_file(self):
        self.refuses("\n \n\n", 1, "at least one prompt in in", "none")

    def test_empty_standard_input(self):
        self.refused(self.run_tiny("-f", "-", *HOT), 1, "at least one prompt in standard input")

    def test_line_that_is_not_json(self):
        self.refuses('{"prompt": "a"}\n\nno\n', 1, "JSON in in, line 3", "byte")

    def test_json_without_a_prompt(self):
        self.refuses('{"id": "a"}\n', 1, "line 1", "prompt")

    def test_invalid_utf8_in_a_file(self):
        self.refuses(b"fine\n\xff\xfe\n", 1, "UTF-8 in in, line 2")

    def test_invalid_utf8_in_a_prompt(self):
        self.refused(self.run_tiny("-p", b"\xff", *HOT), 1, "a prompt in UTF-8", "-p number 1")

    def test_duplicate_ids(self):
        lines = '{"id": "a", "prompt": "b"}\n{"id": "a", "prompt": "c"}\n'
        self.refuses(lines, 1, "an id of its own", "line 2", '"a" again, first in line 1')

    def test_longer_than_the_context_asked_for(self):
        self.refuses("the king and the queen\n", 1, "at most 16 tokens", "'1'", more=("-c", "16"))

    def test_positions_that_a_table_does_not_have(self):
        tiny.write_architecture(self.folder / "gpt2.gguf", "gpt2")  # a table of 256
        self.done(self.call("inspect", "gpt2.gguf"))
        self.refused(self.run_tiny("-p", "the king " * 60, "-c", "1000", *HOT, model="gpt2.gguf"),
                     1, "at most 256 tokens")

    def test_longer_than_the_models_context(self):
        self.refuses("the king " * 60, 1, "at most 256 tokens", "string '1'")

    def test_empty_prompt_for_a_model_without_bos(self):
        self.refused(self.run_tiny("-p", "", *HOT), 1, "a prompt of at least one token")

    def test_text_too_short_to_split(self):
        self.refuses("one two\n", 1, "more than 5 words", "'1'", more=("--prompt-words", "5"))

    def test_token_outside_the_vocabulary(self):
        self.refuses('{"prompt": "a", "tokens": [9999]}\n', 1, "within 0-308", "9999")

    def test_memory_too_small(self):
        result = self.run_tiny("-p", "a", *HOT, "--memory", "1K")
        self.refused(result, 1, "--memory of at least", "raise --memory")

    IMPOSSIBLE = '{"id": "odd", "prompt": "the king", "text": "~~"}\n'

    def test_impossible_token(self):
        self.refuses(
            self.IMPOSSIBLE, 1, "token 128", "position 0", "string 'odd'", more=("--top-k", "20")
        )

    def test_impossible_strings_can_be_skipped(self):
        fine = json.dumps({"id": "fine", "prompt": "the king", "tokens": [267]}) + "\n"
        self.write("in", self.IMPOSSIBLE + fine)
        result = self.run_tiny("-f", "in", *HOT, "--top-k", "60", "--skip-impossible", "--jsonl", "-")
        lines = [json.loads(line) for line in self.done(result).splitlines()]
        self.assertEqual([line["string"] for line in lines], ["fine"])
        self.assertIn("skipped string 'odd'", result.stderr.decode())

    def test_all_strings_impossible(self):
        self.write("in", self.IMPOSSIBLE)
        result = self.run_tiny("-f", "in", *HOT, "--top-k", "20", "--skip-impossible", "-q")
        self.assertEqual(result.returncode, 1)
        self.assertIn("expected at least one observed string", result.stderr.decode())


if __name__ == "__main__":
    unittest.main()

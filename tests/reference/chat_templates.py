#!/usr/bin/env python3
"""Golden texts of chat templates, rendered by Jinja2 as transformers sets it up.

    tests/reference/chat_templates.py FOLDER --model SMOLLM2.gguf > tests/data/chat_templates.json
    tests/reference/chat_templates.py FOLDER --texts OUT    the texts themselves, OUT/NAME.CASE.txt

FOLDER is models/templates of llama.cpp's source. Of each template the file holds the SHA-256 of its
source and, for each case, the first 16 digits of that of its text, or null where Jinja2 or the
template refuses; of the model its texts in full. The environment is that of
transformers/utils/chat_template_utils.py (4.5x).
"""

import argparse
import hashlib
import json
import struct
import sys
from datetime import datetime
from pathlib import Path

import jinja2
import jinja2.ext
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

DATE = datetime(2026, 3, 1)
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}
SYSTEM = {"role": "system", "content": "Answer in one word.\nBe kind. "}
FIRST = {"role": "user", "content": " Grüße, 世界: what's \"2 < 3 & 4\"?\n"}
ANSWER = {"role": "assistant", "content": "It's {{ true }} \\ 'yes'.\n\n"}
SECOND = {"role": "user", "content": "Why?"}
CASES = {
    "user": ([FIRST], True),
    "system": ([SYSTEM, FIRST], True),
    "turns": ([FIRST, ANSWER, SECOND], True),
    "system_turns": ([SYSTEM, FIRST, ANSWER, SECOND], True),
    "answered": ([FIRST, ANSWER], False),
}


class Generation(jinja2.ext.Extension):
    """{% generation %}, which marks what an assistant wrote and writes nothing itself."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def environment():
    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
                          sort_keys=sort_keys)

    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                         extensions=[Generation, jinja2.ext.loopcontrols])
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = DATE.strftime
    return made


def render(source, case, tokens):
    messages, answer_follows = CASES[case]
    try:
        return environment().from_string(source).render(
            messages=messages, tools=None, documents=None, add_generation_prompt=answer_follows,
            **tokens)
    except (jinja2.exceptions.TemplateError, TypeError, AttributeError) as error:
        print(f"  {case}: {type(error).__name__}: {error}", file=sys.stderr)
        return None


def metadata(path, key):
    """A string of a GGUF file's header."""
    data = path.read_bytes()[: 1 << 24]
    at = data.index(struct.pack("<Q", len(key)) + key.encode() + struct.pack("<I", 8))
    at += 8 + len(key) + 4
    (size,) = struct.unpack_from("<Q", data, at)
    return data[at + 8 : at + 8 + size].decode()


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--texts", type=Path)
    arguments = parser.parse_args()
    result = {"jinja2": jinja2.__version__, "tokens": TOKENS, "date": DATE.strftime("%Y-%m-%d"),
              "cases": {name: {"messages": messages, "answer_follows": follows}
                        for name, (messages, follows) in CASES.items()},
              "model": {}, "templates": {}}
    if arguments.model:
        source = metadata(arguments.model, "tokenizer.chat_template")
        tokens = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}
        result["model"] = {case: render(source, case, tokens) for case in CASES}
    for file in sorted(arguments.folder.glob("*.jinja")):
        print(file.stem, file=sys.stderr)
        source = file.read_bytes().decode()
        texts = {case: render(source, case, TOKENS) for case in CASES}
        if arguments.texts:
            for case, text in texts.items():
                (arguments.texts / f"{file.stem}.{case}.txt").write_bytes((text or "").encode())
        result["templates"][file.stem] = {
            "sha256": digest(source),
            **{case: text if text is None else digest(text)[:16] for case, text in texts.items()}}
    head = {key: result[key] for key in result if key != "templates"}
    rows = [f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in result["templates"].items()]
    print(json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "templates": {\n' +
          ",\n".join(rows) + "\n }\n}")


if __name__ == "__main__":
    main()

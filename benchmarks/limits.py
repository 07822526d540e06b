"""What docs/limits.md says was tried: each size at its largest, on random models, with the time and the memory it took.

    python3 benchmarks/limits.py [--only NAME …] [--scale X] [--keep FOLDER]   # $OTHERWISE_COMMAND

--scale 0.01 tries it all at a hundredth of the size (a minute); in full it is an hour and 12 GB of disk.
A line for each call: its size, what it took of wall clock and of memory at its most, and the last lines that it said.
"""

import argparse
import os
import random
import shlex
import struct
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import tiny  # noqa: E402

COMMAND = str(Path(os.environ.get("OTHERWISE_COMMAND", "build/release/otherwise")).resolve())
Q4_0, BLOCK = 2, 18  # ggml's type, bytes of 32 weights


def call(folder, size, *arguments):
    """One line of what a command takes; True where it was done."""
    started = time.monotonic()
    said = folder / "said"
    streams = [(os.POSIX_SPAWN_OPEN, fd, str(said) if fd == 2 else os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
               for fd in (1, 2)]
    before = os.getcwd()
    os.chdir(folder)
    process = os.posix_spawn(COMMAND, [COMMAND, *arguments], os.environ, file_actions=streams)
    os.chdir(before)
    _, status, usage = os.wait4(process, 0)
    seconds, memory = time.monotonic() - started, usage.ru_maxrss / 2**20
    code = os.waitstatus_to_exitcode(status)
    processor = usage.ru_utime + usage.ru_stime
    print(f"{size:44}{seconds:9.1f} s {processor:9.1f} s of processors {memory:7.2f} GiB", "" if code == 0 else f"exit {code}")
    print(f"    otherwise {shlex.join(arguments)[:110]}")
    if code != 0:
        print("    " + said.read_text(encoding="utf-8", errors="replace").strip().split("\n")[-1][:300])
    sys.stdout.flush()
    return code == 0


def prompts(folder, count):
    name = f"prompts-{count}.txt"
    with open(folder / name, "w", encoding="utf-8") as file:
        file.writelines(f"the king of house {i} was\n" for i in range(count))
    return name


def words(count):
    """A vocabulary of so many tokens."""
    tokens, _ = tiny.vocabulary()
    return tokens + [f"Ġword{i}" for i in range(count - len(tokens))]


def strings(folder, scale):
    """Strings of one study, planned and run."""
    tiny.write_model(folder / "a.gguf")
    hot = ("-m", "a.gguf", "--world", "hot=temp:1.3", "-n", "4", "-t", "2", "-q")
    for count in (10_000_000, 3_000_000):
        call(folder, f"{int(count * scale):,} strings, planned", "run", "-f", prompts(folder, int(count * scale)), *hot, "--dry-run")
    count = int(1_000_000 * scale)
    name = prompts(folder, count)
    call(folder, f"{count:,} strings, run into a file", "run", "-f", name, *hot, "--no-law", "-o", "strings.db")
    print(f"    strings.db: {(folder / 'strings.db').stat().st_size / 1e6:,.0f} MB")
    call(folder, f"{count:,} strings, exported", "export", "strings.db", "-o", "out.jsonl")
    call(folder, f"{count:,} strings, their laws", "law", "-f", name, *hot)


def worlds(folder, scale):
    """Worlds of one study: of the sampler, which share the factual rows, and of states, which do not."""
    tiny.write_model(folder / "a.gguf")
    tiny.write_vector(folder / "vector.gguf")
    name = prompts(folder, 100)
    for count in (int(100 * scale) or 2, int(1000 * scale) or 4):
        for kind in ("temp:{}", "steer:vector.gguf:{}"):
            given = [part for i in range(count) for part in ("--world", f"w{i}=" + kind.format(0.5 + i / count))]
            call(folder, f"{count:,} worlds, {kind.split(':')[0]}", "run", "-m", "a.gguf", "-f", name, *given, "-n", "8",
                 "-t", "2", "-q", "-o", f"worlds-{count}-{kind[:4]}.db")


def samples(folder, scale):
    tiny.write_model(folder / "a.gguf")
    count = int(2**20 * scale)
    call(folder, f"{count:,} samples of one prompt", "run", "-m", "a.gguf", "-p", "the king", "--world", "hot=temp:1.3", "-n", "4",
         "--samples", str(count), "-t", "2", "-q")


def context(folder, scale):
    for length in (32_768, 131_072):
        tiny.CONTEXT = int(length * scale)
        tiny.write_model(folder / "long.gguf")
        text = "king of iron " * tiny.CONTEXT  # a token a letter: no letters are merged
        (folder / "long.txt").write_text(text[: tiny.CONTEXT - 81] + ".", encoding="utf-8")
        call(folder, f"a prompt of {tiny.CONTEXT - 80:,} tokens", "run", "-m", "long.gguf", "-f", "long.txt", "--world", "hot=temp:1.3",
             "-n", "64", "-t", "2", "-q")
    tiny.CONTEXT = 256


def vocabulary(folder, scale):
    for size in (262_144, 1_048_576):
        count = int(size * scale)
        tiny.write_model(folder / "wide.gguf", tokens=words(max(count, 400)))
        name = prompts(folder, 100)
        common = ("-m", "wide.gguf", "-f", name, "--world", "hot=temp:1.3", "-n", "16", "-t", "2", "-q")
        call(folder, f"{count:,} tokens in the vocabulary, run", "run", *common)
        call(folder, f"{count:,} tokens in the vocabulary, law", "law", *common)


def write_large(path, width, layers, inner, heads, keys, vocabulary_size):
    """A llama model of random blocks of Q4_0, as a stream: no more than a block is in memory."""
    source = random.Random(1)
    blocks = b"".join(struct.pack("<e", 0.004) + source.randbytes(BLOCK - 2) for _ in range(4096))
    tokens = words(vocabulary_size)
    head = tiny._tiny_header()
    sizes = {"llama.context_length": 4096, "llama.embedding_length": width, "llama.block_count": layers,
             "llama.feed_forward_length": inner, "llama.attention.head_count": heads,
             "llama.attention.head_count_kv": keys, "llama.rope.dimension_count": width // heads}
    metadata = [(key, kind, sizes.get(key, value)) for key, kind, value in head] + [
        ("tokenizer.ggml.model", tiny.TEXT, "gpt2"), ("tokenizer.ggml.pre", tiny.TEXT, "default"),
        ("tokenizer.ggml.tokens", tiny.LIST, (tiny.TEXT, tokens)),
        ("tokenizer.ggml.token_type", tiny.LIST, (tiny.I32, [3, 3] + [1] * (len(tokens) - 2))),
        ("tokenizer.ggml.merges", tiny.LIST, (tiny.TEXT, ["t h", "Ġ a"])),
        ("tokenizer.ggml.eos_token_id", tiny.U32, 1), ("tokenizer.ggml.padding_token_id", tiny.U32, 0)]
    shapes = [("token_embd.weight", (width, len(tokens))), ("output.weight", (width, len(tokens))), ("output_norm.weight", (width,))]
    key_width = width // heads * keys
    for i in range(layers):
        shapes += [(f"blk.{i}.{name}.weight", shape) for name, shape in (
            ("attn_norm", (width,)), ("ffn_norm", (width,)), ("attn_q", (width, width)), ("attn_k", (width, key_width)),
            ("attn_v", (width, key_width)), ("attn_output", (width, width)), ("ffn_gate", (width, inner)),
            ("ffn_up", (width, inner)), ("ffn_down", (inner, width)))]
    text = b"GGUF" + struct.pack("<IQQ", 3, len(shapes), len(metadata))
    for key, kind, value in metadata:
        text += tiny._text(key) + struct.pack("<I", kind) + tiny._value(kind, value)
    offset, sizes_of = 0, []
    for name, shape in shapes:
        size = shape[0] * 4 if len(shape) == 1 else shape[0] * shape[1] // 32 * BLOCK
        text += tiny._text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        text += struct.pack("<IQ", 0 if len(shape) == 1 else Q4_0, offset)
        sizes_of.append((shape, size))
        offset += size + -size % 32
    with open(path, "wb") as file:
        file.write(text + bytes(-len(text) % 32))
        for shape, size in sizes_of:
            if len(shape) == 1:
                file.write(struct.pack("<f", 1.0) * shape[0])
            else:
                for start in range(0, size, len(blocks)):
                    file.write(blocks[: min(len(blocks), size - start)])
            file.write(bytes(-size % 32))


def model(folder, scale):
    """As Llama 2 has them, with 7 and 13 billion weights."""
    forms = {"7 billion": (4096, 32, 11008, 32, 32, 32000), "13 billion": (5120, 40, 13824, 40, 40, 32000)}
    for name, form in forms.items():
        if scale < 1:
            form = (512, 2, 1376, 8, 8, 1000)
        write_large(folder / "large.gguf", *form)
        size = (folder / "large.gguf").stat().st_size / 1e9
        call(folder, f"{name} weights, {size:.1f} GB as Q4_0", "run", "-m", "large.gguf", "-p", "the king of house", "--world",
             "hot=temp:1.3", "-n", "8", "-t", "2", "-q", "--fast")
        (folder / "large.gguf").unlink()


TRIED = (strings, worlds, samples, context, vocabulary, model)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[each.__name__ for each in TRIED])
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--keep", type=Path, help="a folder where the files stay")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for each in TRIED:
            if each.__name__ in arguments.only:
                each(folder, arguments.scale)


if __name__ == "__main__":
    main()

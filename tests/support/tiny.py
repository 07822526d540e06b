"""GGUF files made by hand for the tests of the command: a llama model of two layers that writes word
salad, LoRA adapters and control vectors for it, and an encoder that makes vectors of texts.
Standard library only; a model takes 0.2 seconds.

The last number of every state is constant, so that the output matrix can use its column as a bias:
words are likely, single bytes are not, the end token now and then.
"""

import array
import math
import random
import struct
import sys
from pathlib import Path
from typing import NamedTuple

WIDTH, LAYERS, INNER, HEADS, KEYS = 64, 2, 128, 2, 1
CONTEXT = 256
WORDS = (
    "the a of and in on to from with river city house garden winter summer king queen child "
    "bread salt iron glass road hill sea ship bird song letter morning evening old new small "
    "great quiet red green white was is had sold made found kept wrote saw London Paris Rome"
).split()
END, UNKNOWN = "<|end|>", "<|pad|>"
CHAT = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + "
    "message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
U16, U32, I32, F32, BOOL, TEXT, LIST = 2, 4, 5, 6, 7, 8, 9


def byte_letters():
    """GPT-2's letter for each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters, extra = {}, 0
    for byte in range(256):
        if byte in plain:
            letters[byte] = chr(byte)
        else:
            letters[byte] = chr(256 + extra)
            extra += 1
    return [letters[byte] for byte in range(256)]


def vocabulary():
    """Tokens, and the index of the first word."""
    tokens = [UNKNOWN, END, *byte_letters()]
    return tokens + ["Ġ" + word for word in WORDS], len(tokens)


def _text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(data)) + data


def _value(kind, value):
    if kind == TEXT:
        return _text(value)
    if kind == LIST:
        inner, values = value
        return struct.pack("<IQ", inner, len(values)) + b"".join(_value(inner, v) for v in values)
    return struct.pack({U16: "<H", U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}[kind], value)


def write_gguf(path, metadata, tensors):
    """metadata: (key, kind, value); tensors: (name, shape with the fastest first, array of f32)."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    for key, kind, value in metadata:
        head += _text(key) + struct.pack("<I", kind) + _value(kind, value)
    data = bytearray()
    for name, shape, values in tensors:
        head += _text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        head += struct.pack("<IQ", 0, len(data))
        data += values.tobytes()
        data += bytes(-len(data) % 32)
    Path(path).write_bytes(head + bytes(-len(head) % 32) + data)
    return Path(path)


def _noise(source, count, scale):
    return array.array("f", (source.gauss(0.0, scale) for _ in range(count)))


def _embeddings(source, tokens):
    values = _noise(source, len(tokens) * WIDTH, 0.7)
    for row in range(len(tokens)):
        values[row * WIDTH + WIDTH - 1] = 4.0
    return values


def _output(source, count, first_word, end, end_token):
    values = _noise(source, count * WIDTH, 0.25)
    for row in range(count):
        bias = 3.0 if row >= first_word else end if row == end_token else -6.0
        values[row * WIDTH + WIDTH - 1] = bias
    return values


def _block(source, layer):
    shapes = {
        "attn_q": (WIDTH, WIDTH),
        "attn_k": (WIDTH, WIDTH * KEYS // HEADS),
        "attn_v": (WIDTH, WIDTH * KEYS // HEADS),
        "attn_output": (WIDTH, WIDTH),
        "ffn_gate": (WIDTH, INNER),
        "ffn_up": (WIDTH, INNER),
        "ffn_down": (INNER, WIDTH),
    }
    tensors = [
        (f"blk.{layer}.{norm}.weight", (WIDTH,), array.array("f", [1.0] * WIDTH))
        for norm in ("attn_norm", "ffn_norm")
    ]
    for name, shape in shapes.items():
        values = _noise(source, shape[0] * shape[1], 0.15)
        if name in ("attn_output", "ffn_down"):
            for i in range(shape[0]):  # the last number of the state stays as it is
                values[(WIDTH - 1) * shape[0] + i] = 0.0
        tensors.append((f"blk.{layer}.{name}.weight", shape, values))
    return tensors


def _tiny_header():
    return [
        ("general.architecture", TEXT, "llama"),
        ("general.name", TEXT, "Tiny"),
        ("general.file_type", U32, 0),
        ("llama.context_length", U32, CONTEXT),
        ("llama.embedding_length", U32, WIDTH),
        ("llama.block_count", U32, LAYERS),
        ("llama.feed_forward_length", U32, INNER),
        ("llama.attention.head_count", U32, HEADS),
        ("llama.attention.head_count_kv", U32, KEYS),
        ("llama.attention.layer_norm_rms_epsilon", F32, 1e-5),
        ("llama.rope.dimension_count", U32, WIDTH // HEADS),
    ]


def _tiny_tensors(source, tokens, first_word, end, end_token=1):
    tensors = [("token_embd.weight", (WIDTH, len(tokens)), _embeddings(source, tokens))]
    for layer in range(LAYERS):
        tensors += _block(source, layer)
    tensors.append(("output_norm.weight", (WIDTH,), array.array("f", [1.0] * WIDTH)))
    output = _output(source, len(tokens), first_word, end, end_token)
    tensors.append(("output.weight", (WIDTH, len(tokens)), output))
    return tensors


def write_model(path, seed=1, tokens=None, chat=True, end=1.6, unused=(), more=()):
    """A model; `tokens` replaces its vocabulary (of the same length), `end` is the end token's bias.
    `unused` names tokens after all others that no text has, likely ones, with the same weights before
    them; `more` is metadata."""
    metadata, tensors = _model(seed, tokens, chat, end, unused)
    return write_gguf(path, [*metadata, *more], tensors)


def write_parts(folder, count=2, seed=1):
    """The same model in files m-0000I-of-0000N.gguf, as llama-gguf-split writes them; the first one's path."""
    metadata, tensors = _model(seed)
    paths = []
    for i in range(count):
        own = [("split.no", U16, i), ("split.count", U16, count), ("split.tensors.count", I32, len(tensors))]
        paths.append(write_gguf(Path(folder) / f"m-{i + 1:05}-of-{count:05}.gguf",
                                [*(metadata if i == 0 else []), *own], tensors[i::count]))
    return paths[0]


def _model(seed, tokens=None, chat=True, end=1.6, unused=()):
    source = random.Random(seed)
    own, first_word = vocabulary()
    tokens = tokens or own
    kinds = [3, 3] + [1] * (len(tokens) - 2) + [5] * len(unused)
    metadata = [
        *_tiny_header(),
        ("tokenizer.ggml.model", TEXT, "gpt2"),
        ("tokenizer.ggml.pre", TEXT, "default"),
        ("tokenizer.ggml.tokens", LIST, (TEXT, [*tokens, *unused])),
        ("tokenizer.ggml.token_type", LIST, (I32, kinds)),
        ("tokenizer.ggml.merges", LIST, (TEXT, ["t h", "Ġ a"])),
        ("tokenizer.ggml.eos_token_id", U32, 1),
        ("tokenizer.ggml.padding_token_id", U32, 0),
    ]
    if chat:
        metadata.append(("tokenizer.chat_template", TEXT, CHAT))
    tensors = _tiny_tensors(source, tokens, first_word, end)
    if unused:
        row = array.array("f", [0.5] * (WIDTH - 1) + [4.0])
        for at in (0, -1):
            name, (width, count), values = tensors[at]
            tensors[at] = (name, (width, count + len(unused)), values + row * len(unused))
    return metadata, tensors


def sentencepiece_vocabulary(words=WORDS):
    """Tokens, scores and kinds as in Llama 2: bytes, signs, and each word with a space before it, letter
    by letter; and the index of the first of these."""
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    kinds = [2, 3, 3] + [6] * 256
    tokens += ["\u2581", *(chr(sign) for sign in range(33, 127))]
    first_word = len(tokens)
    prefixes = ["\u2581" + word[:end] for word in words for end in range(1, len(word) + 1)]
    tokens += dict.fromkeys(prefixes)
    scores = [0.0] * 259 + [-float(i) for i in range(len(tokens) - 259)]
    return tokens, scores, kinds + [1] * (len(tokens) - 259), first_word


def write_sentencepiece_model(path, seed=1, end=1.6):
    """write_model's with a SentencePiece vocabulary, which puts a space before every text."""
    source = random.Random(seed)
    tokens, scores, kinds, first_word = sentencepiece_vocabulary()
    metadata = [
        *_tiny_header(),
        ("tokenizer.ggml.model", TEXT, "llama"),
        ("tokenizer.ggml.tokens", LIST, (TEXT, tokens)),
        ("tokenizer.ggml.scores", LIST, (F32, scores)),
        ("tokenizer.ggml.token_type", LIST, (I32, kinds)),
        ("tokenizer.ggml.bos_token_id", U32, 1),
        ("tokenizer.ggml.eos_token_id", U32, 2),
        ("tokenizer.ggml.unknown_token_id", U32, 0),
    ]
    return write_gguf(path, metadata, _tiny_tensors(source, tokens, first_word, end, 2))


def write_experts(path, experts=4, seed=13):
    """A llama model whose feed-forwards are mixtures of experts, two of which act."""
    source = random.Random(seed)
    tokens, first_word = vocabulary()
    header = _header_of("llama", tokens, LAYERS)
    header += [("llama.expert_count", U32, experts), ("llama.expert_used_count", U32, 2)]
    tensors = []
    for name, shape, values in _tiny_tensors(source, tokens, first_word, 1.6):
        if ".ffn_" in name and "norm" not in name:
            name = name.replace(".weight", "_exps.weight")
            shape, values = (*shape, experts), _noise(source, len(values) * experts, 0.15)
        tensors.append((name, shape, values))
    for layer in range(LAYERS):
        gate = _noise(source, WIDTH * experts, 0.5)
        tensors.append((f"blk.{layer}.ffn_gate_inp.weight", (WIDTH, experts), gate))
    return write_gguf(path, header, tensors)


def _random_norm(source, name, width, bias=False):
    weights = array.array("f", (1.0 + source.gauss(0.0, 0.2) for _ in range(width)))
    tensors = [(name + ".weight", (width,), weights)]
    return tensors + ([(name + ".bias", (width,), _noise(source, width, 0.1))] if bias else [])


def _random_linear(source, name, shape, bias=False):
    tensors = [(name + ".weight", shape, _noise(source, shape[0] * shape[1], 0.15))]
    return tensors + ([(name + ".bias", (shape[1],), _noise(source, shape[1], 0.1))] if bias else [])


class Form(NamedTuple):
    """What a block of an architecture has, and the header's keys of its own."""

    title: str = ""  # after "Tiny", in place of the architecture
    keys: int = KEYS  # heads of keys and values
    norm: str = "attention.layer_norm_rms_epsilon"
    norm_bias: bool = False
    bias: bool = False  # of the attention's output and the feed-forward
    fused: bool = False  # one matrix for queries, keys and values
    qkv_bias: bool = False
    head_norms: str = ""  # "each" head, "all" as one vector
    pre_norms: bool = True
    post_norms: bool = False
    gate: str = "apart"  # or "fused" with ffn_up, or "none"
    header: tuple = ()


HEAD = WIDTH // HEADS
LENGTHS = (("attention.key_length", U32, HEAD), ("attention.value_length", U32, HEAD))
FORMS = {
    "llama": Form(),
    "qwen2": Form(qkv_bias=True, header=(("rope.freq_base", F32, 100000.0),)),
    "qwen3": Form(head_norms="each", header=LENGTHS),
    "gemma3": Form(
        head_norms="each",
        post_norms=True,
        header=(
            *LENGTHS,
            ("attention.sliding_window", U32, 4),
            ("attention.sliding_window_pattern", U32, 2),
            ("rope.freq_base", F32, 1000000.0),
            ("rope.scaling.type", TEXT, "linear"),
            ("rope.scaling.factor", F32, 8.0),
            ("final_logit_softcapping", F32, 20.0),
        ),
    ),
    "gpt2": Form(
        keys=HEADS,
        norm="attention.layer_norm_epsilon",
        norm_bias=True,
        bias=True,
        fused=True,
        qkv_bias=True,
        gate="none",
    ),
    # llama.cpp leaves out the window of phi3, and wants special tokens of models that are named so;
    # three quarters of each head are turned.
    "phi3": Form(
        title="phi",
        fused=True,
        gate="fused",
        header=(
            ("attention.sliding_window", U32, 4),
            ("rope.dimension_count", U32, HEAD * 3 // 4),
            ("rope.scaling.attn_factor", F32, 1.25),
            ("rope.scaling.original_context_length", U32, CONTEXT),
        ),
    ),
    "olmo2": Form(
        head_norms="all",
        pre_norms=False,
        post_norms=True,
        header=(
            ("attention.sliding_window", U32, 4),
            ("attention.sliding_window_pattern", U32, 2),
            ("rope.freq_base", F32, 500000.0),
        ),
    ),
}


def _attention_of(source, form, name):
    keys = form.keys * HEAD
    if form.fused:
        yield from _random_linear(source, name + "attn_qkv", (WIDTH, WIDTH + 2 * keys), form.qkv_bias)
    else:
        for part, width in (("q", WIDTH), ("k", keys), ("v", keys)):
            yield from _random_linear(source, name + "attn_" + part, (WIDTH, width), form.qkv_bias)
    if form.head_norms:
        each = form.head_norms == "each"
        yield from _random_norm(source, name + "attn_q_norm", HEAD if each else WIDTH)
        yield from _random_norm(source, name + "attn_k_norm", HEAD if each else keys)
    yield from _random_linear(source, name + "attn_output", (WIDTH, WIDTH), form.bias)


def _feed_forward_of(source, form, name):
    if form.gate == "apart":
        yield from _random_linear(source, name + "ffn_gate", (WIDTH, INNER))
    up = 2 * INNER if form.gate == "fused" else INNER
    yield from _random_linear(source, name + "ffn_up", (WIDTH, up), form.bias)
    yield from _random_linear(source, name + "ffn_down", (INNER, WIDTH), form.bias)


def _block_of(source, form, layer):
    """A block with every part that the architecture has, all of it random."""
    name = f"blk.{layer}."
    if form.pre_norms:
        yield from _random_norm(source, name + "attn_norm", WIDTH, form.norm_bias)
    yield from _attention_of(source, form, name)
    if form.pre_norms:
        yield from _random_norm(source, name + "ffn_norm", WIDTH, form.norm_bias)
    yield from _feed_forward_of(source, form, name)
    if form.post_norms:
        yield from _random_norm(source, name + "post_attention_norm", WIDTH)
        yield from _random_norm(source, name + "post_ffw_norm", WIDTH)


def _header_of(architecture, tokens, layers):
    return header_of(architecture, FORMS[architecture], tokens, layers)


def header_of(architecture, form, tokens, layers):
    def key(name):
        return f"{architecture}.{name}"

    metadata = [
        ("general.architecture", TEXT, architecture),
        ("general.name", TEXT, "Tiny " + (form.title or architecture)),
        ("general.file_type", U32, 0),
        (key("context_length"), U32, CONTEXT),
        (key("embedding_length"), U32, WIDTH),
        (key("block_count"), U32, layers),
        (key("feed_forward_length"), U32, INNER),
        (key("attention.head_count"), U32, HEADS),
        (key(form.norm), F32, 1e-5),
        ("tokenizer.ggml.model", TEXT, "gpt2"),
        ("tokenizer.ggml.pre", TEXT, "default"),
        ("tokenizer.ggml.tokens", LIST, (TEXT, tokens)),
        ("tokenizer.ggml.token_type", LIST, (I32, [3, 3] + [1] * (len(tokens) - 2))),
        ("tokenizer.ggml.merges", LIST, (TEXT, ["t h", "Ġ a"])),
        ("tokenizer.ggml.eos_token_id", U32, 1),
        ("tokenizer.ggml.padding_token_id", U32, 0),
    ]
    if form.keys != HEADS:
        metadata.append((key("attention.head_count_kv"), U32, form.keys))
    return metadata + [(key(name), kind, value) for name, kind, value in form.header]


def write_architecture(path, architecture, seed=11, layers=4):
    """A random model of one of FORMS in F32 with each of its parts; the vocabulary is write_model's.
    What is optional is split among them: llama and phi3 have rope factors, qwen2 an output matrix and
    a bias on it, olmo2 an output matrix, gemma3 and olmo2 a sliding window of four tokens, gemma3
    capped logits."""
    source = random.Random(seed)
    tokens, _ = vocabulary()
    form = FORMS[architecture]
    embeddings = _noise(source, WIDTH * len(tokens), 0.5)
    tensors = [("token_embd.weight", (WIDTH, len(tokens)), embeddings)]
    if architecture == "gpt2":
        tensors.append(("position_embd.weight", (WIDTH, CONTEXT), _noise(source, WIDTH * CONTEXT, 0.1)))
    if architecture == "llama":
        factors = array.array("f", (1.0 + 0.5 * i for i in range(HEAD // 2)))
        tensors.append(("rope_freqs.weight", (HEAD // 2,), factors))
    if architecture == "phi3":
        for step, name in ((0.5, "short"), (2.0, "long")):
            factors = array.array("f", (1.0 + step * i for i in range(HEAD * 3 // 8)))
            tensors.append((f"rope_factors_{name}.weight", (len(factors),), factors))
    for layer in range(layers):
        tensors += _block_of(source, form, layer)
    tensors += _random_norm(source, "output_norm", WIDTH, form.norm_bias)
    if architecture in ("qwen2", "olmo2"):
        tensors += _random_linear(source, "output", (WIDTH, len(tokens)), architecture == "qwen2")
    return write_gguf(path, _header_of(architecture, tokens, layers), tensors)


def _bert_block(source, layer):
    shapes = {
        "attn_q": (WIDTH, WIDTH),
        "attn_k": (WIDTH, WIDTH),
        "attn_v": (WIDTH, WIDTH),
        "attn_output": (WIDTH, WIDTH),
        "ffn_up": (WIDTH, INNER),
        "ffn_down": (INNER, WIDTH),
    }
    tensors = []
    for norm in ("attn_output_norm", "layer_output_norm"):
        tensors += _norm(f"blk.{layer}.{norm}")
    for name, shape in shapes.items():
        values = _noise(source, shape[0] * shape[1], 0.15)
        tensors.append((f"blk.{layer}.{name}.weight", shape, values))
        tensors.append((f"blk.{layer}.{name}.bias", (shape[1],), array.array("f", [0.0] * shape[1])))
    return tensors


def _norm(name):
    return [
        (name + ".weight", (WIDTH,), array.array("f", [1.0] * WIDTH)),
        (name + ".bias", (WIDTH,), array.array("f", [0.0] * WIDTH)),
    ]


def write_embedder(path, seed=7, pooling=1, context=32):
    """An encoder of BERT's kind with random weights; `pooling` is llama.cpp's number, or None."""
    source = random.Random(seed)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokens = special + ["\u2581" + word.lower() for word in WORDS]
    metadata = [
        ("general.architecture", TEXT, "bert"),
        ("general.name", TEXT, "Tiny encoder"),
        ("bert.context_length", U32, context),
        ("bert.embedding_length", U32, WIDTH),
        ("bert.block_count", U32, LAYERS),
        ("bert.feed_forward_length", U32, INNER),
        ("bert.attention.head_count", U32, HEADS),
        ("bert.attention.layer_norm_epsilon", F32, 1e-12),
        ("bert.attention.causal", BOOL, False),
        ("tokenizer.ggml.model", TEXT, "bert"),
        ("tokenizer.ggml.pre", TEXT, "default"),
        ("tokenizer.ggml.token_type_count", U32, 2),
        ("tokenizer.ggml.tokens", LIST, (TEXT, tokens)),
        ("tokenizer.ggml.token_type", LIST, (I32, [3] * len(special) + [1] * len(WORDS))),
        ("tokenizer.ggml.padding_token_id", U32, 0),
        ("tokenizer.ggml.unknown_token_id", U32, 1),
        ("tokenizer.ggml.cls_token_id", U32, 2),
        ("tokenizer.ggml.bos_token_id", U32, 2),
        ("tokenizer.ggml.seperator_token_id", U32, 3),
        ("tokenizer.ggml.mask_token_id", U32, 4),
    ]
    if pooling is not None:
        metadata.append(("bert.pooling_type", U32, pooling))
    tensors = [
        ("token_embd.weight", (WIDTH, len(tokens)), _noise(source, WIDTH * len(tokens), 1.0)),
        ("token_types.weight", (WIDTH, 2), _noise(source, WIDTH * 2, 0.1)),
        ("position_embd.weight", (WIDTH, context), _noise(source, WIDTH * context, 0.1)),
    ]
    tensors += _norm("token_embd_norm")
    for layer in range(LAYERS):
        tensors += _bert_block(source, layer)
    return write_gguf(path, metadata, tensors)


def write_lora(path, architecture="llama", width=WIDTH, rank=2, seed=3, shapes=None, more=()):
    """A LoRA of the first layer's output projection, or of tensors with these shapes by name; `more`
    is metadata."""
    source = random.Random(seed)
    metadata = [
        ("general.architecture", TEXT, architecture),
        ("general.type", TEXT, "adapter"),
        ("adapter.type", TEXT, "lora"),
        ("adapter.lora.alpha", F32, float(rank)),
        *more,
    ]
    name = "blk.0.attn_output.weight"
    shapes = shapes or {name + ".lora_a": (width, rank), name + ".lora_b": (rank, width)}
    tensors = []
    for name, shape in shapes.items():
        tensors.append((name, shape, _noise(source, math.prod(shape), 0.3)))
    return write_gguf(path, metadata, tensors)


def write_vector(path, width=WIDTH, layers=(1,), scale=1.0, seed=5, hint="llama"):
    """A control vector with directions for these layers (from 1, as llama.cpp counts)."""
    source = random.Random(seed)
    metadata = [
        ("general.architecture", TEXT, "controlvector"),
        ("controlvector.model_hint", TEXT, hint),
        ("controlvector.layer_count", I32, len(layers)),
    ]
    tensors = [(f"direction.{i}", (width,), _noise(source, width, scale)) for i in layers]
    return write_gguf(path, metadata, tensors)


def write_affine(path, node="l_out", width=WIDTH, layers=(1,), form="dense", notes=(), seed=6):
    """An otherwise.affine file of one form: shift, diagonal, low rank (rank 2) or dense."""
    source = random.Random(seed)
    metadata = [
        ("general.architecture", TEXT, "otherwise.affine"),
        ("otherwise.affine.version", U32, 1),
        ("otherwise.affine.node", TEXT, node),
        *(("otherwise.fit." + key, TEXT, value) for key, value in notes),
    ]
    shapes = {
        "shift": {},
        "diagonal": {"diagonal": (width,)},
        "low rank": {"down": (width, 2), "up": (2, width)},
        "dense": {"weight": (width, width)},
    }[form]
    tensors = []
    for layer in layers:
        tensors.append((f"blk.{layer}.bias", (width,), _noise(source, width, 0.5)))
        for part, shape in shapes.items():
            values = _noise(source, shape[0] * (shape[1] if len(shape) > 1 else 1), 0.3)
            tensors.append((f"blk.{layer}.{part}", shape, values))
    return write_gguf(path, metadata, tensors)


def write_heads(path, heads=HEADS, width=WIDTH // HEADS, layers=(1,), seed=7):
    """An otherwise.heads file."""
    source = random.Random(seed)
    metadata = [
        ("general.architecture", TEXT, "otherwise.heads"),
        ("otherwise.heads.version", U32, 1),
        ("otherwise.heads.count", U32, heads),
        ("otherwise.heads.width", U32, width),
    ]
    tensors = [
        (f"blk.{i}.shift", (width, heads), _noise(source, heads * width, 1.0)) for i in layers
    ]
    return write_gguf(path, metadata, tensors)


if __name__ == "__main__":  # tiny.py ARCHITECTURE FILE, for the tests in C++
    write_architecture(sys.argv[2], sys.argv[1])

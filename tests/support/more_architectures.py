"""Tiny random models of more architectures than tests fit and edit (tiny.py): those that llama.cpp makes
of the same parts, and mamba, which is recurrent.
"""

import array
import random

import tiny
from tiny import F32, HEAD, HEADS, LENGTHS, U32, WIDTH, Form

CLASSIC = {"keys": HEADS, "norm": "attention.layer_norm_epsilon", "norm_bias": True}
ROPE = (("rope.dimension_count", U32, HEAD),)
SWA = (("attention.sliding_window", U32, 4),)
FORMS = {
    "internlm2": Form(header=ROPE),
    "xverse": Form(header=ROPE),
    "exaone": Form(header=ROPE),
    "baichuan": Form(keys=HEADS, header=ROPE),
    "smollm3": Form(header=ROPE),
    "ernie4_5": Form(header=ROPE),
    "arcee": Form(gate="none", header=ROPE),
    "gemma": Form(header=LENGTHS),
    "gemma2": Form(post_norms=True, header=(*LENGTHS, *SWA, ("attn_logit_softcapping", F32, 50.0))),
    "hunyuan-dense": Form(head_norms="each", header=LENGTHS),
    "granite": Form(header=(*ROPE, ("logit_scale", F32, 2.0), ("residual_scale", F32, 0.5))),
    "minicpm": Form(header=(*ROPE, ("logit_scale", F32, 0.5))),
    "orion": Form(**(CLASSIC | {"keys": 1}), header=ROPE),
    "stablelm": Form(**CLASSIC, qkv_bias=True, header=ROPE),
    "nemotron": Form(**(CLASSIC | {"keys": 1}), bias=True, qkv_bias=True, gate="none", header=ROPE),
    "starcoder2": Form(**(CLASSIC | {"keys": 1}), bias=True, qkv_bias=True, gate="none", header=ROPE),
    "gptneox": Form(**CLASSIC, bias=True, fused=True, qkv_bias=True, gate="none",
                    header=(*ROPE, ("use_parallel_residual", tiny.BOOL, True))),  # fmt: skip
    "bloom": Form(**CLASSIC, bias=True, fused=True, qkv_bias=True, gate="none"),
}
TIED = {"gemma", "gemma2"}  # no output matrix of their own
RECURRENT = ("mamba",)


def write(path, architecture, seed=11, layers=4):
    """Like tiny.write_architecture."""
    if architecture in RECURRENT:
        return write_mamba(path, seed, layers)
    source = random.Random(seed)
    form, (tokens, _) = FORMS[architecture], tiny.vocabulary()
    tensors = [("token_embd.weight", (WIDTH, len(tokens)), tiny._noise(source, WIDTH * len(tokens), 0.5))]
    if architecture == "bloom":
        tensors += tiny._random_norm(source, "token_embd_norm", WIDTH, True)
    for layer in range(layers):
        tensors += tiny._block_of(source, form, layer)
    tensors += tiny._random_norm(source, "output_norm", WIDTH, form.norm_bias)
    if architecture not in TIED:
        tensors += tiny._random_linear(source, "output", (WIDTH, len(tokens)))
    return tiny.write_gguf(path, tiny.header_of(architecture, form, tokens, layers), tensors)


def write_mamba(path, seed, layers, inner=2 * WIDTH, state=8, rank=4, kernel=4):
    source = random.Random(seed)
    tokens, _ = tiny.vocabulary()
    sizes = (("ssm.conv_kernel", U32, kernel), ("ssm.inner_size", U32, inner), ("ssm.state_size", U32, state),
             ("ssm.time_step_rank", U32, rank))  # fmt: skip
    tensors = [("token_embd.weight", (WIDTH, len(tokens)), tiny._noise(source, WIDTH * len(tokens), 0.5))]
    for layer in range(layers):
        name = f"blk.{layer}."
        tensors += tiny._random_norm(source, name + "attn_norm", WIDTH)
        tensors += tiny._random_linear(source, name + "ssm_in", (WIDTH, 2 * inner))
        tensors += tiny._random_linear(source, name + "ssm_conv1d", (kernel, inner), True)
        tensors += tiny._random_linear(source, name + "ssm_x", (inner, rank + 2 * state))
        tensors += tiny._random_linear(source, name + "ssm_dt", (rank, inner), True)
        decay = array.array("f", (-1.0 - i for _ in range(inner) for i in range(state)))
        tensors.append((name + "ssm_a", (state, inner), decay))
        tensors.append((name + "ssm_d", (inner,), array.array("f", [1.0] * inner)))
        tensors += tiny._random_linear(source, name + "ssm_out", (inner, WIDTH))
    tensors += tiny._random_norm(source, "output_norm", WIDTH)
    header = tiny.header_of("mamba", Form(header=sizes), tokens, layers)
    return tiny.write_gguf(path, header, tensors)

"""Pairs of strings a second in float32 PyTorch: otherwise.torch beside the paper's algorithm in its own form, on one model.

    PYTHONPATH=build/release/python ~/.cache/otherwise/torch/bin/python3 benchmarks/torch_pairs.py [--prompts 32]

Both write strings of 25 tokens that the factual world samples, and what another world (a direction added after block 10)
writes under the same noise. The paper's form (python/tests/torch/paper.py) takes one string at a time, as its code
does: sampling, one pass for hindsight, writing again, with a cache. Ours runs without the null world and laws, which the
paper's has not. Times are the processor's wall clock; the first strings of both warm up.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import torch
import transformers

import otherwise as ow

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "python" / "tests" / "torch"))

import paper  # noqa: E402

TEXTS = (ROOT / "examples" / "paris.txt").read_text(encoding="utf-8").splitlines()


class Moved:
    """The direction, while a string is read."""

    def __init__(self, model, scale=0.5):
        self.block = model.model.layers[10]
        self.vector = scale * torch.randn(model.config.hidden_size, generator=torch.Generator().manual_seed(1))

    def __enter__(self):
        self.handle = self.block.register_forward_hook(
            lambda _, __, out: (out[0] + self.vector, *out[1:]) if isinstance(out, tuple) else out + self.vector)

    def __exit__(self, *_):
        self.handle.remove()


class Within(torch.nn.Module):
    """The model within a context manager, for the paper's loop."""

    def __init__(self, model, within):
        super().__init__()
        self.model, self.within = model, within

    def forward(self, input_ids, use_cache=False, past_key_values=None):
        with self.within:
            held = {} if past_key_values is None else {paper.cache_name(self.model): past_key_values}
            out = self.model(input_ids=input_ids, use_cache=use_cache, **held)
        out.past_key_values = getattr(out, paper.cache_name(self.model))
        return out


def theirs(model, tokenizer, prompts, tokens):
    other, generator = Within(model, Moved(model)), torch.Generator().manual_seed(1)
    lengths = []
    for prompt in prompts:
        ids = torch.tensor([tokenizer(prompt)["input_ids"]])
        strings = paper.counterfactual(model, other, ids, tokens, generator)
        lengths.append(int(paper.common_prefix(*strings)))
    return lengths


def ours(model, tokenizer, prompts, tokens):
    records = [{"id": str(i), "prompt": prompt} for i, prompt in enumerate(prompts)]
    results = ow.torch.run(model, {"moved": lambda: Moved(model)}, tokenizer, records, tokens=tokens, law=False,
                           null=False, parallel=len(prompts))
    return [pair["lcp"] for pair in results.pairs]


def timed(of, *arguments):
    started = time.perf_counter()
    lengths = of(*arguments)
    return len(lengths) / (time.perf_counter() - started), sum(lengths) / len(lengths)


def main():
    parser = argparse.ArgumentParser()
    cache = os.environ.get("OTHERWISE_CACHE_DIR", str(Path.home() / ".cache" / "otherwise"))
    parser.add_argument("--model", default=f"{cache}/derived/SmolLM2-135M-Instruct.F32.gguf")
    parser.add_argument("--prompts", type=int, default=32)
    parser.add_argument("--paper-prompts", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=25)
    options = parser.parse_args()
    folder, file = os.path.split(options.model)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, gguf_file=file)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
    prompts = (TEXTS * (options.prompts // len(TEXTS) + 1))[:options.prompts]
    theirs(model, tokenizer, prompts[:1], 2)
    ours(model, tokenizer, prompts[:2], 2)
    slow, their_prefix = timed(theirs, model, tokenizer, prompts[:options.paper_prompts], options.tokens)
    fast, our_prefix = timed(ours, model, tokenizer, prompts, options.tokens)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {options.prompts} prompts")
    print(f"paper's algorithm  {slow:6.2f} pairs/s, mean common prefix {their_prefix:.1f} tokens")
    print(f"otherwise.torch    {fast:6.2f} pairs/s, mean common prefix {our_prefix:.1f} tokens, {fast / slow:.1f} times")


if __name__ == "__main__":
    main()

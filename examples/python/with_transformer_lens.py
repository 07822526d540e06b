"""Hooks of TransformerLens: a context manager of its `hooks` is a world.

    python examples/python/with_transformer_lens.py MODEL "The Louvre is in" …
"""

import sys
from typing import Any

import torch
import transformers
from transformer_lens.model_bridge import TransformerBridge

import otherwise as ow


def bridge_of(model: Any, tokenizer: Any) -> Any:
    """TransformerLens's model around one of transformers."""
    return TransformerBridge.boot_transformers("", hf_model=model, tokenizer=tokenizer, device="cpu")


def added(vector: torch.Tensor) -> list[Any]:
    """Hooks that add a vector to the residual stream after the first block."""
    return [("blocks.0.hook_out", lambda state, hook: state + vector)]


def run(bridge: Any, tokenizer: Any, prompts: list[str], vector: torch.Tensor, **settings: Any) -> Any:
    """Nothing added is the same world. Hooks see every row that is read, so they act on all positions."""
    worlds = {"steered": lambda: bridge.hooks(fwd_hooks=added(vector)),
              "same": lambda: bridge.hooks(fwd_hooks=added(0 * vector))}
    return ow.torch.run(bridge.original_model, worlds, tokenizer, prompts, **settings)


def coupled(bridge: Any, tokenizer: Any, prompt: str, vector: torch.Tensor, **settings: Any) -> tuple[Any, Any]:
    """The same by TransformerLens's own `hf_generate`: tokens without and with the hooks.

    Without its cache, which gives other logits than reading from the start (TransformerLens 4.3 on transformers 5.24);
    `run` finds that out by itself, and says so.
    """
    ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
    sampler = ow.torch.Sampler(["a"], prompt_length=ids, **settings)
    write = {"logits_processor": [sampler], "do_sample": False, "max_new_tokens": 12, "return_type": "tokens",
             "use_past_kv_cache": False, "use_cache": False}
    plain = bridge.hf_generate(ids, **write)
    with bridge.hooks(fwd_hooks=added(vector)):
        return plain, bridge.hf_generate(ids, **write)


if __name__ == "__main__":
    network = transformers.AutoModelForCausalLM.from_pretrained(sys.argv[1]).eval()
    words = transformers.AutoTokenizer.from_pretrained(sys.argv[1])
    direction = torch.randn(network.config.hidden_size)
    print(run(bridge_of(network, words), words, sys.argv[2:], direction, samples=4).summary)

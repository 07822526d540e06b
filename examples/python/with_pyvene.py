"""Interventions of pyvene: which of the tokens that a model writes do they touch?

    python examples/python/with_pyvene.py MODEL "The Louvre is in" …
"""

import sys
from typing import Any

import pyvene
import torch
import transformers

import otherwise as ow


def intervened(model: Any, vector: torch.Tensor) -> Any:
    """pyvene's model: the vector is added to what the first block's MLP gives, at every token."""
    return pyvene.IntervenableModel(
        {"component": "model.layers[0].mlp.output", "intervention": lambda base, source: base + vector}, model=model)


def logits_of(intervenable: Any) -> Any:
    """Token ids -> logits."""
    return lambda ids: intervenable({"input_ids": ids}, use_cache=False)[1].logits


def run(model: Any, tokenizer: Any, prompts: list[str], vector: torch.Tensor, **settings: Any) -> Any:
    """The factual world is the model itself; nothing added is the same world."""
    worlds = {"moved": logits_of(intervened(model, vector)), "same": logits_of(intervened(model, 0 * vector))}
    return ow.torch.run(model, worlds, tokenizer, prompts, **settings)


def coupled(model: Any, tokenizer: Any, prompt: str, vector: torch.Tensor, **settings: Any) -> tuple[Any, Any]:
    """The same by pyvene's own `generate`: tokens without and with the vector at every step."""
    inputs = tokenizer(prompt, return_tensors="pt")
    sampler = ow.torch.Sampler(["a"], prompt_length=inputs, **settings)
    write = {"logits_processor": [sampler], "do_sample": False, "max_new_tokens": 12}
    _, moved = intervened(model, vector).generate(dict(inputs), intervene_on_prompt=True, **write)
    return model.generate(**inputs, **write), moved


if __name__ == "__main__":
    network = transformers.AutoModelForCausalLM.from_pretrained(sys.argv[1]).eval()
    direction = torch.randn(network.config.hidden_size)
    words = transformers.AutoTokenizer.from_pretrained(sys.argv[1])
    print(run(network, words, sys.argv[2:], direction, samples=4).summary)

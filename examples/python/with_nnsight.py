"""A direction added within nnsight's trace: where does it turn a string, with the luck held fixed?

    python examples/python/with_nnsight.py MODEL "The Louvre is in" …
"""

import sys
from typing import Any

import nnsight
import torch
import transformers

import otherwise as ow


def traced(wrapped: Any, block: Any, vector: torch.Tensor) -> Any:
    """Token ids -> logits, with the vector added to what the block gives."""

    def logits(ids: torch.Tensor) -> Any:
        with wrapped.trace({"input_ids": ids, "use_cache": False}):
            block.output[:] = block.output + vector
            found = wrapped.output.logits.save()
        return found

    return logits


def run(model: Any, tokenizer: Any, prompts: list[str], vector: torch.Tensor, **settings: Any) -> Any:
    """The factual world is the model itself; nothing added is the same world."""
    wrapped = nnsight.TransformersModel(model, tokenizer=tokenizer, task="text-generation")
    block = wrapped.model.layers[0]
    worlds = {"steered": traced(wrapped, block, vector), "same": traced(wrapped, block, 0 * vector)}
    return ow.torch.run(model, worlds, tokenizer, prompts, **settings)


def coupled(model: Any, tokenizer: Any, prompt: str, vector: torch.Tensor, **settings: Any) -> tuple[Any, Any]:
    """The same by nnsight's own `generate`: tokens without and with the vector at every step."""
    wrapped = nnsight.TransformersModel(model, tokenizer=tokenizer, task="text-generation")
    inputs = tokenizer(prompt, return_tensors="pt")
    sampler = ow.torch.Sampler(["a"], prompt_length=inputs, **settings)
    write = {"logits_processor": [sampler], "do_sample": False, "max_new_tokens": 12}
    with wrapped.generate(dict(inputs), **write) as tracer:
        plain = tracer.result.save()
    with wrapped.generate(**write) as tracer:
        with tracer.invoke(dict(inputs)):
            for _ in tracer.iter[:]:
                wrapped.model.layers[0].output[:] = wrapped.model.layers[0].output + vector
        with tracer.invoke():
            steered = tracer.result.save()
    return plain, steered


if __name__ == "__main__":
    network = transformers.AutoModelForCausalLM.from_pretrained(sys.argv[1]).eval()
    direction = torch.randn(network.config.hidden_size)
    words = transformers.AutoTokenizer.from_pretrained(sys.argv[1])
    print(run(network, words, sys.argv[2:], direction, samples=4).summary)

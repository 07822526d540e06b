"""A LoRA adapter beside the model without it: which tokens does the adapter change, with the luck held fixed?

    python examples/python/with_peft.py MODEL ADAPTER "The Louvre is in" …
"""

import sys
from typing import Any

import peft
import transformers

import otherwise as ow


def worlds(tuned: Any) -> dict[str, Any]:
    """The adapter, and the model without it once more, which changes nothing."""
    return {"adapter": ow.torch.World("adapter", tuned), "same": tuned.disable_adapter}


def run(tuned: Any, tokenizer: Any, prompts: list[str], **settings: Any) -> Any:
    """One model object is both worlds: the factual one is within `disable_adapter`."""
    factual = ow.torch.World("factual", tuned, within=tuned.disable_adapter)
    return ow.torch.run(factual, worlds(tuned), tokenizer, prompts, **settings)


def coupled(tuned: Any, tokenizer: Any, prompts: list[str], ids: list[str], **settings: Any) -> tuple[Any, Any]:
    """The same by PEFT's own `generate`: tokens with and without the adapter."""
    inputs = tokenizer(prompts, return_tensors="pt", padding=True)
    sampler = ow.torch.Sampler(ids, prompt_length=inputs, **settings)
    write = {**inputs, "logits_processor": [sampler], "do_sample": False, "max_new_tokens": 12}
    with tuned.disable_adapter():
        plain = tuned.generate(**write)
    return plain, tuned.generate(**write)


if __name__ == "__main__":
    base = transformers.AutoModelForCausalLM.from_pretrained(sys.argv[1])
    model = peft.PeftModel.from_pretrained(base, sys.argv[2]).eval()
    print(run(model, transformers.AutoTokenizer.from_pretrained(sys.argv[1]), sys.argv[3:], samples=4).summary)

"""Hindsight, counterfactuals and laws for any causal language model in PyTorch.

A world is a `transformers` model, a callable that returns a context manager (hooks, an adapter switched off),
or a callable from token ids to logits; `run` and `law` give the very objects that worlds of model files give.
`generate` writes coupled strings by transformers' own loop, as `Sampler` does in anyone's.
"""

from otherwise.torch._need import torch, transformers
from otherwise.torch.generation import Sampler, decoding, generate
from otherwise.torch.laws import law
from otherwise.torch.races import race
from otherwise.torch.runs import run
from otherwise.torch.worlds import World

__all__ = ["Sampler", "World", "decoding", "generate", "law", "race", "run"]

del torch, transformers

"""Gumbel counterfactuals in the paper's own form (arXiv 2411.07180, section 4), written anew: Gumbel noise in float64,
drawn by PyTorch's generator and stored; hindsight by truncated Gumbels; a string written again token by token.

Shapes: strings of a batch are rows; everything of one position is [rows, n_vocab].
"""

import inspect

import torch


def gumbel(shape, generator):
    """Standard Gumbel noise: -log of an exponential."""
    return -torch.empty(shape, dtype=torch.float64).exponential_(generator=generator).log()


def cache_name(model):
    """transformers' argument, by its version."""
    return "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"


class Reader:
    """A model with a cache, behind a prompt: logits of the next token."""

    def __init__(self, model, prompts):
        self.model, self.cache, self.next = model, None, prompts
        self.name = cache_name(model)

    def logits(self):
        with torch.no_grad():
            out = self.model(input_ids=self.next, use_cache=True,
                             **{} if self.cache is None else {self.name: self.cache})
        self.cache = getattr(out, self.name)
        return out.logits[:, -1].double()

    def write(self, tokens):
        self.next = tokens[:, None]


def write(model, prompts, noises):
    """argmax of logits + noise, position by position: tokens [rows, positions]."""
    reader, tokens = Reader(model, prompts), []
    for noise in noises:
        tokens.append((reader.logits() + noise).argmax(dim=1))
        reader.write(tokens[-1])
    return torch.stack(tokens, dim=1)


def sample(model, prompts, length, generator):
    """Factual strings."""
    reader, tokens = Reader(model, prompts), []
    for _ in range(length):
        logits = reader.logits()
        tokens.append((logits + gumbel(logits.shape, generator)).argmax(dim=1))
        reader.write(tokens[-1])
    return torch.stack(tokens, dim=1)


def hindsight(model, prompts, tokens, generator):
    """The noise of each position given the tokens: the maximum is Gumbel at the normaliser, whatever won; the others
    are Gumbels at their logits, cut off at the maximum."""
    with torch.no_grad():
        logits = model(input_ids=torch.cat([prompts, tokens], dim=1)).logits.double()
    noises = []
    for t in range(tokens.shape[1]):
        here = logits[:, prompts.shape[1] - 1 + t]
        top = gumbel((len(here), 1), generator) + torch.logsumexp(here, dim=1, keepdim=True)
        free = gumbel(here.shape, generator) + here
        cut = -torch.logaddexp(-top, -free)
        cut.scatter_(1, tokens[:, t:t + 1], top)
        noises.append(cut - here)
    return noises


def counterfactual(factual, other, prompts, length, generator):
    """Factual strings, and what the other model writes under their noise: two times [rows, length]."""
    tokens = sample(factual, prompts, length, generator)
    return tokens, write(other, prompts, hindsight(factual, prompts, tokens, generator))


def common_prefix(a, b):
    """[rows]: tokens in common at the start."""
    return (a == b).long().cumprod(dim=1).sum(dim=1)

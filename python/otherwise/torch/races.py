"""The race at many places at once: on the CPU by the library, or among what can win on the logits' own device.

A clock E is at least v_lo, the uniform of its upper 32 bits, and at most -log1p(-(v_lo + 2^-32)). So each token's score
l - log E lies between two bounds, and a token whose upper bound is below the second-best lower bound can be neither
winner nor runner-up (the bound of otherwise/noise/race.h). What is left, about three tokens of a vocabulary, goes to
the CPU, where the library runs the race in its own arithmetic: winners, runners-up and margins are the same.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from otherwise import _otherwise
from otherwise.errors import misuse
from otherwise.noise import Finish, Noise, _Finishes
from otherwise.torch._need import torch
from otherwise.torch.philox import upper_halves
from otherwise.torch.sampling import Sampling

__all__ = ["race"]

_PAYS_FROM = 1 << 14  # tokens, of logits that are not on the CPU
_SLACK = 1e-3  # nats: far above the rounding of single precision, far below the bounds' distance
_MOST_KEPT = 1024  # of a top-k that is copied whole


def race(logits: Any, noise: Noise, sampling: Sampling | None = None, on_device: bool | None = None) -> Finish:
    """Who wins at each place of `noise` (`Field.at`) by logits [places, n_vocab], a tensor on any device.

    `on_device` races among what can win there; None does so for large vocabularies that are not on the CPU.
    """
    chosen = sampling if sampling is not None else Sampling()
    if noise._seen is not None:
        raise misuse("the noise of a field, by Field.at(…)", "noise with its hindsight", "race it by otherwise.race")
    if logits.dim() != 2 or noise.shape != (logits.shape[0],):
        raise misuse(f"a row of logits for each of the places {noise.shape}", f"{tuple(logits.shape)}")
    device = logits.device.type != "cpu" and logits.shape[1] >= _PAYS_FROM if on_device is None else on_device
    if device and _can_reduce(chosen):
        rows = _reduced(logits.float(), noise, chosen)
    else:
        rows = logits.to(device="cpu", dtype=torch.float32).numpy()
    finishes = _Finishes(noise.shape)
    _otherwise.race_under(np.ascontiguousarray(rows), noise._places, chosen.temperature, chosen.top_k, chosen.top_p,
                          chosen.min_p, finishes.out)
    return finishes.finish()


def _can_reduce(sampling: Sampling) -> bool:
    """top-p needs the sum over all tokens; of a large top-k too many would be copied."""
    return sampling.top_p >= 1.0 and sampling.top_k <= _MOST_KEPT


def _reduced(logits: Any, noise: Noise, sampling: Sampling) -> npt.NDArray[np.float32]:
    """Rows on the CPU in which -inf stands for what can be neither winner nor runner-up."""
    keep = _candidates(logits, noise, sampling)
    rows, tokens = keep.nonzero(as_tuple=True)
    values = logits[rows, tokens].cpu().numpy()
    out = np.full(tuple(logits.shape), -np.inf, np.float32)
    out[rows.cpu().numpy(), tokens.cpu().numpy()] = values
    return out


def _candidates(logits: Any, noise: Noise, sampling: Sampling) -> Any:
    """[places, n_vocab] of truth values."""
    finite = torch.isfinite(logits)
    best = logits.max(dim=1, keepdim=True).values
    second = logits.topk(min(2, logits.shape[1]), dim=1).values[:, -1:]
    if sampling.temperature <= 0.0:
        return finite & (logits >= second)
    if sampling.top_k > 0:  # whole, as ties at its border are the library's business
        kept = logits.topk(min(sampling.top_k, logits.shape[1]), dim=1).values[:, -1:]
        return finite & (logits >= kept)
    low, high = _bounds(logits / sampling.temperature, noise)
    if sampling.min_p > 0.0:  # what it may rule out proves nothing
        near = logits >= best + float(np.log(sampling.min_p)) + _SLACK
        low = low.masked_fill(~near, -torch.inf)
    reached = low.topk(min(2, low.shape[1]), dim=1).values[:, -1:]
    return finite & ((high >= reached - _SLACK) | (logits >= best))


def _bounds(logits: Any, noise: Noise) -> tuple[Any, Any]:
    """The least and the greatest score of each token, from the upper halves of their clocks."""
    keys = np.empty((logits.shape[0], 4), np.uint32)
    _otherwise.place_keys(noise._places, keys)
    upper = upper_halves(torch.from_numpy(keys.astype(np.int64)).to(logits.device), logits.shape[1])
    lowest = upper.to(torch.float64 if logits.device.type != "mps" else torch.float32) * 2.0**-32
    slowest = -torch.log1p(-(lowest + 2.0**-32).clamp(max=1.0))
    return (logits - torch.log(slowest)).float(), (logits - torch.log(lowest)).float()

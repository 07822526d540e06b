"""What a network can do, found by a few calls before a run: whether it is causal, whether its cache holds, and by how
much its logits differ between calls of different shapes."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from otherwise.errors import Error
from otherwise.torch._need import torch
from otherwise.torch.network import Network
from otherwise.torch.streams import Ints, Streams
from otherwise.torch.whole import WholeStreams

_ROWS = 10
_AHEAD = 3


@dataclass
class Abilities:
    """Of a network."""

    n_vocab: int
    first: Any  #: [rows, n_vocab]: logits of the rows that all networks read
    cached: bool = False  #: a cache that can be cut gives the logits of reading from the start
    ragged: bool = False  #: also of streams of different lengths together
    worst: float = 0.0  #: largest difference of a logit between calls of different shapes, nats
    notes: list[str] = field(default_factory=list)


def probe(network: Network, prompt: list[int]) -> Abilities:
    """Reads some tokens of a prompt in calls of several shapes."""
    text = (prompt * (_ROWS // len(prompt) + 1))[:_ROWS]
    ids = torch.tensor([text], device=network.device)
    whole = network.whole(ids)[0].float().cpu()
    if not bool(torch.isfinite(whole).any(dim=-1).all()) or bool(torch.isnan(whole).any()):
        raise Error(f"expected finite logits from world '{network.name}', got NaN or none that is finite")
    found = Abilities(int(whole.shape[-1]), whole)
    near = _tolerance(network, whole)
    ahead = _difference(network.whole(ids[:, :-_AHEAD])[0], whole[:-_AHEAD])
    if ahead > near:
        raise Error(f"expected logits of world '{network.name}' that depend on no later token, got ones that move by "
                    f"{ahead:.2g} when {_AHEAD} more are read; hooks act on every row, not on the last of a call")
    found.worst = ahead
    _probe_cache(network, text, whole, near, found)
    return found


def _probe_cache(network: Network, text: list[int], whole: Any, near: float, found: Abilities) -> None:
    if not network.cache_name:
        found.notes.append(f"world '{network.name}' has no cache: each call reads its strings from their start")
        return
    for ragged in (False, True):
        if ragged and not (found.cached and network.takes_positions):
            return
        try:
            worst = _cached_difference(network, text, whole, ragged)
        except Exception as error:  # whatever a model of anyone's makes of a cache
            worst = float("inf")
            reason = f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"
        else:
            reason = f"its logits differ by {worst:.2g}"
        if worst <= near:
            found.cached, found.ragged = True, ragged
            found.worst = max(found.worst, worst)
        elif not ragged:
            found.notes.append(f"world '{network.name}' has no cache that can be cut ({reason}): "
                               "each call reads its strings from their start")


def _cached_difference(network: Network, text: list[int], whole: Any, ragged: bool) -> float:
    """Reads on behind a cut, one of the streams shorter where `ragged`."""
    streams = Streams(network, 2, ragged)
    lengths = [4, 2] if ragged else [4, 4]
    every = np.array([text[:6], text[1:7]], np.int32)
    streams.decode(0, every, np.zeros(2, np.int32), np.ones_like(every))
    streams.trim(0, lengths[0])
    streams.copy(0, 1)
    streams.trim(1, lengths[1])
    worst = 0.0
    for _ in range(3):
        step: Ints = np.array([[text[length]] for length in lengths], np.int32)
        logits = streams.decode(0, step, np.array(lengths, np.int32), np.ones_like(step))
        for row, length in zip(logits, lengths, strict=True):
            worst = max(worst, _difference(torch.from_numpy(row), whole[length]))
        lengths = [length + 1 for length in lengths]
    return worst


def _difference(logits: Any, other: Any) -> float:
    a, b = logits.float().cpu(), other.float().cpu()
    finite = torch.isfinite(a) & torch.isfinite(b)
    return float((a - b)[finite].abs().max()) if bool(finite.any()) else 0.0


def _tolerance(network: Network, logits: Any) -> float:
    """What rounding may do: far below any effect, far above its usual size."""
    relative = 1e-3 if network.dtype in (torch.float32, torch.float64) else 5e-2
    return relative * max(1.0, float(logits[torch.isfinite(logits)].abs().max()))


def same_bits(a: Abilities, b: Abilities) -> bool:
    """Whether two networks gave the same logits to the same rows in the same shape."""
    return a.first.shape == b.first.shape and bool(torch.equal(a.first, b.first))


def reader_of(network: Network, abilities: Abilities, n_streams: int, exact_length: int) -> Any:
    """Streams of the kind that the network allows; of one shape where `exact_length` is its length."""
    if exact_length:
        return WholeStreams(network, n_streams, exact_length)
    if abilities.cached:
        return Streams(network, n_streams, abilities.ragged)
    return WholeStreams(network, n_streams)

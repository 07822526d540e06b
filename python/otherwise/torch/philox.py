"""Philox4x32-10 (Salmon et al., SC'11) on tensors: the upper halves of clocks (otherwise/noise/field.h), on any device.

Words are held in int64, whose products wrap modulo 2^64, so that their halves are those of unsigned ones.
"""

from typing import Any

from otherwise.torch._need import torch

_MASK = 0xFFFFFFFF
_M0, _M1 = 0xD2511F53, 0xCD9E8D57
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_ROUNDS = 10
_UPPER_LANE = 0


def philox(counter: list[Any], key: list[Any]) -> list[Any]:
    """Four words of each block, from counters and keys of words that broadcast."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(_ROUNDS):
        first, second = c0 * _M0, c2 * _M1
        c0, c1, c2, c3 = (((second >> 32) & _MASK) ^ c1 ^ k0, second & _MASK,
                          ((first >> 32) & _MASK) ^ c3 ^ k1, first & _MASK)
        k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    return [c0, c1, c2, c3]


def upper_halves(keys: Any, n_vocab: int) -> Any:
    """[places, 4] keys and counter tails -> [places, n_vocab] upper 32 bits of each token's clock."""
    blocks = torch.arange((n_vocab + 3) // 4, dtype=torch.int64, device=keys.device)[None, :]
    lane = torch.full_like(blocks, _UPPER_LANE)
    key0, key1, tail0, tail1 = (keys[:, i:i + 1] for i in range(4))
    shape = (keys.shape[0], blocks.shape[1])
    words = philox([blocks.expand(shape), lane.expand(shape), tail0.expand(shape), tail1.expand(shape)], [key0, key1])
    return torch.stack(words, dim=-1).reshape(shape[0], -1)[:, :n_vocab]

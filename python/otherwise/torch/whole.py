"""Streams of a network without a cache that can be cut: each call reads every stream again from its start.

In one fixed shape, [1, `length`], every row is evaluated in the same place of the same shape whoever asks, so that
its logits are the same bits on a CPU: the floor is 0.
"""

from typing import Any

import numpy as np

from otherwise.errors import Error
from otherwise.torch._need import torch
from otherwise.torch.network import Network
from otherwise.torch.streams import Ints, rows_wanted


class WholeStreams:
    """`length` cells in every call of one stream, or 0: all streams of a call at once, as long as they are."""

    def __init__(self, network: Network, n_streams: int, length: int = 0) -> None:
        self.network = network
        self.length = length
        self._tokens: list[list[int]] = [[] for _ in range(n_streams)]

    def decode(self, first: int, tokens: Ints, positions: Ints, wanted: Ints) -> Any:
        """As Streams.decode. Padding stands behind the rows, where nothing looks back at it."""
        rows = tokens.shape[1]
        texts = [self._tokens[first + i][:int(position)] + tokens[i].tolist()
                 for i, position in enumerate(positions)]
        logits = self._alone(texts) if self.length else self._together(texts)
        parts = [logits[i][len(text) - rows:len(text)] for i, text in enumerate(texts)]
        found = rows_wanted(parts, wanted, rows)
        for i, text in enumerate(texts):
            self._tokens[first + i] = text
        return found

    def copy(self, source: int, to: int) -> None:
        self._tokens[to] = list(self._tokens[source])

    def trim(self, stream: int, length: int) -> None:
        del self._tokens[stream][length:]

    def _together(self, texts: list[list[int]]) -> Any:
        return self.network.whole(self._padded(texts, max(map(len, texts))))

    def _alone(self, texts: list[list[int]]) -> list[Any]:
        if max(map(len, texts)) > self.length:
            raise Error(f"expected strings of at most {self.length} tokens, got {max(map(len, texts))}")
        return [self.network.whole(self._padded([text], self.length))[0] for text in texts]

    def _padded(self, texts: list[list[int]], length: int) -> Any:
        ids = np.zeros((len(texts), length), np.int64)
        for row, text in zip(ids, texts, strict=True):
            row[:len(text)] = text
        return torch.from_numpy(ids).to(self.network.device)

"""Streams of a network with a cache for each: what `Evaluator` (otherwise/model/evaluator.h) asks for.

Cells live in blocks, the keys and values of streams that were read together, and are never written to: a call
makes new tensors, and a stream is a row of a block and a length. So copies and cuts cost nothing; streams
that go on together, as they do while they are decoded, need no gathering.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from otherwise.torch._need import torch
from otherwise.torch.network import Layer, Network

Ints = npt.NDArray[np.int32]


class Cells(NamedTuple):
    """A stream's: `length` cells of a row of a block, from `start` on."""

    layers: list[Layer]
    row: int
    start: int
    length: int

    @property
    def block_length(self) -> int:
        return int(self.layers[0][0].shape[-2])


class Streams:
    """With `ragged`, streams of different lengths share a call, padded on the left."""

    def __init__(self, network: Network, n_streams: int, ragged: bool) -> None:
        self.network = network
        self.ragged = ragged
        self._cells: list[Cells | None] = [None] * n_streams

    def decode(self, first: int, tokens: Ints, positions: Ints, wanted: Ints) -> Any:
        """Reads tokens [streams, rows] behind `positions` [streams] cells; logits of the wanted rows."""
        columns = np.flatnonzero(wanted.any(axis=0))
        keep = tokens.shape[1] - int(columns[0]) if columns.size else 1
        parts: dict[int, Any] = {}
        for group in self._groups(positions):
            logits = self._read(first, group, tokens, positions, keep)
            for i, stream in enumerate(group):
                parts[stream] = logits[i]
        return rows_wanted([parts[i] for i in range(len(positions))], wanted, keep)

    def copy(self, source: int, to: int) -> None:
        self._cells[to] = self._cells[source]

    def trim(self, stream: int, length: int) -> None:
        cells = self._cells[stream]
        if cells is not None:
            self._cells[stream] = cells._replace(length=min(cells.length, length)) if length else None

    def _groups(self, positions: Ints) -> list[list[int]]:
        if self.ragged:
            return [list(range(len(positions)))]
        groups: dict[int, list[int]] = {}
        for i, position in enumerate(positions.tolist()):
            groups.setdefault(position, []).append(i)
        return list(groups.values())

    def _read(self, first: int, group: list[int], tokens: Ints, positions: Ints, keep: int) -> Any:
        lengths = [int(positions[i]) for i in group]
        layers, most = self._gather([self._cells[first + i] for i in group], lengths)
        pads = None
        if min(lengths) < most:
            pads = torch.tensor([most - length for length in lengths], device=self.network.device)
        ids = torch.from_numpy(tokens[group].astype(np.int64)).to(self.network.device)
        read = self.network.further(ids, layers, pads, keep)
        for row, (i, length) in enumerate(zip(group, lengths, strict=True)):
            self._cells[first + i] = Cells(read.layers, row, most - length, length + tokens.shape[1])
        return read.logits

    def _gather(self, cells: list[Cells | None], lengths: list[int]) -> tuple[list[Layer], int]:
        """The streams' cells as one block, its right ends flush, and its length."""
        most = max(lengths)
        held = [one for one in cells if one is not None]
        if most == 0 or not held:
            return [], 0
        if _is_block(cells, lengths):
            extent = held[0].start + lengths[0]
            left = extent - most
            return [(keys[:, :, left:extent], values[:, :, left:extent])
                    for keys, values in held[0].layers], most
        return [self._gathered(cells, lengths, most, layer) for layer in range(len(held[0].layers))], most

    def _gathered(self, cells: list[Cells | None], lengths: list[int], most: int, layer: int) -> Layer:
        pair = []
        for part in (0, 1):
            like = next(one for one in cells if one is not None).layers[layer][part]
            out = like.new_zeros((len(cells), like.shape[1], most, like.shape[3]))
            for row, (one, length) in enumerate(zip(cells, lengths, strict=True)):
                if one is not None and length:
                    out[row, :, most - length:] = one.layers[layer][part][
                        one.row, :, one.start:one.start + length]
            pair.append(out)
        return pair[0], pair[1]


def _is_block(cells: list[Cells | None], lengths: list[int]) -> bool:
    """Whether they are all rows of one block, in order, which end at one cell."""
    head = cells[0]
    if head is None or head.layers[0][0].shape[0] != len(cells):
        return False
    extent = head.start + lengths[0]
    return all(one is not None and one.layers is head.layers and one.row == row
               and one.start + length == extent and length <= one.length
               for row, (one, length) in enumerate(zip(cells, lengths, strict=True)))


def rows_wanted(parts: list[Any], wanted: Ints, keep: int) -> Any:
    """Logits [streams][kept, n_vocab] of the wanted rows as one float32 array, stream by stream."""
    skipped = wanted.shape[1] - keep
    rows = [part[np.flatnonzero(mask[skipped:]).tolist()] for part, mask in zip(parts, wanted, strict=True)]
    return torch.cat(rows).to(device="cpu", dtype=torch.float32).contiguous().numpy()

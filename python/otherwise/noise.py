"""The exogenous noise: one clock per (seed, string, sample, position, token), a pure function of
these, the same bits as the command's on every machine.

A token's clock is exponential with mean 1. A world with the law p writes the token whose
``clock / p`` is smallest: `race`. Given that a token was written, the clocks have a posterior:
`hindsight`. Another law raced under it writes the counterfactual token; the same law writes the
observed one again, always.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from otherwise import _arrays, _otherwise
from otherwise._arrays import Floats, PerRow, Shape
from otherwise.errors import misuse

__all__ = ["Field", "Finish", "Noise", "hindsight", "race"]

String: TypeAlias = str | int
_U32 = 2**32 - 1
_U64 = 2**64 - 1


class Finish(NamedTuple):
    """How a race ended; arrays where there were several."""

    winner: PerRow  #: the token written
    runner_up: PerRow  #: the second-best token, -1 where there is none
    margin: PerRow  #: nats between the two; inf where there is no second


class _Seen(NamedTuple):
    """Laws and the tokens they wrote, as many as the noise has places."""

    log_probs: Floats
    tokens: npt.NDArray[np.int32]


class Noise:
    """The noise of one place, or of an array of them (`shape`): prior, or after `hindsight`.

    Nothing is stored: clocks are computed where they are read.
    """

    def __init__(self, places: _otherwise.Places, shape: Shape, seen: _Seen | None = None) -> None:
        """By `Field.at` and `hindsight`."""
        self._places = places
        self._seen = seen
        self.shape = shape

    def clocks(self, n_vocab: int) -> npt.NDArray[np.float64]:
        """[..., n_vocab]: the clocks E_k. After hindsight of w: E_w = p_w m, E_k = p_k m + a fresh clock."""
        size = _whole(n_vocab, "n_vocab", 1, 2**31 - 1)
        out = np.empty((*self.shape, size))
        if self._seen is None:
            _otherwise.clocks(self._places, size, out)
        else:
            _otherwise.posterior_clocks(self._places, *self._seen, size, out)
        return out

    @property
    def winning_time(self) -> PerRow:
        """[...]: the time m, exponential with mean 1, at which an observed token won."""
        out = np.empty(self.shape)
        _otherwise.winning_time(self._places, out)
        return _arrays.unwrapped(out)


class Field:
    """All the noise of one seed."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = _whole(seed, "seed", 0, _U64)

    def __repr__(self) -> str:
        return f"Field({self.seed})"

    def at(self, string: String | Iterable[String], sample: Any = 0, position: Any = 0) -> Noise:
        """The noise at a place; arrays, lists and ranges broadcast to an array of places.

        `string` is the string's id or the 64-bit hash of it, `position` counts written tokens: 0 is
        the first after the prompt.
        """
        strings = _hashes(string)
        samples = _arrays.integers(sample, "sample", 0, _U32, "whole numbers")
        positions = _arrays.integers(position, "position", 0, _U32, "whole numbers")
        shape = _arrays.common_shape({"string": strings.shape, "sample": samples.shape,
                                      "position": positions.shape})
        places = _otherwise.Places(self.seed, _arrays.one_per_row(strings, shape, np.uint64),
                                   _arrays.one_per_row(samples, shape, np.uint32),
                                   _arrays.one_per_row(positions, shape, np.uint32))
        return Noise(places, shape)

    def clocks(self, string: String | Iterable[String], sample: Any, position: Any,
               n_vocab: int) -> npt.NDArray[np.float64]:
        """[..., n_vocab]: the clocks of tokens 0 … n_vocab - 1 at a place, or at many."""
        return self.at(string, sample, position).clocks(n_vocab)

    def winning_time(self, string: String | Iterable[String], sample: Any = 0,
                     position: Any = 0) -> PerRow:
        """[...]: the time at which an observed token won there, which `hindsight` takes."""
        return self.at(string, sample, position).winning_time


def race(log_probs: Any, noise: Noise | npt.ArrayLike) -> Finish:
    """The tokens that worlds with these laws write under this noise.

    `log_probs` are logits or log-probabilities [..., n_vocab], float32 as the engine has them (float64
    is rounded to it); -inf is impossible. `noise` is `Field.at(…)`, what `hindsight` returns, or an
    array of clocks [..., n_vocab] of your own. Leading axes broadcast. Ties: the observed token, then
    the lower one.
    """
    laws = _arrays.floats(log_probs, "log_probs")
    if isinstance(noise, Noise):
        shape = noise.shape
        if _arrays.common_shape({"log_probs": laws.shape[:-1], "noise": shape}) != shape:
            raise misuse(f"laws for the noise of {shape}", f"{laws.shape[:-1]}",
                         "ask the field for as many places")
        finishes = _Finishes(shape)
        if noise._seen is None:
            _otherwise.race(_arrays.rows(laws, shape), noise._places, finishes.out)
        else:
            _otherwise.race_seen(_arrays.rows(laws, shape), noise._places, *noise._seen, finishes.out)
        return finishes.finish()
    clocks = _arrays.floats(noise, "noise")
    _arrays.same_vocabulary(laws, clocks, ("log_probs", "noise"))
    shape = _arrays.common_shape({"log_probs": laws.shape[:-1], "noise": clocks.shape[:-1]})
    finishes = _Finishes(shape)
    _otherwise.race_clocks(_arrays.rows(laws, shape), _arrays.rows(clocks, shape), finishes.out)
    return finishes.finish()


def hindsight(log_probs: Any, token: Any, noise: Noise) -> Noise:
    """The noise given that each law wrote its token there: to race other laws under.

    With the winning time m ~ Exp(1): E_w = p_w m, and E_k = p_k m + a fresh clock of the same place, which
    does not depend on those the field writes with. Averaged over w ~ p the law of the clocks is the prior's.
    """
    if not isinstance(noise, Noise):
        raise misuse("the noise of a field, by Field.at(…)", type(noise).__name__)
    if noise._seen is not None:
        raise misuse("the noise of a field", "noise that has its hindsight already")
    laws = _arrays.floats(log_probs, "log_probs")
    tokens = _arrays.integers(token, "token", 0, laws.shape[-1] - 1, "tokens")
    asked = _arrays.common_shape({"log_probs": laws.shape[:-1], "token": tokens.shape, "noise": noise.shape})
    if asked != noise.shape:
        raise misuse(f"laws and tokens for the noise of {noise.shape}", f"{asked}",
                     "ask the field for as many places")
    seen = _Seen(_arrays.rows(laws, asked), _arrays.one_per_row(tokens, asked, np.int32))
    _otherwise.require_observable(*seen)
    return Noise(noise._places, asked, seen)


class _Finishes:
    """Arrays that races write into."""

    def __init__(self, shape: Shape) -> None:
        self._winners = np.empty(shape, np.int64)
        self._runners_up = np.empty(shape, np.int64)
        self._margins = np.empty(shape)
        self.out = _otherwise.Finishes(self._winners.reshape(-1), self._runners_up.reshape(-1),
                                       self._margins)

    def finish(self) -> Finish:
        return Finish(_arrays.unwrapped(self._winners), _arrays.unwrapped(self._runners_up),
                      _arrays.unwrapped(self._margins))


def _whole(value: Any, name: str, least: int, most: int) -> int:
    """One whole number in these bounds."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise misuse(f"a whole number for `{name}`", type(value).__name__)
    if not least <= value <= most:
        raise misuse(f"`{name}` from {least} to {most}", str(value))
    return int(value)


def _hash(string: Any) -> int:
    if isinstance(string, str):
        return _otherwise.hash64(string)
    return _whole(string, "string", 0, _U64)


def _hashes(string: Any) -> npt.NDArray[np.uint64]:
    """Ids of strings, or their hashes, as hashes."""
    if isinstance(string, (str, int, np.integer)):
        return np.asarray(_hash(string), np.uint64)
    if isinstance(string, np.ndarray) and string.dtype.kind == "u":
        return string.astype(np.uint64)
    if not isinstance(string, Iterable):
        raise misuse("ids of strings or their hashes in `string`", type(string).__name__)
    # As objects: an array of its own choice would make texts of hashes among ids.
    named = np.array(string.tolist() if isinstance(string, np.ndarray) else list(string), object)
    hashes = [_hash(one) for one in named.reshape(-1).tolist()]
    return np.asarray(hashes, np.uint64).reshape(named.shape)

"""The Gumbel coupling of two laws, exactly: what the other world writes at a position, given what the
factual one wrote there.

Laws are rows of logits or log-probabilities along the last axis (any constant may be added, -inf is
impossible), float32 or float64, strided or not; leading axes broadcast, tokens with them. Everything
is computed in double precision.

With ``p = softmax(log_p)``, ``q = softmax(log_q)`` and w the observed token:

=============  ==================================================================================
`stay`         P(w | w) = 1 / Σ_k max(p_k, q_k p_w / q_w), 0 where q_w = 0
`becomes`      P(v | w) for every token v: its q_v ∫ dr / D(r)², D(r) = Σ_k max(p_k, r q_k)
`agreement`    Σ_w p_w P(w | w): the two worlds write the same token, neither observed
`bounds`       the least and the greatest P(w | w) that any coupling of p and q can have
`maximal`      P(w | w) = min(1, q_w / p_w) under the maximal couplings
=============  ==================================================================================
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from otherwise import _arrays, _otherwise
from otherwise._arrays import Floats, PerRow, Shape
from otherwise.errors import misuse

__all__ = ["Bounds", "Prefix", "agreement", "becomes", "bounds", "maximal", "maximal_becomes",
           "prefix", "stay"]


class Bounds(NamedTuple):
    """Ends of what P(stay) can be."""

    low: PerRow
    high: PerRow


class Prefix(NamedTuple):
    """The law of the longest common prefix of a string and its counterfactual."""

    survival: npt.NDArray[np.float64]  #: P(LCP > t), as many as positions
    expected_lcp: PerRow  #: tokens
    unchanged: PerRow  #: P(no token differs)


class _Asked(NamedTuple):
    """Two laws side by side, and the tokens observed."""

    p: Floats
    q: Floats
    tokens: npt.NDArray[np.int32]
    shape: Shape

    @property
    def n_vocab(self) -> int:
        return int(self.p.shape[-1])


def _asked(p: Any, q: Any, token: Any, names: tuple[str, str] = ("log_p", "log_q")) -> _Asked:
    first, second = _arrays.floats(p, names[0]), _arrays.floats(q, names[1])
    _arrays.same_vocabulary(first, second, names)
    tokens = _arrays.integers(token, "token", 0, first.shape[-1] - 1, "tokens")
    shape = _arrays.common_shape({names[0]: first.shape[:-1], names[1]: second.shape[:-1],
                                  "token": tokens.shape})
    return _Asked(_arrays.rows(first, shape), _arrays.rows(second, shape),
                  _arrays.one_per_row(tokens, shape, np.int32), shape)


def stay(log_p: Any, log_q: Any, token: Any) -> PerRow:
    """P(the other world writes `token` | the factual one did)."""
    asked = _asked(log_p, log_q, token)
    out = np.empty(asked.shape)
    _otherwise.stay(asked.p, asked.q, asked.tokens, out)
    return _arrays.unwrapped(out)


def becomes(log_p: Any, log_q: Any, token: Any) -> npt.NDArray[np.float64]:
    """[..., n_vocab]: P(the other world writes each token | the factual one wrote `token`)."""
    asked = _asked(log_p, log_q, token)
    out = np.empty((*asked.shape, asked.n_vocab))
    _otherwise.becomes(asked.p, asked.q, asked.tokens, out)
    return out


def agreement(log_p: Any, log_q: Any) -> PerRow:
    """P(both worlds write the same token), neither observed: 1 if and only if the laws are equal."""
    asked = _asked(log_p, log_q, 0)
    out = np.empty(asked.shape)
    _otherwise.agreement(asked.p, asked.q, out)
    return _arrays.unwrapped(out)


def bounds(log_p: Any, log_q: Any, token: Any) -> Bounds:
    """max(0, (p_w + q_w - 1) / p_w) and min(1, q_w / p_w): what P(stay) can be at all."""
    asked = _asked(log_p, log_q, token)
    out = np.empty((*asked.shape, 2))
    _otherwise.bounds(asked.p, asked.q, asked.tokens, out)
    return Bounds(_arrays.unwrapped(out[..., 0]), _arrays.unwrapped(out[..., 1]))


def maximal(log_p: Any, log_q: Any, token: Any) -> PerRow:
    """P(stay) under the maximal couplings, the greatest of all: min(1, q_w / p_w)."""
    return bounds(log_p, log_q, token).high


def maximal_becomes(log_p: Any, log_q: Any, token: Any) -> npt.NDArray[np.float64]:
    """[..., n_vocab]: the same as `becomes` under the maximal coupling that draws a token anew from
    what q has above p: max(0, q_v - p_v) / Σ_k max(0, q_k - p_k)."""
    asked = _asked(log_p, log_q, token)
    out = np.empty((*asked.shape, asked.n_vocab))
    _otherwise.maximal_becomes(asked.p, asked.q, asked.tokens, out)
    return out


def stay_of_probabilities(p: Any, q: Any, token: Any) -> PerRow:
    """P(the other world writes `token` | the factual one did), of probabilities: 1 / Σ_k max(p_k, q_k
    p_w / q_w). Rows that are off 1 by no more than rounding are made 1; `otherwise.coupling.stay` takes
    logits."""
    asked = _asked(p, q, token, ("p", "q"))
    out = np.empty(asked.shape)
    _otherwise.stay_of_probabilities(asked.p, asked.q, asked.tokens, out)
    return _arrays.unwrapped(out)


def prefix(stay: Any) -> Prefix:
    """The exact law of the longest common prefix, from P(stay) at each position along the last axis.

    Noise is independent across positions, so ``survival[t] = P(LCP > t) = Π_{s ≤ t} stay_s``; its sum
    is the expected LCP, its last the probability that nothing changes (1 of no positions at all).
    """
    given = _arrays.floats(stay, "stay", may_be_empty=True)
    outside = ~((given >= 0) & (given <= 1))
    if outside.any():
        place = np.unravel_index(int(outside.argmax()), given.shape)
        raise misuse("probabilities in `stay`", f"{given[place]} at {[int(i) for i in place]}")
    shape = given.shape[:-1]
    survival, expected, unchanged = np.empty(given.shape), np.empty(shape), np.empty(shape)
    _otherwise.prefix(given, survival, expected, unchanged)
    return Prefix(survival, _arrays.unwrapped(expected), _arrays.unwrapped(unchanged))

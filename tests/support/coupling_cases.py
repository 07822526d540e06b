#!/usr/bin/env python3
"""Writes tests/data/coupling.json: exact laws of Gumbel couplings, in rational arithmetic.

    tests/support/coupling_cases.py > tests/data/coupling.json

Each case has laws p and q as fractions, the observed token w, and, from the formulas of
docs/mathematics.md with no rounding before the last step,

    stay      1 / Σ max(p_k, q_k p_w / q_w)
    law[v]    q_v ∫ dr / D(r)² over ρ_v < r < ρ_w, by exact summation over the pieces of D
    agreement Σ_w p_w stay_w

For every case the script asserts Σ_w p_w law_w[v] = q_v exactly, and Σ_v law_w[v] = 1.
"""

import json
import random
from fractions import Fraction as F

INFINITY = None


def ratio(p, q):
    return p / q if q else INFINITY


def total(p, q, r):
    """D(r) = Σ max(p_k, r q_k)"""
    return sum(max(a, r * b) for a, b in zip(p, q))


def integral(p, q, low, high):
    """∫ dr / D(r)² from low to high (None: infinity)."""
    breaks = sorted({a / b for a, b in zip(p, q) if b})
    inner = [r for r in breaks if r > low and (high is INFINITY or r < high)]
    points = [low, *inner] + ([high] if high is not INFINITY else [])
    value = sum(
        (b - a) / (total(p, q, a) * total(p, q, b)) for a, b in zip(points, points[1:])
    )
    if high is INFINITY:  # beyond the last break D is linear: q alone
        value += 1 / (sum(b for b in q) * total(p, q, points[-1]))
    return value


def law_given(p, q, w):
    high = ratio(p[w], q[w])
    law = []
    for v in range(len(p)):
        if v == w:
            law.append(F(1) / total(p, q, high) if q[w] else F(0))
        elif not q[v] or (high is not INFINITY and p[v] / q[v] >= high):
            law.append(F(0))
        else:
            law.append(q[v] * integral(p, q, p[v] / q[v], high))
    return law


def normalised(weights):
    return [F(w, sum(weights)) for w in weights]


def case(name, p, q, observed):
    p, q = normalised(p), normalised(q)
    laws = [law_given(p, q, w) if p[w] else None for w in range(len(p))]
    for v in range(len(p)):
        assert sum(p[w] * law[v] for w, law in enumerate(laws) if law) == q[v]
    assert all(sum(law) == 1 for law in laws if law)
    return {
        "name": name,
        "p": [str(x) for x in p],
        "q": [str(x) for x in q],
        "observed": observed,
        "stay": float(laws[observed][observed]),
        "law": [float(x) for x in laws[observed]],
        "agreement": float(sum(p[w] * law[w] for w, law in enumerate(laws) if law)),
    }


def cases():
    draw = random.Random(2411)

    def weights(n, peak=1, masked=()):
        return [0 if k in masked else draw.randint(1, 99) ** peak for k in range(n)]

    yield case("one token", [1], [1], 0)
    yield case("two tokens, it loses", [3, 1], [1, 1], 0)
    yield case("two tokens, it gains", [3, 1], [9, 1], 0)
    yield case("small", weights(5), weights(5), 1)
    yield case("peaked", weights(9, 5), weights(9, 5), 4)
    yield case("very peaked", weights(12, 9), weights(12, 9), 7)
    yield case("masked in the factual world", weights(7, 2, {0, 4}), weights(7, 2), 5)
    yield case("masked in the other world", weights(7, 2), weights(7, 2, {1, 2}), 6)
    yield case("the observed token masked", weights(8, 2), weights(8, 2, {3, 5}), 3)
    yield case("masks in both, some shared", weights(9, 1, {0, 1}), weights(9, 1, {1, 2}), 6)
    yield case("disjoint", [5, 2, 0, 0], [0, 0, 1, 3], 1)
    yield case("equal", [7, 1, 4, 2], [7, 1, 4, 2], 2)
    yield case("equal but for one mask", [7, 1, 4, 2], [7, 0, 4, 2], 0)
    yield case("tied ratios", [2, 4, 1, 3], [1, 2, 3, 9], 1)
    yield case("a point mass before", [0, 1, 0, 0], weights(4), 1)
    yield case("a point mass after", weights(5), [0, 0, 1, 0, 0], 2)
    yield case("far from one", [1, 10**12, 5], [10**9, 1, 7], 0)
    yield case("forty", weights(40, 3), weights(40, 3), 17)
    yield case("sixty, masked", weights(60, 2, set(range(9, 50))), weights(60, 2, set(range(20))), 3)


if __name__ == "__main__":
    print(json.dumps(list(cases()), indent=0))

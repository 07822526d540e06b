"""For tests: laws by plain numpy, and statistics that judge samples."""

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parents[2] / "tests" / "data"


def data(name):
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def random_logits(random, *shape, spread=3.0, masked=0.0):
    """Logits with a share of impossible tokens, token 0 always possible."""
    logits = random.normal(0.0, spread, shape)
    logits[random.random(shape) < masked] = -np.inf
    logits[..., 0] = 0.0
    return logits


def softmax(logits):
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def with_zeros(fractions):
    """Logs of fractions written as text."""
    return np.array([math.log(Fraction(f)) if Fraction(f) else -math.inf for f in fractions])


def stay_by_definition(p, q, w):
    """1 / Σ max(p_k, q_k p_w / q_w)"""
    return 0.0 if q[w] == 0.0 else 1.0 / np.maximum(p, q * (p[w] / q[w])).sum()


def deviate(count, n, p):
    """How many standard deviations a count is from n p."""
    return (count - n * p) / math.sqrt(n * p * (1.0 - p))

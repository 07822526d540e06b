"""What the studies need of a run file (docs/run-file.md) that no command prints: rows by string."""

import json
import math
from contextlib import closing
from typing import NamedTuple


class Pair(NamedTuple):
    """A counterfactual string beside its factual one; lengths in tokens, end tokens among them."""

    string: str
    world: str
    independent: bool
    prompt: str
    prompt_length: int
    length: int
    other_length: int
    lcp: int
    unchanged: bool
    factual: str
    counterfactual: str

    @property
    def kept_whole(self):
        """All of the factual string is there; the paper's code calls this identical."""
        return self.lcp == self.length

    @property
    def share(self):
        """The paper's normalised LCP: prompt and common prefix over prompt and factual string."""
        return (self.prompt_length + self.lcp) / (self.prompt_length + self.length)


class Law(NamedTuple):
    string: str
    world: str
    unchanged: float
    expected_lcp: float
    log_odds: float  # log Q / P of the whole string, nats
    kl: float  # mean over its positions, nats


PAIRS = """
SELECT s.id, w.name, p.independent, s.prompt, s.prompt_length, list_json(d.tokens), list_json(p.tokens),
       p.lcp, p.unchanged, d.text, p.text
FROM pairs p JOIN strings s USING (string) JOIN worlds w USING (world) JOIN draws d USING (string, sample)
WHERE w.null_world = 0 ORDER BY p.string, p.sample, p.world, p.independent
"""
LAWS = """
SELECT s.id, w.name, l.unchanged, l.expected_lcp, list_json(l.p), list_json(l.q), list_json(l.kl)
FROM laws l JOIN strings s USING (string) JOIN worlds w USING (world)
WHERE w.null_world = 0 ORDER BY l.string, l.sample, l.world
"""


def _connected(path):
    """The run file for SQL; list_json is the package's."""
    import otherwise as ow

    return closing(ow.open(path).connect())


def pairs(path):
    with _connected(path) as file:
        return [Pair(name, world, bool(independent), prompt, start, len(json.loads(a)), len(json.loads(b)), lcp,
                     bool(unchanged), x, y)
                for name, world, independent, prompt, start, a, b, lcp, unchanged, x, y in file.execute(PAIRS)]


def laws(path):
    with _connected(path) as file:
        return [_law(*row) for row in file.execute(LAWS)]


def _law(name, world, unchanged, expected_lcp, p, q, kl):
    p, q, kl = json.loads(p), json.loads(q), json.loads(kl)
    odds = sum(math.log(max(y, 1e-300) / x) for x, y in zip(p, q) if x)
    known = [one for one in kl if one is not None]
    return Law(name, world, unchanged, expected_lcp, odds, sum(known) / max(1, len(known)))


def facts(path):
    """The head of a run: model, its hash, processor, seconds."""
    with _connected(path) as file:
        meta = dict(file.execute("SELECT key, value FROM meta"))
        sittings = file.execute("SELECT version, backend, sum(seconds) FROM sittings").fetchone()
    return {"model": meta["model_name"], "sha256": meta["model_sha256"], "quantization": meta["quantization"],
            "version": sittings[0], "processor": sittings[1], "seconds": round(sittings[2])}

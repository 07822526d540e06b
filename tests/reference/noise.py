#!/usr/bin/env python3
"""Writes tests/data/noise.json: the noise, hindsight and races to the last bit, and laws.

    python3 tests/reference/noise.py > tests/data/noise.json

It follows docs/mathematics.md and the headers of otherwise/noise in Python's own integers and
doubles (additions, subtractions, multiplications and divisions, which IEEE 754 defines; nothing of
the C library), and asserts that logarithm and exponential are within their bounds of the true
values, by decimal arithmetic of 150 digits. Doubles are written as hexadecimal floats.

elementary   x and result of log, minus_log1m, exp: edges and arguments in no order
digests      of `count` results of each, of arguments from uniforms u of a linear congruential
             generator: log(0.5 + u), minus_log1m(u), exp(-20 u). A digest folds the bits of doubles:
             d = d M + bits mod 2^64. Fused steps change about one result of 30,000, so many are needed
clocks       places; of each the winning time, some tokens with bits and clock, and the digest of the
             clocks of the first `tokens` tokens
hindsight    a factual law (logits, log_norm), the observed token, a place; log E_k of all tokens
races        laws of made-up logits (below) and their log_norm, a place, the observed token or null;
             winner, runner-up and margin. Margins are above 1e-3 nats, so that laws good to 2e-7
             have the same winners
laws         mechanisms on made-up logits: tokens that stay, log_norm, and log p of some tokens

Made-up logits: 2^-11 (h(k, salt) - 2^15), h the upper half of (k + salt) 2654435761 mod 2^32; those
of a world are 2^-14 (h(k, change) - 2^15) more. Floats hold them exactly.
"""

import decimal
import json
import math
import random
import struct
from decimal import Decimal

decimal.getcontext().prec = 150
MASK32 = (1 << 32) - 1
MASK64 = (1 << 64) - 1


def bits_of(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def of_bits(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def to_float(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


# Logarithm and exponential as otherwise/noise/elementary.h has them.

LN2_HIGH, LN2_LOW, INVERSE_LN2 = (float.fromhex(x) for x in (
    "0x1.62e42fefa38p-1", "0x1.ef35793c7673p-45", "0x1.71547652b82fep0"))


def log_series(z):
    z2 = z * z
    z4 = z2 * z2
    a = (2 / 3 + z * (2 / 5)) + z2 * (2 / 7 + z * (2 / 9))
    b = (2 / 11 + z * (2 / 13)) + z2 * (2 / 15 + z * (2 / 17))
    c = (2 / 19 + z * (2 / 21)) + z2 * (2 / 23)
    return z * (a + z4 * (b + z4 * c))


def exp_series(r):
    r2 = r * r
    r4 = r2 * r2
    c = [1 / math.factorial(n) for n in range(15)]
    parts = [(c[n] + r * c[n + 1]) + r2 * (c[n + 2] + r * c[n + 3]) for n in (2, 6, 10)]
    return r2 * (parts[0] + r4 * (parts[1] + r4 * (parts[2] + r4 * c[14])))


def log_of_parts(e, f):
    f_high = (f + 1.5 * 2.0**28) - 1.5 * 2.0**28
    inverse = 1.0 / (2.0 + f)
    s_high = to_float(f * inverse)
    s_low = ((f - s_high * (2.0 + f_high)) - s_high * (f - f_high)) * inverse
    s = s_high + s_low
    tail = 2.0 * s_low + s * log_series(s * s)
    if e == 0.0:
        return 2.0 * s_high + tail
    whole = e * LN2_HIGH
    high = whole + 2.0 * s_high
    lost = (whole - high) + 2.0 * s_high
    return high + (lost + (tail + e * LN2_LOW))


def log(x):
    bits = bits_of(x)
    e = (bits - 0x3FE6A09E00000000) >> 52  # towards -inf
    return log_of_parts(float(e), of_bits(bits - (e << 52)) - 1.0)


def minus_log1m(v):
    if v < 0.2929:
        return -log_of_parts(0.0, -v)
    return -log_of_parts(-1.0, 1.0 - 2.0 * v) if v < 0.5 else -log(1.0 - v)


def exp(x):
    if not x >= -708.0:
        return 0.0
    if x > 709.0:
        return math.inf
    k = int(x * INVERSE_LN2 + (-0.5 if x < 0.0 else 0.5))
    high = x - k * LN2_HIGH
    low = k * LN2_LOW
    r = high - low
    lost = (high - r) - low
    return (1.0 + (r + (lost + exp_series(r)))) * 2.0**k


def ulps(computed, true):
    """Error in units of the last place of the computed value."""
    return abs(Decimal(computed) - true) / Decimal(math.ulp(computed))


def elementary_cases():
    draw = random.Random(12)
    near = [x for c in (0.5**0.5, 0.7071, 1.0, 2.0**0.5) for x in (c, math.nextafter(c, 0), math.nextafter(c, 3))]
    logs = near + [2.0**-65, 2.0**-1022, 1e300, 36.7, 3e262] + [
        draw.uniform(0.5, 2.0) * 2.0 ** draw.randrange(-66, 900, 7) for _ in range(150)] + [
        draw.uniform(0.5, 2.0) for _ in range(50)]
    uniforms = [0.0, 2.0**-65, 1.5 * 2.0**-64, 2.0**-30, 0.25, 0.2929, math.nextafter(0.2929, 0), 0.5,
                math.nextafter(0.5, 0), 1 - 2.0**-53, 1 - 2.0**-52] + [
        draw.random() for _ in range(150)] + [draw.uniform(0.5, 1) * 2.0**-e for e in range(1, 65)]
    exps = [0.0, 1.0, -1.0, -708.0, 709.0, 2.0**-60, -2.0**-60, 600.0] + [
        draw.uniform(-40, 5) for _ in range(100)] + [draw.uniform(-700, 700) for _ in range(100)]
    true = {"log": lambda x: Decimal(x).ln(), "exp": lambda x: Decimal(x).exp(),
            "minus_log1m": lambda v: -(1 - Decimal(v)).ln()}
    bound = {"log": 0.55, "minus_log1m": 0.55, "exp": 0.95}
    cases = {}
    for name, function, arguments in (("log", log, logs), ("minus_log1m", minus_log1m, uniforms),
                                      ("exp", exp, exps)):
        cases[name] = []
        for x in arguments:
            y = function(x)
            assert ulps(y, true[name](x)) <= bound[name], (name, x)
            cases[name].append([x.hex(), y.hex()])
    return cases


MULTIPLIER, INCREMENT = 6364136223846793005, 1442695040888963407


def digest_of(values):
    digest = 0
    for x in values:
        digest = (digest * MULTIPLIER + bits_of(x)) & MASK64
    return digest


def digests(count=500000):
    uniforms, state = [], 0
    for _ in range(count):
        state = (state * MULTIPLIER + INCREMENT) & MASK64
        uniforms.append((state >> 11) * 2.0**-53)
    return {"count": count, "log": digest_of(log(0.5 + u) for u in uniforms),
            "minus_log1m": digest_of(minus_log1m(u) for u in uniforms),
            "exp": digest_of(exp(-20.0 * u) for u in uniforms)}


# The field.

def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & MASK32, (p0 >> 32) ^ c[3] ^ k[1], p0 & MASK32]
        k = [(k[0] + 0x9E3779B9) & MASK32, (k[1] + 0xBB67AE85) & MASK32]
    return c


def clock_of_bits(bits):
    return minus_log1m(min((float(bits) + 0.5) * 2.0**-64, 1.0 - 2.0**-53))


class Clocks:
    def __init__(self, place):
        self.words = philox((place["string"] & MASK32, place["string"] >> 32, place["sample"],
                             place["position"]), (place["seed"] & MASK32, place["seed"] >> 32))

    def afresh(self):
        clocks = Clocks.__new__(Clocks)
        clocks.words = self.block(0, 3)
        return clocks

    def block(self, first, lane):
        return philox((first, lane, *self.words[2:]), self.words[:2])

    def bits(self, k):
        return (self.block(k // 4, 0)[k % 4] << 32) | self.block(k // 4, 1)[k % 4]

    def clock(self, k):
        return clock_of_bits(self.bits(k))

    def winning_time(self):
        high, low = self.block(0, 2)[:2]
        return clock_of_bits((high << 32) | low)


def clock_cases():
    places = [
        {"seed": 0, "string": 0, "sample": 0, "position": 0},
        {"seed": 0x0123456789ABCDEF, "string": 42, "sample": 1, "position": 7},
        {"seed": MASK64, "string": 0xFEDCBA9876543210, "sample": MASK32, "position": 4095},
    ]
    cases = []
    for place, tokens in zip(places, (10000, 1000, 1000)):
        clocks = Clocks(place)
        digest = digest_of(clocks.clock(k) for k in range(tokens))
        shown = (0, 1, 2, 3, 4, 49151, 151935, 2147483647)
        cases.append({"place": place, "winning_time": clocks.winning_time().hex(),
                      "clocks": [[k, clocks.bits(k), clocks.clock(k).hex()] for k in shown],
                      "tokens": tokens, "digest": digest})
    return cases


# Hindsight and races, of laws (logits, log_norm); an observed token None is no hindsight.

def log_norm(logits):
    top = max(logits)
    return top + math.log(math.fsum(math.exp(x - top) for x in logits))


def score(clocks, k, log_q, factual, observed):
    log_p = -math.inf
    if observed is not None and k < len(factual[0]):
        log_p = factual[0][k] - factual[1]
    if k == observed:
        return (log_q - log_p) - log(clocks.winning_time())
    clock = (clocks if observed is None else clocks.afresh()).clock(k)
    if not log_p > -600.0:
        return log_q - log(clock)
    finish = clocks.winning_time() + clock * exp(-log_p)
    return (log_q - log_p) - log(finish)


def hindsight_case():
    logits = [0.5, -3.25, 7.0, 6.5, -700.0, -20.0, -math.inf, 1.75]
    factual = (logits, log_norm(logits))
    place = {"seed": 5, "string": 6, "sample": 0, "position": 3}
    clocks = Clocks(place)
    observed = 3
    log_clocks = [-score(clocks, k, 0.0, factual, observed) for k in range(len(logits) + 2)]
    return {"place": place, "observed": observed, "log_norm": factual[1].hex(),
            "logits": [None if x == -math.inf else x for x in logits],
            "log_clocks": [x.hex() for x in log_clocks]}


def spread(k, salt):
    return ((((k + salt) * 2654435761) & MASK32) >> 16) - 32768


def made_up(n, salt, change=None):
    logits = [spread(k, salt) / 2.0**11 for k in range(n)]
    if change is not None:
        logits = [x + spread(k, change) / 2.0**14 for k, x in enumerate(logits)]
    return logits


def race(world, clocks, factual, observed):
    scores = sorted(((score(clocks, k, x - world[1], factual, observed), -k)
                     for k, x in enumerate(world[0])), reverse=True)
    return -scores[0][1], -scores[1][1], scores[0][0] - scores[1][0]


def race_cases():
    draw = random.Random(3)
    cases = []
    for number in range(24):
        n = (50, 1000, 5000)[number % 3]
        salt, change = draw.randrange(1 << 20), draw.randrange(1 << 20)
        factual, world = made_up(n, salt), made_up(n, salt, change)
        factual, world = (factual, log_norm(factual)), (world, log_norm(world))
        place = {"seed": draw.getrandbits(64), "string": draw.getrandbits(64), "sample": number,
                 "position": draw.randrange(1000)}
        observed = None
        if number % 2:  # what the factual world writes with other noise
            observed = race(factual, Clocks({**place, "seed": 1}), factual, None)[0]
        winner, runner_up, margin = race(world, Clocks(place), factual, observed)
        if margin < 1e-3:
            continue
        cases.append({"n": n, "salt": salt, "change": change, "factual_log_norm": factual[1].hex(),
                      "log_norm": world[1].hex(), "place": place, "observed": observed,
                      "winner": winner, "runner_up": runner_up, "margin": margin.hex()})
    stays = sum(case["winner"] == case["observed"] for case in cases)
    observed = sum(case["observed"] is not None for case in cases)
    assert len(cases) >= 20 and 0 < stays < observed
    return cases


# Laws by a mechanism: top-k, top-p, min-p on the logits as they come, then the temperature.

def kept_tokens(logits, top_k, top_p, min_p):
    order = sorted(range(len(logits)), key=lambda k: (-logits[k], k))
    order = order[:top_k] if top_k else order
    top = logits[order[0]]
    if top_p < 1.0:
        total, length = 0.0, 0
        target = top_p * math.fsum(math.exp(logits[k] - top) for k in order)
        while total < target:
            total += math.exp(logits[order[length]] - top)
            assert abs(total / target - 1.0) > 1e-6, "too near the border"
            length += 1
        order = order[:length]
    if min_p > 0.0:
        assert all(abs(logits[k] - top - math.log(min_p)) > 1e-5 for k in order)
        order = [k for k in order if logits[k] >= top + math.log(min_p)]
    return order


def law_cases():
    cases = []
    for n, temperature, top_k, top_p, min_p in (
            (1, 1.0, 0, 1.0, 0.0), (77, 1.0, 0, 1.0, 0.0), (49152, 1.0, 0, 1.0, 0.0),
            (49152, 0.7, 0, 1.0, 0.0), (5000, 1.3, 40, 1.0, 0.0), (5000, 1.0, 0, 0.9, 0.0),
            (5000, 0.8, 500, 0.95, 0.0), (5000, 0.8, 0, 1.0, 0.05), (1000, 100.0, 0, 1.0, 0.0)):
        logits = made_up(n, n)
        temperature, top_p, min_p = to_float(temperature), to_float(top_p), to_float(min_p)
        kept = kept_tokens(logits, top_k, top_p, min_p)
        tempered = {k: to_float(logits[k] / temperature) for k in kept}
        norm = log_norm(tempered.values())
        shown = sorted(set(kept[:3] + kept[:: max(1, len(kept) // 5)]))
        cases.append({"n": n, "salt": n, "temperature": temperature, "top_k": top_k, "top_p": top_p,
                      "min_p": min_p, "kept": len(kept), "log_norm": norm.hex(),
                      "log_p": [[k, (tempered[k] - norm).hex()] for k in shown]})
    return cases


def main():
    data = {"elementary": elementary_cases(), "digests": digests(), "clocks": clock_cases(), "hindsight": hindsight_case(),
            "races": race_cases(), "laws": law_cases()}
    print("{" + ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in data.items()) + "}")


main()

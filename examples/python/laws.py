"""Laws on arrays: what a token would have become, without a model and without sampling.

    python examples/python/laws.py
"""

import numpy as np

import otherwise as ow

TOKENS = ["the", "Paris", "Rome", "London"]
p = np.array([0.10, 0.70, 0.05, 0.15])  # the model as it is
q = np.array([0.10, 0.30, 0.50, 0.10])  # the same model, edited

# Given that the model wrote each token: would the edited one have written it as well, under the
# same luck? And what would it have written instead?
print("token    stays   becomes", *TOKENS)
stays = ow.stay(p, q, range(4))
becomes = ow.coupling.becomes(np.log(p), np.log(q), range(4))
for token, stay, law in zip(TOKENS, stays, becomes):
    print(f"{token:8} {stay:.3f}          ", " ".join(f"{x:.3f}" for x in law))
print(f"both write the same token: {ow.coupling.agreement(np.log(p), np.log(q)):.3f}")

# What no choice of coupling can undercut or exceed, for "Paris".
low, high = ow.coupling.bounds(np.log(p), np.log(q), 1)
print(f"Paris stays {stays[1]:.3f}, of all couplings between {low:.3f} and {high:.3f}")

# Along a string: how far the two go together.
law = ow.prefix([1.0, stays[1], 0.9, 0.8])
print("survival", law.survival, f"expected common prefix {law.expected_lcp:.2f} tokens")

# The same by sampling: infer the noise from what was observed, and race the other law under it.
noise = ow.noise.Field(seed=1).at("a string", sample=range(10_000))
seen = ow.hindsight(np.log(p), 1, noise)
counts = np.bincount(ow.race(np.log(q), seen).winner, minlength=4)
print("10,000 counterfactuals of Paris:", dict(zip(TOKENS, counts.tolist())))

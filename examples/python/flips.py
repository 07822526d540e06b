"""The strings that a change flips, as a data frame.

    python examples/python/flips.py [MODEL.gguf]

With pandas, `result.to_pandas()` is the same in one call; polars, pyarrow and DuckDB take
`result.pairs` as it is.
"""

import sys

import otherwise as ow

PROMPTS = [
    {"id": "louvre", "prompt": "The Louvre is located in the city of"},
    {"id": "bread", "prompt": "To bake bread you need"},
    {"id": "water", "prompt": "The water cycle begins when"},
    {"id": "moon", "prompt": "The first man on the moon was"},
]

model = ow.Model(sys.argv[1] if len(sys.argv) > 1 else None, temp=0.7)
result = ow.run(model, PROMPTS, {"hot": ow.temperature(0.9)}, tokens=12, samples=4, seed=1)

pairs = result.pairs
flipped = ~pairs["unchanged"]
print(f"{flipped.sum()} of {len(pairs)} strings flipped, after {pairs['lcp'][flipped].mean():.1f} tokens on average")

by_string: dict[str, list[bool]] = {}
for string, flip in zip(pairs["string"], flipped):
    by_string.setdefault(string, []).append(bool(flip))
for string, flips in by_string.items():
    print(f"{string:8} {sum(flips)} of {len(flips)}")

# Exactly, without the sampled counterfactuals: the expected number of flips.
print(f"expected: {(1 - pairs['p_unchanged']).sum():.1f}")

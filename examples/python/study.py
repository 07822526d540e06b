"""A study of a GGUF model: what a 4-bit KV cache changes, beside a higher temperature.

    python examples/python/study.py [MODEL.gguf] [REPORT.html]

Without a model it takes the default one (`make setup`). In a notebook, `result` alone in a cell shows
each string beside its counterfactual.
"""

import sys
from pathlib import Path

import otherwise as ow

PROMPTS = Path(__file__).parents[1] / "paris.txt"

model = ow.Model(sys.argv[1] if len(sys.argv) > 1 else None, temp=0.7)
worlds = [
    ow.World("cache4", ow.cache_keys("q4_0"), ow.cache_values("q4_0"), ow.flash_attention("on")),
    ow.World("hot", ow.temperature(0.8)),
]
result = ow.run(model, PROMPTS, worlds, limit=16, tokens=20, seed=1)

print("world    unchanged  by the exact law  expected common prefix")
pairs = result.pairs
for world in result.worlds[:2]:
    rows = [pair for pair in pairs if pair["world"] == world]
    unchanged = sum(pair["unchanged"] for pair in rows)
    exact = sum(pair["p_unchanged"] for pair in rows) / len(rows)
    prefix = sum(pair["expected_lcp"] for pair in rows) / len(rows)
    print(f"{world:8} {unchanged:3} of {len(rows)} {exact:17.3f} {prefix:16.1f} tokens")

# The tokens that were least likely to stay, in the string where they stood.
cache4 = [pair for pair in pairs if pair["world"] == "cache4"]
weakest = min(cache4, key=lambda pair: float(pair["stay"].min()))
position = int(weakest["stay"].argmin())
print(f"least likely to stay: token {position} of {weakest['prompt']!r}, {weakest['stay'][position]:.3f}")

if len(sys.argv) > 2:
    result.report(sys.argv[2])

"""The pairs that the authors of arXiv 2411.07180 published with their code, by their own definitions.

    git clone https://github.com/shauli-ravfogel/lm-counterfactuals
    python studies/published.py lm-counterfactuals/counterfactuals > studies/published.json

made `published.json` (commit 5b46029). Needs numpy, whose arrays their pickles hold; nothing else in a pickle is
loaded. `bios_mimic_gender_llama3_instruct.pkl` is broken there and left out.

Definitions, from their analyze.py and analyze_edit.py: *LCP share* is the longest common prefix over the length of
the original, in tokens, prompt included, of the pairs in which a token differs; *edits* is the edit distance of the
texts in characters over the length of the counterfactual text, of all pairs.
"""

import json
import pickle
import re
import statistics
import sys
from pathlib import Path

NAMES = {
    "gpt2-memit-louvre": "GPT2-XL, MEMIT, Louvre → Rome",
    "gpt2-memit-koalas": "GPT2-XL, MEMIT, koalas → New Zealand",
    "mimic_gender_gpt2": "GPT2-XL, MiMiC, gender",
    "mimic_gender_llama3_instruct": "LLaMA3-8B-Instruct, MiMiC, gender",
    "honest_steering_llama3_instruct": "LLaMA3-8B-Instruct, ITI, honesty",
    "chat_llama3": "LLaMA3-8B, instruction tuning",
    "bios_gpt2_mimic_gender": "GPT2-XL, MiMiC, gender, on biographies",
}
WOMEN = frozenset("she her hers herself".split())
MEN = frozenset("he him his himself".split())


class Arrays(pickle.Unpickler):
    """Loads lists, dicts, texts and numpy's arrays, and calls nothing else that a pickle names."""

    def find_class(self, module, name):
        if module in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray") and name in (
                "ndarray", "dtype", "_reconstruct", "scalar"):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"expected arrays and texts, got {module}.{name}")


def edit_distance(a, b):
    """Levenshtein's."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def lcp_share(original, counterfactual):
    """Their share, None where no token differs up to the end of the shorter one."""
    for i, (a, b) in enumerate(zip(original, counterfactual)):
        if a != b:
            return i / len(original)
    return None


def words_of(texts, kind):
    return sum(word in kind for text in texts for word in re.findall(r"[a-z']+", text.lower()))


def summary(data):
    pairs = [(a, b[0] if isinstance(b, list) else b) for a, b in zip(data["original"], data["counter"])]
    # Their counterfactual tokens start with one more, the start token.
    shares = [lcp_share(list(a["tokens"]), list(b["tokens"])[1:]) for a, b in pairs]
    parted = [share for share in shares if share is not None]
    edits = [edit_distance(a["text"], b["text"]) / len(b["text"]) for a, b in pairs]
    before, after = [a["text"] for a, _ in pairs], [b["text"] for _, b in pairs]
    return {
        "pairs": len(pairs),
        "kept_whole": len(pairs) - len(parted),
        "lcp_share_median": round(statistics.median(parted), 4),
        "lcp_share_mean": round(statistics.fmean(parted), 4),
        "edits_mean": round(statistics.fmean(edits), 4),
        "she": [words_of(before, WOMEN), words_of(after, WOMEN)],
        "he": [words_of(before, MEN), words_of(after, MEN)],
    }


def main(folder):
    result = {}
    for name, title in NAMES.items():
        with open(Path(folder) / f"{name}.pkl", "rb") as file:
            result[name] = {"title": title, **summary(Arrays(file).load())}
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1])

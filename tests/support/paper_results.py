"""Results of studies/ that nobody measured, for tests of the page and of docs/paper.md."""

from paper import catalog, frontier


def interval(value, half=0.04, n=500):
    return {"value": value, "low": max(0.0, value - half), "high": min(1.0, value + half), "n": n}


def likeness(kept):
    words = [["rome", 3, 9, 1.2, 3.1], ["paris", 9, 3, -1.2, -3.1]]
    return {"pairs": 500, "unchanged": interval(kept), "kept_whole": interval(kept), "edits": interval(1 - kept),
            "lcp_share_median": interval(0.5), "lcp_share_mean": interval(0.54), "lcp_share_all": interval(0.8),
            "histogram": {"counts": [7] * 20, "kept_whole": round(500 * kept)}, "shifts": [],
            "words": {"threshold": 4.3, "gained": words[:1], "lost": words[1:]}}


def shift(title):
    return {"title": title, "factual": interval(0.1), "counterfactual": interval(0.4), "difference": interval(0.3),
            "independent_samples": 200, "flips": None}


def world(name, stays):
    law = {"unchanged": interval(stays), "expected_lcp": interval(18.0), "length": 24.5, "bounds": [0, stays],
           "token_bounds": [0, stays], "same_draw": 0.3, "agreement": 0.97, "same_top": 0.9, "kl": 0.0213}
    target = {"strings": 20, "pairs": 60, "shared": [shift("target Rome")], "fresh": [shift("target Rome")],
              "of_old": {key: interval(share, 0.1, 40) for key, share in (("new", 0.5), ("old", 0.3), ("neither", 0.2))}}
    pair = {"id": "body-003", "prompt": "In migraine, the spleen is", "share": 0.51, "lcp": 9, "common": 3,
            "factual": " an <b>organ</b>", "counterfactual": " an </script>"}
    return {"world": name, "items": [f"lora:{name}"], "law": law, "rounding": "", "survival": [[1, 0.9], [2, stays]],
            "shared": likeness(stays), "fresh": likeness(0.01), "topics": {}, "aside": interval(1 - stays),
            "target": target, "pair": pair}


WORLDS = {"louvre": ("memit", "rome"), "koalas": ("memit", "rome"), "gender": ("mimic",), "honesty": ("iti",),
          "preamble": ("preamble",)}


def study(name, stays=0.75):
    own = next(one for one in catalog.STUDIES if one.name == name)
    if own.pair:
        return {"study": name, "title": own.title, "skipped": "needs two model files"}
    return {"study": name, "title": own.title, "skipped": None, "asks": own.asks, "differs": own.differs,
            "settings": {"strings": 500, "targets": 200, "tokens": 25}, "misses": [], "topics": [], "patterns": [],
            "made_by": {"model": "A model", "sha256": 64 * "0", "quantization": "F32", "version": "0",
                        "processor": "CPU", "seconds": 1,
                        "file": {"name": "a.gguf", "quantization": "Q4_1", "sha256": 64 * "0"}},
            "floors": {"null": {"unchanged": 1, "kl": 0}, "nudge": {"unchanged": 0.99, "kl": 0}},
            "worlds": [world(one, stays) for one in WORLDS[name]]}


def results():
    """Of all studies."""
    points = [{"method": way.method, "strength": way.strength, "items": way.items, "factual": 0.004,
               "effect": interval((i * 7 % 20) / 20),
               "cost": {"kl": 0.001 * (1 + i), "unchanged": interval(1 - 0.03 * i), "length": 24.5,
                        "expected_lcp": interval(10.0)}} for i, way in enumerate(catalog.ways(30))]
    points[3] = {**{key: points[3][key] for key in ("method", "strength", "items")}, "skipped": "no edits here"}
    frontier.mark_frontier(points)
    rows = [{"difference": name, "world": "mimic", "headline": "lcp_share", "right": interval(0.5),
             "theirs": interval(0.4), "moved": interval(0.1)} for name in ("top-k", "site", "identical", "again")]
    return {**{one.name: study(one.name) for one in catalog.STUDIES},
            "fact": {"study": "fact", "title": "What a fact costs", "skipped": None, "points": points, "layers": 30,
                     "settings": {"strings": 100, "tokens": 25}},
            "code": {"study": "code", "title": "The code", "skipped": None, "rows": rows,
                     "recoded": {"strings": 200, "other_tokens": 13}, "settings": {"strings": 200, "tokens": 25}}}

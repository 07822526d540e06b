"""What the paper says, and what is found here: a row for each sentence, with a verdict by a stated rule."""

from .numbers import percent, ranged

HOLDS, NOT, OPEN = "holds", "does not hold", "cannot be told"
EDITS = ("louvre", "koalas")


def claims(results, published):
    """[{"claim", "paper", "here", "rule", "verdict"}] from {study: result} and published.json."""
    rows = [_side_effects(results, published), _other_topics(results), _missed(results), _gender(results, published),
            _samples(results), *_others(results, published)]
    return [row for row in rows if row]


def worlds_of(results, names):
    for name in names:
        result = results.get(name)
        if result and not result["skipped"]:
            for world in result["worlds"]:
                yield result, world


def changed(interval):
    """1 − P(unchanged)."""
    return {"value": 1 - interval["value"], "low": 1 - interval["high"], "high": 1 - interval["low"]}


NAMES = {"rome": "ROME", "memit": "MEMIT", "mimic": "MiMiC", "iti": "ITI"}


def title_of(result, world):
    """"Louvre by ROME", "gender by MiMiC"."""
    study = "Louvre" if result["study"] == "louvre" else result["study"]
    return study if study == world["world"] else f"{study} by {NAMES.get(world['world'], world['world'])}"


def verdict(tests):
    """Of [True, False, None]: all one way, or not."""
    tests = list(tests)
    if not tests or None in tests or len(set(tests)) > 1:
        return OPEN
    return HOLDS if tests[0] else NOT


def _above(interval, least):
    """Whether an interval lies above a number; None where it lies around it."""
    if interval["low"] is None:
        return None
    return True if interval["low"] > least else False if interval["high"] < least else None


def _listed(parts):
    return "; ".join(parts) if parts else "not run"


def _whole(published, name):
    one = published[name]
    return f"{one['pairs'] - one['kept_whole']} of {one['pairs']} strings"


def _nudge(result):
    floor = result["floors"].get("nudge")
    return 1 - floor["unchanged"] if floor else 0.0


def _side_effects(results, published):
    here, tests = [], []
    for result, world in worlds_of(results, EDITS):
        share = changed(world["law"]["unchanged"])
        here.append(f"{title_of(result, world)} {ranged(share)}, the nudge {percent(_nudge(result))}")
        tests.append(_above(share, _nudge(result)))
    return {"claim": "Edits that look minimal change strings about other things", "verdict": verdict(tests),
            "paper": f"the Louvre edit {_whole(published, 'gpt2-memit-louvre')}, the koalas' "
                     f"{_whole(published, 'gpt2-memit-koalas')}",
            "here": _listed(here), "rule": "1 − P(unchanged) of the openings, by the exact law, is above the nudge's"}


def _other_topics(results):
    here, tests = [], []
    for result, world in worlds_of(results, ("louvre",)):
        here.append(f"{title_of(result, world)} {ranged(world['aside'])}")
        tests.append(_above(world["aside"], _nudge(result)))
    return {"claim": "The Louvre edit changes completions that have nothing to do with places", "verdict": verdict(tests),
            "paper": "shown by examples", "here": _listed(here),
            "rule": "the same on the openings about the body, machines and science alone"}


def _missed(results):
    here, tests = [], []
    for result, world in worlds_of(results, EDITS):
        old = world.get("target", {}).get("of_old")
        if not old or not old["new"]["n"]:
            continue
        missed = changed(old["new"])
        here.append(f"{title_of(result, world)} {ranged(missed)} of {old['new']['n']}")
        tests.append(_above(missed, 0.1))
    return {"claim": "The intended effect is often missed", "verdict": verdict(tests),
            "paper": "45 % of 75 strings about the Louvre and Paris have no Rome afterwards (their notebook)",
            "here": _listed(here),
            "rule": "of strings that say the old answer, more than 10 % have counterfactuals without the new one"}


def _gender(results, published):
    here, tests = [], []
    for result, world in worlds_of(results, ("gender",)):
        here.append(f"{ranged(world['aside'])}, the nudge {percent(_nudge(result))}")
        tests.append(_above(world["aside"], _nudge(result)))
    return {"claim": "Gender steering changes text that has nothing to do with gender", "verdict": verdict(tests),
            "paper": f"GPT2-XL {_whole(published, 'mimic_gender_gpt2')}, LLaMA3 "
                     f"{_whole(published, 'mimic_gender_llama3_instruct')}",
            "here": _listed(here), "rule": "1 − P(unchanged) of openings about animals, plants, the body, machines, "
            "places and science whose strings have no word of gender is above the nudge's"}


def _samples(results):
    """Fresh noise changes nearly every string in any world, so what an edit changes cannot be seen in it."""
    here, tests = [], []
    for result, world in worlds_of(results, EDITS):
        shared, fresh = (world[kind]["kept_whole"] for kind in ("shared", "fresh"))
        if fresh["low"] is None or shared["low"] is None:
            continue
        here.append(f"{title_of(result, world)} {ranged(changed(shared))} changed, under fresh noise "
                    f"{ranged(changed(fresh))}")
        tests.append(True if fresh["high"] < shared["low"] else False if fresh["low"] > shared["high"] else None)
    return {"claim": "Counterfactual strings show it where samples hide it", "verdict": verdict(tests),
            "paper": "the reason for its method", "here": _listed(here),
            "rule": "of strings under the same noise fewer change than of strings drawn anew, which change whatever is done"}


def _others(results, published):
    texts = {"honesty": ("Honesty steering changes nearly all strings", "honest_steering_llama3_instruct"),
             "instruct": ("Instruction tuning changes nearly all strings", "chat_llama3")}
    for name, (claim, key) in texts.items():
        result = results.get(name)
        here, tests = [], []
        if result and result["skipped"]:
            here = [f"not run: {result['skipped']}"]
        for _, world in worlds_of(results, (name,)):
            share = changed(world["law"]["unchanged"])
            here.append(ranged(share))
            tests.append(_above(share, 0.9))
        yield {"claim": claim, "paper": _whole(published, key), "here": _listed(here), "verdict": verdict(tests),
               "rule": "1 − P(unchanged) of the openings is above 90 %"}

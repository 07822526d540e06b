"""Writes the tables of docs/paper.md from studies/results/, digit for digit.

    python studies/document.py          rewrite them
    python studies/document.py --check  exit 1 where the page says something else than the results

Between `<!-- NAME -->` and `<!-- end -->` stands what the function of that name makes; the rest is written by hand and
has no number that was measured.
"""

import json
import re
import sys
from pathlib import Path

from paper.claims import NAMES, changed, claims, title_of
from paper.numbers import between, percent, plain, ranged, signed, small
from paper.page import published, read_results

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/paper.md"
BLOCK = re.compile(r"(<!-- (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
HEADLINES = {"lcp_share": "LCP share, mean", "unchanged": "kept whole", "lcp_written": "LCP over the written tokens", "she": "biographies that say she"}
CODE = {"top-k": "sampled with top-k 50; noise inferred, and counterfactuals written, without",
        "site": "MiMiC fitted to the residual stream, applied after the next norm",
        "identical": "pairs without a difference left out", "again": "texts encoded again before hindsight"}


def done(results):
    return {name: one for name, one in results.items() if not one["skipped"]}


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]) + "\n"


def worlds(results):
    for name, result in done(results).items():
        for world in result.get("worlds", []):
            yield name, result, world


def named(name, world):
    return name if name == world["world"] else f"{name}, {NAMES.get(world['world'], world['world'])}"


def made(results):
    """The command, the model and the processor."""
    one = next((result for result in done(results).values() if result.get("made_by", {}).get("file")), None)
    if one is None:
        return "No results are kept: `make paper`, then `python3 studies/keep.py`.\n"
    by, sizes = one["made_by"], one["settings"]
    fact, code = done(results).get("fact"), done(results).get("code")
    given = [f"--strings {sizes['strings']}", f"--targets {sizes['targets']}", f"--tokens {sizes['tokens']}"]
    given += [f"--frontier {fact['settings']['strings']}"] if fact else []
    given += [f"--differences {code['settings']['strings']}"] if code else []
    file = by["file"]
    return (f"Made by `make paper PAPER=\"{' '.join(given)}\"` with otherwise {by['version']} on {file['name']} (its "
            f"{file['quantization']} weights put into {by['quantization']}; SHA-256 `{file['sha256'][:16]}…`), processor "
            f"{by['processor']}; {times()}\n")


def times():
    path = ROOT / "studies/results/times.json"
    used = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return f"{sum(used.values()) / 60:.0f} minutes of one processor in all." if used else "the time was not kept."


def claimed(results):
    return table(["claim", "the paper", "here", "verdict", "holds where"],
                 [[row["claim"], row["paper"], row["here"].replace("; ", "<br>"), f"**{row['verdict']}**", row["rule"]]
                  for row in claims(results, published())])


def likeness(results):
    rows = []
    for name, _, world in worlds(results):
        for kind, more in (("shared", ""), ("fresh", ", fresh noise")):
            m = world[kind]
            rows.append([named(name, world) + more, ranged(m["kept_whole"]), between(m["lcp_share_median"]),
                         between(m["lcp_share_mean"]), between(m["edits"]), str(m["pairs"])])
    rows += [[f"*{one['title']}*", percent(one["kept_whole"] / one["pairs"]), plain(one["lcp_share_median"]),
              plain(one["lcp_share_mean"]), plain(one["edits_mean"]), str(one["pairs"])] for one in published().values()]
    return table(["world", "kept whole", "LCP share of pairs that part, median", "mean", "edits", "pairs"], rows)


def exact(results):
    rows = []
    for name, result, world in worlds(results):
        law, floor = world["law"], result["floors"].get("nudge")
        rows.append([named(name, world), ranged(changed(law["unchanged"])), percent(1 - law["token_bounds"][1]),
                     percent(1 - law["bounds"][1]), percent(1 - law["bounds"][0]),
                     f"{plain(law['expected_lcp']['value'], 2)} of {plain(law['length'], 2)}", small(law["kl"]),
                     percent(1 - floor["unchanged"]) if floor else "–"])
    return table(["world", "strings that change", "least, token by token", "least, any coupling", "most, any coupling",
                  "tokens kept", "KL, nats", "the nudge changes"], rows)


def targets(results):
    rows = []
    for name, _, world in worlds(results):
        target = world.get("target")
        if not target:
            continue
        for shift, fresh in zip(target["shared"], target["fresh"]):
            rows.append([f"{named(name, world)}: `{shift['title'].split(' ', 1)[1]}`", percent(shift["factual"]["value"]),
                         percent(shift["counterfactual"]["value"]), signed(shift["difference"]), signed(fresh["difference"])])
        if "log_odds" in target:
            rows.append([f"{named(name, world)}: log-odds of true over false", "–", "–",
                         between(target["log_odds"]) + " nats", "–"])
    return table(["of the strings that it is for", "factual", "counterfactual", "shift, per cent points",
                  "with fresh noise"], rows)


def pairs(results):
    text = []
    for name, result, world in worlds(results):
        pair = world["pair"]
        if pair:
            text.append(f"**{title_of(result, world)}** ({pair['id']}, LCP share {plain(pair['share'])})\n\n"
                        f"> *{_line(pair['prompt'])}*{_line(pair['factual'])}\n>\n"
                        f"> *{_line(pair['prompt'])}*{_line(pair['factual'][:pair['common']])}│"
                        f"{_line(pair['counterfactual'][pair['common']:])}\n")
    return "\n".join(text)


def _line(text):
    """What a model wrote as one line of Markdown that shows it and does nothing."""
    return re.sub(r"([\\`*_{}\[\]()#+!|<>~-])", r"\\\1", text).replace("\n", "↵")


def fact(results):
    if "fact" not in done(results):
        return "Not run.\n"
    points = [point for point in results["fact"]["points"] if "cost" in point]
    points.sort(key=lambda point: -point["effect"]["value"])
    rows = [[f"{point['method']}, {point['strength']}", between(point["effect"]), small(point["cost"]["kl"]),
             ranged(changed(point["cost"]["unchanged"])), "yes" if point["frontier"] else ""] for point in points]
    before = {point["method"] == "system message": point["factual"] for point in points}
    start = f"Without any of it P(“ Rome”) is {plain(before[False])}" + (
        f", in the chat {plain(before[True])}" if True in before else "")
    return start + ".\n\n" + table(["way, strength", "P(“ Rome”)", "KL, nats a token", "openings that change",
                                    "on the frontier"], rows)


def code(results):
    if "code" not in done(results):
        return "Not run.\n"
    rows = [[CODE[row["difference"]], NAMES[row["world"]], HEADLINES[row["headline"]], plain(row["right"]["value"]),
             plain(row["theirs"]["value"]), _moved(row["moved"])] for row in results["code"]["rows"]]
    again = results["code"]["recoded"]
    return table(["difference", "world", "headline", "as the mathematics", "as the code", "moved by"], rows) + (
        f"\nOf {again['strings']} factual strings {again['other_tokens']} have other tokens once their text is encoded "
        "again.\n")


def _moved(interval):
    if interval["value"] is None:
        return "–"
    text = f"{interval['value']:+.3f}"
    if interval["low"] is not None:
        text += f" [{interval['low']:+.3f}, {interval['high']:+.3f}]"
    return text.replace("-", "−")


def skipped(results):
    lines = [f"- {result['title']}: not run; {result['skipped']}." for result in results.values() if result["skipped"]]
    return "\n".join(lines) + "\n" if lines else ""


BLOCKS = {"made": made, "claims": claimed, "likeness": likeness, "exact": exact, "targets": targets, "pairs": pairs,
          "fact": fact, "code": code, "skipped": skipped}


def written(text, results):
    return BLOCK.sub(lambda block: block[1] + BLOCKS[block[2]](results) + block[4], text)


def main(given):
    results = read_results(ROOT / "studies/results")
    before = PAGE.read_text(encoding="utf-8")
    after = written(before, results)
    if given == ["--check"]:
        print("docs/paper.md agrees" if before == after else "docs/paper.md says other numbers than studies/results: "
              "python studies/document.py rewrites them")
        return 0 if before == after else 1
    PAGE.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

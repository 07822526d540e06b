"""Results as HTML for notebooks: the report's texts, colours and small windows, without scripts.

All of it stands in one element; its styles are the report page's own rules, made to apply below it
alone. Nothing comes from a network.
"""

import html
import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from otherwise import _otherwise

if TYPE_CHECKING:
    from otherwise.results import Results

_HEAT = (0.99, 0.9, 0.7, 0.4, 0.1)  # as tokens.js: stay below these are the colours 1 to 5
_LEVELS = ("90 to 99 %", "70 to 90 %", "40 to 70 %", "10 to 40 %", "below 10 %")
_OURS = re.compile(r"^(\.pair|\.sides|\.text|\.cut|\.eog|\.tok|\.h[1-5]|\.newline|\.legend|#tip)\b")
_DARK = ('[data-jp-theme-light="false"] .otherwise', ".vscode-dark .otherwise", "[data-theme=dark] .otherwise")
_MORE = """
.otherwise { background: var(--paper); color: var(--ink); font: 400 1rem/1.6 var(--sans); padding: 0.4rem 1rem 9rem; }
.otherwise * { box-sizing: border-box; }
.otherwise p, .otherwise ol { margin: 0; }
.otherwise table { border-collapse: collapse; font-size: 0.9rem; margin: 0.4rem 0 1rem; }
.otherwise th, .otherwise td { text-align: right; padding: 0.25rem 0 0.25rem 1.4rem; border: 0; border-bottom: 1px solid var(--line); background: none; }
.otherwise th:first-child { text-align: left; padding-left: 0; font-weight: 400; }
.otherwise tr, .otherwise tr:hover, .otherwise tbody tr:nth-child(n) { background: none; }
.otherwise thead th { color: var(--soft); font-weight: 400; font-size: 0.8rem; }
.otherwise .tok { position: relative; }
.otherwise .tip { position: absolute; left: 0; top: 1.9em; display: none; white-space: normal; color: var(--ink); font-family: var(--sans); }
.otherwise .tip .said, .otherwise .tip .rest { display: block; }
.otherwise .tok:hover > .tip, .otherwise .tok:focus > .tip { display: block; }
.otherwise .tok:hover, .otherwise .tok:focus { box-shadow: 0 0 0 1.5px var(--ink); z-index: 1; }
.otherwise .warn { color: var(--accent); }
"""


def view(results: "Results", strings: int) -> str:
    """One element: the worlds, and the first `strings` strings in each."""
    if not results._head["done"]:
        return f"<p>{html.escape(repr(results))}</p>"
    data = json.loads(_otherwise.report_data(results.path, max(1, strings), results._force))
    body = "".join(f'<p class="warn">{html.escape(text)}</p>' for text in data["head"]["warnings"])
    body += _worlds(data)
    if any(pair.get("stay") for pair in data["pairs"]):
        body += _legend()
    floors = {name for name, role, _ in results._head["worlds"] if role != "change"}
    body += "".join(_pair(data, pair) for pair in data["pairs"]
                    if data["worlds"][pair["w"]]["name"] not in floors)
    more = data["all_strings"] - len(data["strings"])
    body += f"<p>{more} more strings; .report(path) writes the whole page</p>" if more > 0 else ""
    return f'<div class="otherwise"><style>{_styles()}</style>{body}</div>'


@lru_cache(maxsize=1)
def _styles() -> str:
    """The report's variables, light and dark, and its rules for strings, below .otherwise."""
    css = re.sub(r"/\*.*?\*/", "", _otherwise.page_asset("report.css"), flags=re.DOTALL)
    rules = ""
    for selectors, body in re.findall(r"(?:^|(?<=}))\s*([^{}@]+?)\s*\{([^{}]*)\}", css.split("@media")[0]):
        if selectors == ":root":
            rules += f".otherwise {{{body}}}\n"
        elif selectors == ':root[data-theme="dark"]':
            rules += f"{', '.join(_DARK)} {{{body}}}\n"
        else:
            ours = [one.strip() for one in selectors.split(",") if _OURS.match(one.strip())]
            if ours:
                scoped = ", ".join(f".otherwise {_below(one)}" for one in ours)
                rules += f"{scoped} {{{body}}}\n"
    return (rules + _MORE).replace("</", "<\\/")


def _below(selector: str) -> str:
    """Inside a paragraph a window is made of spans."""
    for theirs, ours in (("#tip", ".tip"), (".tip li", ".tip .become"), (".tip p", ".tip .said")):
        selector = selector.replace(theirs, ours)
    return selector


def _worlds(data: dict[str, Any]) -> str:
    rows = ""
    for world in data["worlds"]:
        summary, law = world["summary"], world.get("law")
        exact = law["unchanged"] if law else None
        cells = (str(summary["pairs"]), _share(summary["unchanged_share"]),
                 f"{_share(exact['value'])} [{_share(exact['low'])}, {_share(exact['high'])}]" if exact else "")
        rows += f"<tr><th>{html.escape(world['name'])}</th>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    return ("<table><thead><tr><th>world</th><th>strings</th><th>unchanged</th><th>P(unchanged)</th></tr>"
            f"</thead><tbody>{rows}</tbody></table>")


def _legend() -> str:
    chips = "".join(f'<span class="chip h{i}">{name}</span>' for i, name in enumerate(_LEVELS, 1))
    return (f'<p class="legend"><span>A factual token stays with</span>{chips}'
            '<span><span class="cut"></span> where the strings divide</span><span>∎ the model’s own end</span></p>')


def _pair(data: dict[str, Any], pair: dict[str, Any]) -> str:
    string, world = data["strings"][pair["s"]], data["worlds"][pair["w"]]["name"]
    name = f"string {string['id']}" if string["id"].isdigit() else string["id"]
    name += f", sample {string['sample']}" if string["sample"] else ""
    verdict = "unchanged" if pair["same"] else f"divides after {pair['lcp']} of {len(string['pieces'])} tokens"
    prompt = f'<p class="prompt">{html.escape(string["prompt"])}</p>' if string["prompt"] else ""
    who = "factual, observed" if string["observed"] else "factual"
    return (f'<div class="pair"><header><h3>{html.escape(name)}</h3><span class="verdict">{verdict}</span></header>'
            f'{prompt}<div class="sides"><div><p class="who">{who}</p>{_factual(data, string, pair)}</div>'
            f'<div><p class="who">{html.escape(world)}</p>{_counterfactual(data, string, pair)}</div></div></div>')


def _factual(data: dict[str, Any], string: dict[str, Any], pair: dict[str, Any]) -> str:
    text = ""
    for t, piece in enumerate(string["pieces"]):
        if t == pair["lcp"] and not pair["same"]:
            text += '<span class="cut"></span>'
        last = string["ended"] and t == len(string["pieces"]) - 1
        shown = _piece("", last) if last else _piece(data["pieces"][piece])
        stay = pair["stay"][t] if pair.get("stay") else None
        if stay is None:
            text += shown
            continue
        level = sum(stay / 1000 < bound for bound in _HEAT)
        text += f'<span class="tok h{level}" tabindex="{0 if level else -1}">{shown}{_tip(data, string, pair, t, last)}</span>'
    if len(string["pieces"]) <= pair["lcp"] and not pair["same"]:
        text += '<span class="cut"></span>'
    return f'<p class="text factual">{text}</p>'


def _counterfactual(data: dict[str, Any], string: dict[str, Any], pair: dict[str, Any]) -> str:
    written = string["pieces"][:pair["lcp"]] + pair["tail"]
    pieces = [_piece(data["pieces"][piece], pair["ended"] and t == len(written) - 1)
              for t, piece in enumerate(written)]
    cut = "" if pair["same"] else '<span class="cut"></span>'
    shared, rest = "".join(pieces[:pair["lcp"]]), "".join(pieces[pair["lcp"]:])
    return f'<p class="text"><span class="shared">{shared}</span>{cut}{rest}</p>'


def _tip(data: dict[str, Any], string: dict[str, Any], pair: dict[str, Any], t: int, last: bool) -> str:
    """What the token would have become, most probable first; shares are whole thousandths."""
    stay = pair["stay"][t]
    name = "The end" if last else f"“{_visible(data['pieces'][string['pieces'][t]])}”"
    tip = f'<span class="said">{name} stays with {_thousandths(stay)}</span>'
    become = (pair.get("become") or {}).get(str(t))
    for piece, chance in zip(become[::2], become[1::2]) if become else ():
        tip += (f'<span class="become"><span class="piece">{_visible(data["pieces"][piece])}</span>'
                f'<span class="amount" style="width: {chance / 10}%"></span>'
                f'<span class="share">{_thousandths(chance)}</span></span>')
    rest = 1000 - stay - sum(become[1::2] if become else ())
    tip += f'<span class="rest">others {_thousandths(rest)}</span>' if become and rest > 1 else ""
    return f'<span class="tip" role="tooltip">{tip}</span>'


def _piece(text: str, ends: bool = False) -> str:
    if ends:
        return '<span class="eog">∎</span>'
    return html.escape(text).replace("\n", '<span class="newline">↵</span>\n')


def _visible(piece: str) -> str:
    shown = piece.replace("\n", "↵").replace("\t", "⇥")
    return html.escape(f"␣{shown[1:]}" if shown.startswith(" ") else shown)


def _share(value: "float | None") -> str:
    return "" if value is None else f"{100 * value:.3g}\u00a0%"


def _thousandths(value: int) -> str:
    return "&lt; 0.1 %" if value == 0 else _share(value / 1000)

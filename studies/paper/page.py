"""The page of all studies: one HTML file that needs nothing else, in the look of the report and by its chart code."""

import json
import os
from pathlib import Path

from .claims import claims
from .strings import STUDIES
from .tool import Refused

STATIC = STUDIES.parent / "otherwise/page/static"
OWN = STUDIES / "paper/static"
CHART = ("/usr/share/javascript/chart.js/Chart.min.js", "/usr/share/javascript/chart.js/chart.min.js")
SCRIPTS = (STATIC / "format.js", STATIC / "blocks.js", STATIC / "charts.js", STATIC / "colours.js", OWN / "paper.js")
ORDER = ("louvre", "koalas", "gender", "honesty", "instruct", "preamble", "fact", "code")


def read_results(folder):
    """{study: result} of the files that are there."""
    return {name: json.loads(path.read_text(encoding="utf-8")) for name in ORDER
            if (path := Path(folder) / f"{name}.json").exists()}


def published():
    return json.loads((STUDIES / "published.json").read_text(encoding="utf-8"))


def page(results, reports=()):
    """The page's text; `reports` are the names of the files beside it that it may link to."""
    pub = published()
    rows = claims(results, pub)
    data = {"worlds": [], "strings": [], "pairs": [], "pieces": [], "doses": [], "results": results, "published": pub,
            "catalog": _catalog(), "claims": rows, "reports": sorted(reports)}
    parts = {"theme.js": _text(STATIC / "theme.js"), "report.css": _text(STATIC / "report.css"),
             "paper.css": _text(OWN / "paper.css"), "chart.min.js": _text(_chart()), "data": safe_json(data),
             "plain": "".join(f"<li>{escape(row['claim'])}: {escape(row['verdict'])}</li>" for row in rows),
             "scripts": '"use strict";\n(() => {\n' + "".join(map(_text, SCRIPTS)) + "})();\n"}
    text = _text(OWN / "paper.html")
    pieces = text.split("{{")
    return pieces[0] + "".join(parts[name] + rest for name, rest in (piece.split("}}", 1) for piece in pieces[1:]))


def write_page(folder):
    folder = Path(folder)
    results = read_results(folder / "results")
    reports = [path.name for path in folder.glob("*.html") if path.name != "index.html"]
    path = folder / "index.html"
    part = path.with_suffix(".part")
    part.write_text(page(results, reports), encoding="utf-8")
    os.replace(part, path)
    return path


def _catalog():
    from .catalog import STUDIES as ALL

    return {study.name: {"asks": study.asks, "differs": study.differs, "published": study.published} for study in ALL}


def safe_json(data):
    """JSON that ends no script, whatever a model wrote."""
    text = json.dumps(data, ensure_ascii=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _text(path):
    return Path(path).read_text(encoding="utf-8")


def _chart():
    for path in CHART:
        if os.path.exists(path):
            return path
    raise Refused(f"expected Chart.js at {CHART[0]}, got none; make setup installs libjs-chart.js")

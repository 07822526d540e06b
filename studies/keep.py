"""Keeps the results of `make paper`: studies/results/, the tables of docs/paper.md, and the pictures of both.

    python studies/keep.py [build/paper]

The pictures need Chromium.
"""

import shutil
import sys
from pathlib import Path

import document
from paper.page import page, read_results

ROOT = document.ROOT
PICTURES = {"paper-claims.png": ("#claims", 1400), "paper-fact.png": ("#fact .two", 1400)}
MARGIN = 24  # pixels around a part


def keep(folder):
    found = read_results(folder / "results")
    if not found:
        raise SystemExit(f"keep: expected results in '{folder}/results', got none; make paper writes them")
    target = ROOT / "studies/results"
    target.mkdir(exist_ok=True)
    for name in (*found, "times"):
        shutil.copyfile(folder / f"results/{name}.json", target / f"{name}.json")
    document.main([])


def picture(folder):
    """Each part of the page, as wide as a README shows it."""
    sys.path.insert(0, str(ROOT / "tests/support"))
    from browser import Browser

    path = folder / "pictures.html"
    path.write_text(page(read_results(ROOT / "studies/results")), encoding="utf-8")
    with Browser() as browser:
        browser.window(1180)
        browser.prefer("light")
        browser.open(path)
        browser.settle()
        for name, (part, most) in PICTURES.items():
            x, y, width, height = browser.run(
                f"(() => {{ const r = document.querySelector('{part}').getBoundingClientRect();"
                " return [r.x + scrollX, r.y + scrollY, r.width, r.height]; })()")
            browser.picture(ROOT / "docs/images" / name, whole=True, x=max(0, x - MARGIN), y=max(0, y - MARGIN / 2),
                            width=width + 2 * MARGIN, height=min(height + MARGIN, most))
    path.unlink()


if __name__ == "__main__":
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build/paper"
    keep(out)
    picture(out)

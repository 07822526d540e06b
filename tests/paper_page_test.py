"""The page of studies/ in headless Chromium: no request, no complaint, all of its parts, hostile texts."""

import sys
import tempfile
import unittest
from pathlib import Path

from browser import Browser
from command import SOURCE

sys.path.insert(0, str(SOURCE / "studies"))

import paper_results  # noqa: E402
from paper.page import page, read_results  # noqa: E402


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def open(self, results, width=1280):
        path = self.folder / "index.html"
        path.write_text(page(results), encoding="utf-8")
        self.browser.window(width)
        self.browser.prefer("light")
        self.browser.open(path)
        self.browser.settle()
        self.assertEqual(self.browser.errors, [])
        self.assertEqual([one for one in self.browser.requests if not one.startswith(("file:", "about:"))], [])

    def count(self, selector):
        return self.browser.run(f"document.querySelectorAll({selector!r}).length")

    def test_the_kept_results(self):
        results = read_results(SOURCE / "studies/results")
        self.open(results)
        self.assertEqual(self.count("section.study"), len(results))

    def test_all_parts_are_shown(self):
        results = paper_results.results()
        self.open(results)
        self.assertEqual(self.count(".claims tbody tr"), 7)
        self.assertEqual(self.count("section.study"), len(results))
        worlds = sum(len(one.get("worlds", [])) for one in results.values())
        self.assertEqual(self.count("article.pair"), worlds)
        self.assertEqual(self.count("#fact tbody tr"), sum("cost" in point for point in results["fact"]["points"]))
        drawn = self.browser.run("[...document.querySelectorAll('canvas')].every((one) => { const c = one.getContext('2d');"
                                 " return c.getImageData(0, 0, one.width, one.height).data.some((v) => v > 0); })")
        self.assertTrue(drawn)

    def test_what_was_not_run_is_said(self):
        self.open({"louvre": {"study": "louvre", "title": "Louvre → Rome", "skipped": "expected <b>edits</b>, got none"}})
        self.assertIn("expected <b>edits</b>, got none",
                      self.browser.run("document.querySelector('.skipped').textContent"))

    def test_what_a_model_wrote_is_text(self):
        self.open(paper_results.results())
        shown = self.browser.run("[...document.querySelectorAll('#louvre .text')].map((one) => one.textContent)")
        self.assertEqual(shown[:2], [" an <b>organ</b>", " an </script>"])
        self.assertEqual(self.count("#louvre .text b"), 0)

    def test_a_phone_does_not_scroll_sideways(self):
        self.open(paper_results.results(), width=400)
        self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), 400)


if __name__ == "__main__":
    unittest.main()

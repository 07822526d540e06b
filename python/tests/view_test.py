"""The view for notebooks, in headless Chromium: through a real notebook's page where nbconvert is
installed, else in a page like JupyterLab's."""

import importlib.util
import os
import re
import shutil
import textwrap
import unittest
from pathlib import Path

import otherwise as ow
from browser import Browser
from tiny_case import TinyCase

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "</style><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
PAGE = '<!doctype html><meta charset="utf-8"><body data-jp-theme-light="true"><div>{}</div></body>'


def notebook_page(model, prompts):
    """The page of a notebook that was run."""
    import nbformat
    from nbconvert import HTMLExporter
    from nbconvert.preprocessors import ExecutePreprocessor

    code = textwrap.dedent(f"""\
        import otherwise as ow
        ow.run({model!r}, {prompts!r}, {{"hot": ow.temperature(1.5)}}, tokens=8, seed=2)""")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    ExecutePreprocessor(timeout=120).preprocess(notebook, {})
    return HTMLExporter(embed_images=True).from_notebook_node(notebook)[0]


@unittest.skipUnless(shutil.which("chromium"), "no chromium here")
class View(TinyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        super().setUp()
        self.prompts = ["the king of the river", HOSTILE]
        self.result = ow.run(self.model, self.prompts, {"hot": ow.temperature(1.5)}, tokens=8, seed=2)
        self.view = self.result._repr_html_()

    def show(self, page):
        file = self.folder / "page.html"
        file.write_text(page + "<script>document.documentElement.dataset.ready = 'true'</script>", encoding="utf-8")
        self.browser.open(file)

    def look(self):
        """What the view shows, and that it is the report's."""
        value = self.browser.run
        shown = value("[...document.querySelectorAll('.otherwise .text.factual')].map(p => "
                      "[...p.childNodes].map(n => n.firstChild ? n.firstChild.textContent : n.textContent).join(''))")
        self.assertEqual(shown, self.result.pairs["factual"])
        stays = [stay for row in self.result.pairs["stay"] for stay in row]
        levels = value("[...document.querySelectorAll('.otherwise .tok')].map(t => Number(t.className.match(/h(\\d)/)[1]))")
        expected = [sum(round(stay, 3) < bound for bound in (0.99, 0.9, 0.7, 0.4, 0.1)) for stay in stays]
        self.assertEqual(levels, expected)
        colour = value("getComputedStyle(document.querySelector('.otherwise .tok.h3')).backgroundColor")
        css = (ROOT / "otherwise" / "page" / "static" / "report.css").read_text(encoding="utf-8")
        heat = re.search(r"--heat-3: #(\w{6})", css)[1]
        self.assertEqual(colour, "rgb({}, {}, {})".format(*(int(heat[i:i + 2], 16) for i in (0, 2, 4))))

    def hover(self):
        """The window of the first coloured token, hidden until the mouse is there."""
        value = self.browser.run
        token = "document.querySelector('.otherwise .tok.h3')"
        display = f"getComputedStyle({token}.querySelector('.tip')).display"
        self.assertEqual(value(display), "none")
        value(f"{token}.scrollIntoView({{block: 'center'}})")
        self.browser.settle()
        self.browser.point(".otherwise .tok.h3")
        self.assertEqual(value(display), "block")
        self.assertRegex(value(f"{token}.querySelector('.tip').innerText"), r"(?s)“.*” stays with [\d.]+.%.*%.*others [\d.]+.%")

    def test_in_a_page(self):
        self.show(PAGE.format(self.view))
        self.look()
        self.hover()
        self.assertEqual([a for a in self.browser.requests if not a.startswith("file:")], [])
        self.assertEqual(self.browser.errors, [])

    def test_what_a_model_or_a_user_wrote_stays_text(self):
        self.show(PAGE.format(self.view))
        self.assertNotEqual(self.browser.run("document.title"), "owned")
        self.assertEqual(self.browser.run("document.querySelectorAll('.otherwise script, .otherwise img').length"), 0)
        self.assertIn(HOSTILE, self.browser.run("document.querySelector('.otherwise').innerText"))

    def test_its_styles_touch_nothing_else(self):
        self.show('<!doctype html><p class="text tok h5 pair" id="other">text</p>' + self.view)
        self.assertEqual(self.browser.run("getComputedStyle(document.getElementById('other')).backgroundColor"),
                         "rgba(0, 0, 0, 0)")
        for selectors in re.findall(r"([^{}]+)\{", re.search(r"<style>(.*?)</style>", self.view, re.S)[1]):
            for selector in selectors.split(","):
                self.assertIn(".otherwise", selector)

    def test_dark_notebooks(self):
        self.show(PAGE.format(self.view).replace('light="true"', 'light="false"'))
        self.assertEqual(self.browser.run("getComputedStyle(document.querySelector('.otherwise')).backgroundColor"),
                         "rgb(21, 20, 19)")

    @unittest.skipUnless(all(importlib.util.find_spec(m) for m in ("nbconvert", "ipykernel")), "no nbconvert here")
    def test_in_a_notebook(self):
        self.show(notebook_page(self.model, self.prompts))
        self.look()
        self.hover()
        if where := os.environ.get("OTHERWISE_PICTURES"):
            self.browser.picture(Path(where) / "notebook.png")

    def test_without_laws_and_unfinished(self):
        plain = ow.run(self.model, self.prompts, {"hot": ow.temperature(1.5)}, tokens=8, law=False).html(strings=1)
        self.assertNotIn('class="tok', plain)
        self.assertIn("1 more strings", plain)

        def stop(*_):
            raise RuntimeError

        path = self.folder / "run.db"
        with self.assertRaises(RuntimeError):
            ow.run(self.model, self.prompts, {"hot": ow.temperature(1.5)}, output=path, on_pair=stop)
        self.assertIn("This run is not finished: 1 of 2 strings are done", ow.open(path)._repr_html_())


if __name__ == "__main__":
    unittest.main()

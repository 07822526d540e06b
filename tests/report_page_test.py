"""The report page in headless Chromium: content, sorting, tokens, colours, hostile texts, size."""

import json
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from browser import Browser
from contrast import faint_texts

COMMAND = Path(os.environ.get("OTHERWISE_COMMAND", "build/release/otherwise"))
FIXTURE = COMMAND.resolve().parent / "report_fixture"  # built beside it
MOST_IN_PAGE = 60  # pairs in the document at once

VERDICTS = "[...document.querySelectorAll('#list .verdict')].map((v) => v.textContent)"
COLOUR = "getComputedStyle(document.body).backgroundColor"


def make(folder, kind):
    path = Path(folder) / f"{kind}.html"
    subprocess.run([FIXTURE, kind, path], check=True, timeout=60)
    return path


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def open(self, kind="plain", part=""):
        path = Path(self.folder) / f"{kind}.html"
        if not path.exists():
            make(self.folder, kind)
        self.browser.window(1280)
        self.browser.prefer("light")
        self.browser.open(path, part)
        self.browser.settle()
        return self.browser

    def choose(self, name, value):
        self.browser.run(
            f"(() => {{ const box = document.querySelector('[name={name}]'); box.value = '{value}';"
            " box.dispatchEvent(new Event('change')); })()"
        )
        self.browser.settle()

    def search(self, text):
        self.browser.run(
            "(() => { const box = document.querySelector('[name=search]');"
            f" box.value = {json.dumps(text)}; box.dispatchEvent(new Event('input')); }})()"
        )
        time.sleep(0.3)
        self.browser.settle()

    def divergences(self):
        """Tokens in common of the pairs in the page, from the top; None where unchanged."""
        found = []
        for verdict in self.browser.run(VERDICTS):
            if verdict == "unchanged":
                found.append(None)
            else:
                found.append(0 if verdict == "diverges at once" else int(verdict.split()[2]))
        return found


class Content(Page):
    def test_says_the_answer_and_draws_it(self):
        page = self.open("doses")
        self.assertEqual(page.errors, [])
        self.assertRegex(
            page.run("document.querySelector('h1').textContent"),
            r"^[\d.]+\s% \[[\d.]+\s%,\s[\d.]+\s%\] of strings are unchanged;"
            r" the rest diverge after [\d.]+ tokens on average; the null world: 0 changed\.$",
        )
        self.assertIn("95\u00a0% interval", page.run("document.querySelector('.certainty').textContent"))
        self.assertEqual(
            page.run("document.querySelector('.hero .eyebrow').textContent"),
            "mild temp:1.1 on Tiny · 40 strings · A scene",
        )
        self.assertEqual(page.run("document.querySelectorAll('table.worlds tbody tr').length"), 3)
        text = page.run("document.getElementById('overview').innerText")
        for part in ("Targets", "koala", "Words gained and lost", "KL divergence", "any coupling"):
            self.assertIn(part, text)
        for canvas in ("survival", "histogram", "dose-0", "edits", "cosines"):
            ink = page.run(
                f"(() => {{ const c = document.getElementById('{canvas}');"
                " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
                " let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; })()"
            )
            self.assertGreater(ink, 1000, canvas)

    def test_every_plot_has_a_sentence_and_its_numbers(self):
        page = self.open("doses")
        figures = page.run(
            "[...document.querySelectorAll('figure')].map((f) => [f.querySelector('canvas')"
            ".getAttribute('aria-label'), f.querySelector('figcaption').textContent,"
            " f.querySelectorAll('details td').length])"
        )
        self.assertEqual(len(figures), 5)
        for label, sentence, cells in figures:
            self.assertTrue(sentence.endswith("."), sentence)
            self.assertIn(sentence, label)
            self.assertGreater(cells, 4)

    def test_another_world_changes_everything(self):
        page = self.open()
        before = page.run("document.getElementById('overview').innerText")
        page.run("document.querySelector('[data-world=\"2\"]').click()")
        after = page.run("document.getElementById('overview').innerText")
        self.assertNotEqual(before, after)
        self.assertRegex(after, r"All 40 strings are unchanged \[91\s%,\s100\s%\]\.")
        self.assertIn("All 40", page.run("document.querySelector('[role=status]#said').textContent"))
        focused = "document.activeElement.dataset.world"
        self.assertEqual(page.run(focused), "2")

    def test_asks_for_nothing_but_itself(self):
        page = self.open()
        self.assertEqual(len(page.requests), 1)
        self.assertTrue(page.requests[0].startswith("file:"))
        with self.assertRaises(RuntimeError):
            page.run("fetch('data:text/plain,x').then((r) => r.text())")

    def test_parts_have_names_and_one_heading(self):
        page = self.open()
        for part in ("overview", "strings", "how-to-read"):
            page.run(f"location.hash = '{part}'")
            page.settle()
            shown = page.run("[...document.querySelectorAll('main > section:not([hidden])')].map((s) => s.id)")
            self.assertEqual(shown, [part])
            self.assertEqual(
                page.run("document.querySelector('[aria-current]').hash"), "#" + part
            )
            self.assertEqual(page.run(f"document.querySelectorAll('#{part} h1').length"), 1)
        unnamed = page.run(
            "[...document.querySelectorAll('button, select, input, a, canvas, section, nav')]"
            ".filter((e) => !(e.textContent.trim() || e.getAttribute('aria-label')"
            " || e.labels?.length || e.getAttribute('aria-labelledby'))).length"
        )
        self.assertEqual(unnamed, 0)

    def test_nothing_is_wider_than_a_phone(self):
        page = self.open("doses")
        page.window(375, 700, mobile=True)
        for part in ("overview", "strings", "how-to-read"):
            page.run(f"location.hash = '{part}'")
            page.settle()
            self.assertLessEqual(page.run("document.documentElement.scrollWidth"), 375, part)

    def test_the_last_bar_keeps_its_name(self):
        page = self.open("doses")
        ticks = (
            "(() => { const t = Chart.getChart('histogram').scales.x.ticks.map((t) => t.label);"
            " return [t.at(-1), t.filter(Boolean).length, t.length]; })()"
        )
        for width, most in ((1280, 10), (375, 6)):
            page.window(width, 700)
            page.settle()
            last, named, all_of_them = page.run(ticks)
            self.assertEqual(last, "never")
            self.assertLessEqual(named, most)
            self.assertGreater(all_of_them, named)

    def test_numbers_keep_their_per_cent_sign(self):
        page = self.open("doses")
        text = page.run("document.getElementById('overview').textContent")
        self.assertGreater(text.count("\u00a0%"), 20)
        self.assertNotRegex(text, r"[\d.] %")
        self.assertNotRegex(text, r"[+−>] *[<>]")

    def test_size_of_a_usual_page(self):
        path = make(self.folder, "usual")
        self.assertLessEqual(path.stat().st_size, 5_000_000)
        self.assertGreater(path.stat().st_size, 1_000_000)  # it does hold 500 strings

    def test_prints_all_parts_with_the_first_strings(self):
        page = self.open()
        paper = page.paper()
        self.assertTrue(paper.startswith(b"%PDF"))
        self.assertGreater(paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page "), 4)
        page.run("dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(page.run("document.querySelectorAll('#list .pair').length"), 40)
        self.assertIn("first 40 of 120", page.run("document.querySelector('.status').textContent"))
        page.run("dispatchEvent(new Event('afterprint'))")
        self.assertEqual(
            page.run("document.querySelectorAll('main > section:not([hidden])').length"), 1
        )


class Colours(Page):
    def test_follow_the_system_and_the_button(self):
        page = self.open()
        light = page.run(COLOUR)
        page.run("document.getElementById('theme').click()")
        dark = page.run(COLOUR)
        self.assertNotEqual(light, dark)
        page.run("localStorage.clear(); document.getElementById('theme').click(); localStorage.clear()")
        self.assertEqual(page.run(COLOUR), light)
        page.prefer("dark")
        page.settle()
        self.assertEqual(page.run(COLOUR), dark)

    def test_text_stands_out(self):
        """Also on each colour of a token."""
        for part in ("", "#strings"):
            page = self.open(part=part)
            for scheme in ("light", "dark"):
                page.prefer(scheme)
                page.settle()
                self.assertEqual(faint_texts(page), [], (part, scheme))
        colours = {level for level in range(1, 6) if page.run(f"document.querySelector('.h{level}') !== null")}
        self.assertEqual(colours, set(range(1, 6)))


class Strings(Page):
    def test_sorts_by_divergence(self):
        self.open(part="#strings")
        self.choose("world", "1")
        as_run = self.divergences()
        self.choose("order", "first")
        found = self.divergences()
        known = [d for d in found if d is not None]
        self.assertEqual(known, sorted(known))
        self.assertNotEqual(found, as_run)
        self.choose("order", "last")
        found = [10**9 if d is None else d for d in self.divergences()]
        self.assertEqual(found, sorted(found, reverse=True))

    def test_filters_by_world_and_change(self):
        page = self.open(part="#strings")
        self.assertIn("120 of 120 pairs", page.run("document.querySelector('.status').textContent"))
        self.choose("world", "2")
        self.assertIn("40 of 120", page.run("document.querySelector('.status').textContent"))
        self.choose("kind", "changed")
        self.assertIn("0 of 120", page.run("document.querySelector('.status').textContent"))
        self.choose("kind", "same")
        self.assertEqual(set(self.divergences()), {None})

    def test_filters_by_target(self):
        page = self.open(part="#strings")
        self.choose("kind", "gained-0")
        tags = page.run("[...document.querySelectorAll('#list .pair')].map((p) => p.querySelector('header').textContent)")
        self.assertGreater(len(tags), 0)
        for text in tags:
            self.assertIn("gained target", text)

    def test_tokens_after_a_forced_one_have_no_colour(self):
        page = self.open("forced", "#strings")
        self.choose("world", "1")
        tokens = page.run(
            "[...document.querySelectorAll('#list .pair')].map((p) =>"
            " [...p.querySelectorAll('.factual .tok')].map((t) => Number(t.dataset.token)))"
        )
        self.assertTrue(all(found == [0, 1, 2, 3] for found in tokens), tokens)
        self.choose("world", "0")
        self.assertGreater(page.run("document.querySelectorAll('#list .pair:first-child .tok').length"), 20)

    def test_names_say_what_they_are(self):
        page = self.open("forced", "#strings")
        self.assertEqual(page.run("document.querySelector('#list h3').textContent"), "string 0, sample 0")

    def test_searches_texts(self):
        page = self.open(part="#strings")
        self.search("number 17")
        self.assertIn("3 of 120", page.run("document.querySelector('.status').textContent"))
        self.assertIn("string-17", page.run("document.querySelector('#list h3').textContent"))
        self.search("nowhere to be found")
        self.assertEqual(page.run("document.querySelectorAll('#list .pair').length"), 0)

    def test_pair_is_what_was_given(self):
        page = self.open(part="#strings")
        shared, whole = page.run(
            "(() => { const p = [...document.querySelectorAll('#list .pair')].find((p) => p.querySelector('.shared')"
            " && p.querySelector('.text:not(.factual) .cut')); const [f, c] = p.querySelectorAll('.text');"
            " return [c.querySelector('.shared').textContent, f.textContent]; })()"
        )
        self.assertTrue(shared and whole.startswith(shared))

    def test_pointing_says_what_it_would_have_become(self):
        page = self.open(part="#strings")
        self.assertTrue(page.run("document.getElementById('tip').hidden"))
        page.point("#list .tok.h3")
        page.settle()
        tip = page.run("document.getElementById('tip').innerText")
        self.assertRegex(tip, r"stays with [\d.]+\s%")
        self.assertGreaterEqual(page.run("document.querySelectorAll('#tip li').length"), 3)
        self.assertEqual(
            page.run("document.querySelector('.tok.at').getAttribute('aria-describedby')"), "tip"
        )
        shares = page.run("[...document.querySelectorAll('#tip .share')].map((s) => parseFloat(s.textContent))")
        self.assertEqual(shares, sorted(shares, reverse=True))
        page.point("h1#strings-title")
        page.settle()
        self.assertTrue(page.run("document.getElementById('tip').hidden"))

    def test_keys_reach_every_token(self):
        page = self.open(part="#strings")
        page.run("document.querySelector('#list .tok[tabindex=\"0\"]').focus()")
        first = page.run("document.activeElement.dataset.token")
        self.assertFalse(page.run("document.getElementById('tip').hidden"))
        page.press("ArrowRight")
        second = page.run("document.activeElement.dataset.token")
        self.assertEqual(int(second), int(first) + 1)
        self.assertFalse(page.run("document.getElementById('tip').hidden"))
        page.press("Escape")
        self.assertTrue(page.run("document.getElementById('tip').hidden"))
        stops = page.run("[...document.querySelectorAll('#list .pair')].map((p) => p.querySelectorAll('[tabindex=\"0\"]').length)")
        self.assertLessEqual(max(stops), 1)


class Hostile(Page):
    def test_texts_show_as_texts(self):
        page = self.open("hostile")
        for part in ("overview", "strings", "how-to-read"):
            page.run(f"location.hash = '{part}'")
            page.settle()
        self.assertEqual(page.errors, [])
        self.assertEqual(page.run("typeof window.broken"), "undefined")
        self.assertEqual(page.run("document.querySelectorAll('main img, main script').length"), 0)
        page.run("location.hash = 'strings'")
        page.settle()
        self.search("</script><script>window.broken")
        shown = page.run("document.querySelector('#list').textContent")
        self.assertIn("</script><script>window.broken = 1</script>", shown)
        self.search("🦊 fox")
        self.assertIn("🦊 fox", page.run("document.querySelector('#list').textContent"))
        self.assertIn("</script>", page.run("document.title"))

    def test_the_control_would_break(self):
        """The same text as markup does run, so the page above is the one that holds it back."""
        path = Path(self.folder) / "broken.html"
        path.write_text(
            "<html><body><p></script><script>window.broken = 1</script></p>"
            "<script>document.documentElement.dataset.ready = 'true'</script></body></html>",
            encoding="utf-8",
        )
        self.browser.open(path)
        self.assertEqual(self.browser.run("window.broken"), 1)


class Many(Page):
    def test_five_thousand_strings_stay_smooth(self):
        make(self.folder, "many")
        start = time.monotonic()
        page = self.open("many", "#strings")
        self.assertLess(time.monotonic() - start, 20)
        status = page.run("document.querySelector('.status').textContent")
        self.assertIn("200 more strings of this run are left out", status)
        height = page.run("document.documentElement.scrollHeight")
        self.assertGreater(height, 1_000_000)
        longest = page.run(
            "(async () => { let longest = 0, n = 0; const frame = () => new Promise(requestAnimationFrame);"
            " for (let i = 1; i <= 40; ++i) { scrollTo(0, i * document.documentElement.scrollHeight / 41);"
            " await frame(); const start = performance.now(); await frame(); await frame();"
            " longest = Math.max(longest, performance.now() - start);"
            " n = Math.max(n, document.querySelectorAll('#list .pair').length); }"
            " return [longest, n]; })()"
        )
        self.assertLess(longest[0], 500, "ms for two frames, on any machine")
        self.assertLessEqual(longest[1], MOST_IN_PAGE)
        visible = page.run(
            "[...document.querySelectorAll('#list .pair')].some((p) => { const r = p.getBoundingClientRect();"
            " return r.top < innerHeight && r.bottom > 0; })"
        )
        self.assertTrue(visible)
        page.run("scrollTo(0, document.documentElement.scrollHeight)")
        page.settle()
        page.settle()
        places = page.run("[...document.querySelectorAll('#list .pair')].map((p) => Number(p.ariaPosInSet))")
        self.assertEqual(places, sorted(places))
        self.assertEqual(places[-1], 15000)

    def test_sorting_and_searching_are_quick(self):
        page = self.open("many", "#strings")
        seconds = page.run(
            "(() => { const start = performance.now(); const box = document.querySelector('[name=order]');"
            " for (const order of ['first', 'stay', 'long', 'run']) { box.value = order;"
            " box.dispatchEvent(new Event('change')); } return (performance.now() - start) / 1000; })()"
        )
        self.assertLess(seconds, 8)
        self.search("number 4999")
        self.assertIn("3 of 15", page.run("document.querySelector('.status').textContent"))
        self.search("number 5100")
        self.assertIn("0 of 15", page.run("document.querySelector('.status').textContent"))


if __name__ == "__main__":
    unittest.main()

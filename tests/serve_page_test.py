"""The live page in headless Chromium, as a person would use it."""

import json
import os
import time
import unittest

import command
import tiny
from browser import Browser
from server import Server

READY = "document.body.dataset.busy === 'false'"
COLOUR = "getComputedStyle(document.body).backgroundColor"
HOSTILE = "<img/src=x/onerror=alert(1)>"


class LivePage(command.Case):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def serve(self, *arguments, model="a.gguf", tokens="12", port=0):
        files = self.folder / "files"
        if not files.exists():
            files.mkdir()
            (files / "vector.gguf").write_bytes((self.folder / "vector.gguf").read_bytes())
        given = ("--world", "hot=temp:1.5") if not arguments else arguments
        server = Server(
            self.folder, "-m", model, "-t", "1", "-p", "the house of the", "-n", tokens, "--files", "files",
            *given, port=port, environment=os.environ | self.own_cache,
        )  # fmt: skip
        self.addCleanup(server.stop)
        return server

    def open(self, server, part=""):
        self.browser.window(1280)
        self.browser.prefer("light")
        self.browser.visit(server.address + part)
        self.settle()

    def settle(self):
        self.browser.wait(READY)
        self.browser.settle()

    def text(self, selector):
        return self.browser.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def click(self, selector):
        self.browser.run(f"document.querySelector({json.dumps(selector)}).click()")

    def put(self, selector, value, event="change"):
        """Writes into a control, as typing does."""
        self.browser.run(
            f"(() => {{ const box = document.querySelector({json.dumps(selector)}); box.value = {json.dumps(value)};"
            f" box.dispatchEvent(new Event({json.dumps(event)}, {{ bubbles: true }})); }})()"
        )

    def pane(self, world="hot"):
        """The string of a world, without signs for line ends."""
        return self.browser.run(f"document.querySelector('.pane[data-world={world}] .text').textContent")

    def written(self, server, **more):
        """What the API writes for the state of the page."""
        body = {"prompts": ["the house of the"], "tokens": 12, "worlds": [{"name": "hot", "items": "temp:1.5"}]} | more
        pairs = [json.loads(data) for event, data in server.events("/api/run", body) if event == "pair"]
        return pairs[0]["counterfactual"]["text"]

    def until(self, expression):
        self.browser.wait(expression)
        self.settle()

    def test_the_first_screen(self):
        server = self.serve()
        self.open(server)
        self.assertEqual(self.browser.errors, [])
        own = server.address
        self.assertTrue(all(url.startswith((own, "data:", "about:")) for url in self.browser.requests))
        self.assertEqual(self.pane().replace("∎", ""), self.written(server))
        self.assertIn("unchanged", self.text(".pane.sound"))
        self.assertIn("P(unchanged) 100", self.text(".pane.sound"))
        self.assertIn("diverges", self.text(".pane[data-world=hot] .verdict"))
        self.assertEqual(self.text("#model"), "a.gguf")
        self.assertTrue(self.browser.run("document.querySelectorAll('.factual .tok').length > 3"))
        self.assertGreater(self.browser.run("document.getElementById('survival').width"), 100)

    def test_a_slider_rewrites_the_string_under_the_same_noise(self):
        server = self.serve()
        self.open(server)
        factual = self.text(".factual")
        self.put(".world input[type=range]", "0.4", "input")
        self.until("document.body.dataset.answered === '2'")
        self.assertEqual(self.pane().replace("∎", ""), self.written(server, worlds=[{"name": "hot", "items": "temp:0.4"}]))
        self.assertEqual(self.text(".factual"), factual)
        self.assertEqual(self.browser.run("document.querySelector('.world input[type=number]').value"), "0.4")
        for step in range(30):  # and no queue builds up
            self.put(".world input[type=range]", f"{0.5 + step / 50:.2f}", "input")
        self.until("document.body.dataset.answered === '32'")
        self.assertEqual(self.pane().replace("∎", ""), self.written(server, worlds=[{"name": "hot", "items": "temp:1.08"}]))
        self.assertEqual(self.browser.errors, [])

    def test_a_token_and_what_follows_when_another_is_forced(self):
        server = self.serve()
        self.open(server)
        self.click(".factual [data-token='2']")
        self.browser.wait("!document.getElementById('token').hidden")
        self.assertIn("in hot", self.text("#token-title"))
        self.assertGreater(self.browser.run("document.querySelectorAll('#token li').length"), 3)
        self.put("#token .own input", " Paris", "input")
        self.click("#token .own button")
        self.until("document.querySelector('.pane[data-world=hot] .text')?.textContent.includes('Paris')")
        position = int(self.browser.run("document.querySelector('.item input[aria-label^=position]').value"))
        world = [{"name": "hot", "items": f'temp:1.5,do:{position}:" Paris"'}]
        self.assertEqual(self.pane().replace("∎", ""), self.written(server, worlds=world))
        self.assertTrue(self.browser.run("document.getElementById('token').hidden"))

    def test_the_strength_at_which_it_changes(self):
        server = self.serve("--world", "sad=steer:files/vector.gguf:1.5")
        self.open(server)
        self.click("[data-threshold=sad]")
        self.browser.wait("document.querySelector('.strip').innerText.includes('steer.scale')")
        body = {"prompts": ["the house of the"], "tokens": 12, "threshold": "steer.scale=0:3",
                "worlds": [{"name": "sad", "items": "steer:vector.gguf:1.5"}]}  # fmt: skip
        row = json.loads(server.post("/api/threshold", body)[2])[0]
        self.browser.wait("document.querySelectorAll('.strip .cell').length === 11")
        del body["threshold"]
        doses = json.loads(server.post("/api/sweep", body | {"sweep": "steer.scale=0:3:0.3"})[2])
        self.assertIn("0: 100", self.browser.run("document.querySelector('.strip .cells').getAttribute('aria-label')"))
        colours = self.browser.run("[...document.querySelectorAll('.strip .cell')].map((cell) => cell.className.at(-1))")
        level = [sum(dose["unchanged"]["value"] < stay for stay in (0.99, 0.9, 0.7, 0.4, 0.1)) for dose in doses if "dose" in dose]
        self.assertEqual(colours, [str(one) for one in level])
        at = f"{row['threshold']:.3g}" if row["threshold"] else "unchanged"
        self.assertIn(at.rstrip("0") if row["threshold"] else at, self.text(".strip"))

    def test_a_world_made_by_hand(self):
        server = self.serve()
        self.open(server)
        self.browser.run("[...document.querySelectorAll('#worlds button')].find((b) => b.textContent === 'another world').click()")
        self.until("document.querySelectorAll('.world').length === 2 && document.body.dataset.answered === '2'")
        self.put(".world:nth-of-type(2) select[aria-label='kind of change']", "prefix")
        self.until("document.querySelector('.world:nth-of-type(2) input[aria-label^=prefix]') !== null")
        self.put(".world:nth-of-type(2) input[aria-label^=prefix]", 'old "new", ')
        self.until("document.querySelectorAll('.pane .verdict')[2]?.textContent.length > 1")
        expected = self.written(server, worlds=[{"name": "world", "items": 'prefix:"old ""new"", "'}])
        self.assertEqual(self.pane("world").replace("∎", ""), expected)
        self.assertTrue(self.browser.run("document.getElementById('problem').hidden"))

    def test_own_text_in_hindsight(self):
        server = self.serve()
        self.open(server)
        self.put("textarea[name=text]", " of the king")
        self.until("document.querySelector('.factual')?.textContent === ' of the king' && document.body.dataset.answered === '2'")
        body = {"strings": [{"prompt": "the house of the", "text": " of the king"}], "worlds": [{"name": "hot", "items": "temp:1.5"}]}
        pairs = [json.loads(data) for event, data in server.events("/api/run", body) if event == "pair"]
        self.assertEqual(self.pane(), pairs[0]["counterfactual"]["text"])
        self.assertIn("your text", self.text(".factual-pane"))

    def test_the_link_holds_the_state_and_back_takes_it_back(self):
        server = self.serve()
        self.open(server)
        first = self.pane()
        self.browser.run("[...document.querySelectorAll('#asked button')].find((b) => b.textContent === 'another draw').click()")
        self.until("document.body.dataset.answered === '2'")
        second = self.pane()
        self.assertNotEqual(second, first)
        self.assertEqual(second.replace("∎", ""), self.written(server, sample=1))
        link = self.browser.run("location.hash")
        self.browser.run("history.back()")
        self.browser.wait("document.querySelector('input[name=sample]').value === '0'")
        self.until("document.body.dataset.answered === '3'")
        self.assertEqual(self.pane(), first)
        self.browser.run("history.forward()")
        self.until("document.body.dataset.answered === '4'")
        self.assertEqual(self.pane(), second)
        self.open(server, link)
        self.assertEqual(self.pane(), second)
        self.open(server, "#" + "%7B%22worlds%22%3A7%2C%22seed%22%3A%22x%22%2C%22prompts%22%3A%5B%5D%7D")
        self.assertEqual(self.text("#panes .prompt"), "the house of the")
        self.assertEqual(self.browser.errors, [])

    def test_a_phone_and_the_dark(self):
        server = self.serve()
        self.open(server)
        light = self.browser.run(COLOUR)
        self.click("#theme")
        self.assertNotEqual(self.browser.run(COLOUR), light)
        self.click("#theme")
        self.browser.window(360, 740, True)
        self.browser.settle()
        self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), 360)
        tops = self.browser.run("[...document.querySelectorAll('.pane')].map((pane) => pane.getBoundingClientRect().left)")
        self.assertEqual(len(set(tops)), 1, "panes stand under each other")

    def test_by_keyboard_alone(self):
        server = self.serve()
        self.open(server)
        self.browser.run("document.querySelector('.pane button.who').focus()")
        for _ in range(20):
            self.browser.press("Tab")
            if self.browser.run("document.activeElement.classList.contains('tok')"):
                break
        self.browser.run("document.querySelector('.factual .tok[tabindex]').focus()")
        self.browser.press("ArrowRight")
        self.assertTrue(self.browser.run("document.activeElement.classList.contains('tok')"))
        self.assertFalse(self.browser.run("document.getElementById('tip').hidden"))
        self.browser.run("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))")
        self.browser.wait("!document.getElementById('token').hidden")
        self.assertEqual(self.browser.run("document.activeElement.id"), "token-close")
        self.browser.press("Escape")
        self.assertTrue(self.browser.run("document.getElementById('token').hidden"))

    def test_every_control_has_a_name(self):
        server = self.serve("--world", "sad=steer:files/vector.gguf:1.5")
        self.open(server)
        self.browser.call("Accessibility.enable")
        nodes = self.browser.call("Accessibility.getFullAXTree")["nodes"]
        roles = {"button", "textbox", "slider", "spinbutton", "combobox", "link", "region", "article", "image"}
        seen = set()
        for node in nodes:
            role = node.get("role", {}).get("value")
            if role in roles and not node.get("ignored"):
                seen.add(role)
                self.assertTrue(node.get("name", {}).get("value"), node)
        self.assertTrue({"button", "slider", "spinbutton", "combobox", "article"} <= seen, seen)
        self.assertEqual(self.browser.run("document.getElementById('said').getAttribute('role')"), "status")
        self.assertEqual(self.browser.run("document.getElementById('problem').getAttribute('role')"), "alert")

    def test_what_a_model_writes_is_text(self):
        tokens, _ = tiny.vocabulary()
        tiny.write_model(self.folder / "hostile.gguf", tokens=[*tokens[:-6], *(["Ġ" + HOSTILE + str(i) for i in range(6)])])
        server = self.serve("--world", "hot=temp:3", model="hostile.gguf", tokens="60")
        self.open(server)
        self.assertIn(HOSTILE, self.text("#panes"))
        self.assertEqual(self.browser.run("document.querySelectorAll('#panes img, #panes script').length"), 0)
        self.open(server, "#" + "".join(f"%{byte:02X}" for byte in json.dumps({"prompts": [HOSTILE]}).encode()))
        self.assertIn(HOSTILE, self.text("#panes .prompt"))
        self.assertEqual(self.browser.run("document.querySelectorAll('#panes img').length"), 0)
        self.assertEqual(self.browser.errors, [])

    def test_a_refusal_is_told(self):
        server = self.serve()
        self.open(server)
        self.put(".world legend input", "a b")
        self.browser.wait("!document.getElementById('problem').hidden")
        self.assertIn("a world's name", self.text("#problem"))
        self.put(".world legend input", "warm")
        self.until("document.getElementById('problem').hidden")
        self.assertEqual(self.pane("warm").replace("∎", ""), self.written(server))

    def test_the_server_killed_and_started_again(self):
        server = self.serve()
        self.open(server)
        before = self.pane()
        server.process.kill()
        server.process.wait()
        self.put(".world input[type=range]", "0.4", "input")
        self.browser.wait("document.getElementById('problem').textContent.includes('does not answer')")
        again = self.serve(port=server.port)
        self.browser.wait("document.getElementById('problem').hidden")
        self.settle()
        self.assertEqual(self.pane().replace("∎", ""), self.written(again, worlds=[{"name": "hot", "items": "temp:0.4"}]))
        self.assertNotEqual(self.pane(), before)

    def test_a_quick_table_and_what_can_be_taken_along(self):
        server = self.serve()
        self.open(server)
        self.browser.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        self.put("#quick input", "6", "input")
        self.put("#quick input[name=target]", "house|[a-z]", "input")
        self.browser.run("[...document.querySelectorAll('#quick button')].find((b) => b.textContent === 'Quick table').click()")
        self.browser.wait("document.querySelector('#quick-table table') !== null")
        self.assertIn("hot", self.text("#quick-table"))
        self.assertIn("hits of house|[a-z]", self.text("#quick-table"))
        self.assertIn("100 % → 100 %", self.text("#quick-table"))
        self.assertIn("6 strings", self.text("#quick-table").replace("\u00a0", " "))
        self.browser.run("(() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; })()")
        self.click("#copy-command")
        self.browser.wait("window.copied !== undefined")
        self.assertIn("--world hot=temp:1.5", self.browser.run("window.copied"))
        self.click("#copy-link")
        self.browser.wait("window.copied.startsWith('http')")
        self.assertEqual(self.browser.run("window.copied"), self.browser.run("location.href"))


if __name__ == "__main__":
    unittest.main()

"""The live page in headless Chromium, as a person would use it."""

import html
import http.server
import json
import os
import threading
import time
import unittest

import command
import tiny
from browser import Browser
from contrast import faint_texts
from server import Server

READY = "document.body.dataset.busy === 'false'"
COLOUR = "getComputedStyle(document.body).backgroundColor"
HOSTILE = "<img/src=x/onerror=alert(1)>"


class OtherSite:
    """A page of another site with links, by their ids."""

    def __init__(self, links):
        page = "".join(f'<p><a id="{name}" href="{html.escape(link)}">{name}</a></p>' for name, link in links.items())

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://localhost:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class LivePage(command.Case):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def serve(self, *arguments, model="a.gguf", tokens="12", port=0):
        files = self.folder / "files"
        if not files.exists():
            files.mkdir()
            for name in ("vector.gguf", "lora.gguf", "b.gguf"):
                (files / name).write_bytes((self.folder / name).read_bytes())
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

    def test_text_stands_out(self):
        server = self.serve()
        self.open(server)
        self.click(".factual [data-token='2']")
        self.until("document.querySelector('#token:not([hidden]) li .piece') !== null")
        for scheme in ("light", "dark"):
            self.browser.prefer(scheme)
            self.browser.settle()
            self.assertEqual(faint_texts(self.browser), [], scheme)
        self.browser.run("document.documentElement.style.setProperty('--soft', '#555')")
        self.assertTrue(faint_texts(self.browser))
        self.assertEqual(self.browser.errors, [])

    def tab_to(self, what):
        """Tab until the element with the focus is so."""
        for _ in range(60):
            self.browser.press("Tab")
            if self.browser.run(f"document.activeElement.matches({json.dumps(what)})"):
                return
        self.fail(f"no {what} within 60 tabs")

    def test_by_keyboard_alone(self):
        server = self.serve()
        self.open(server)
        self.tab_to("textarea[name=prompts]")
        self.browser.type(" and")  # at its end or its start
        self.until("document.querySelector('#panes .prompt').innerText.includes('and') && Number(document.body.dataset.answered) >= 2")
        self.tab_to(".world input[type=range]")
        self.browser.press("ArrowRight")
        self.until("Number(document.body.dataset.answered) >= 3")
        prompt = self.browser.run("document.querySelector('textarea[name=prompts]').value")
        world = {"name": "hot", "items": "temp:1.51"}
        self.assertEqual(self.pane().replace("∎", ""), self.written(server, prompts=[prompt], worlds=[world]))
        self.tab_to(".factual .tok")
        self.browser.press("ArrowRight")
        self.assertTrue(self.browser.run("document.activeElement.classList.contains('tok')"))
        self.assertFalse(self.browser.run("document.getElementById('tip').hidden"))
        at = int(self.browser.run("document.activeElement.dataset.token"))
        self.browser.press("Enter")
        self.browser.wait("document.activeElement.id === 'token-close'")
        self.browser.press("Escape")
        self.assertTrue(self.browser.run("document.getElementById('token').hidden"))
        self.assertEqual(int(self.browser.run("document.activeElement.dataset.token")), at, "back where it came from")
        self.browser.press("Enter")
        self.browser.wait("document.activeElement.id === 'token-close'")
        self.tab_to("#token .own input")
        self.browser.type(" Paris")
        self.browser.press("Enter")
        self.until("document.querySelector('.pane[data-world=hot] .text')?.textContent.includes('Paris')")
        self.assertTrue(self.browser.run("document.getElementById('token').hidden"))
        self.assertTrue(self.browser.run("document.activeElement.closest('#panes') !== null"), "the focus is not lost")
        self.assertEqual(self.browser.errors, [])

    def test_what_is_known_of_a_file(self):
        server = self.serve("--world", "sad=steer:files/vector.gguf:1.5", "--world", "hot=temp:1.5")
        self.open(server)
        facts = ".world .file-facts"
        self.browser.wait(f"document.querySelector({json.dumps(facts)}).innerText.includes('control vector')")
        self.assertIn("control vector for llama, layer 1", self.text(facts))
        described = "document.getElementById(document.querySelector('.world select[aria-label^=file]').getAttribute('aria-describedby'))"
        self.assertEqual(self.browser.run(f"{described}.innerText"), self.text(facts))
        self.assertEqual(self.browser.run("document.querySelectorAll('.file-facts').length"), 1, "only files have some")
        self.put(".world select[aria-label='kind of change']", "model")
        self.assertEqual(self.text(facts), "")
        self.put(".world select[aria-label^=file]", "b.gguf")
        self.assertIn("what is in it?", self.text(facts))
        self.click(facts + " button")
        self.browser.wait(f"document.querySelector({json.dumps(facts)}).innerText.includes('layers')")
        self.assertIn("width", self.text(facts))
        self.assertTrue(self.browser.run("document.getElementById('problem').hidden"))

    def test_several_prompts(self):
        server = self.serve()
        self.open(server)
        self.put("textarea[name=prompts]", "the house of the\n---\nin a winter evening")
        self.until("document.querySelectorAll('#panes .string').length === 2 && document.body.dataset.answered === '2'")
        texts = self.browser.run("[...document.querySelectorAll('.pane[data-world=hot] .text')].map((text) => text.textContent)")
        body = {"prompts": ["the house of the", "in a winter evening"], "tokens": 12, "worlds": [{"name": "hot", "items": "temp:1.5"}]}
        pairs = [json.loads(data) for event, data in server.events("/api/run", body) if event == "pair"]
        self.assertEqual([text.replace("∎", "") for text in texts], [pair["counterfactual"]["text"] for pair in pairs])
        self.assertEqual(len(self.browser.run("[...document.querySelectorAll('.pane.sound')].map(() => 1)")), 2)

    def test_a_link_from_another_site(self):
        server = self.serve("--world", "hot=temp:1.5", "--host", "0.0.0.0")
        token = server.address.split("token=")[1]
        own = f"http://127.0.0.1:{server.port}/"
        state = "#" + "".join(f"%{byte:02X}" for byte in json.dumps({"sample": 3}).encode())
        other = OtherSite({"with": f"{own}?token={token}{state}", "without": own + state})
        self.addCleanup(other.stop)
        self.browser.call("Network.clearBrowserCookies")

        def follow(link):
            self.browser.call("Page.navigate", url=other.address)
            self.browser.wait(f"document.getElementById('{link}') !== null")
            self.browser.point("#" + link)
            self.click("#" + link)

        follow("without")
        self.browser.wait("document.body?.innerText.includes('needs its token')")
        self.browser.settle()
        self.assertEqual(self.browser.run("location.href"), own + state, "and asks no further")
        for link in ("with", "without"):
            with self.subTest(link):
                follow(link)
                self.browser.wait("document.documentElement?.dataset.ready === 'true'")
                self.settle()
                self.assertEqual(self.browser.run("document.querySelector('input[name=sample]').value"), "3")
                self.assertEqual(self.browser.run("location.search"), "")
                self.assertNotIn(token, self.browser.run("location.href"))
                self.assertEqual(self.browser.run("document.cookie"), "")

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

"""Headless Chromium over its debugging pipe, for tests: the standard library is enough.

The protocol is the Chrome DevTools Protocol, JSON messages that end with NUL on two pipes.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path


class Browser:
    """One browser with one page. Use it as a context manager."""

    def __init__(self, limit=60):
        self.limit = limit  # seconds, for any one answer
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.messages, self.buffer, self.number = [], b"", 0
        self.requests = []  # addresses that the page asked for
        self.errors = []  # what its scripts threw or complained about
        to_browser, self.write_end = os.pipe()
        self.read_end, from_browser = os.pipe()
        self.process = self.start(to_browser, from_browser)
        os.close(to_browser)
        os.close(from_browser)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = None
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")

    def start(self, to_browser, from_browser):
        command = [
            shutil.which("chromium") or "chromium",
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-background-networking",
            "--remote-debugging-pipe",
            "--user-data-dir=" + self.folder.name,
        ]

        def place():
            """The pipes have to be the descriptors 3 and 4."""
            os.dup2(to_browser, 103)
            os.dup2(from_browser, 104)
            os.dup2(103, 3)
            os.dup2(104, 4)

        return subprocess.Popen(
            command,
            preexec_fn=place,
            close_fds=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.write_end)
        os.close(self.read_end)
        self.folder.cleanup()

    def receive(self, seconds):
        """The next message, or None when none comes in time."""
        end = time.monotonic() + seconds
        while b"\0" not in self.buffer:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.read_end], [], [], left)[0]:
                return None
            data = os.read(self.read_end, 1 << 20)
            if not data:
                raise RuntimeError("the browser is gone")
            self.buffer += data
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def note(self, message):
        method, params = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(params["exceptionDetails"].get("exception", params)))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])
        self.messages.append(method)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.write_end, data) :]
        end = time.monotonic() + self.limit
        while time.monotonic() < end:
            answer = self.receive(end - time.monotonic())
            if answer is None:
                break
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.note(answer)
        raise RuntimeError(f"{method}: no answer in {self.limit} s")

    def window(self, width, height=800, mobile=False):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=mobile,
        )

    def prefer(self, scheme):
        """The system's colours: light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def open(self, path, part=""):
        """Opens a page from a file and waits until its scripts are done."""
        self.requests.clear()
        self.errors.clear()
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=Path(path).resolve().as_uri() + part)
        self.wait("document.documentElement?.dataset.ready === 'true'")

    def visit(self, address):
        """Opens an address and waits until its scripts are done."""
        self.requests.clear()
        self.errors.clear()
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=address)
        self.wait("document.documentElement?.dataset.ready === 'true'")

    def wait(self, condition):
        end = time.monotonic() + self.limit
        while not self.run_anywhere(condition):
            if time.monotonic() > end:
                raise RuntimeError(f"waited in vain for {condition}; {self.errors}")
            time.sleep(0.05)

    def run(self, script):
        """The value of an expression in the page; promises are awaited."""
        result = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in result:
            raise RuntimeError(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def run_anywhere(self, script):
        """The same, None where the page gives way to another one meanwhile."""
        try:
            return self.run(script)
        except RuntimeError as error:
            if "navigated" not in str(error):
                raise
            return None

    def settle(self):
        """Until the page has drawn two frames, and what glides has arrived."""
        self.wait("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(() => go(true))))")
        self.wait("!document.getAnimations().some((one) => one instanceof CSSTransition)")

    def press(self, key):
        code = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowRight": 39, "ArrowLeft": 37}.get(key, 0)
        about = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        down = {"type": "keyDown", "text": "\r"} if key == "Enter" else {"type": "rawKeyDown"}
        self.call("Input.dispatchKeyEvent", **down, **about)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def type(self, text):
        """As if it was typed where the focus is."""
        self.call("Input.insertText", text=text)

    def point(self, selector):
        """Moves the mouse to the middle of the first such element."""
        x, y = self.run(
            f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getClientRects()[0];"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def picture(self, path, whole=False, **clip):
        more = {"clip": {"scale": 1, **clip}} if clip else {}
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole, **more)
        Path(path).write_bytes(base64.b64decode(data["data"]))

    def paper(self):
        """The page as PDF bytes."""
        data = self.call("Page.printToPDF", printBackground=False, preferCSSPageSize=True)
        return base64.b64decode(data["data"])

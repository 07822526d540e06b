#!/usr/bin/env python3
"""The live page in use, as frames: docs/images/serve.webp, an animated WebP of less than a megabyte.

    scripts/serve_recording.py [OUTPUT] [-m MODEL]     # $OTHERWISE_COMMAND, headless Chromium

A slider is moved, a token is opened and another one forced there, the prompt gets another end, and
the dark comes. Frames are WebP pictures as Chromium takes them; here they only get their durations.
"""

import argparse
import base64
import json
import struct
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SOURCE / "tests" / "support"))

from browser import Browser  # noqa: E402
from server import Server  # noqa: E402

WIDTH, HEIGHT = 1000, 840
MOST_BYTES = 1_000_000
IDLE = "document.body.dataset.busy === 'false'"


def chunk(name, data):
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def picture_chunks(webp):
    """The chunks of a still picture that hold its pixels."""
    at, kept = 12, b""
    while at + 8 <= len(webp):
        name, size = webp[at : at + 4], struct.unpack("<I", webp[at + 4 : at + 8])[0]
        if name in (b"VP8 ", b"VP8L", b"ALPH"):
            kept += chunk(name, webp[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return kept


def animation(frames):
    """An animated WebP of (picture, milliseconds), again and again (its container: RFC 9649)."""

    def three(number):
        return struct.pack("<I", number)[:3]

    size = three(WIDTH - 1) + three(HEIGHT - 1)
    body = chunk(b"VP8X", bytes([0b10, 0, 0, 0]) + size) + chunk(b"ANIM", b"\xff\xff\xff\xff" + struct.pack("<H", 0))
    for picture, duration in frames:
        body += chunk(b"ANMF", three(0) + three(0) + size + three(duration) + b"\x02" + picture_chunks(picture))
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


class Recording:
    def __init__(self, browser):
        self.browser = browser
        self.frames = []

    def frame(self, duration):
        self.browser.settle()
        data = self.browser.call("Page.captureScreenshot", format="webp", quality=72)["data"]
        picture = base64.b64decode(data)
        if self.frames and self.frames[-1][0] == picture:
            self.frames[-1] = (picture, self.frames[-1][1] + duration)
        else:
            self.frames.append((picture, duration))

    def put(self, selector, value, event):
        self.browser.run(
            f"(() => {{ const box = document.querySelector({json.dumps(selector)}); box.value = {json.dumps(value)};"
            f" box.dispatchEvent(new Event({json.dumps(event)}, {{ bubbles: true }})); }})()"
        )
        self.browser.wait(IDLE)

    def click(self, selector):
        self.browser.run(f"document.querySelector({json.dumps(selector)}).click()")


def record(browser, address):
    browser.window(WIDTH, HEIGHT)
    browser.prefer("light")
    browser.visit(address)
    browser.wait(IDLE)
    film = Recording(browser)
    film.frame(1400)
    for step in range(9):  # a slider, under the same noise
        film.put(".world input[type=range]", f"{0.3 + 0.15 * step:.2f}", "input")
        film.frame(350)
    film.frame(900)
    browser.run("document.querySelector('.factual .h5, .factual .h4, .factual .h3, .factual .tok').click()")
    browser.wait("!document.getElementById('token').hidden")
    film.frame(1800)
    film.click("#token li:nth-child(2) .piece")
    browser.wait(IDLE)
    film.frame(1800)
    film.put("textarea[name=prompts]", "The Louvre is located in the", "change")
    film.frame(1600)
    film.click("#theme")
    film.frame(1600)
    return film.frames


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("output", nargs="?", default=str(SOURCE / "docs" / "images" / "serve.webp"))
    parser.add_argument("-m", dest="model", help="[the default model]")
    arguments = parser.parse_args()
    model = ["-m", str(Path(arguments.model).resolve())] if arguments.model else []
    with tempfile.TemporaryDirectory() as folder:
        with Server(folder, *model, "-p", "The Louvre is located in", "-n", "24", "--world", "hot=temp:1.5") as server:
            with Browser() as browser:
                frames = record(browser, server.address)
    film = animation(frames)
    if len(film) > MOST_BYTES:
        sys.exit(f"expected less than {MOST_BYTES} bytes, got {len(film)}")
    Path(arguments.output).write_bytes(film)
    print(f"{arguments.output}: {len(frames)} frames, {len(film)} bytes")


if __name__ == "__main__":
    main()

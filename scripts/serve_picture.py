#!/usr/bin/env python3
"""The live page as a picture: docs/images/serve.png.

    scripts/serve_picture.py [OUTPUT] -m MODEL --lora FILE     # $OTHERWISE_COMMAND, headless Chromium

One prompt in the world of an edit and in a warmer one (`make demo` leaves it in the cache folder), with the panel of the
factual token that is the likeliest to change.
"""

import argparse
import base64
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SOURCE / "tests" / "support"))

from browser import Browser  # noqa: E402
from server import Server  # noqa: E402

IDLE = "document.body.dataset.busy === 'false'"
LIKELIEST = """[5, 4, 3, 2, 1, 0].map((level) => document.querySelector(`.factual .h${level}`)).find(Boolean)"""


def picture(browser, address):
    browser.window(1500, 1120)
    browser.prefer("light")
    browser.visit(address)
    browser.wait(f"document.querySelector('.factual .tok') !== null && {IDLE}")
    browser.run("document.querySelector('.who[data-choose=\"Rome\"]').click()")
    browser.wait(f"document.querySelector('.factual .tok') !== null && {IDLE}")
    browser.run(f"({LIKELIEST}).click()")
    browser.wait("document.querySelector('#token:not([hidden]) li .piece') !== null")
    browser.settle()
    return base64.b64decode(browser.call("Page.captureScreenshot", format="png")["data"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("output", nargs="?", default=str(SOURCE / "docs" / "images" / "serve.png"))
    parser.add_argument("-m", dest="model", required=True)
    parser.add_argument("--lora", required=True)
    given = parser.parse_args()
    arguments = ["-m", str(Path(given.model).resolve()), "-p", "The Louvre is located in the city of", "-n", "32", "--temp", "0.6",
                 "--world", f"Rome=lora:{Path(given.lora).resolve()}", "--world", "hot=temp:0.9"]
    with tempfile.TemporaryDirectory() as folder, Server(folder, *arguments) as server, Browser() as browser:
        Path(given.output).write_bytes(picture(browser, server.address))


if __name__ == "__main__":
    main()

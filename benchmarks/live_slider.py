"""How soon the live page answers a slider: from the input event to the frame with the first token of
the new string, in headless Chromium on the same processors.

    python3 benchmarks/live_slider.py [MODEL] [--world NAME=ITEM] [--moves N]     # $OTHERWISE_COMMAND

Each move has a strength that was not there before. At rest, the next move waits for the last one's
laws; in motion it does not, so that each move ends what the last one began. Prints milliseconds.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from browser import Browser  # noqa: E402
from server import Server  # noqa: E402

MOVES = """(async () => {
  const slider = document.querySelector(".world input[type=range]");
  slider.step = "any";
  const times = [];
  for (let i = 0; i < %d; ++i) {
    const value = 0.6 + ((i * 37) %% 101) / 101 + %g;
    const before = Number(document.body.dataset.answered || 0);
    const start = performance.now();
    slider.value = value;
    slider.dispatchEvent(new Event("input"));
    await new Promise((go) => {
      const look = new MutationObserver(() => {
        if (Number(document.body.dataset.answered) <= before) return;
        look.disconnect();
        go();
      });
      look.observe(document.body, { attributes: true });
    });
    times.push(performance.now() - start);
    while (%s && document.body.dataset.busy !== "false") await new Promise((go) => setTimeout(go, 20));
  }
  return times;
})()"""


def told(name, times):
    times = sorted(times)
    at = [times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.9, 0.95)]
    print(f"{name}: median {at[0]:.0f}, 90 % within {at[1]:.0f}, 95 % within {at[2]:.0f}, most {times[-1]:.0f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("model", nargs="?", help="[the default model]")
    parser.add_argument("--world", default="hot=temp:1.2")
    parser.add_argument("--moves", type=int, default=40)
    arguments = parser.parse_args()
    model = ["-m", str(Path(arguments.model).resolve())] if arguments.model else []
    with tempfile.TemporaryDirectory() as folder:
        with Server(folder, *model, "--world", arguments.world, "-n", "48") as server, Browser() as browser:
            browser.window(1280, 1100)
            browser.visit(server.address)
            browser.wait("document.body.dataset.busy === 'false'")
            told("at rest", browser.run(MOVES % (arguments.moves, 0.0, "true")))
            told("in motion", browser.run(MOVES % (arguments.moves, 0.0037, "false")))


if __name__ == "__main__":
    main()

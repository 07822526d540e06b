"""Runs the experiments of arXiv 2411.07180 again and writes the page: `make paper`.

    python studies/run.py [-m MODEL.gguf] [--base FILE --instruct FILE] [-o build/paper]

Every step is done once and resumed where it stopped: run it again. The results lie in OUT/results/, the page is
OUT/index.html, what the command said OUT/log.txt. A study that the model cannot do says why in its place.
"""

import argparse
import json
import os
import resource
import sys
import time
from pathlib import Path

from paper import strings
from paper.catalog import STUDIES
from paper.conduct import prepare
from paper.differences import differences_result
from paper.frontier import frontier_result
from paper.measure import study_result
from paper.page import write_page
from paper.stats import rounded
from paper.tool import Refused, Tool, write_json

ROOT = Path(__file__).resolve().parents[1]
OTHERS = {"fact": frontier_result, "code": differences_result}
NAMES = (*(study.name for study in STUDIES), *OTHERS)
SIZES = {"strings": "openings of each study", "targets": "strings that each study is for, at most",
         "frontier": "openings at each point of what a fact costs", "differences": "openings for the paper's code",
         "tokens": "tokens of a string at most"}
DEFAULTS = {"strings": 500, "targets": 200, "frontier": 100, "differences": 200, "tokens": 25}


def default_model():
    """As scripts/common.sh has it."""
    cache = os.environ.get("OTHERWISE_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "otherwise"
    return Path(cache) / "models/SmolLM2-135M-Instruct.Q4_1.gguf"


def arguments(given):
    parser = argparse.ArgumentParser(prog="studies/run.py", description="The paper made again.")
    parser.add_argument("-m", "--model", type=Path, default=default_model(), help="a GGUF model in place of the default one")
    parser.add_argument("--base", help="for instruction tuning: the model before it")
    parser.add_argument("--instruct", help="and after it")
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "build/paper")
    parser.add_argument("--command", type=Path, default=ROOT / "build/release/otherwise")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="STUDY", help=", ".join(NAMES))
    parser.add_argument("--embedder", help="a GGUF embedding model, for cosines")
    parser.add_argument("--e5", action="store_true", help='put "query: " before each text')
    parser.add_argument("--edit", default="", help="more arguments for `otherwise edit`, in one text")
    parser.add_argument("-t", "--threads", type=int)
    parser.add_argument("-q", "--quiet", action="store_true")
    for name, meaning in SIZES.items():
        parser.add_argument(f"--{name}", type=int, default=DEFAULTS[name], help=f"{meaning}; {DEFAULTS[name]}")
    settings = parser.parse_args(given)
    for name in SIZES:
        if getattr(settings, name) < 1:
            raise Refused(f"expected --{name} of at least 1, got {getattr(settings, name)}")
    settings.edit = settings.edit.split()
    for name in ("base", "instruct", "embedder"):
        if getattr(settings, name):
            setattr(settings, name, os.path.abspath(getattr(settings, name)))
    return settings


def require_same(tool, settings):
    """A folder holds results of one model and one set of sizes."""
    own = {"model": str(tool.model), "base": settings.base, "instruct": settings.instruct, "embedder": settings.embedder,
           "edit": settings.edit, **{name: getattr(settings, name) for name in SIZES}}
    path = tool.path("settings.json")
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        for name, value in own.items():
            if before.get(name) != value:
                raise Refused(f"expected the {name} that '{tool.folder}' was begun with, {before.get(name)!r}, got "
                              f"{value!r}; take another -o, or delete that folder")
    write_json(path, own)


def results_of(tool, settings):
    """The result of each study that is asked for, kept in results/."""
    studies = {study.name: (lambda study=study: study_result(tool, study, settings)) for study in STUDIES}
    studies |= {name: (lambda of=of: of(tool, settings)) for name, of in OTHERS.items()}
    tool.path("results").mkdir(exist_ok=True)
    for name in NAMES:
        if name not in settings.only:
            continue
        start, used = time.monotonic(), processor_seconds()
        result = rounded(studies[name]())
        write_json(tool.path(f"results/{name}.json"), result)
        add_time(tool, name, processor_seconds() - used)
        if not settings.quiet:
            state = f"not run: {result['skipped']}" if result["skipped"] else "done"
            print(f"{name:9} {time.monotonic() - start:6.0f} s, {processor_seconds() - used:6.0f} s of processors  {state}",
                  file=sys.stderr, flush=True)


def add_time(tool, name, seconds):
    """results/times.json: seconds of processors that each study took, over all sittings."""
    path = tool.path("results/times.json")
    times = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    times[name] = round(times.get(name, 0) + seconds, 1)
    write_json(path, times)


def processor_seconds():
    """Of the command's calls so far, on all processors together."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(given=None):
    try:
        settings = arguments(given)
        if not settings.model.exists():
            raise Refused(f"expected a model file, got '{settings.model}', which is not there; make setup fetches the "
                          "default one")
        tool = Tool(settings.command, settings.out, settings.model, settings.threads)
        require_same(tool, settings)
        strings.lay(tool.folder)
        prepare(tool)
        results_of(tool, settings)
        print(write_page(tool.folder))
    except Refused as refusal:
        print(f"paper: {refusal}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

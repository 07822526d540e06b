"""Makes the files of the studies and conducts their runs: each step once, and resumed where it stopped."""

import json
import os

from .strings import STUDIES
from .tool import Refused, kept


FLOATS = ("F32", "F16", "BF16")


def prepare(tool):
    """files/model.gguf, the model with its weights in floating point, which the tool has from then on; the JSON of
    `inspect` of the one that was given.

    All is made and read in this one file, so that no activation is rounded to 8 bits: neither where strings are written
    nor where edits and maps are sought, and what was fitted is applied to the very states that it was fitted to."""
    (tool.folder / "files").mkdir(exist_ok=True)
    given, output = tool.model, tool.path("files/model.gguf")
    found = kept(tool.path("files/model.json"), lambda: tool.json("inspect", given, model=False))
    if found["kind"] != "model":
        raise Refused(f"expected a model, got '{given}', which is a file of kind {found['kind']}")
    if not output.exists():
        if found["quantization"] in FLOATS:
            output.symlink_to(given)
        else:
            tool.call("quantize", given, output.name, "F32", model=False, folder=output.parent)
    tool.model = output
    return found


def make(tool, made, settings):
    """The file, and what the command said of it as JSON; a file that misses a limit and was kept by force says so."""
    output, said = tool.path(made.output), tool.path(f"files/{made.name}.json")
    if said.exists() and output.exists():
        return json.loads(said.read_text(encoding="utf-8"))
    more = settings.edit if made.verb.startswith("edit") else ()

    def call():
        try:
            return tool.json(made.verb, *made.arguments, *more, "-o", made.output, "-q")
        except Refused as refusal:
            if output.exists():
                return {"misses": [str(refusal)]}
            raise
    return kept(said, call)


def link_pair(tool, settings):
    """files/base.gguf and files/instruct.gguf."""
    if not (settings.base and settings.instruct):
        raise Refused("needs two model files, a base model and its instruction-tuned one: "
                      'make paper PAPER="--base FILE --instruct FILE"')
    for name, path in (("base", settings.base), ("instruct", settings.instruct)):
        link = tool.path(f"files/{name}.gguf")
        if not os.path.exists(path):
            raise Refused(f"expected a model file, got '{path}', which is not there")
        if not link.exists():
            link.symlink_to(os.path.abspath(path))


def run(tool, study, output, *more):
    """The run file, finished: a new one, or gone on with."""
    if tool.path(output).exists():
        tool.call("run", "--resume", output, "-q", model=False)
    else:
        tool.call("run", STUDIES / f"{study.name}.toml", "-o", output, "-q", *more, model=not study.pair)
    return tool.path(output)


def conduct(tool, study, settings):
    """{"side": run file, "targets": run file or None, "made": {name: JSON}}. Raises Refused."""
    if study.pair:
        link_pair(tool, settings)
    made = {one.name: make(tool, one, settings) for one in study.made}
    tokens = ("-n", settings.tokens)
    side = run(tool, study, f"{study.name}.db", "--limit", settings.strings, *tokens)
    targets = None
    if study.targets:
        targets = run(tool, study, f"{study.name}-targets.db", "-f", f"strings/{study.targets}", "--limit",
                      settings.targets, "--samples", study.samples, *tokens)
    return {"side": side, "targets": targets, "made": made}


def report(tool, run_file, settings):
    """Writes the report's page beside the run file; the data in it."""
    page = run_file.with_suffix(".html")
    tool.call("report", run_file.name, "-o", page.name, "-q", *_embedder(settings), model=False)
    text = page.read_text(encoding="utf-8")
    start = text.index('<script type="application/json" id="data">') + len('<script type="application/json" id="data">')
    return json.loads(text[start:text.index("</script>", start)])


def score(tool, run_file, settings, patterns):
    """The measures of its pairs, under shared noise and under fresh noise: a list of worlds."""
    lines = run_file.with_suffix(".jsonl")
    tool.call("export", run_file.name, "-o", lines.name, model=False)
    arguments = [f"--{kind}={pattern}" for kind, pattern in patterns]
    return tool.json("score", lines.name, "--words", "10", *arguments, *_embedder(settings), model=False)["worlds"]


def _embedder(settings):
    return ("--embedder", settings.embedder, *(["--e5"] if settings.e5 else [])) if settings.embedder else ()

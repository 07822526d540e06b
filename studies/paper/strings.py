"""The strings of the studies, laid into the folder of the results."""

import json
import shutil
from pathlib import Path

STUDIES = Path(__file__).resolve().parents[1]
EXAMPLES = STUDIES.parent / "examples"
COPIED = {"women.txt": "biographies/women.txt", "men.txt": "biographies/men.txt",
          "true.txt": "truth/true.txt", "false.txt": "truth/false.txt"}


def lay(folder):
    """strings/ in the folder: those of studies/strings, the sets of examples/, and what is made of them."""
    target = Path(folder) / "strings"
    shutil.copytree(STUDIES / "strings", target, dirs_exist_ok=True)
    for name, source in COPIED.items():
        shutil.copyfile(EXAMPLES / source, target / name)
    prompts = (EXAMPLES / "biographies/prompts.txt").read_text(encoding="utf-8").splitlines()
    _write(target / "biographies.jsonl",
           ({"id": f"biography-{i:03d}", "prompt": prompt} for i, prompt in enumerate(prompts)))
    _write(target / "truth.jsonl", _statements())
    louvre = (STUDIES / "strings/louvre.jsonl").read_text(encoding="utf-8").splitlines()
    others = [json.loads(line) for line in louvre[1:]]  # the first one is the edit's own
    _write(target / "louvre-others.jsonl", others)
    _write(target / "louvre-answers.jsonl", map(_answered, others))


def _answered(record):
    """The same in a chat: an answer that was given, the text and then the new answer."""
    return {"id": record["id"], "messages": [
        {"role": "user", "content": f"Finish this: {record['prompt']}"},
        {"role": "assistant", "content": f"{record['prompt']} Rome"}]}


def judging(pairs):
    """Numbers of the pairs that neither shaped nor chose the heads of `fit iti --held-out 0.5` (docs/fit.md): every
    other two lines are held out, and of these every other two choose."""
    held_out = [i for i in range(pairs) if i // 2 % 2 == 1]
    return [i for place, i in enumerate(held_out) if place // 2 % 2 == 1]


def _statements():
    """True and false statements as observed strings: the first word is the prompt."""
    sides = {side: (EXAMPLES / f"truth/{side}.txt").read_text(encoding="utf-8").splitlines()
             for side in ("true", "false")}
    for i in judging(len(sides["true"])):
        for side, lines in sides.items():
            prompt, text = lines[i].split(" ", 1)
            yield {"id": f"{i}.{side}", "prompt": prompt, "text": " " + text}


def _write(path, records):
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")

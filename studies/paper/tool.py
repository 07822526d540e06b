"""The command `otherwise`, called in the folder of the results."""

import json
import os
import subprocess
from pathlib import Path


class Refused(Exception):
    """The command, or a study, cannot do what was asked; its one sentence says why."""


class Tool:
    """Calls of one command in one folder; its notes go to a log file there."""

    def __init__(self, command, folder, model=None, threads=None):
        self.command, self.folder = Path(command).resolve(), Path(folder).resolve()
        self.model = Path(model).resolve() if model else None
        self.threads = threads
        if not os.access(self.command, os.X_OK):
            raise Refused(f"expected the command, got '{command}'; make build makes it")
        self.folder.mkdir(parents=True, exist_ok=True)

    def call(self, verb, *arguments, model=True, folder=None):
        """What it prints. Raises Refused with its sentence."""
        given = [str(self.command), *verb.split(), *map(str, arguments)]
        if model and self.model:
            given += ["-m", str(self.model)]
        if self.threads and verb != "export":
            given += ["-t", str(self.threads)]
        result = subprocess.run(given, cwd=folder or self.folder, capture_output=True, text=True, check=False)
        with open(self.folder / "log.txt", "a", encoding="utf-8") as log:
            log.write("$ " + " ".join(given) + "\n" + result.stderr)
        if result.returncode != 0:
            said = [line for line in result.stderr.splitlines() if line.startswith("otherwise: ")]
            said = said or result.stderr.splitlines()[-1:] or [f"exit code {result.returncode}"]
            raise Refused(said[-1].removeprefix("otherwise: "))
        return result.stdout

    def json(self, verb, *arguments, **more):
        return json.loads(self.call(verb, *arguments, "--json", **more))

    def path(self, name):
        return self.folder / name


def kept(path, make):
    """The JSON in a file, made and written, whole or not at all, where it is not there."""
    if not path.exists():
        write_json(path, make())
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path, value):
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(part, path)

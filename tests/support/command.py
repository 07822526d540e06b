"""Runs the command on models made by tiny.py, for tests with unittest.

$OTHERWISE_COMMAND is the command, $OTHERWISE_TINY a folder that keeps the models between tests.
"""

import fcntl
import hashlib
import os
import resource
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import tiny
from snapshot import Snapshot

COMMAND = os.environ.get("OTHERWISE_COMMAND", "build/release/otherwise")
PATIENCE = int(os.environ.get("OTHERWISE_TEST_PATIENCE", "1"))  # how many times longer calls may take
NOBODY = 65534  # a user without rights
SOURCE = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("OTHERWISE_CACHE_DIR") or Path.home() / ".cache" / "otherwise")


def files():
    """The folder with the models and adapters; made once."""
    key = hashlib.sha256(Path(tiny.__file__).read_bytes()).hexdigest()[:12]
    base = Path(os.environ.get("OTHERWISE_TINY", Path(tempfile.gettempdir()) / "otherwise-tiny"))
    folder = base / key
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            make_files(folder)
            (folder / "done").touch()
    return folder


def make_files(folder):
    tokens, _ = tiny.vocabulary()
    tiny.write_model(folder / "a.gguf")
    tiny.write_model(folder / "b.gguf", seed=2)
    tiny.write_model(folder / "plain.gguf", chat=False)
    tiny.write_model(folder / "words.gguf", tokens=tokens[:-1] + ["ĠRomy"])
    tiny.write_model(folder / "mute.gguf", end=30.0)
    tiny.write_model(folder / "more.gguf", unused=("[PAD309]", "[PAD310]"))
    tiny.write_sentencepiece_model(folder / "spm.gguf")
    tiny.write_experts(folder / "experts.gguf")
    tiny.write_architecture(folder / "tied.gguf", "llama")
    tiny.write_embedder(folder / "embedder.gguf")
    tiny.write_embedder(folder / "embedder-plain.gguf", pooling=None)
    tiny.write_embedder(folder / "reranker.gguf", pooling=4)
    tiny.write_lora(folder / "lora.gguf")
    tiny.write_lora(folder / "lora-qwen2.gguf", architecture="qwen2")
    tiny.write_lora(folder / "lora-narrow.gguf", width=32)
    tiny.write_vector(folder / "vector.gguf")
    tiny.write_vector(folder / "vector-narrow.gguf", width=32)
    tiny.write_vector(folder / "vector-high.gguf", layers=(9,))
    tiny.write_vector(folder / "vector-zero.gguf", scale=0.0)
    whole = (folder / "a.gguf").read_bytes()
    (folder / "cut.gguf").write_bytes(whole[: len(whole) // 2])
    (folder / "text.gguf").write_text("no model", encoding="utf-8")


def cached_model(quantization):
    """The default model in a quantization that `make test` derives."""
    cache = Path(os.environ["OTHERWISE_CACHE_DIR"])
    return str(cache / "derived" / f"SmolLM2-135M-Instruct.{quantization}.gguf")


def reachable(path):
    """Whether users other than its owner can run a file: root's home is often closed to them."""
    return all(part.stat().st_mode & 0o001 for part in [Path(path), *Path(path).absolute().parents])


class Case(unittest.TestCase):
    """A folder of its own as the working directory, with links to all files."""

    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        cache = tempfile.TemporaryDirectory()  # what a run keeps is not the next test's
        self.addCleanup(cache.cleanup)
        self.own_cache = {"OTHERWISE_CACHE": cache.name}
        (Path(cache.name) / "models").symlink_to(CACHE / "models")
        for path in files().glob("*.gguf"):
            (self.folder / path.name).symlink_to(path)
        self.snapshot = Snapshot(self.id(), self.folder)
        self.addCleanup(self.snapshot.close)

    def call(
        self, *arguments, stdin="", file_limit=None, address_space=None, environment=None, timeout=60, user=None, folder=None, **more
    ):
        """Runs the command; text in `stdin` and results is UTF-8. As `user` where root runs it."""

        def limit():
            if file_limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
            if address_space is not None:
                resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
            if user is not None and os.getuid() == 0:
                os.setuid(user)

        command = COMMAND
        if user is not None and not reachable(COMMAND):
            command = shutil.copy(COMMAND, self.folder / "the-command")
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
        result = subprocess.run(
            [command, *arguments],
            input=stdin.encode(),
            cwd=folder or self.folder,
            timeout=timeout * PATIENCE,
            check=False,
            preexec_fn=limit,
            env=os.environ | self.own_cache | (environment or {}),
            **streams,
        )
        self.snapshot.call(arguments, result)
        return result

    def run_tiny(self, *arguments, model="a.gguf", **more):
        """`otherwise run` with one thread and four tokens."""
        return self.call("run", "-t", "1", "-n", "4", "-m", model, *arguments, **more)

    def done(self, result):
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return result.stdout.decode()

    def refused(self, result, code, *parts):
        """One line `otherwise: expected …, got …` and this exit code."""
        lines = result.stderr.decode().splitlines()
        complaints = [line for line in lines if line.startswith("otherwise: expected ")]
        self.assertEqual(len(complaints), 1, lines)
        self.assertEqual(lines[-1], complaints[0])
        self.assertIn(", got ", complaints[0])
        for part in parts:
            self.assertIn(part, complaints[0])
        self.assertEqual(result.returncode, code, complaints[0])
        return complaints[0]

    def write(self, name, text):
        data = text if isinstance(text, bytes) else text.encode()
        (self.folder / name).write_bytes(data)
        return name

"""What works on one node of a cluster (ray.py): writes shards with warm models, on a disk of its own."""

import builtins
import hashlib
import importlib
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from otherwise import _otherwise
from otherwise._settings import cache_folder, work_of
from otherwise.errors import Error
from otherwise.log import logger

__all__ = ["MARKER", "File", "Plan", "Worker", "name_of", "opened", "ray_module", "read_mark"]

MARKER = ".otherwise-shards"


class Plan:
    """What each worker is told, once a node through the object store."""

    def __init__(self, folder: str, mark: str, shards: int, toml: str, files: dict[str, Any], scratch: str,
                 save_every: float, force: bool, work: dict[str, Any]) -> None:
        self.folder, self.mark, self.shards, self.toml = folder, mark, shards, toml
        self.files, self.scratch, self.save_every, self.force, self.work = files, scratch, save_every, force, work


class File:
    """A file of the study, or a part of one: as it is here, and its pieces in the object store."""

    def __init__(self, path: str, sha256: str, pieces: list[Any]) -> None:
        self.path, self.sha256, self.pieces = path, sha256, pieces


def name_of(folder: str, shard: int, shards: int) -> str:
    return os.path.join(folder, f"{shard:0{len(str(shards))}d}-of-{shards}.db")


def opened(path: str, mode: str) -> Any:
    return builtins.open(path, mode, encoding=None if "b" in mode else "utf-8")


def read_mark(path: str) -> str:
    try:
        with opened(path, "r") as file:
            return str(file.read().strip())
    except OSError:
        return ""


def ray_module() -> Any:
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise Error("expected Ray for ow.ray.run, got none installed; pip install ray") from error


class Worker:
    """One process with warm models, on one node."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        base = plan.scratch or os.path.join(tempfile.gettempdir(), f"otherwise-{os.getuid()}")
        self.scratch = os.path.join(base, plan.mark.replace(" ", "-"))
        self.value: Any = None
        self.work = work_of(plan.work)
        self.work.cache_folder = cache_folder()
        self.work.force = plan.force
        _otherwise.keep_models(self.work)

    def write(self, shard: int) -> None:
        """A shard, whole, into the folder; goes on with what there is of it."""
        plan, node = self.plan, os.uname().nodename
        if read_mark(os.path.join(plan.folder, MARKER)) != plan.mark:
            raise Error(f"expected '{plan.folder}' on a file system that all nodes share, "
                        f"got no mark of it on {node}")
        whole = name_of(plan.folder, shard, plan.shards)
        if os.path.exists(whole):
            return
        try:
            os.makedirs(self.scratch, exist_ok=True)
            if self.value is None:
                self.value = _otherwise.with_names(_parsed(plan.toml), self._names())
            self._write(shard, name_of(self.scratch, shard, plan.shards), whole,
                        name_of(os.path.join(plan.folder, "parts"), shard, plan.shards))
        except OSError as error:
            raise Error(f"expected room on {node}, got '{error.filename}' ({error.strerror})") from error

    def _write(self, shard: int, file: str, whole: str, part: str) -> None:
        if not os.path.exists(file) and os.path.exists(part):
            _give(part, file)
        with _saving(file, part, self.plan.save_every):
            if os.path.exists(file):
                self._resume(shard, file)
            else:
                self._new(shard, file)
        _give(file, whole)
        _remove(file)
        _remove(part)

    def _new(self, shard: int, file: str) -> None:
        self._run(_otherwise.RunFile(file, shard=f"{shard}/{self.plan.shards}"), self.value)

    def _resume(self, shard: int, file: str) -> None:
        """A part of another machine or study is left, and begun anew."""
        moved = [f"{old}={new}" for old, new in self._names().items() if old != new]
        try:
            value = _otherwise.stored_study(file, moved)
            if not _otherwise.has_all(file, value):
                self._run(_otherwise.RunFile(file, resume=True, moved=moved), value)
        except ValueError:
            _remove(file)
            self._new(shard, file)

    def _run(self, file: Any, value: Any) -> None:
        _, _, interrupted, complaint = _otherwise.run(value, self.work, file)
        if interrupted or complaint:
            raise Error(complaint or "expected a whole shard, got an interruption")

    def _names(self) -> dict[str, str]:
        """Where each file of the study lies on this node; fetched where it is not there as it should be."""
        names = {}
        for name, parts in self.plan.files.items():
            here = all(_hash_of(part.path, self.scratch) == part.sha256 for part in parts)
            names[name] = parts[0].path if here else [self._fetched(part, parts[0].sha256) for part in parts][0]
        return names

    def _fetched(self, file: File, group: str) -> str:
        """Once a node, whichever worker comes first; parts of a model beside each other."""
        ray = ray_module()
        target = os.path.join(self.scratch, f"{group}-{os.path.basename(file.path)}")
        if not os.path.exists(target):
            unfinished = f"{target}.{os.getpid()}"
            digest = hashlib.sha256()
            with opened(unfinished, "wb") as out:
                for piece in file.pieces:
                    data = ray.get(piece)
                    digest.update(data)
                    out.write(data)
            if digest.hexdigest() != file.sha256:
                os.remove(unfinished)
                raise Error(f"expected the bytes of '{file.path}', got others on {os.uname().nodename}")
            os.replace(unfinished, target)
        return target


def _parsed(toml: str) -> Any:
    """The study of its text."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8") as file:
        file.write(toml)
        file.flush()
        return _otherwise.read_study(file.name)


def _hash_of(path: str, scratch: str) -> str:
    """The SHA-256 of a file that may not be there; kept on the node, by its size and time."""
    try:
        stat = os.stat(path)
    except OSError:
        return ""
    key = hashlib.sha256(f"{path}\n{stat.st_size}\n{stat.st_mtime_ns}".encode()).hexdigest()
    kept = os.path.join(scratch, f"hash-{key}")
    known_hash = read_mark(kept)
    if not known_hash:
        known_hash = _otherwise.sha256_file(path)
        with opened(f"{kept}.{os.getpid()}", "w") as file:
            file.write(known_hash)
        os.replace(f"{kept}.{os.getpid()}", kept)
    return known_hash


def _give(source: str, target: str) -> None:
    """A copy that is whole or absent, of a run file that may be written meanwhile."""
    unfinished = f"{target}.{os.uname().nodename}.{os.getpid()}.part"
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as there, \
                closing(sqlite3.connect(unfinished)) as copy:
            there.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        os.replace(unfinished, target)
    except sqlite3.Error as error:
        raise Error(f"expected room for '{target}', got '{error}' on {os.uname().nodename}") from error
    finally:
        _remove(unfinished)


def _remove(path: str) -> None:
    """A run file and what SQLite keeps beside it, where they are there."""
    for end in ("", "-wal", "-shm", "-journal"):
        if os.path.exists(path + end):
            os.remove(path + end)


@contextmanager
def _saving(file: str, part: str, every: float) -> Iterator[None]:
    """Meanwhile copies what there is, now and then; a copy that fails is no loss."""
    done = threading.Event()

    def save() -> None:
        while not done.wait(every):
            if os.path.exists(file):
                try:
                    _give(file, part)
                except (Error, OSError) as error:
                    logger.info("%s", error)

    thread = threading.Thread(target=save, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()

"""A study on a Ray cluster: shards by warm workers, on nodes that may be lost (docs/scale.md).

    import otherwise as ow
    import otherwise.ray

    run = ow.ray.run(ow.study("study.toml"), out="runs/", shards=64, num_cpus=4)

Ray is the user's own: ``ray.init()`` says which cluster. Each worker keeps its models loaded and writes
one shard after the other on its node's disk; a shard is moved into `out`, a folder that all nodes share,
when it is whole, and what is there of it now and then.
"""

import contextlib
import glob
import hashlib
import os
import secrets
import time
from typing import TYPE_CHECKING, Any

from otherwise import _otherwise
from otherwise._given import path_of
from otherwise._progress import listening
from otherwise._settings import WORK, known, work_of
from otherwise._shard_worker import MARKER, File, Plan, Worker, name_of, opened, ray_module, read_mark
from otherwise.errors import Error, misuse
from otherwise.log import logger
from otherwise.results import Results, open
from otherwise.studies import Study
from otherwise.studies import study as study_file

if TYPE_CHECKING:
    from otherwise.items import Path

__all__ = ["run"]

_PIECE = 64 * 2**20  # bytes of a file that go through the object store at once
_PROCESS = 256 * 2**20  # bytes of a worker beside its models: Python, the library, the strings
_TRIES = 3
_SAVED_EVERY = 60.0  # seconds


def run(study: "Study | Path", out: "Path" = "runs/", shards: "int | None" = None, *, workers: "int | None" = None,
        num_cpus: float = 1, num_gpus: float = 0, memory: "int | str | None" = None, scratch: "Path | None" = None,
        save_every: float = _SAVED_EVERY, force: bool = False, progress: Any = None, **work: Any) -> Results:
    """Runs a study in shards on the cluster of ``ray.init()``; what `out` has already is not run again.

    Parameters
    ----------
    study : Study or path of a study file
        Its strings are read here and sent. Its models and other files are taken from each node where they
        have the same path and SHA-256; else they are fetched from here, once a node.
    out : path
        Folder of the shards, shared by all nodes. It is read as the run: ``ow.open(out)``, `otherwise report`.
    shards : int, optional
        Parts of the strings; four for each worker.
    workers : int, optional
        Processes with a model each; as many as the cluster has room for.
    num_cpus, num_gpus :
        What Ray keeps free for a worker: processors (its threads) and GPUs.
    memory : int or str, optional
        Bytes that Ray keeps free for a worker, or "4G", and that it keeps to: its models, caches and laws, and
        a quarter of a gigabyte for the process. By the plan of a run on this machine.
    scratch : path, optional
        Folder on a disk of each node.
    save_every : float
        Seconds after which what there is of a shard is copied into `out`, for another node to go on with.
    force : bool
        Take shards of several kinds of machine, whose results may differ in their last bits.
    progress : bool, function or None
        Of shards, as of `otherwise.run`.
    **work
        How a worker goes about it: `parallel`, `ubatch_size`, `cpu_variant`, …

    Raises
    ------
    Misuse
        More shards than strings, an `out` with shards of another study.
    Error
        A shard that failed three times (the others are done first), a folder that a node does not see.
    """
    ray = ray_module()
    whole = study if isinstance(study, Study) else study_file(study)
    value = _otherwise.with_own_strings(whole._value)
    value = _otherwise.with_model_path(value, work_of({}))
    count = _otherwise.count_strings(value)
    if not ray.is_initialized():
        ray.init()
    options = known({"threads": max(1, int(num_cpus)), **work}, frozenset(WORK) - {"memory"}, "ow.ray.run")
    memory, options["memory"] = _memory(value, memory, work_of(options))  # refused here and not on a node
    workers = workers or _room(ray, {"CPU": num_cpus, "GPU": num_gpus, "memory": memory})
    shards = min(4 * workers, count) if shards is None else shards
    if not isinstance(shards, int) or not 1 <= shards <= count:
        raise misuse(f"`shards` from 1 to {count}, the study's strings", repr(shards))
    folder = _Folder(path_of(out, "out"), value, shards)
    plan = Plan(folder.path, folder.mark, shards, value.to_toml(), _files(ray, value),
                 "" if scratch is None else os.path.abspath(path_of(scratch, "scratch")), save_every, force, options)
    resources = {"num_cpus": num_cpus, "num_gpus": num_gpus, "memory": memory, "max_restarts": 0}
    waiting = [shard for shard in range(1, shards + 1) if not os.path.exists(folder.name_of(shard))]
    with listening(progress) as listener:
        failed = _Driver(ray, ray.put(plan), resources, min(workers, max(1, len(waiting))),
                         waiting, shards, listener).run()
    folder.clear()
    if failed:
        first, why = min(failed.items())
        raise Error(f"expected all {shards} shards, got none of {', '.join(map(str, sorted(failed)))} "
                    f"after {_TRIES} tries each ({first}: {why}); the others are in '{folder.path}', call this again")
    results = open(folder.path, force=force)
    for warning in results.warnings:
        logger.warning(warning)
    return results


class _Folder:
    """Of the shards, with the mark by which nodes know it."""

    def __init__(self, path: str, value: Any, shards: int) -> None:
        self.path, self.shards = os.path.abspath(path), shards
        text = f"{shards}\n{value.to_toml()}"
        study = hashlib.sha256(text.encode()).hexdigest()[:16]
        os.makedirs(os.path.join(self.path, "parts"), exist_ok=True)
        marker = os.path.join(self.path, MARKER)
        self.mark = read_mark(marker)
        if not self.mark:
            self.mark = f"{study} {secrets.token_hex(8)}"
            with opened(marker, "w") as file:
                file.write(self.mark + "\n")
        elif self.mark.split()[0] != study:
            raise misuse("a new folder for `out`, or the one of this study in as many shards",
                         f"'{path}' with shards of another study", "choose another `out`")

    def name_of(self, shard: int) -> str:
        return name_of(self.path, shard, self.shards)

    def clear(self) -> None:
        """What lost workers have left of shards that are whole by now."""
        parts = os.path.join(self.path, "parts")
        for shard in range(1, self.shards + 1):
            whole = self.name_of(shard)
            if os.path.exists(whole):
                name = glob.escape(os.path.basename(whole))
                left = glob.glob(f"{name}*", root_dir=parts)
                for file in [*(os.path.join(parts, one) for one in left), *glob.glob(f"{glob.escape(whole)}.*.part*")]:
                    with contextlib.suppress(FileNotFoundError):
                        os.remove(file)


def _room(ray: Any, wanted: dict[str, float]) -> int:
    """Workers that fit on the nodes that are alive."""
    room = 0
    for node in ray.nodes():
        there = node["Resources"] if node["Alive"] else {}
        room += min((int(there.get(name, 0) // much) for name, much in wanted.items() if much > 0), default=0)
    if room == 0:
        raise Error(f"expected a node with {wanted['CPU']:g} processors, {wanted['GPU']:g} GPUs and "
                    f"{wanted['memory']:.3g} bytes, got none; lower `num_cpus`, `num_gpus` or `memory`")
    return room


def _memory(value: Any, wanted: "int | str | None", work: Any) -> tuple[int, int]:
    """Bytes of a worker, and those of its caches and laws."""
    if not wanted:
        weights, beside = _otherwise.study_memory(value, work)
        return int(weights + beside) + _PROCESS, int(beside)
    memory = work_of({"memory": wanted}).memory
    least = _bytes_of(value) + _PROCESS
    if memory <= least:
        raise misuse(f"`memory` of more than {least} bytes, for the study's files and a process", repr(wanted),
                     "leave `memory` out, or use a smaller model")
    return memory, memory - least


def _bytes_of(value: Any) -> int:
    """Of the study's files."""
    return sum(os.path.getsize(part) for parts in _otherwise.study_files(value) for part in parts)


def _files(ray: Any, value: Any) -> dict[str, list[File]]:
    """The study's files, each with its parts, into the object store."""
    return {parts[0]: [_file(ray, part) for part in parts] for parts in _otherwise.study_files(value)}


def _file(ray: Any, path: str) -> File:
    try:
        sha256 = _otherwise.sha256_file(path)
        with opened(path, "rb") as file:
            pieces = []
            while piece := file.read(_PIECE):
                pieces.append(ray.put(piece))
    except OSError as error:
        raise Error(f"expected the files of the study, got '{path}' ({error.strerror})") from error
    return File(os.path.abspath(path), sha256, pieces)


class _Driver:
    """Hands shards to workers, and those of lost workers to others."""

    def __init__(self, ray: Any, plan: Any, resources: dict[str, Any], workers: int, waiting: list[int], shards: int,
                 listener: Any) -> None:
        self.ray, self.plan, self.resources, self.shards = ray, plan, resources, shards
        self.listener, self.waiting, self.wanted = listener, list(waiting), workers
        self.class_ = ray.remote(Worker)
        self.busy: dict[Any, tuple[Any, int]] = {}
        self.tries: dict[int, int] = {}
        self.failed: dict[int, str] = {}
        self.later: list[tuple[float, int]] = []

    def run(self) -> dict[int, str]:
        """Shards that failed for good, and why."""
        self._say()
        for _ in range(self.wanted):
            self._start()
        try:
            while self.busy or self.waiting or self.later:
                self._step()
        finally:
            for worker, _ in self.busy.values():
                self.ray.kill(worker)
        return self.failed

    def _start(self, worker: Any = None) -> None:
        """A worker's next shard."""
        if self.waiting:
            worker = worker or self.class_.options(**self.resources).remote(self.plan)
            shard = self.waiting.pop(0)
            self.busy[worker.write.remote(shard)] = (worker, shard)
        elif worker is not None:
            self.ray.kill(worker)

    def _step(self) -> None:
        now = time.monotonic()
        self.waiting += [shard for at, shard in self.later if at <= now]
        self.later = [(at, shard) for at, shard in self.later if at > now]
        while self.waiting and len(self.busy) < self.wanted:
            self._start()
        if not self.busy:
            time.sleep(0.1)
            return
        done, _ = self.ray.wait(list(self.busy), num_returns=1, timeout=1.0)
        for future in done:
            worker, shard = self.busy.pop(future)
            self._start(worker if self._came(future, shard) else None)
            self._say()

    def _came(self, future: Any, shard: int) -> bool:
        """Whether the worker is still there."""
        exceptions = self.ray.exceptions
        try:
            self.ray.get(future)
            return True
        except exceptions.RayTaskError as error:
            self._again(shard, str(error.cause).splitlines()[0] if str(error.cause) else type(error.cause).__name__)
            return True
        except exceptions.RayActorError as error:
            self._again(shard, "its worker or node was lost: " + str(error).splitlines()[0])
            return False

    def _again(self, shard: int, why: str) -> None:
        self.tries[shard] = self.tries.get(shard, 0) + 1
        logger.info("shard %d failed (%d of %d tries): %s", shard, self.tries[shard], _TRIES, why)
        if self.tries[shard] >= _TRIES:
            self.failed[shard] = why
        else:
            self.later.append((time.monotonic() + 2.0 ** self.tries[shard] - 1.0, shard))

    def _say(self) -> None:
        if self.listener is not None:
            left = len(self.waiting) + len(self.busy) + len(self.later)
            self.listener("shards", self.shards - left - len(self.failed), self.shards)

"""What GGUF files are, and other quantizations of models."""

from dataclasses import dataclass, field
from typing import Any

from otherwise import _otherwise
from otherwise._given import Path, path_of, told, work_of
from otherwise._record import Result, read

__all__ = ["FileFacts", "QuantizedFile", "Site", "Tensor", "inspect", "quantizations", "quantize",
           "templates"]


@dataclass(frozen=True)
class Site:
    """A kind of node in a model's graph where an intervention can act."""

    node: str
    meaning: str
    layers: list[int]
    width: int


@dataclass(frozen=True)
class Tensor:
    """A tensor of an adapter or of a fitted file."""

    name: str
    layer: int
    rank: int
    shape: list[int]
    form: str = ""


@dataclass(frozen=True)
class FileFacts(Result):
    """What a file is. Fields that its `kind` does not have are None or empty."""

    kind: str  #: "model", "lora", "control_vector", "affine", "heads" or "other"
    path: str
    architecture: str = ""
    width: int = 0  #: of states
    # Of a model.
    name: str = ""
    quantization: str = ""
    sha256: str = ""
    parameters: int = 0
    bytes: int = 0
    layers: int = 0
    heads: int = 0
    heads_kv: int = 0
    context: int = 0  #: tokens it was trained on
    sliding_window: int = 0
    recurrent: bool = False
    vocabulary: int = 0
    end_tokens: list[int] = field(default_factory=list)
    bos: int = -1
    chat_template: str = ""
    chat_works: bool = False
    chat: dict[str, Any] | None = None
    chat_problem: str = ""
    batch_invariant: bool | None = None
    least_rows: int = 0
    needs_no_repacking: bool = False
    cpu_variant: str = ""
    cpu_features: str = ""
    sites: list[Site] = field(default_factory=list)
    # Of what changes one.
    node: str = ""
    alpha: float | None = None
    tensors: list[Tensor] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)  #: of a LoRA, what llama.cpp does not do
    invocation_tokens: list[int] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class QuantizedFile(Result):
    """A model file that was written."""

    path: str
    type: str
    from_bytes: int
    bytes: int


def inspect(path: Path, *, threads: int | None = None, no_repack: bool = False,
            cpu_variant: str | None = None) -> FileFacts:
    """What a GGUF file is: a model with the sites where an intervention can act, a LoRA, a control
    vector or a fitted file.

    A model is hashed (2 s a gigabyte), evaluated and probed for batch invariance; of other files the
    header is read. `path` may be a `ControlVector` and the like.
    """
    work = work_of({"threads": threads, "cpu_variant": cpu_variant})
    with told(False, "file"):
        return read(FileFacts, _otherwise.inspect(path_of(path, "path"), work, no_repack))


def quantize(from_path: Path, to_path: Path, type: str, *, threads: int | None = None,
             progress: Any = None) -> QuantizedFile:
    """Writes a model in another quantization, by llama.cpp: whole or not at all.

    `type` is one of `quantizations()`, such as "Q4_K_M"; `progress` as in `ow.run`. Ctrl-C ends it before the
    next tensor.
    """
    with told(progress, "tensors") as update:
        text = _otherwise.quantize(path_of(from_path, "from_path"), path_of(to_path, "to_path"), type,
                                   work_of({"threads": threads}), update)
    return read(QuantizedFile, text)


def quantizations() -> list[str]:
    """The types that `quantize` takes."""
    return _otherwise.quantization_names()


def templates() -> list[str]:
    """Names of the chat templates that may stand in place of a file's."""
    return _otherwise.chat_template_names()

"""Interventions from arrays: a feature of a sparse autoencoder, the weights of a probe, a difference
of means, to and from GGUF files.

Each is a path to whatever takes one (`os.PathLike`): used in a world it lies in a temporary file
named by its content, which goes with the process.
"""

import atexit
import hashlib
import os
import shutil
import tempfile
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from otherwise import _otherwise
from otherwise._arrays import array_of
from otherwise.errors import misuse

__all__ = ["Affine", "AffineMap", "ControlVector", "Heads"]

Array = npt.NDArray[np.float32]
Note = str | float | int
Path = str | os.PathLike[str]
T = TypeVar("T")


class _Kept:
    """The folder of this process's temporary files."""

    def __init__(self) -> None:
        self._folder = ""
        self._owner = 0

    def path(self, name: str) -> str:
        if self._owner != os.getpid():  # a forked child has its own
            self._folder, self._owner = tempfile.mkdtemp(prefix="otherwise-"), os.getpid()
            atexit.register(self._remove, self._folder, self._owner)
        return os.path.join(self._folder, name)

    @staticmethod
    def _remove(folder: str, owner: int) -> None:
        if owner == os.getpid():
            shutil.rmtree(folder, ignore_errors=True)


_kept = _Kept()


def kept_file(save: Callable[[str], None]) -> str:
    """A temporary file of what `save` writes, named by its bytes."""
    draft = _kept.path("draft.gguf")
    save(draft)
    with open(draft, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    path = _kept.path(f"{digest[:16]}.gguf")
    os.replace(draft, path)
    return path


def _name(path: Path) -> str:
    return os.fspath(path)


class Vector(os.PathLike[str]):
    """What arrays by layer do to a model's states."""

    notes: dict[str, Note]  #: how it came to be, keys under "otherwise.fit."

    @abstractmethod
    def save(self, path: Path) -> None:
        """Writes it as a GGUF file, whole or not at all."""

    @property
    @abstractmethod
    def layers(self) -> list[int]:
        """Blocks of the model that it acts at, ascending, counted from 0."""

    def __fspath__(self) -> str:
        return kept_file(self.save)


class ControlVector(Vector):
    """A direction for each layer, added to the residual stream after that block (`ow.steer`), or
    taken out of it (`ow.ablate`): llama.cpp's control vector.

    Parameters
    ----------
    directions
        ``{layer: [width]}``, layers from 1 (llama.cpp's form has no block 0), the width that of the
        model's states. Any numbers; they are kept as float32.
    model_hint
        The architecture it is for, as llama.cpp's own tools write it; nothing depends on it.
    """

    def __init__(self, directions: Mapping[int, Any], *, model_hint: str = "",
                 notes: Mapping[str, Note] | None = None) -> None:
        self.directions: dict[int, Array] = _by_layer(directions, "directions", (1,), least=1)
        self.width = _one_width({layer: a.shape[0] for layer, a in self.directions.items()})
        self.model_hint = model_hint
        self.notes = dict(notes or {})

    @property
    def layers(self) -> list[int]:
        return list(self.directions)

    def save(self, path: Path) -> None:
        _otherwise.save_control_vector(_name(path), self.directions, self.model_hint,
                                       list(self.notes.items()))

    @classmethod
    def load(cls, path: Path) -> "ControlVector":
        """Reads llama.cpp's control vectors, those of `ow.fit.direction` among them."""
        return cls._of(_otherwise.load_control_vector(_name(path)))

    @classmethod
    def _of(cls, values: tuple[Any, ...]) -> "ControlVector":
        directions, hint, notes = values
        return cls(directions, model_hint=hint, notes=dict(notes))

    def __repr__(self) -> str:
        return f"ControlVector(layers {_span(self.layers)}, width {self.width})"


class AffineMap:
    """``x -> W x + b`` for states x of one layer.

    At most one form of W: `weight` [width, width] with a row for each output, its `diagonal` [width],
    or ``W = I + up @ down`` with `down` [rank, width] and `up` [width, rank]; without any W is the
    identity. Without a `bias` [width] it is 0.
    """

    def __init__(self, bias: Any = None, *, weight: Any = None, diagonal: Any = None, down: Any = None,
                 up: Any = None) -> None:
        given = {"bias": bias, "weight": weight, "diagonal": diagonal, "down": down, "up": up}
        parts = {name: _floats(value, name, (2,) if name in ("weight", "down", "up") else (1,))
                 for name, value in given.items() if value is not None}
        if (down is None) != (up is None):
            raise misuse("`down` and `up` together", f"`{'up' if down is None else 'down'}` alone")
        forms = [name for name in ("weight", "diagonal", "down") if name in parts]
        if len(forms) > 1:
            raise misuse("one form of W", " and ".join(f"`{name}`" for name in forms))
        if not parts:
            raise misuse("a `bias` or a W", "neither")
        self.width = _map_width(parts)
        if bias is None:
            parts["bias"] = np.zeros(self.width, np.float32)
        _check_map(parts, self.width)
        self.parts: dict[str, Array] = parts

    @property
    def bias(self) -> Array:
        """[width]: b."""
        return self.parts["bias"]

    def matrix(self) -> Array:
        """[width, width]: W, whatever its form; a copy."""
        if "weight" in self.parts:
            return self.parts["weight"].copy()
        if "diagonal" in self.parts:
            return np.diag(self.parts["diagonal"])
        matrix: Array = np.eye(self.width, dtype=np.float32)
        return matrix + self.parts["up"] @ self.parts["down"] if "up" in self.parts else matrix

    def __call__(self, states: Any) -> Array:
        """[..., width]: the map of states [..., width], as a world with scale 1 maps them."""
        x: Any = np.asarray(states, np.float32)
        if "weight" in self.parts:
            x = x @ self.parts["weight"].T
        elif "diagonal" in self.parts:
            x = x * self.parts["diagonal"]
        elif "up" in self.parts:
            x = x + (x @ self.parts["down"].T) @ self.parts["up"].T
        mapped: Array = x + self.bias
        return mapped

    def __repr__(self) -> str:
        return f"AffineMap({', '.join(self.parts)}, width {self.width})"


class Affine(Vector):
    """An affine map of the states for each layer: ``x + scale (W x + b - x)`` in a world with
    ``ow.affine(map, scale)``. With b alone it is a shift, at any site.

    Parameters
    ----------
    maps
        ``{layer: AffineMap or b [width]}``, layers from 0.
    site
        "residual" (after the block), "mlp", "attention", "mlp-norm" or "attention-norm", as in
        `ow.fit`, or a node as llama.cpp names it (`ow.inspect` lists a model's).
    """

    def __init__(self, maps: Mapping[int, Any], *, site: str = "residual",
                 notes: Mapping[str, Note] | None = None) -> None:
        self.maps: dict[int, AffineMap] = {
            layer: value if isinstance(value, AffineMap) else AffineMap(_at(value, layer, (1,)))
            for layer, value in layers_of(maps, "maps", 0)}
        self.width = _one_width({layer: one.width for layer, one in self.maps.items()})
        if not isinstance(site, str) or not site:
            raise misuse("the name of a site", repr(site))
        self.node = _otherwise.node_of_site(site) or site
        self.notes = dict(notes or {})

    @property
    def layers(self) -> list[int]:
        return list(self.maps)

    def save(self, path: Path) -> None:
        maps = {layer: one.parts for layer, one in self.maps.items()}
        _otherwise.save_affine(_name(path), maps, self.node, self.width, list(self.notes.items()))

    @classmethod
    def load(cls, path: Path) -> "Affine":
        """Reads a file of affine maps, those of `ow.fit.mimic` and `ow.fit.leace` among them."""
        return cls._of(_otherwise.load_affine(_name(path)))

    @classmethod
    def _of(cls, values: tuple[Any, ...]) -> "Affine":
        maps, node, notes = values
        return cls({layer: AffineMap(**parts) for layer, parts in maps.items()}, site=node,
                   notes=dict(notes))

    def __repr__(self) -> str:
        return f"Affine({self.node}, layers {_span(self.layers)}, width {self.width})"


class Heads(Vector):
    """What is added to attention heads before their output projection (`ow.heads`), as inference-time
    intervention does.

    Parameters
    ----------
    shifts
        ``{layer: [n_head, head_width]}``, layers from 0; a head that is left alone has zeros.
    """

    def __init__(self, shifts: Mapping[int, Any], *, notes: Mapping[str, Note] | None = None) -> None:
        self.shifts: dict[int, Array] = _by_layer(shifts, "shifts", (2,), least=0)
        shapes = {layer: a.shape for layer, a in self.shifts.items()}
        first = next(iter(shapes.values()))
        for layer, shape in shapes.items():
            if shape != first:
                raise misuse(f"shifts of the shape {first} as in the first layer",
                             f"{shape} in layer {layer}")
        self.n_head, self.head_width = first
        self.notes = dict(notes or {})

    @property
    def layers(self) -> list[int]:
        return list(self.shifts)

    def save(self, path: Path) -> None:
        _otherwise.save_heads(_name(path), self.shifts, self.n_head, self.head_width,
                              list(self.notes.items()))

    @classmethod
    def load(cls, path: Path) -> "Heads":
        """Reads a file of shifts, those of `ow.fit.iti` among them."""
        return cls._of(_otherwise.load_heads(_name(path)))

    @classmethod
    def _of(cls, values: tuple[Any, ...]) -> "Heads":
        shifts, notes = values
        return cls(shifts, notes=dict(notes))

    def __repr__(self) -> str:
        return f"Heads(layers {_span(self.layers)}, {self.n_head} heads of width {self.head_width})"


def vector_of(kind: str, values: tuple[Any, ...]) -> ControlVector | Affine | Heads:
    """Of the library's own values."""
    if kind == "control_vector":
        return ControlVector._of(values)
    return Affine._of(values) if kind == "affine" else Heads._of(values)


def _span(layers: list[int]) -> str:
    return str(layers[0]) if len(layers) == 1 else f"{layers[0]} to {layers[-1]}"


def layers_of(given: Any, name: str, least: int) -> list[tuple[int, Any]]:
    """By layer, ascending."""
    if not isinstance(given, Mapping):
        raise misuse(f"{{layer: array}} for `{name}`", type(given).__name__)
    if not given:
        raise misuse(f"at least one layer in `{name}`", "none")
    for layer in given:
        if isinstance(layer, bool) or not isinstance(layer, (int, np.integer)):
            raise misuse(f"layers as whole numbers in `{name}`", f"{layer!r}")
        if layer < least:
            advice = ("llama.cpp's control vectors have no block 0; a shift of any layer is "
                      "Affine({0: array})" if layer == 0 else "")
            raise misuse(f"layers from {least} in `{name}`", str(layer), advice)
    return sorted((int(layer), value) for layer, value in given.items())


def _floats(value: Any, name: str, axes: tuple[int, ...]) -> Array:
    """Finite numbers as float32, contiguous, a copy."""
    array = array_of(value, name)
    if array.dtype.kind not in "fiu":
        raise misuse(f"numbers in `{name}`", f"{type(value).__name__} of {array.dtype}")
    if array.ndim not in axes or array.size == 0:
        shape = "[width]" if axes == (1,) else "two axes"
        raise misuse(f"an array with {'the shape ' if axes == (1,) else ''}{shape} for `{name}`",
                     f"the shape {array.shape}")
    with np.errstate(over="ignore"):
        converted = np.array(array, np.float32, order="C")
    wrong = ~np.isfinite(converted)
    if wrong.any():
        place = np.unravel_index(int(wrong.argmax()), array.shape)
        number = "NaN" if np.isnan(array[place]) else array[place]
        raise misuse(f"numbers that float32 can hold in `{name}`", f"{number} at {[int(i) for i in place]}")
    return converted


def _at(value: Any, layer: int, axes: tuple[int, ...]) -> Array:
    return _floats(value, f"layer {layer}", axes)


def _by_layer(given: Any, name: str, axes: tuple[int, ...], least: int) -> dict[int, Array]:
    return {layer: _at(value, layer, axes) for layer, value in layers_of(given, name, least)}


def _one_width(widths: Mapping[int, int]) -> int:
    first = next(iter(widths))
    for layer, width in widths.items():
        if width != widths[first]:
            raise misuse(f"width {widths[first]} as in layer {first}", f"{width} in layer {layer}")
    return widths[first]


def _map_width(parts: Mapping[str, Array]) -> int:
    for name, axis in (("bias", 0), ("diagonal", 0), ("weight", 0), ("down", 1)):
        if name in parts:
            return int(parts[name].shape[axis])
    raise misuse("a `bias` or a W", "neither")


def _check_map(parts: Mapping[str, Array], width: int) -> None:
    rank = parts["down"].shape[0] if "down" in parts else 0
    shapes = {"bias": (width,), "diagonal": (width,), "weight": (width, width), "down": (rank, width),
              "up": (width, rank)}
    for name, array in parts.items():
        if array.shape != shapes[name]:
            raise misuse(f"the shape {shapes[name]} of `{name}`", f"{array.shape}")
    if rank > width:
        raise misuse(f"a rank up to the width, {width}", str(rank))

"""What callers pass as arrays: checked, named in messages, broadcast, and not copied."""

from collections.abc import Sequence
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
import numpy.typing as npt

from otherwise.errors import misuse

Shape: TypeAlias = tuple[int, ...]
Floats: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Scalar = TypeVar("Scalar", bound=np.generic)

#: A number (numpy's) for one law or place, an array of them for several: as numpy's own functions
#: have it, which can no more be told apart by their types.
PerRow: TypeAlias = Any

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def array_of(value: Any, name: str) -> npt.NDArray[Any]:
    """The value as an array, without a copy where it is one already."""
    try:
        return np.asarray(value)
    except Exception as error:  # of a tensor that wants its gradient, of a ragged list
        reason = " ".join(str(error).split())
        raise misuse(f"an array for `{name}`", f"{type(value).__name__} ({reason})") from error


def floats(value: Any, name: str, may_be_empty: bool = False) -> Floats:
    """An array of float32 or float64 with at least one axis, none of the last empty."""
    array = array_of(value, name)
    if array.dtype == object and array.ndim == 0:
        raise misuse(f"float32 or float64 in `{name}`", type(value).__name__)
    if array.dtype not in FLOATS:
        raise misuse(f"float32 or float64 in `{name}`", str(array.dtype),
                     'convert it by .astype("float64")')
    if array.ndim == 0:
        raise misuse(f"an array with an axis of tokens for `{name}`", "a single number")
    if array.shape[-1] == 0 and not may_be_empty:
        raise misuse(f"tokens along the last axis of `{name}`", f"the shape {array.shape}")
    aligned: Floats = array if array.flags.aligned else array.copy()
    return aligned


def integers(value: Any, name: str, least: int, most: int, what: str) -> npt.NDArray[np.int64]:
    """Whole numbers from `least` to `most`; a `range` and the like are as good as an array."""
    array = array_of(value, name)
    if array.size == 0 and isinstance(value, Sequence):
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise misuse(f"{what} in `{name}`", f"{type(value).__name__} of {array.dtype}")
    wrong = (array < least) | (array > most)
    if wrong.any():
        place = np.unravel_index(int(wrong.argmax()), array.shape)
        at = f" at {[int(i) for i in place]}" if place else ""
        raise misuse(f"{what} from {least} to {most} in `{name}`", f"{array[place]}{at}")
    return array.astype(np.int64, copy=False)


def common_shape(shapes: dict[str, Shape]) -> Shape:
    """What the leading axes broadcast to."""
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError as error:
        came = " and ".join(f"{shape} of `{name}`" for name, shape in shapes.items())
        raise misuse("leading axes that broadcast", came) from error


def rows(array: Floats, shape: Shape) -> Floats:
    """The array with these leading axes: a view."""
    view: Any = np.broadcast_to(array, (*shape, array.shape[-1]))
    return cast(Floats, view)


def one_per_row(array: npt.NDArray[Any], shape: Shape, dtype: type[Scalar]) -> npt.NDArray[Scalar]:
    """One number a row, in the order of rows."""
    return np.ascontiguousarray(np.broadcast_to(array, shape).reshape(-1), dtype=dtype)


def same_vocabulary(first: Floats, second: Floats, names: tuple[str, str]) -> None:
    """Both laws over as many tokens."""
    sizes = first.shape[-1], second.shape[-1]
    if sizes[0] != sizes[1]:
        raise misuse(f"`{names[0]}` and `{names[1]}` over the same tokens", f"{sizes[0]} and {sizes[1]}",
                     "pad the shorter with -inf, of probabilities with 0")


def unwrapped(array: npt.NDArray[Scalar]) -> PerRow:
    """The number itself of an array without axes."""
    return array[()]

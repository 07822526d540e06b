"""Results as plain dataclasses, read from the library's own JSON."""

import dataclasses
import json
import types
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class Result:
    """A result with the JSON that the command prints of it."""

    _text: str = ""

    def to_json(self) -> str:
        """The JSON that the command prints."""
        return self._text


def read(kind: type[T], text: str) -> T:
    """A dataclass of its JSON object; keys without a field are left out, fields without a key have
    their default."""
    result: T = of_value(kind, json.loads(text))
    return kept(result, text)


def kept(result: T, text: str) -> T:
    """The result with its JSON."""
    object.__setattr__(result, "_text", text)
    return result


def read_list(kind: type[T], text: str) -> list[T]:
    """Dataclasses of a JSON array."""
    return [of_value(kind, one) for one in json.loads(text)]


def of_value(kind: Any, value: Any) -> Any:
    """The value as the type says: dataclasses from objects, tuples from lists; others as they are."""
    origin = get_origin(kind)
    if value is None:
        return None
    if origin in (Union, types.UnionType):
        some = [one for one in get_args(kind) if one is not type(None)]
        return of_value(some[0], value) if len(some) == 1 else value
    if origin is list:
        return [of_value(get_args(kind)[0], one) for one in value]
    if origin is dict:
        return {key: of_value(get_args(kind)[1], one) for key, one in value.items()}
    if origin is tuple:
        return tuple(value)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and isinstance(value, dict):
        hints = get_type_hints(kind)
        names = [field.name for field in dataclasses.fields(kind)]
        return kind(**{name: of_value(hints[name], value[name]) for name in names if name in value})
    return value

"""Worlds: a name, and what makes them differ from the factual one."""

from typing import Any

from otherwise import _otherwise
from otherwise._otherwise import Item, WorldValue
from otherwise.errors import misuse

__all__ = ["World", "world_value", "worlds_of"]


class World:
    """Another world: ``World("up", ow.steer("up.gguf", 1.5), ow.temperature(0.7))``.

    Items act in their order; texts are items of the command line. A plain value.
    """

    def __init__(self, name: str, *items: "Item | str") -> None:
        if not isinstance(name, str):
            raise misuse("the name of a world", type(name).__name__)
        self._value = _otherwise.world(name, [item_of(item) for item in items])

    @classmethod
    def parse(cls, text: str) -> "World":
        """A world as ``--world`` has it: ``World.parse("up=steer:up.gguf:1.5,temp:0.7")``."""
        made = cls.__new__(cls)
        made._value = _otherwise.parse_world(text)
        return made

    @property
    def name(self) -> str:
        return self._value.name

    @property
    def items(self) -> list[Item]:
        return self._value.items

    def __str__(self) -> str:
        return str(self._value)

    def __repr__(self) -> str:
        return f"<World {self._value.describe()}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, World) and self._value == other._value

    def __hash__(self) -> int:
        return hash(str(self))


def item_of(value: Any) -> Item:
    """An item, or the text of one."""
    if isinstance(value, Item):
        return value
    if isinstance(value, str):
        return _otherwise.parse_item(value)
    raise misuse("an item such as ow.temperature(0.7)", type(value).__name__)


def world_value(value: Any) -> WorldValue:
    """A World, or its text."""
    if isinstance(value, World):
        return value._value
    if isinstance(value, str):
        return _otherwise.parse_world(value)
    raise misuse("a world, ow.World(name, …)", type(value).__name__)


def worlds_of(values: Any) -> list[WorldValue]:
    """One world, several, or a dict of names with an item or a list of them."""
    if values is None:
        return []
    if isinstance(values, (World, str)):
        return [world_value(values)]
    if isinstance(values, dict):
        return [world_value(World(name, *(items if isinstance(items, (list, tuple)) else [items])))
                for name, items in values.items()]
    try:
        return [world_value(value) for value in values]
    except TypeError as error:
        raise misuse("worlds, ow.World(name, …)", type(values).__name__) from error

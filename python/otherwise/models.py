"""Models: a file, and how the factual world reads and samples it."""

import os
import threading
from typing import TYPE_CHECKING, Any

from otherwise.errors import misuse
from otherwise.items import Path
from otherwise.world import item_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from otherwise._settings import ModelSettings

__all__ = ["Model"]


class Model:
    """The factual world: a GGUF file and its settings, those of the command with underscores.

    `path` may be left out: then it is the default model in the cache folder. Items, such as
    ``ow.weights("f32")``, are what every world has. A plain value, loaded by each call that needs it.
    Calls of several threads with one Model wait for each other.
    """

    def __init__(self, path: "Path | None" = None, *items: Any, **settings: "Unpack[ModelSettings]") -> None:
        from otherwise._settings import MODEL, known

        if path is not None and not isinstance(path, (str, os.PathLike)):
            raise misuse("the path of a model", type(path).__name__)
        self.path = "" if path is None else os.fsdecode(path)
        self.items = [item_of(item) for item in items]
        self.settings: dict[str, Any] = known(dict(settings), MODEL, "ow.Model")
        self.lock = threading.RLock()

    def __repr__(self) -> str:
        more = "".join(f", {item}" for item in self.items)
        more += "".join(f", {name}={value!r}" for name, value in self.settings.items())
        return f"Model({self.path!r}{more})"

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "items": [str(item) for item in self.items],
                "settings": self.settings}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.path, self.settings = state["path"], state["settings"]
        self.items = [item_of(item) for item in state["items"]]
        self.lock = threading.RLock()

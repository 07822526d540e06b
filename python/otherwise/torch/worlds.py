"""Worlds of PyTorch: a name, and what makes them differ from the factual one."""

import hashlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from otherwise.errors import misuse
from otherwise.torch._need import torch
from otherwise.torch.network import Network

__all__ = ["World"]

_SAMPLING = ("temp", "top_k", "top_p", "min_p")


class World:
    """Another world, or the factual one where it is more than a model.

    ``World("steered", within=lambda: model.hooks(…))`` is the factual network within a context manager,
    ``World("tuned", other)`` another model or a callable from token ids [streams, rows] to logits [streams, rows,
    n_vocab]; both may be given. A callable without arguments in place of a model is taken as `within`. Without
    either it is the factual network under sampling of its own (`temp`, `top_k`, `top_p`, `min_p`).

    `identity` is what a run that goes on must share beside the name; of a model it is the hash of its weights.
    """

    def __init__(self, name: str, network: Any = None, *, within: Callable[[], Any] | None = None,
                 identity: str = "", temp: float | None = None, top_k: int | None = None,
                 top_p: float | None = None, min_p: float | None = None) -> None:
        if not isinstance(name, str) or not name:
            raise misuse("the name of a world", repr(name))
        if network is not None and not isinstance(network, torch.nn.Module):
            network, within = _callable(network, within, name)
        if within is not None and not callable(within):
            raise misuse(f"a callable that returns a context manager as `within` of world '{name}'",
                         type(within).__name__, "lambda: model.hooks(…)")
        self.name = name
        self.network = network
        self.within = within
        self.identity = identity
        sampling = dict(zip(_SAMPLING, (temp, top_k, top_p, min_p), strict=True))
        self.sampling: dict[str, Any] = {key: value for key, value in sampling.items() if value is not None}
        self.is_named = True

    @property
    def shares(self) -> bool:
        """The factual network as it is."""
        return self.network is None and self.within is None

    def open(self, factual: "World") -> Network:
        """What evaluates it: the factual network unless it has its own."""
        if self.network is not None:
            return Network(self.network, self.within, self.name)
        return Network(factual.network, _both(factual.within, self.within), self.name)

    def describe(self) -> str:
        """For people."""
        what = "the factual network" if self.network is None else type(self.network).__name__
        return what + (" within a context manager" if self.within is not None else "")


def _both(outer: Any, inner: Any) -> Any:
    """One context manager within the other."""
    if outer is None or inner is None:
        return inner if outer is None else outer

    @contextmanager
    def within() -> Iterator[None]:
        with outer(), inner():
            yield

    return within


def _callable(network: Any, within: Any, name: str) -> tuple[Any, Any]:
    """The callable as network or as `within`, by whether it takes an argument."""
    if not isinstance(network, type) and hasattr(network, "__enter__") and hasattr(network, "__exit__"):
        raise misuse(f"a callable that returns a context manager as world '{name}'",
                     "a context manager, which is used up after one call", "lambda: model.hooks(…)")
    if not callable(network):
        raise misuse(f"a model, a callable that returns a context manager, or one from ids to logits as world "
                     f"'{name}'", type(network).__name__)
    if _takes_ids(network):
        return network, within
    if within is not None:
        raise misuse(f"one context manager for world '{name}'", "two")
    return None, network


def _takes_ids(function: Any) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return True
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return any(one.kind in positional and one.default is one.empty or
               one.kind is one.VAR_POSITIONAL for one in parameters)


def factual_of(model: Any) -> World:
    """The factual world: a model, a callable from ids to logits, or a World."""
    world = model if isinstance(model, World) else World("factual", model)
    if world.network is None:
        raise misuse("a model of transformers, or a callable from token ids to logits, as the factual world",
                     "a context manager alone", "World('factual', model, within=…)")
    if world.sampling:
        raise misuse("sampling of the factual world as settings of the call", ", ".join(world.sampling))
    return world


def worlds_of(worlds: Any) -> list[World]:
    """One, several, or a dict of names; what has no name is numbered, and cannot be gone on with."""
    if isinstance(worlds, dict):
        made = [_named(name, value) for name, value in worlds.items()]
    elif isinstance(worlds, (list, tuple)):
        made = [one if isinstance(one, World) else _numbered(i, one) for i, one in enumerate(worlds, 1)]
    elif worlds is None:
        made = []
    else:
        made = [worlds if isinstance(worlds, World) else _numbered(1, worlds)]
    if not made:
        raise misuse("worlds to compare with", "none", "worlds={'steered': lambda: model.hooks(…)}")
    names = [world.name for world in made]
    for name in names:
        if name in ("factual", "null", "nudge") or names.count(name) > 1:
            raise misuse("names of worlds, each once, without factual and null", f"'{name}'")
    return made


def _named(name: str, value: Any) -> World:
    if isinstance(value, World):
        if value.name != name:
            raise misuse(f"world '{value.name}' under its own name", f"'{name}'")
        return value
    return World(name, value)


def _numbered(number: int, value: Any) -> World:
    world = World(f"world{number}", value)
    world.is_named = False
    return world


def weights_hash(model: Any) -> str:
    """SHA-256 of names, types, shapes and bytes of a model's weights and buffers: some seconds a GB."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        flat = tensor.detach().to("cpu").contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")
    return digest.hexdigest()


def identity_of(world: World, factual: World | None = None) -> str:
    """What runs must share: given, the hash of the weights, or the kind beside the name."""
    parts = [world.identity] if world.identity else []
    if isinstance(world.network, torch.nn.Module):
        same = factual is not None and factual.network is world.network
        parts.append("the factual weights" if same else f"sha256 {weights_hash(world.network)}")
    elif world.network is not None:
        parts.append("a callable")
    if world.within is not None:
        parts.append("within a context manager")
    return ", ".join(parts)

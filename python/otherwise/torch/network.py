"""What gives logits: a transformers model, or a callable from token ids to logits."""

import inspect
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

from otherwise.errors import Error, misuse
from otherwise.torch._need import torch

Tensor = Any
#: Keys and values of a layer, [streams, heads, cells, width] each.
Layer = tuple[Tensor, Tensor]
Within = Callable[[], Any]


class Read(NamedTuple):
    """Of one call."""

    logits: Tensor  #: [streams, rows kept, n_vocab]
    layers: list[Layer]  #: with the new rows at their end; empty without a cache


class Network:
    """A model, or a callable, evaluated within a context manager of the caller's.

    `whole` reads rows from their start, `further` behind cells that are there; both without gradients. A
    model that returns no logits, or fails, is named in the Error.
    """

    def __init__(self, model: Any, within: Within | None = None, name: str = "factual") -> None:
        self.name = name
        self.within: Within = within if within is not None else nullcontext
        self.model = model
        self.is_module = isinstance(model, torch.nn.Module)
        if self.is_module:
            _check_module(model, name)
        named = _arguments(model)
        self.cache_name = next((one for one in ("cache", "past_key_values") if one in named), "")
        self.takes_positions = {"attention_mask", "position_ids"} <= named
        self.keeps_logits = "logits_to_keep" in named
        self.device, self.dtype = _place(model) if self.is_module else (torch.device("cpu"), torch.float32)

    def whole(self, ids: Tensor, keep: int = 0) -> Tensor:
        """[streams, rows] -> logits [streams, rows, n_vocab], or of the last `keep` rows."""
        if not self.is_module:
            return self._kept(self._called(lambda: self.model(ids)), ids, keep)
        more = {"use_cache": False} if self.cache_name else {}
        return self._forward(ids, more, keep)[0]

    def further(self, ids: Tensor, layers: list[Layer], pads: Tensor | None, keep: int = 0) -> Read:
        """Rows behind the cells of `layers`; `pads` [streams] are cells at the left of each that are none."""
        cache = _cache_of(layers)
        more: dict[str, Any] = {self.cache_name: cache, "use_cache": True}
        if pads is not None:
            cells = layers[0][0].shape[-2] if layers else 0
            at = torch.arange(cells + ids.shape[1], device=self.device)
            more["attention_mask"] = (at[None, :] >= pads[:, None]).long()
            more["position_ids"] = (at[cells:][None, :] - pads[:, None]).clamp(min=0)
        logits, out = self._forward(ids, more, keep)
        filled = getattr(out, self.cache_name, None)
        return Read(logits, _layers_of(cache if filled is None else filled))

    def _forward(self, ids: Tensor, more: dict[str, Any], keep: int) -> tuple[Tensor, Any]:
        if keep and self.keeps_logits:
            more = {**more, "logits_to_keep": keep}
        out = self._called(lambda: self.model(input_ids=ids, **more))
        return self._kept(out, ids, keep), out

    def _called(self, call: Callable[[], Any]) -> Any:
        with torch.no_grad(), self.within():
            return call()

    def _kept(self, out: Any, ids: Tensor, keep: int) -> Tensor:
        logits = out if isinstance(out, torch.Tensor) else getattr(out, "logits", None)
        if logits is None and isinstance(out, (tuple, list)) and out and isinstance(out[0], torch.Tensor):
            logits = out[0]
        if not isinstance(logits, torch.Tensor) or logits.dim() != 3 or logits.shape[0] != ids.shape[0]:
            came = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(out).__name__
            raise Error(f"expected logits [streams, rows, tokens] for ids {tuple(ids.shape)} from world "
                        f"'{self.name}', got {came}")
        return logits[:, -keep:] if keep else logits


def _check_module(model: Any, name: str) -> None:
    config = getattr(model, "config", None)
    if getattr(config, "is_encoder_decoder", False):
        raise misuse(f"a causal language model as world '{name}'",
                     f"the encoder-decoder model {type(model).__name__}")
    if model.training:
        raise misuse(f"world '{name}' in evaluation mode", "one with dropout on", "call model.eval()")


def _arguments(model: Any) -> set[str]:
    """Names that the model's forward takes, of PEFT's wrappers those of the model within."""
    inner = getattr(model, "get_base_model", None)
    names: set[str] = set()
    for one in (model, inner() if callable(inner) else None):
        forward = getattr(one, "forward", None)
        if forward is not None and isinstance(one, torch.nn.Module):
            names |= set(inspect.signature(forward).parameters)
    return names


def _place(model: Any) -> tuple[Any, Any]:
    """Where its inputs go, and the type of its numbers."""
    for weight in model.parameters():
        return weight.device, weight.dtype
    return torch.device("cpu"), torch.float32


def _cache_of(layers: list[Layer]) -> Any:
    """A cache of transformers with these cells, which it does not write to: new rows make new tensors."""
    from transformers.cache_utils import DynamicCache, DynamicLayer

    cache = DynamicCache()
    for keys, values in layers:
        layer = DynamicLayer()
        layer.keys, layer.values = keys, values
        layer.device, layer.dtype, layer.is_initialized = keys.device, keys.dtype, True
        cache.layers.append(layer)
    return cache


def _layers_of(cache: Any) -> list[Layer]:
    return [(layer.keys, layer.values) for layer in cache.layers]

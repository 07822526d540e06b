"""Coupled strings by transformers' own loop, or by anyone's: the noise at a written position depends on the string's id,
its sample and that position, and on nothing else, so two models, prompts, hooks or machines write coupled strings.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from otherwise.errors import misuse
from otherwise.noise import Field
from otherwise.torch._need import torch, transformers
from otherwise.torch.races import race
from otherwise.torch.sampling import Sampling

__all__ = ["Sampler", "decoding", "generate"]

_ASSISTED = ("assistant_model", "prompt_lookup_num_tokens", "assistant_early_exit", "use_mtp")
#: Sampling by transformers, which ours stands in for.
_WARPERS = frozenset(f"{name}LogitsWarper" for name in
                     ("Temperature", "TopK", "TopP", "TopH", "MinP", "Typical", "Epsilon", "Eta"))


class Sampler(transformers.LogitsProcessor):
    """A logits processor whose scores are 0 for the token that wins and -inf for all others, so that sampling and
    greedy search both write it.

    ``model.generate(**inputs, logits_processor=[ow.torch.Sampler(ids, prompt_length=inputs)], do_sample=False)``

    Rows are the strings of `ids` in order, each `samples` times in a row (as num_return_sequences has them), of samples
    0, 1, …. `prompt_length` is the width of what is given to generate: a number, a tensor or what a tokenizer
    returns. It keeps no state, and may be called in any order and as often as one likes.
    """

    def __init__(self, ids: Iterable[str], *, prompt_length: Any, seed: int = 0, samples: int = 1,
                 temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0, min_p: float = 0.0) -> None:
        names = ids_of(ids)
        if isinstance(samples, bool) or not isinstance(samples, int) or samples < 1:
            raise misuse("a number of `samples`", repr(samples))
        self.prompt_length = _width(prompt_length)
        self.sampling = Sampling(temperature, top_k, top_p, min_p)
        self._field = Field(seed)
        self._strings = [name for name in names for _ in range(samples)]
        self._samples = list(range(samples)) * len(names)

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        rows = len(self._strings)
        if scores.shape[0] != rows:
            raise misuse(f"{rows} rows, of {rows // (max(self._samples) + 1)} ids", f"{scores.shape[0]}",
                         "name an id for each row; beams have no noise of their own")
        position = input_ids.shape[1] - self.prompt_length
        if position < 0:
            raise misuse(f"prompts of {self.prompt_length} tokens (`prompt_length`)", f"{input_ids.shape[1]}")
        noise = self._field.at(self._strings, self._samples, [position] * rows)
        winners = torch.from_numpy(race(scores, noise, self.sampling).winner).to(scores.device)
        return torch.full_like(scores, -torch.inf).scatter_(1, winners[:, None], 0.0)


def decoding(ids: Iterable[str], *, seed: int = 0, samples: int = 1, temperature: float = 1.0, top_k: int = 0,
             top_p: float = 1.0, min_p: float = 0.0) -> Callable[..., Any]:
    """For ``model.generate(…, custom_generate=ow.torch.decoding(ids, seed=7))``: how it samples is said here, whatever
    its generation config says of sampling; all else of it holds."""
    names = ids_of(ids)

    def custom_generate(model: Any, input_ids: Any, logits_processor: Any = None, stopping_criteria: Any = None,
                        generation_config: Any = None, **more: Any) -> Any:
        _refuse(vars(generation_config))
        _refuse(more)
        sampler = Sampler(names, prompt_length=input_ids, seed=seed, samples=samples, temperature=temperature,
                          top_k=top_k, top_p=top_p, min_p=min_p)
        own = [one for one in logits_processor or [] if type(one).__name__ not in _WARPERS]
        return type(model)._sample(
            model, input_ids, logits_processor=transformers.LogitsProcessorList([*own, sampler]),
            stopping_criteria=stopping_criteria, generation_config=generation_config, **more)

    return custom_generate


def generate(model: Any, inputs: Any, *, ids: Iterable[str], seed: int = 0, samples: int = 1,
             max_new_tokens: int = 25, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0,
             min_p: float = 0.0, **options: Any) -> Any:
    """What ``model.generate`` returns, sampled under the field: rows of ids, each `samples` times.

    `inputs` is what a tokenizer returns (padded on the left), or a tensor of ids; `options` go to
    ``model.generate``: stopping criteria, its own processors, `return_dict_in_generate`, ….
    """
    _refuse(options)
    if options.get("num_return_sequences") not in (None, 1):
        raise misuse("`samples`", "`num_return_sequences`, whose meaning it has")
    fields = dict(inputs) if isinstance(inputs, Mapping) else {"input_ids": inputs}
    _check_padding(fields)
    fields = {name: value.repeat_interleave(samples, dim=0) if isinstance(value, torch.Tensor) else value
              for name, value in fields.items()}
    sampler = Sampler(ids, prompt_length=fields["input_ids"], seed=seed, samples=samples, temperature=temperature,
                      top_k=top_k, top_p=top_p, min_p=min_p)
    processors = [*(options.pop("logits_processor", None) or []), sampler]
    options.pop("do_sample", None)
    return model.generate(**fields, logits_processor=transformers.LogitsProcessorList(processors), do_sample=False,
                          num_beams=1, max_new_tokens=max_new_tokens, **options)


def ids_of(ids: Iterable[str]) -> list[str]:
    """Ids of strings, each once."""
    names = [ids] if isinstance(ids, str) else list(ids)
    seen: set[str] = set()
    for name in names:
        if not isinstance(name, str):
            raise misuse("texts in `ids`", type(name).__name__)
        if name in seen:
            raise misuse("an id for each string", f"'{name}' twice", "equal ids have equal noise")
        seen.add(name)
    if not names:
        raise misuse("ids of the strings", "none")
    return names


def _width(prompt_length: Any) -> int:
    tensor = prompt_length["input_ids"] if isinstance(prompt_length, Mapping) else prompt_length
    if isinstance(tensor, torch.Tensor):
        return int(tensor.shape[-1])
    if isinstance(tensor, bool) or not isinstance(tensor, int) or tensor < 0:
        raise misuse("the tokens of the prompts, or the prompts themselves, as `prompt_length`", repr(tensor))
    return tensor


def _refuse(options: Mapping[str, Any]) -> None:
    if (options.get("num_beams") or 1) > 1:
        raise misuse("sampling of single strings", f"{options['num_beams']} beams", "num_beams=1")
    for name in _ASSISTED:
        if options.get(name):
            raise misuse("decoding without an assistant", f"`{name}`", "leave it out")


def _check_padding(fields: Mapping[str, Any]) -> None:
    mask = fields.get("attention_mask")
    if mask is not None and not bool(mask[:, -1].all()):
        raise misuse("prompts padded on the left", "padding on the right", 'tokenizer.padding_side = "left"')

"""A study of PyTorch's worlds, made ready: networks probed, strings tokenized, evaluators bound."""

import os
from typing import Any, NamedTuple

from otherwise import _otherwise
from otherwise._records import records_json
from otherwise._settings import WORK, known, toml, work_of
from otherwise.errors import misuse
from otherwise.log import note as tell
from otherwise.torch import worlds as torch_worlds
from otherwise.torch._need import torch
from otherwise.torch.network import Network
from otherwise.torch.probe import Abilities, probe, reader_of, same_bits
from otherwise.torch.strings import Split, Text, texts_of
from otherwise.torch.words import Words, words_of
from otherwise.torch.worlds import World

#: Settings of a study that mean something without a model file.
SETTINGS = frozenset({
    "temp", "top_k", "top_p", "min_p", "seed", "samples", "tokens", "limit", "prompt_field", "text_field",
    "id_field", "prompt_words", "prompt_tokens", "skip_impossible", "null", "independent",
    "stop_at_divergence", "target", "off_target", "law", "parallel", "memory", "threads", "ubatch_size",
    "force"})
_PARALLEL = 32
_LOGITS_BYTES = 256 * 2**20  # of one call
_HALVES = (torch.float16, torch.bfloat16)


class Asked(NamedTuple):
    """A call's worlds and settings, before anything is evaluated."""

    factual: World
    worlds: list[World]
    settings: dict[str, Any]
    study: Any
    given: list[Any]  #: strings as the module reads them


class Opened(NamedTuple):
    guest: Any  #: for the module
    work: Any
    idle: list[str]  #: worlds that gave the factual logits to the last bit
    notes: list[str]


def asked(model: Any, worlds: Any, strings: Any, settings: dict[str, Any]) -> Asked:
    """What a call asks for, checked."""
    factual = torch_worlds.factual_of(model)
    others = torch_worlds.worlds_of(worlds)
    chosen = known(settings, SETTINGS, "otherwise.torch")
    study = _otherwise.StudyValue().with_values(toml({"nudge": "none", **chosen}))
    if isinstance(strings, os.PathLike):
        study = _otherwise.with_file(study, os.fsdecode(strings))
    else:
        study = _otherwise.with_records(study, records_json(strings))
    study.check(False)
    return Asked(factual, others, chosen, study, _otherwise.guest_strings(study))


def opened(ask: Asked, tokenizer: Any, exact: bool, identities: bool) -> Opened:
    """Networks, strings and evaluators of a call; `identities` hashes weights."""
    network = ask.factual.open(ask.factual)
    if exact and network.dtype not in (torch.float32, torch.float64):
        raise misuse("float32 for `exact`", str(network.dtype), "call model.float()")
    prompt = _first_prompt(ask, tokenizer)
    first = probe(network, prompt)
    words = words_of(tokenizer, ask.factual.network, first.n_vocab)
    split = Split(ask.settings.get("prompt_words", 0), ask.settings.get("prompt_tokens", 0))
    texts = texts_of(ask.given, tokenizer, words.ends, split)
    sizes = _Sizes(ask, texts, first.n_vocab, exact)
    made = _Making(ask, network, first, prompt, sizes, identities)
    for world in ask.worlds:
        made.add(world)
    guest = made.guest(words, texts)
    notes = [*_notes_of(network), *first.notes, *made.notes]
    if exact:
        notes.append(f"exact: every call reads its strings one by one from their start, {sizes.length} rows each, "
                     f"about {sizes.length} times the work of a cache")
    for note in notes:
        tell(note)
    work = work_of({name: ask.settings[name] for name in WORK if name in ask.settings})
    return Opened(guest, work, made.idle, notes)


class _Sizes:
    """Streams, cells and rows of the evaluators."""

    def __init__(self, ask: Asked, texts: list[Text], n_vocab: int, exact: bool) -> None:
        tokens, samples = int(ask.settings.get("tokens", 25)), int(ask.settings.get("samples", 1))
        self.length = max(len(one.tokens) + (tokens if one.observed is None else len(one.observed))
                          for one in texts)
        self.exact_length = self.length if exact else 0
        wanted = int(ask.settings.get("parallel", 0)) or _PARALLEL
        self.streams = max(1, min(wanted, len(texts) * samples))
        rows = int(ask.settings.get("ubatch_size", 0)) or _LOGITS_BYTES // (4 * n_vocab)
        self.rows = max(min(rows, 2048), self.streams)


class _Making:
    """The worlds as the module takes them."""

    def __init__(self, ask: Asked, network: Network, first: Abilities, prompt: list[int], sizes: _Sizes,
                 identities: bool) -> None:
        self.ask, self.network, self.first, self.prompt = ask, network, first, prompt
        self.sizes, self.identities = sizes, identities
        self.idle: list[str] = []
        self.notes: list[str] = []
        self.worlds: list[Any] = []
        self.probes = [("factual", first.worst)]

    def add(self, world: World) -> None:
        """Probes it, unless it is the factual network under other sampling."""
        evaluator = None
        if not world.shares:
            network = world.open(self.ask.factual)
            found = probe(network, self.prompt)
            if found.n_vocab != self.first.n_vocab:
                raise misuse(f"world '{world.name}' with the factual vocabulary of {self.first.n_vocab} tokens",
                             str(found.n_vocab), "compare models of one vocabulary")
            if same_bits(self.first, found):
                self.idle.append(world.name)
            self.notes += [note for note in found.notes if note not in self.notes]
            self.probes.append((world.name, found.worst))
            evaluator = self._evaluator(network, found)
        elif not world.sampling:
            self.idle.append(world.name)
        identity = torch_worlds.identity_of(world, self.ask.factual) if self.identities else ""
        settings = self.ask.study.with_values(toml(world.sampling)) if world.sampling else self.ask.study
        self.worlds.append(_otherwise.GuestWorld(world.name, identity, world.describe(), evaluator, False,
                                                 settings))

    def guest(self, words: Words, texts: list[Text]) -> Any:
        factual = self.ask.factual
        identity = torch_worlds.identity_of(factual) if self.identities else ""
        own = _otherwise.GuestWorld(_model_name(factual), identity, factual.describe(),
                                    self._evaluator(self.network, self.first), False, self.ask.study)
        if self.ask.settings.get("null") not in (False, "none"):
            self.worlds.append(_otherwise.GuestWorld(
                "null", "", "the factual world, in calls of other shapes",
                self._evaluator(self.network, self.first), True, self.ask.study))
        guest = _otherwise.GuestStudy(self.ask.study, _engine(self.network, bool(self.sizes.exact_length)), own,
                                      self.worlds, words.pieces, words.names, words.ends)
        for name, worst in self.probes:
            guest.add_probe(name, 0.0 if self.sizes.exact_length else worst,
                            "rows alone, with others, behind a cache")
        for text in texts:
            guest.add_string(text.id, text.prompt, text.from_tokens, text.tokens, text.observed)
        return guest

    def _evaluator(self, network: Network, found: Abilities) -> Any:
        sizes = self.sizes
        reader = reader_of(network, found, sizes.streams, sizes.exact_length)
        return _otherwise.GuestEvaluator(reader, found.n_vocab, sizes.streams, sizes.length + 1, sizes.rows)


def _first_prompt(ask: Asked, tokenizer: Any) -> list[int]:
    """Some tokens to probe with."""
    _, prompt, tokens, *_ = ask.given[0]
    if not callable(tokenizer):
        raise misuse("a tokenizer of transformers", type(tokenizer).__name__)
    ids = list(tokens) if tokens is not None else list(tokenizer(prompt or "a")["input_ids"])
    size = _embedded(ask.factual.network)
    if size is not None and ids and max(ids) >= size:
        raise misuse(f"tokens below {size}, the model's vocabulary", str(max(ids)),
                     "a model and its tokenizer come from one place")
    return ids or [0]


def _embedded(model: Any) -> int | None:
    """Tokens that the model has vectors for."""
    try:
        return int(model.get_input_embeddings().weight.shape[0])
    except (AttributeError, NotImplementedError):
        return None


def _model_name(factual: World) -> str:
    config = getattr(factual.network, "config", None)
    own = getattr(config, "_name_or_path", "") or type(factual.network).__name__
    return str(own) if factual.name == "factual" else factual.name


def _engine(network: Network, exact: bool) -> str:
    """What the last bits depend on."""
    device = torch.cuda.get_device_name(network.device) if network.device.type == "cuda" else network.device.type
    return f"PyTorch {torch.__version__}, {str(network.dtype).split('.')[-1]} on {device}" + (
        ", one shape" if exact else "")


def _notes_of(network: Network) -> list[str]:
    if network.device.type == "cpu" and network.dtype in _HALVES:
        return [f"{str(network.dtype).split('.')[-1]} on a CPU is slow where it has no instructions for it, and its "
                "rounding is coarse; model.float() is the usual choice"]
    return []

"""The settings of a study and of how it is worked through: the command's, with underscores.

Nothing is said here of defaults and ranges, which are the library's own.
"""

import difflib
import json
import operator
import os
from typing import Any, Literal, TypedDict

from otherwise import _otherwise
from otherwise.errors import misuse

Floor = Literal["some", "all", "none"]


class ModelSettings(TypedDict, total=False):
    """How the factual world reads a model and samples from it."""

    temp: float  #: temperature; 0 is greedy
    top_k: int  #: the likeliest tokens that are kept; 0 is off
    top_p: float  #: the likeliest tokens up to this probability; 1 is off
    min_p: float  #: tokens of at least this share of the likeliest one; 0 is off
    chat: bool  #: prompts are a user's messages, through the model's chat template
    system: str  #: the system message, with `chat`
    chat_template: str  #: another template: a file, or a name that llama.cpp has
    chat_date: str  #: YYYY-MM-DD, the day that a template shows
    flash_attn: str  #: "on", "off" or "auto"
    cache_type_k: str  #: type of the cached keys
    cache_type_v: str  #: type of the cached values
    gpu_layers: int  #: layers on a GPU; -1 is all
    no_repack: bool  #: llama.cpp's kernels without repacked weights
    ctx_size: int  #: tokens a string at most; 0 is what they need
    vocab: str  #: what another model's vocabulary must share: "normal" tokens, "strict" all
    threads: int  #: 0 is all processors
    cpu_variant: str  #: llama.cpp's kernels; "" is the best that run here


class StudySettings(ModelSettings, total=False):
    """And what is run on it."""

    seed: int  #: of the noise
    samples: int  #: draws of the noise for each string
    tokens: int  #: to write at most
    limit: int  #: the first strings only
    prompt_field: str  #: where the prompt is in a record: a dotted path
    text_field: str  #: where the observed text is
    id_field: str  #: where the id is
    prompt_words: int  #: each text is a whole one, its first words the prompt
    prompt_tokens: int  #: the same in tokens
    skip_impossible: bool  #: leave out observed strings that the factual world cannot write
    null: "Floor | bool"  #: the null world on some strings, all or none
    nudge: "Floor | bool"  #: the nudge
    independent: bool  #: each world under fresh noise as well
    stop_at_divergence: bool  #: write no further where strings divide
    target: "str | list[str]"  #: patterns that are counted
    off_target: "str | list[str]"
    law: bool  #: the exact stay probabilities of every token, kept with the results
    fast: bool  #: skip the probe of batch invariance
    parallel: int  #: strings at once; 0 is by the memory
    memory: "int | str"  #: bytes for caches and laws, or "4G"; 0 is half of what is free
    ubatch_size: int  #: rows of one call at most; 0 is by the vocabulary
    force: bool  #: take files fitted on another model, go on with runs of another machine


MODEL = frozenset(ModelSettings.__annotations__)
STUDY = frozenset(StudySettings.__annotations__) | MODEL
#: What changes no result, and the member of the library's Work.
WORK = {"threads": "threads", "parallel": "parallel", "ubatch_size": "max_rows", "memory": "memory",
        "cpu_variant": "cpu_variant", "force": "force"}
_MOST = {"threads": 1024, "parallel": 255, "ubatch_size": 8192}
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def known(settings: dict[str, Any], names: "frozenset[str]", of: str) -> dict[str, Any]:
    """The settings, None ones left out; an unknown one is named with its nearest."""
    for name in settings:
        if name not in names:
            near = difflib.get_close_matches(name, sorted(names), 1)
            raise misuse(f"a setting of {of}", f"`{name}`", f"did you mean `{near[0]}`?" if near else "")
    return {name: value for name, value in settings.items() if value is not None}


def toml(settings: dict[str, Any]) -> str:
    """The settings that determine results, as lines of a study file."""
    return "".join(f"{name} = {_value(name, value)}\n" for name, value in settings.items()
                   if name not in WORK)


def work_of(settings: dict[str, Any]) -> _otherwise.Work:
    """How it is worked through."""
    work = _otherwise.Work()
    work.cache_folder = cache_folder()
    for name, member in WORK.items():
        if name in settings:
            setattr(work, member, _work_value(name, settings[name]))
    return work


def cache_folder() -> str:
    """Where the default model lies, and what was measured of this machine."""
    return _otherwise.cache_folder()


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, os.PathLike)):
        text = os.fspath(value)
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise misuse(f"a text in Unicode for `{name}`", "a lone surrogate") from error
        return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(name, one) for one in value) + "]"
    try:
        whole = operator.index(value)
        return str(whole) if -2**63 <= whole < 2**63 else f'"{whole}"'
    except TypeError:
        pass
    try:
        return repr(float(value))
    except (TypeError, ValueError) as error:
        raise misuse(f"a text or a number for `{name}`", type(value).__name__) from error


def _work_value(name: str, value: Any) -> "int | str | bool":
    if name == "cpu_variant":
        if not isinstance(value, str):
            raise misuse("a text for `cpu_variant`", type(value).__name__)
        return value
    if name == "force":
        return bool(value)
    if name == "memory" and isinstance(value, str):
        return _bytes(value)
    try:
        if isinstance(value, bool):
            raise TypeError
        whole = operator.index(value)
    except TypeError as error:
        raise misuse(f"a whole number for `{name}`", type(value).__name__) from error
    most = _MOST.get(name, 2**60)
    if not 0 <= whole <= most:
        raise misuse(f"`{name}` from 0 to {most}", str(whole))
    return whole


def _bytes(text: str) -> int:
    """"4G", "512MiB", "1000"."""
    lower = text.strip().lower()
    for end in ("ib", "b"):
        lower = lower.removesuffix(end)
    unit = lower[-1:] if lower[-1:] in _UNITS else ""
    try:
        size = float(lower.removesuffix(unit)) * _UNITS[unit]
    except ValueError:
        size = 0.0
    if not 0 < size < 2**60:
        raise misuse("a size for `memory`", f"'{text}'", 'for example "4G"')
    return int(size)

"""Strings by a tokenizer: what each string's prompt and observed text are as tokens."""

from typing import Any, NamedTuple

from otherwise.errors import Error, misuse


class Text(NamedTuple):
    """A string, ready to run."""

    id: str
    prompt: str
    from_tokens: bool
    tokens: list[int]  #: of the prompt
    observed: list[int] | None


class Split(NamedTuple):
    """How much of a whole text is its prompt: so many words, or tokens."""

    words: int = 0
    tokens: int = 0


def texts_of(given: list[Any], tokenizer: Any, ends: list[int], split: Split) -> list[Text]:
    """`given` by the module: (id, prompt, its tokens, observed text, its tokens, whether it ended)."""
    return [_text(one, tokenizer, ends, split) for one in given]


def _text(given: Any, tokenizer: Any, ends: list[int], split: Split) -> Text:
    id, prompt, prompt_tokens, text, tokens, ended = given
    prompt = prompt or ""
    observed = list(tokens) if tokens is not None else None
    if split.words or split.tokens:
        if prompt_tokens is not None or text is not None or observed is not None:
            raise misuse("whole texts to split into prompt and observed rest", f"string '{id}' with both")
        prompt, prompt_tokens, observed = _split(id, prompt, tokenizer, split)
    if observed is None and text is not None:
        observed = continuation(tokenizer, text)
    if observed is not None:
        observed = _ended(observed, ended, ends)
    from_tokens = prompt_tokens is not None
    ids = list(prompt_tokens) if from_tokens else list(tokenizer(prompt)["input_ids"])
    if not ids:
        start = getattr(tokenizer, "bos_token_id", None)
        if start is None:
            start = getattr(tokenizer, "eos_token_id", None)
        if start is None:
            raise misuse("a prompt of at least one token", f"an empty one of string '{id}'")
        ids = [start]
    return Text(id, prompt if not from_tokens or prompt else tokenizer.decode(ids), from_tokens, ids, observed)


def continuation(tokenizer: Any, text: str) -> list[int]:
    """A text that goes on, tokenized apart from what is before it."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _ended(observed: list[int], ended: bool, ends: list[int]) -> list[int]:
    """Up to its first end, with one where it says that it ended."""
    for i, token in enumerate(observed):
        if token in ends:
            return observed[:i + 1]
    return [*observed, ends[0]] if ended and ends else observed


def _split(id: str, whole: str, tokenizer: Any, split: Split) -> tuple[str, list[int] | None, list[int]]:
    if split.words:
        words = whole.split()
        if len(words) <= split.words:
            raise Error(f"expected a text of more than {split.words} words, got '{whole}' of string '{id}'")
        end = 0
        for word in words[:split.words]:
            end = whole.index(word, end) + len(word)
        return whole[:end], None, continuation(tokenizer, whole[end:])
    ids = list(tokenizer(whole)["input_ids"])
    start = 1 if ids and ids[0] == getattr(tokenizer, "bos_token_id", None) else 0
    if len(ids) <= split.tokens + start:
        raise Error(f"expected a text of more than {split.tokens} tokens, got {len(ids) - start} "
                    f"of string '{id}'")
    cut = split.tokens + start
    return tokenizer.decode(ids[:cut], skip_special_tokens=True), ids[:cut], ids[cut:]

"""The bytes that each token of a tokenizer writes, and its ends."""

import json
from typing import Any, NamedTuple

from otherwise.errors import misuse


class Words(NamedTuple):
    pieces: list[bytes]  #: in a text; b"" of control tokens
    names: list[bytes]  #: the same with control tokens written out
    ends: list[int]  #: tokens that end a string


def words_of(tokenizer: Any, model: Any, n_vocab: int) -> Words:
    """Of `n_vocab` tokens, as the model has logits; those beyond the tokenizer write nothing."""
    _check(tokenizer, n_vocab)
    special = set(tokenizer.all_special_ids)
    added = {id for id, token in getattr(tokenizer, "added_tokens_decoder", {}).items() if token.special}
    tokens = tokenizer.convert_ids_to_tokens(list(range(min(n_vocab, len(tokenizer)))))
    bytes_of = _decoder(tokenizer)
    pieces, names = [], []
    for id, token in enumerate(tokens):
        control = id in special or id in added
        text = b"" if token is None else str(token).encode() if control else bytes_of(id, str(token))
        names.append(text)
        pieces.append(b"" if control else text)
    for id in range(len(tokens), n_vocab):
        pieces.append(b"")
        names.append(f"<unused{id}>".encode())
    return Words(pieces, names, _ends(tokenizer, model, n_vocab))


def _check(tokenizer: Any, n_vocab: int) -> None:
    if not hasattr(tokenizer, "convert_ids_to_tokens") or not callable(tokenizer):
        raise misuse("a tokenizer of transformers", type(tokenizer).__name__)
    size = len(tokenizer)
    most = max([size - 1, *tokenizer.get_vocab().values()])
    if most >= n_vocab or size < n_vocab * 3 // 4:
        raise misuse(f"the model's own tokenizer, of {n_vocab} tokens or a few less", f"one of {size}",
                     "a model and its tokenizer come from one place")


def _ends(tokenizer: Any, model: Any, n_vocab: int) -> list[int]:
    """What the model's generation ends at, and the tokenizer's own end."""
    ends: set[int] = set()
    for source in (getattr(model, "generation_config", None), getattr(model, "config", None), tokenizer):
        value = getattr(source, "eos_token_id", None)
        ends |= set(value if isinstance(value, (list, tuple)) else [] if value is None else [value])
    return sorted(end for end in ends if 0 <= end < n_vocab)


def _decoder(tokenizer: Any) -> Any:
    """bytes_of(id, token): by what the tokenizer's decoder does to single tokens, else by decode()."""
    kinds = json.dumps(_decoder_json(tokenizer))
    if '"ByteLevel"' in kinds:
        table = _bytes_of_unicode()
        return lambda _, token: b"".join(bytes([table[c]]) if c in table else c.encode() for c in token)
    if '"ByteFallback"' in kinds or '"Metaspace"' in kinds:
        return _sentencepiece
    return lambda id, _: tokenizer.decode([id]).encode()


def _decoder_json(tokenizer: Any) -> Any:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    return None if backend is None else json.loads(backend.to_str()).get("decoder")


def _sentencepiece(_: int, token: str) -> bytes:
    if len(token) == 6 and token.startswith("<0x") and token.endswith(">"):
        return bytes([int(token[3:5], 16)])
    return token.replace("\u2581", " ").encode()


def _bytes_of_unicode() -> dict[str, int]:
    """GPT-2's letters for bytes: printable ones stand for themselves, the others from U+0100 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}

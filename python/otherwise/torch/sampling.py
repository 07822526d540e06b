"""How a token is drawn from logits: the mechanism, with transformers' names."""

from dataclasses import dataclass

from otherwise.errors import misuse


@dataclass(frozen=True)
class Sampling:
    """Truncations act on the untempered logits, as everywhere here; 0 is off for top_k and min_p, 1 for top_p."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0

    def __post_init__(self) -> None:
        bounds = {"temperature": (self.temperature, 0.0, float("inf")), "top_k": (self.top_k, 0, 2**31 - 1),
                  "top_p": (self.top_p, 0.0, 1.0), "min_p": (self.min_p, 0.0, 1.0)}
        for name, (value, low, high) in bounds.items():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                raise misuse(f"a number from {low} to {high} for `{name}`", repr(value))

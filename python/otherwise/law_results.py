"""What laws come to: worlds, strings, doses, thresholds, tokens. Made by `otherwise.law`."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from otherwise._record import Result, of_value
from otherwise.errors import misuse
from otherwise.intervals import Interval
from otherwise.table import Table

if TYPE_CHECKING:
    from otherwise._otherwise import TableData

__all__ = ["Dose", "Interval", "Kl", "Laws", "Outcome", "StringLaw", "StringThreshold", "Sweep",
           "Thresholds", "TokenLaw", "TokenLaws", "WorldLaw"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Kl:
    """KL(factual law || this world's) of the positions, nats; None where it is infinite."""

    mean: float | None
    median: float | None
    p90: float | None
    p99: float | None
    p999: float | None
    max: float | None


@dataclass(frozen=True)
class WorldLaw:
    """A world, over all strings. What needs a position that is scored is None without any."""

    world: str
    null: bool
    nudge: bool
    strings: int
    positions: int
    lost_positions: int  #: at and after a do, where there is no law
    mean_length: float
    unchanged: Interval  #: P(no token differs)
    expected_lcp: Interval  #: tokens
    survival: list[float]  #: mean P(common prefix > t) of the strings that are longer
    bounds: tuple[float, float]  #: of P(unchanged) over all couplings
    token_bounds: tuple[float, float]  #: over those that are independent across positions
    rows: dict[str, int]
    agreement: float | None = None  #: mean P(stay)
    exact_agreement: float | None = None
    same_draw: float | None = None  #: what two independent draws agree on
    kl: Kl | None = None
    same_top: float | None = None
    rms_dp: float | None = None
    perplexity: float | None = None
    factual_perplexity: float | None = None
    target: Interval | None = None  #: P(target_text | prompt)
    rounding: dict[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class StringLaw:
    """A string in a world: arrays with a number for each of its tokens, views of the laws' own. Where a do
    took the law away `p`, `q`, `kl` and `same_draw` are NaN."""

    string: str
    sample: int
    world: str
    observed: bool  #: the text was given, not written
    tokens: npt.NDArray[np.int32]
    pieces: list[str]  #: their texts
    stay: Floats  #: P(this world writes the token | the factual one did)
    survival: Floats  #: P(common prefix > t)
    p: Floats  #: the token's probability in the factual world
    q: Floats  #: and in this one
    kl: Floats  #: nats
    same_draw: Floats
    agreement: Floats | None  #: the exact coupled agreement, where it was asked for
    unchanged: float  #: P(no token differs)
    expected_lcp: float  #: tokens
    log_p: float  #: log probability of the string in the factual world, nats
    log_q: float
    bounds: tuple[float, float]  #: of `unchanged` over all couplings
    token_bounds: tuple[float, float]

    def __repr__(self) -> str:
        return (f"StringLaw({self.string!r}, {self.world!r}: {len(self.tokens)} tokens, "
                f"unchanged {self.unchanged:.3g})")


class Laws(Result):
    """The laws of all strings in all worlds.

    ``laws["hot"]`` is a world over all strings (`WorldLaw`), ``laws.string("a", "hot")`` a string in it;
    iteration goes over all of these (`StringLaw`), in the order of strings. The null world and the nudges are
    among the worlds; their strings only with ``null="all"`` and ``nudge="all"``.
    """

    def __init__(self, text: str, rows: "TableData", pieces: dict[int, str], doubts: list[str],
                 interrupted: bool = False) -> None:
        """By `law`."""
        self.interrupted = interrupted  #: then of the strings until there
        self._text = text
        self._pieces = pieces
        self._rows = Table(rows)
        self.doubts = doubts  #: what should be known of the numbers, a line each
        data = json.loads(text)
        self.model: str = data["model"]
        self.seconds: float = data["seconds"]
        self.skipped: list[str] = data["skipped"]  #: ids of observed strings that the factual world cannot write
        self.worlds: list[WorldLaw] = [of_value(WorldLaw, one) for one in data["worlds"]]
        #: P(target_text | prompt) in the factual world
        self.factual_target: Interval | None = of_value(Interval, data.get("factual_target"))

    @property
    def strings(self) -> Table:
        """A row for each string in each world. Columns: string, sample, world, observed, unchanged, expected_lcp,
        log_p, log_q (nats), bounds_low and bounds_high, token_bounds_low and token_bounds_high (of unchanged), and
        lists with an entry a token: tokens, stay, survival, p, q, kl (nats), same_draw, agreement where it was asked
        for. See `StringLaw`."""
        return self._rows

    @property
    def summary(self) -> Table:
        """A row for each world, the floors last: its means, with both ends of intervals."""
        return Table(_columns([_flat(one) for one in self.worlds]))

    def __getitem__(self, world: str) -> WorldLaw:
        for one in self.worlds:
            if one.world == world:
                return one
        raise misuse(f"a world of {', '.join(one.world for one in self.worlds)}", repr(world))

    def string(self, string: str, world: str, sample: int = 0) -> StringLaw:
        """One string in one world."""
        rows = zip(self._rows["string"], self._rows["world"], self._rows["sample"], strict=True)
        for i, row in enumerate(rows):
            if row == (string, world, sample):
                return self._at(i)
        raise misuse("a string and a world of these laws", f"{string!r} in {world!r}, sample {sample}")

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[StringLaw]:
        return (self._at(i) for i in range(len(self)))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._rows.__arrow_c_stream__(requested_schema)

    def to_pandas(self) -> Any:
        """`strings` as a pandas.DataFrame."""
        return self._rows.to_pandas()

    def _at(self, i: int) -> StringLaw:
        def at(name: str) -> Any:
            return self._rows[name][i]

        return StringLaw(
            string=at("string"), sample=int(at("sample")), world=at("world"), observed=bool(at("observed")),
            tokens=at("tokens"), pieces=[self._pieces[int(token)] for token in at("tokens")], stay=at("stay"),
            survival=at("survival"), p=at("p"), q=at("q"), kl=at("kl"), same_draw=at("same_draw"),
            agreement=at("agreement") if "agreement" in self._rows.columns else None,
            unchanged=float(at("unchanged")), expected_lcp=float(at("expected_lcp")), log_p=float(at("log_p")),
            log_q=float(at("log_q")), bounds=(float(at("bounds_low")), float(at("bounds_high"))),
            token_bounds=(float(at("token_bounds_low")), float(at("token_bounds_high"))))

    def __repr__(self) -> str:
        shown = ", ".join(f"{one.world} {one.unchanged.value:.3g}" for one in self.worlds
                          if not one.null and not one.nudge and one.unchanged.value is not None)
        strings = len(set(zip(self._rows["string"], self._rows["sample"].tolist(), strict=True)))
        return f"Laws({strings} strings; P(unchanged): {shown})"


def _flat(one: Any) -> dict[str, Any]:
    """A record of a dataclass: means and intervals as columns "unchanged", "unchanged_low", "unchanged_high"."""
    row: dict[str, Any] = {}
    for name, value in vars(one).items():
        if isinstance(value, Interval):
            row[name], row[f"{name}_low"], row[f"{name}_high"] = value.value, value.low, value.high
        elif isinstance(value, Kl):
            row.update({f"kl_{part}": number for part, number in vars(value).items()})
        elif isinstance(value, tuple):
            row[f"{name}_low"], row[f"{name}_high"] = value
        elif not isinstance(value, dict) and not name.startswith("_"):
            row[name] = value
    return row


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    return {name: values for name, values in columns.items() if any(value is not None for value in values)}


@dataclass(frozen=True)
class Dose:
    """A dose; None for the nudge, which is no dose (`world`)."""

    dose: float | None
    unchanged: Interval
    expected_lcp: Interval
    kl_mean: float | None
    target: Interval | None = None
    world: str | None = None


@dataclass(frozen=True)
class Sweep(Result):
    """The law along the doses of one scale."""

    varied: str  #: "steer.scale"
    doses: list[Dose]
    interrupted: bool = False  #: by Ctrl-C: then of the strings until there

    @property
    def table(self) -> Table:
        """A row for each dose."""
        return Table(_columns([_flat(one) for one in self.doses]))

    @property
    def dose(self) -> Floats:
        """[doses]: without the nudge."""
        return self._column(lambda one: one.dose)

    @property
    def unchanged(self) -> Floats:
        """[doses]: mean P(no token differs)."""
        return self._column(lambda one: one.unchanged.value)

    @property
    def expected_lcp(self) -> Floats:
        """[doses]: tokens."""
        return self._column(lambda one: one.expected_lcp.value)

    def _column(self, of: Callable[[Dose], float | None]) -> Floats:
        values = [of(one) for one in self.doses if one.dose is not None]
        return np.array([np.nan if value is None else value for value in values])


@dataclass(frozen=True)
class StringThreshold:
    """The smallest strength at which a string changes under its noise."""

    string: str
    sample: int
    threshold: float | None  #: None where it is unchanged at the highest strength
    at_low: bool  #: changed at the lowest strength already, which `threshold` is then
    position: int | None = None  #: of the token that changes
    factual: str | None = None  #: this token
    counterfactual: str | None = None  #: and what it becomes


@dataclass(frozen=True)
class Thresholds(Result):
    """Of all strings."""

    varied: str  #: "steer.scale"
    low: float
    high: float
    strings: list[StringThreshold]
    #: By Ctrl-C: then these strengths change a string, and maybe smaller ones do; None: it is unknown
    interrupted: bool = False

    @property
    def table(self) -> Table:
        """A row for each string."""
        return Table(_columns([_flat(one) for one in self.strings]))

    @property
    def threshold(self) -> Floats:
        """[strings]: the strengths, inf where a string does not change."""
        return np.array([np.inf if one.threshold is None else one.threshold for one in self.strings])


@dataclass(frozen=True)
class Outcome:
    """A token that the observed one may become."""

    token: int
    text: str
    probability: float  #: given the observed one
    p: float
    q: float


@dataclass(frozen=True)
class TokenLaw:
    """What one token would have become in one world."""

    world: str
    observed: Outcome  #: its probability is P(stay)
    outcomes: list[Outcome]  #: the most probable first
    rest: float  #: probability of all others
    stay_bounds: tuple[float, float]  #: of P(stay) over all couplings

    @property
    def table(self) -> Table:
        """A row for each outcome."""
        return Table(_columns([vars(one) for one in self.outcomes]))


@dataclass(frozen=True)
class TokenLaws(Result):
    """In every world that has a law there."""

    worlds: list[TokenLaw]
    without: list[str] = field(default_factory=list)  #: worlds whose do took it away

    def __getitem__(self, world: str) -> TokenLaw:
        for one in self.worlds:
            if one.world == world:
                return one
        raise misuse(f"a world of {', '.join(one.world for one in self.worlds)}", repr(world))

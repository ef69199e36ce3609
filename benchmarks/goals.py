"""The performance goals, and how the measurements stand against them."""

from dataclasses import dataclass

from benchmarks.plan import (
    FLOOR,
    LEAST,
    LOOPS,
    OFFICIAL,
    OFFICIAL_UVLOOP,
    OURS,
    OURS_HOOKS,
    OURS_INFO,
    OURS_STARTED,
)
from benchmarks.samples import median_of, median_ratio
from benchmarks.suite import Measurements


@dataclass(frozen=True)
class Source:
    """Where a figure comes from: a client and the figure's name."""

    client: str
    name: str


@dataclass(frozen=True)
class Goal:
    """A bound on a figure, or on the ratio of two.

    Attributes:
        text: What it is called in the report.
        over: The figure.
        under: What it is divided by; None for the figure itself.
        at_least: True if the bound is a lower one.
        bound: The bound.
        unit: Of a figure that is no ratio.
        scale: From the unit measured to that one.
    """

    text: str
    over: Source
    under: Source | None
    at_least: bool
    bound: float
    unit: str = ""
    scale: float = 1.0

    @property
    def bound_text(self) -> str:
        """The bound as words."""
        return f"{'at least' if self.at_least else 'at most'} {self.bound:g}{self.unit}"

    def value(self, measurements: Measurements) -> float | None:
        """Return the median over the rounds, or None if it was not measured."""
        over = measurements.series(self.over.client, self.over.name)
        if self.under is None:
            value = median_of(over)
            return None if value is None else value * self.scale
        return median_ratio(over, measurements.series(self.under.client, self.under.name))

    def is_met(self, value: float) -> bool:
        """Tell whether a value keeps to the bound."""
        return value >= self.bound if self.at_least else value <= self.bound


def _ratio(text: str, over: str, under: str, name: str, *, at_least: bool, bound: float) -> Goal:
    """Return a bound on one figure of two clients, or of the same one twice."""
    return Goal(text, Source(over, name), Source(under, name), at_least, bound)


def _growth(text: str, client: str, *, bound: float) -> Goal:
    """Return a bound on what is left of a client's throughput when very many calls are up."""
    many, some = (Source(client, f"growth_{n}.calls_per_s") for n in (10_000, 100))
    return Goal(text, many, some, at_least=True, bound=bound)


_CPU = "throughput.cpu_us_per_call"
_RATE = "throughput.calls_per_s"
_HELD = "held_10000.bytes_per_call"

GOALS = (
    _ratio("CPU per call, official ÷ ours", OFFICIAL, OURS, _CPU, at_least=True, bound=6),
    _ratio("CPU per call, official on uvloop ÷ ours", OFFICIAL_UVLOOP, OURS, _CPU, at_least=True, bound=5),
    _ratio("CPU per call, least with a greenlet a call ÷ ours", LEAST, OURS, _CPU, at_least=True, bound=0.45),
    _ratio("CPU per call, ours as hooks ÷ as `run()`", OURS_HOOKS, OURS, _CPU, at_least=False, bound=0.9),
    _ratio("throughput, ours ÷ documented floor", OURS, FLOOR, _RATE, at_least=True, bound=0.6),
    _growth("throughput, 10,000 calls at a time ÷ 100, under `relay-runtime start`", OURS_STARTED, bound=0.85),
    Goal(
        "memory per held call written as `run()`",
        Source(OURS, _HELD),
        None,
        at_least=False,
        bound=9.2,
        unit=" KB",
        scale=1e-3,
    ),
    # Goals of before that these do not replace.
    _growth("throughput, 10,000 calls at a time ÷ 100, as a library", OURS, bound=0.8),
    _ratio("CPU per call with a line in the log at info ÷ without", OURS_INFO, OURS, _CPU, at_least=False, bound=1.2),
    _ratio(
        "memory per held call written as hooks, ours ÷ official", OURS_HOOKS, OFFICIAL, _HELD, at_least=False, bound=1
    ),
    Goal(
        "memory of the process with 50,000 held calls",
        Source(OURS, "held_50000.rss_bytes"),
        None,
        at_least=False,
        bound=1,
        unit=" GB",
        scale=1e-9,
    ),
    _ratio(
        "offer→answer p99 at 500 calls/s, ours ÷ official", OURS, OFFICIAL, "latency.p99_ms", at_least=False, bound=0.33
    ),
    _ratio("messages per second, ours ÷ official", OURS, OFFICIAL, "messages.messages_per_s", at_least=True, bound=4),
)

ASYNCIO_GOALS = tuple(
    _ratio(f"CPU per call on {loop}, official ÷ ours", official, ours, _CPU, at_least=True, bound=2.2)
    for loop, (official, ours) in LOOPS.items()
)

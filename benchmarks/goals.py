"""The performance goals, and how the measurements stand against them."""

from dataclasses import dataclass
from statistics import median

from benchmarks.plan import FLOOR, LOOPS, OFFICIAL, OURS, OURS_HOOKS, OURS_INFO
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


def _against(other: str, text: str, name: str, *, at_least: bool, bound: float, client: str = OURS) -> Goal:
    return Goal(text, Source(client, name), Source(other, name), at_least, bound)


_HELD = "held_10000.bytes_per_call"
GOALS = (
    _against(OFFICIAL, "throughput, ours ÷ official", "throughput.calls_per_s", at_least=True, bound=6),
    _against(FLOOR, "throughput, ours ÷ floor", "throughput.calls_per_s", at_least=True, bound=0.7),
    _against(
        OFFICIAL, "offer→answer p99 at 500 calls/s, ours ÷ official", "latency.p99_ms", at_least=False, bound=0.33
    ),
    _against(OFFICIAL, "CPU per call, ours ÷ official", "throughput.cpu_us_per_call", at_least=False, bound=0.17),
    _against(
        OURS,
        "CPU per call with a line in the log at info ÷ without",
        "throughput.cpu_us_per_call",
        at_least=False,
        bound=1.2,
        client=OURS_INFO,
    ),
    _against(OFFICIAL, "memory per held call written as `run()`, ours ÷ official", _HELD, at_least=False, bound=1.5),
    _against(
        OFFICIAL,
        "memory per held call written as hooks, ours ÷ official",
        _HELD,
        at_least=False,
        bound=1,
        client=OURS_HOOKS,
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
    Goal(
        "throughput at 10,000 concurrent calls ÷ at 100",
        Source(OURS, "growth_10000.calls_per_s"),
        Source(OURS, "growth_100.calls_per_s"),
        at_least=True,
        bound=0.8,
    ),
    _against(OFFICIAL, "messages per second, ours ÷ official", "messages.messages_per_s", at_least=True, bound=4),
)

ASYNCIO_GOALS = tuple(
    _against(
        official,
        f"CPU per call on {loop}, ours ÷ official",
        "throughput.cpu_us_per_call",
        at_least=False,
        bound=0.5,
        client=ours,
    )
    for loop, (official, ours) in LOOPS.items()
)


def spread(series: list[float | None]) -> float:
    """Return half the distance between the extremes as a share of the median: how far the rounds lie apart."""
    known = [value for value in series if value is not None]
    middle = median(known) if known else 0
    return (max(known) - min(known)) / 2 / middle if middle else 0.0

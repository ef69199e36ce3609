"""What came of the rounds of the fleet's proof, and how that is written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

__all__ = ["Figures", "report"]

_LATE: Final = 0.05  # seconds by which a hub may be late while the engine is away
_WHOLE: Final = 1.0  # seconds until the engine knows all again


@dataclass
class Figures:
    """What came of the rounds of one kind.

    Attributes:
        rounds: how many there were.
        calls: how many calls were up when they began, or came meanwhile.
        judged: how many calls were a dead process's.
        alone: seconds for which a call was alone, the longest of each round with a kill, beside the machine's lag.
        orphans: calls that were alone for too long.
        lost: callers who were not served to the end.
        unfounded: sessions that were taken from a process that lives.
        late: commands of processes for calls that they had lost.
        lags: seconds by which a hub was late while the engine was away, the most of each round.
        whole: seconds until the engine knew all again.
        taken: seconds until the session of a process that stood still was taken over.
    """

    rounds: int = 0
    calls: int = 0
    judged: int = 0
    alone: list[tuple[float, float]] = field(default_factory=list)
    orphans: int = 0
    lost: int = 0
    unfounded: int = 0
    late: int = 0
    lags: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)

    @property
    def broken(self) -> int:
        """How often a law was broken."""
        slow = sum(each > _WHOLE for each in self.whole) + sum(each >= _LATE for each in self.lags)
        return self.orphans + self.lost + self.unfounded + self.late + slow


def report(figures: dict[str, Figures]) -> str:
    """Return what came of it as Markdown: a sentence, then each kind of round."""
    every = list(figures.values())
    head = (
        "what happens", "rounds", "calls", "of the dead", "longest alone", "the machine's lag then", "orphans",
        "callers lost", "taken from the living", "sent by the displaced", "taken over after", "hub late by",
        "engine whole after",
    )  # fmt: skip
    rows = [
        head,
        ("---", *["---:"] * (len(head) - 1)),
        *(_row(name, each) for name, each in figures.items() if each.rounds),
    ]
    said = (
        f"{sum(each.rounds for each in every)} rounds; {sum(each.calls for each in every)} calls; "
        f"{sum(each.orphans for each in every)} orphans; {sum(each.lost for each in every)} callers lost; "
        f"{sum(each.unfounded + each.late for each in every)} times two owners."
    )
    return "\n".join([said, "", *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def _row(name: str, each: Figures) -> tuple[object, ...]:
    longest, lag = (f"{seconds:.2f} s" for seconds in max(each.alone)) if each.alone else ("-", "-")
    most = [
        f"{max(some):.{digits}f} s" if some else "-"
        for some, digits in ((each.taken, 2), (each.lags, 3), (each.whole, 2))
    ]
    return (
        name, each.rounds, each.calls, each.judged, longest, lag,
        each.orphans, each.lost, each.unfounded, each.late, *most,
    )  # fmt: skip

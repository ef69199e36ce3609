"""The rungs as data: what each is called, what it adds, and to which other rung."""

from dataclasses import dataclass

from benchmarks.plan import FLOOR, LADDER, LEAST, OURS, OURS_HOOKS, TRUE_FLOOR, Scenario, throughput

REUSE, TIMERS, TYPES = "with_reuse", "with_timers", "with_types"
REDELIVERY, COMMANDS = "with_redelivery", "with_commands"


@dataclass(frozen=True)
class Rung:
    """A client of the ladder.

    Attributes:
        client: The client's name.
        adds: What it does beyond the rung that it stands on, as the table says it.
        on: The client of that rung; None for one that stands by itself.
    """

    client: str
    adds: str
    on: str | None = None


OWN = (
    Rung(TRUE_FLOOR, "true floor: our framing, acks in batches, no actors"),
    Rung(LEAST, "+ a greenlet made for each call, blocking code, four parks", TRUE_FLOOR),
    Rung(REUSE, "+ greenlets that serve one call after another", LEAST),
    Rung(TIMERS, "+ a timer a command", REUSE),
    Rung(TYPES, "+ typed frames and events", TIMERS),
    Rung(REDELIVERY, "+ redelivery is recognised", TYPES),
    Rung(COMMANDS, "+ commands: ids, checks of params, encoding; acks for any id", REDELIVERY),
)
"""The rungs that `benchmarks.ladder.client` makes; each has the steps of all before it."""

RUNGS = (
    Rung(FLOOR, "the documented floor, of version 0.1.0"),
    *OWN,
    Rung(OURS, "+ the rest: ours, complete, a call written as `run()`", COMMANDS),
    Rung(OURS_HOOKS, "ours, a call written as hooks instead", OURS),
)
"""All that is measured, from the bottom."""

TURN = "turn"
SCENARIO = Scenario(LADDER, tuple(rung.client for rung in RUNGS), (throughput(TURN, 200, 0.3),), part=LADDER)

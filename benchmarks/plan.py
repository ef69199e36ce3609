"""What is run, how often, how long: the workloads of the performance goals as data."""

from dataclasses import dataclass, field, replace
from typing import Any

OFFICIAL, FLOOR, OURS, OURS_HOOKS, OURS_INFO = "official", "floor", "ours", "ours_hooks", "ours_info"
OURS_AIO, OFFICIAL_UVLOOP, OURS_AIO_UVLOOP = "ours_aio", "official_uvloop", "ours_aio_uvloop"
OFFICIAL_JS = "official_js"
TRUE_FLOOR, LEAST = "true_floor", "least"
OURS_STARTED = "ours_started"
CLIENTS = (
    OFFICIAL,
    OFFICIAL_JS,
    FLOOR,
    OURS,
    OURS_HOOKS,
    OURS_INFO,
    OURS_AIO,
    OFFICIAL_UVLOOP,
    OURS_AIO_UVLOOP,
    TRUE_FLOOR,
    LEAST,
    OURS_STARTED,
)
LABELS = {
    TRUE_FLOOR: "true floor",
    LEAST: "least with a greenlet a call",
    OURS_STARTED: "ours, relay-runtime start",
}
LOOPS = {"asyncio": (OFFICIAL, OURS_AIO), "uvloop": (OFFICIAL_UVLOOP, OURS_AIO_UVLOOP)}
MAIN, ASYNCIO = "main", "asyncio"
LADDER = "ladder"
ROUNDS = 5
GROWTH = (10, 100, 1_000, 10_000)


def label(client: str) -> str:
    """Return what a client is called in tables."""
    return LABELS.get(client, client.replace("_", ", "))


@dataclass(frozen=True)
class Step:
    """One command to the load server.

    Attributes:
        key: What its figures are called, as `key.figure`.
        do: The command.
        options: What the command takes.
        limit_s: When it is given up, in seconds.
        clients: Who takes part; None means everybody of the scenario.
    """

    key: str
    do: str
    options: dict[str, Any] = field(default_factory=dict)
    limit_s: float = 30.0
    clients: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Scenario:
    """Steps that one fresh client process goes through.

    Attributes:
        name: What it is called.
        clients: Who takes part, in turn.
        steps: In order.
        rounds: How often; None means as often as was asked for.
        part: The part of the report that shows it.
    """

    name: str
    clients: tuple[str, ...]
    steps: tuple[Step, ...]
    rounds: int | None = None
    part: str = MAIN


def throughput(key: str, concurrency: int, seconds: float, limit_s: float = 30.0) -> Step:
    """Return a closed loop of `concurrency` calls, measured for at least `seconds`."""
    return Step(key, "throughput", {"concurrency": concurrency, "seconds": seconds}, limit_s)


def hold(calls: int, limit_s: float = 60.0) -> Step:
    """Return the step that brings the held calls up to a number."""
    return Step(f"held_{calls}", "hold", {"calls": calls}, limit_s)


WARM_UP = throughput("warm_up", 10, 0.2)
EVERYBODY = (OFFICIAL, FLOOR, OURS)
BOTH_ON_EACH_LOOP = tuple(client for pair in LOOPS.values() for client in pair)

# As many rounds as were asked for where a goal is a ratio; fewer where a round takes long, or is like the others.
SCENARIOS = (
    # Everybody whose cost of a call is compared, one behind the other in each round.
    Scenario(
        "throughput",
        (OFFICIAL, OFFICIAL_UVLOOP, FLOOR, TRUE_FLOOR, LEAST, OURS, OURS_HOOKS, OURS_INFO),
        (throughput("throughput", 200, 1.0),),
    ),
    # A goal compares 100 and 10,000 at a time under `relay-runtime start`; the library's curve is whole.
    Scenario(
        "growth",
        (OURS, OURS_STARTED),
        tuple(
            replace(throughput(f"growth_{n}", n, 1.0, 60.0), clients=None if n in {100, 10_000} else (OURS,))
            for n in GROWTH
        ),
    ),
    # To compare with; 10,000 at a time would take the official client most of a minute.
    Scenario("growth-floor", (FLOOR,), tuple(throughput(f"growth_{n}", n, 1.0) for n in GROWTH), rounds=2),
    Scenario("growth-official", (OFFICIAL,), tuple(throughput(f"growth_{n}", n, 1.0) for n in GROWTH[:-1]), rounds=2),
    Scenario(
        "calls",
        EVERYBODY,
        (
            WARM_UP,
            Step("latency", "latency", {"rate": 500, "seconds": 3.0}),
            # Enough of them that the last delivery, 50 ms behind the last send, is a small part of the time.
            Step("messages", "messages", {"number": 10_000, "window": 50}),
        ),
        rounds=3,
    ),
    # What a held call keeps differs by a per cent between rounds.
    Scenario(
        "held",
        (*EVERYBODY, OURS_HOOKS),
        (
            WARM_UP,
            hold(1_000),
            hold(10_000),
            Step("status_10000", "status", clients=(OURS, OURS_HOOKS)),
            Step("churn", "churn", {"events": 10_000}, clients=EVERYBODY),
            Step("reconnect", "reconnect", clients=EVERYBODY),
        ),
        rounds=2,
    ),
    # Not to be had where there is no Node. Its code is compiled while it runs: it is warm before anything counts.
    Scenario(
        "js",
        (OFFICIAL_JS,),
        (
            throughput("warm_up", 200, 2.0),
            throughput("throughput", 200, 2.0),
            Step("latency", "latency", {"rate": 500, "seconds": 4.0}),
        ),
        rounds=3,
    ),
    Scenario(
        "held-50000",
        (FLOOR, OURS, OURS_HOOKS),
        (WARM_UP, hold(50_000, 90.0), Step("status_50000", "status", clients=(OURS, OURS_HOOKS))),
        rounds=1,
    ),
    Scenario(
        "million",
        (FLOOR, OURS),
        (WARM_UP, hold(10_000), Step("million", "churn", {"events": 1_000_000}, 90.0)),
        rounds=1,
    ),
    Scenario("asyncio-throughput", BOTH_ON_EACH_LOOP, (throughput("throughput", 200, 1.0),), part=ASYNCIO),
    Scenario(
        "asyncio-calls",
        BOTH_ON_EACH_LOOP,
        (
            WARM_UP,
            Step("latency", "latency", {"rate": 500, "seconds": 2.0}),
            Step("messages", "messages", {"number": 5_000, "window": 50}),
        ),
        rounds=2,
        part=ASYNCIO,
    ),
    # On either loop it keeps the same.
    Scenario("asyncio-held", LOOPS["asyncio"], (WARM_UP, hold(1_000), hold(10_000)), rounds=1, part=ASYNCIO),
)

ALONE = (LADDER,)
"""Parts of the report that a program of their own measures, in a scenario of the part's name."""

QUICK = Scenario("quick", (FLOOR, OURS), (throughput("throughput", 200, 0.3),))

"""What is run, how often, how long: the workloads of the performance goals as data."""

from dataclasses import dataclass, field
from typing import Any

OFFICIAL, FLOOR, OURS, OURS_HOOKS, OURS_INFO = "official", "floor", "ours", "ours_hooks", "ours_info"
OURS_AIO, OFFICIAL_UVLOOP, OURS_AIO_UVLOOP = "ours_aio", "official_uvloop", "ours_aio_uvloop"
OURS_PROCESS = "ours_process"  # as `relay-runtime start` serves it
CLIENTS = (OFFICIAL, FLOOR, OURS, OURS_HOOKS, OURS_INFO, OURS_AIO, OFFICIAL_UVLOOP, OURS_AIO_UVLOOP, OURS_PROCESS)
LOOPS = {"asyncio": (OFFICIAL, OURS_AIO), "uvloop": (OFFICIAL_UVLOOP, OURS_AIO_UVLOOP)}
MAIN, ASYNCIO = "main", "asyncio"
ROUNDS = 5
GROWTH = (10, 100, 1_000, 10_000)


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

SCENARIOS = (
    Scenario(
        "calls",
        EVERYBODY,
        (
            throughput("throughput", 200, 2.0),
            Step("latency", "latency", {"rate": 500, "seconds": 4.0}),
            # Enough of them that the last delivery, 50 ms behind the last send, is a small part of the time.
            Step("messages", "messages", {"number": 10_000, "window": 50}),
        ),
    ),
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
    ),
    Scenario("at-info", (OURS_INFO,), (throughput("throughput", 200, 2.0),)),
    Scenario("growth", (OURS, OURS_PROCESS), tuple(throughput(f"growth_{n}", n, 1.0) for n in GROWTH)),
    # To compare with; 10,000 at a time would take the official client most of a minute.
    Scenario("growth-floor", (FLOOR,), tuple(throughput(f"growth_{n}", n, 1.0) for n in GROWTH), rounds=3),
    Scenario("growth-official", (OFFICIAL,), tuple(throughput(f"growth_{n}", n, 1.0) for n in GROWTH[:-1]), rounds=3),
    Scenario(
        "million",
        (FLOOR, OURS),
        (WARM_UP, hold(10_000), Step("million", "churn", {"events": 1_000_000}, 90.0)),
        rounds=3,
    ),
    Scenario(
        "held-50000",
        (FLOOR, OURS, OURS_HOOKS),
        (WARM_UP, hold(50_000, 90.0), Step("status_50000", "status", clients=(OURS, OURS_HOOKS))),
        rounds=3,
    ),
    Scenario(
        "asyncio-calls",
        BOTH_ON_EACH_LOOP,
        (
            throughput("throughput", 200, 2.0),
            Step("latency", "latency", {"rate": 500, "seconds": 2.0}),
            Step("messages", "messages", {"number": 5_000, "window": 50}),
        ),
        part=ASYNCIO,
    ),
    # What a held call keeps is the same on either loop.
    Scenario("asyncio-held", LOOPS["asyncio"], (WARM_UP, hold(1_000), hold(10_000)), rounds=3, part=ASYNCIO),
)

QUICK = throughput("throughput", 200, 0.3)

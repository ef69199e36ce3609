"""Throughput and latency: calls that are offered, answered, played to and hung up, in a closed and an open loop."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.load.meter import Meter, Meters
from benchmarks.load.switchboard import LoadCall, Switchboard, Workload
from benchmarks.samples import percentile

POLL_S = 0.02
WARM_UP_S = 0.5
SEED = 20


class WorkloadFailed(Exception):
    """The client does not do its part, so that waiting on makes no sense."""


class Flow(Workload):
    """Counts calls and answers; knows when the last call is over and when the client is lost."""

    def __init__(self, board: Switchboard) -> None:
        self.board = board
        self.ended_calls = 0
        self.delays: list[float] = []
        self.problem = ""
        board.workload = self

    @property
    def acks(self) -> int:
        """How many events were acked."""
        return self.board.acks

    def answered(self, delay: float) -> None:
        self.delays.append(delay)

    def ended(self, call: LoadCall) -> None:  # noqa: ARG002
        self.ended_calls += 1

    def disconnected(self) -> None:
        self.problem = "the client closed its connection in the middle of the workload"

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait until the condition holds; it is looked at every 20 ms, which no figure depends on."""
        while not reached():
            if self.problem:
                raise WorkloadFailed(self.problem)
            await asyncio.sleep(POLL_S)

    async def drain(self) -> None:
        """Wait until every call is over and every event acked."""
        await self.until(lambda: not self.board.calls and not self.board.unacked)


class ClosedLoop(Flow):
    """Keeps a number of calls in flight: a call that ended makes room for the next."""

    open = True

    def ended(self, call: LoadCall) -> None:
        super().ended(call)
        if self.open:
            self.board.offer()


@dataclass(frozen=True)
class Reading:
    """All counters at one moment, so that two of them enclose a window."""

    at: float
    calls: int
    acks: int
    client_cpu: float
    server_cpu: float

    @classmethod
    def take(cls, flow: Flow, meter: Meter | Meters) -> "Reading":
        return cls(
            at=time.perf_counter(),
            calls=flow.ended_calls,
            acks=flow.acks,
            client_cpu=meter.cpu_seconds(),
            server_cpu=time.process_time(),
        )

    def until(self, later: "Reading") -> dict[str, float]:
        """Return the rates and shares between this reading and a later one."""
        seconds = later.at - self.at
        calls = later.calls - self.calls
        client_cpu = later.client_cpu - self.client_cpu
        return {
            "seconds": seconds,
            "calls": calls,
            "calls_per_s": calls / seconds,
            "events_per_s": (later.acks - self.acks) / seconds,
            "cpu_us_per_call": client_cpu / max(calls, 1) * 1e6,
            "client_cpu_share": client_cpu / seconds,
            "server_cpu_share": (later.server_cpu - self.server_cpu) / seconds,
        }


def delays_ms(delays: list[float]) -> dict[str, float]:
    """Return the offer-to-answer percentiles in milliseconds."""
    if not delays:
        return {}
    marks = {"p50_ms": 50, "p99_ms": 99, "p999_ms": 99.9}
    return {name: percentile(delays, mark) * 1000 for name, mark in marks.items()}


async def throughput(board: Switchboard, meter: Meter, concurrency: int, seconds: float) -> dict[str, float]:
    """Run a closed loop and measure a window of it.

    The window opens after half a second, once as many calls as fly at a time have ended, and is at least that many
    calls and `seconds` long: a window shorter than one generation of calls would measure a wave, not a rate.

    Args:
        board: The calls.
        meter: The client's process.
        concurrency: Calls at a time.
        seconds: Shortest length of the window.
    """
    flow = ClosedLoop(board)
    start = time.perf_counter()
    for _ in range(concurrency):
        board.offer()
    board.flush()
    await flow.until(lambda: flow.ended_calls >= concurrency and time.perf_counter() - start >= WARM_UP_S)
    flow.delays.clear()
    opened = Reading.take(flow, meter)
    await flow.until(
        lambda: flow.ended_calls - opened.calls >= concurrency and time.perf_counter() - opened.at >= seconds
    )
    closed = Reading.take(flow, meter)
    delays = list(flow.delays)
    flow.open = False
    await flow.drain()
    return {**opened.until(closed), **delays_ms(delays), "rss_bytes": meter.rss_bytes()}


async def latency(board: Switchboard, meter: Meter, rate: float, seconds: float) -> dict[str, float]:
    """Offer calls at a rate whatever the client does, and measure offer to answer.

    Callers arrive as a Poisson process (exponential gaps, the same seed for every client).

    Args:
        board: The calls.
        meter: The client's process.
        rate: Calls offered a second.
        seconds: How long.
    """
    flow = Flow(board)
    gaps = random.Random(SEED)
    opened = Reading.take(flow, meter)
    due = opened.at
    while (now := time.perf_counter()) - opened.at < seconds:
        while due <= now:
            board.offer()
            board.flush()
            due += gaps.expovariate(rate)
        if flow.problem:
            break
        await asyncio.sleep(due - now)
    await flow.drain()
    closed = Reading.take(flow, meter)
    return {**opened.until(closed), **delays_ms(flow.delays)}

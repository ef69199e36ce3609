"""How late the user's loop is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from doubles.awaited import bridged, run

from relay_runtime.aio.bridge import Bridge
from relay_runtime.aio.loop_lag import LoopLag


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def started(bridge: Bridge, clock: Callable[[], float]) -> LoopLag:
    """Return a lag whose beats the test sends by itself."""
    lag = LoopLag(bridge, clock)
    await bridge.ask(lag.start)
    await bridge.ask(lag._timer.cancel)
    return lag


async def beat(bridge: Bridge, lag: LoopLag) -> None:
    """Send a beat, and let it come back."""
    await bridge.ask(lag.look)
    while lag._away:
        await bridge.ask(lambda: None)


def test_a_beat_that_is_back_in_time_finds_no_lag_and_a_late_one_how_late_it_is() -> None:
    async def main() -> None:
        clock = Clock()
        async with bridged() as bridge:
            lag = await started(bridge, clock)
            clock.now = 0.1
            await beat(bridge, lag)
            assert (lag.newest, lag.seen.count, lag.overdue()) == (0.0, 1, 0.0)
            clock.now = 0.7
            assert lag.overdue() == pytest.approx(0.5)
            await beat(bridge, lag)
            assert lag.newest == pytest.approx(0.5)
            assert lag.overdue() == 0.0
            assert lag.recent() == pytest.approx(0.5)
            await bridge.ask(lag.stop)
            assert lag.recent() == lag.overdue() == 0.0

    run(main())


def test_while_a_beat_is_on_its_way_no_other_is_sent() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            lag = await started(bridge, Clock())
            posted = await bridge.ask(lambda: [lag.look() or len(bridge._outbox) for _ in range(3)])
            assert posted == [1, 1, 1]
            await bridge.ask(lag.stop)

    run(main())


@pytest.mark.slow
def test_a_loop_that_somebody_blocks_is_late_while_the_hub_is_not() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            lag = LoopLag(bridge)
            await bridge.ask(lag.start)
            while not lag.seen.count:
                await asyncio.sleep(0.01)
            before = lag.seen.count
            while lag.overdue() < 0.25:
                time.sleep(0.01)  # blocks the loop
            assert lag.seen.count <= before + 1  # one may have been on its way back
            while lag.recent() < 0.25:
                await asyncio.sleep(0.01)
            await bridge.ask(lag.stop)

    run(main())


def test_a_beat_that_comes_back_after_the_stop_is_none(capfd: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        async with bridged() as bridge:
            lag = await started(bridge, Clock())
            await bridge.ask(lambda: (lag.look(), lag.stop()))
            while lag._away:
                await bridge.ask(lambda: None)
            assert lag.seen.count == 0

    run(main())
    assert capfd.readouterr().err == ""  # where a hub tells what went wrong

"""Whoever blocks the loop is named, with file and line, once for each blocking."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from doubles.awaited import LIMIT, bridged, client_of, run, until
from doubles.threaded_sandbox import ThreadedSandbox
from loguru import logger

from relay_runtime.aio import RelayClient, loop_guard
from relay_runtime.aio.loop_guard import LoopGuard

QUICK = 0.02  # seconds: the limit of these tests
HERE = Path(__file__)


class Counted(LoopGuard):
    """Sets an event when it has beaten so many times more."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._left = 0
        self._beaten = threading.Event()

    def beats(self, count: int) -> threading.Event:
        self._left, self._beaten = count, threading.Event()
        return self._beaten

    def _beat(self) -> None:
        super()._beat()
        self._left -= 1
        if self._left == 0:
            self._beaten.set()


class Told:
    """The lines of a guard, and an event for the next one."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self.next = threading.Event()

    def __call__(self, line: str) -> None:
        if "the loop of asyncio has been blocked" in line:
            self._lines.append(line)
            self.next.set()

    @property
    def lines(self) -> list[str]:
        """Those about `block`: on a busy machine the loop may be held up elsewhere besides."""
        return [line for line in self._lines if "in block" in line]

    async def block_until_there_are(self, count: int) -> None:
        while len(self.lines) < count:
            self.next.clear()
            block(self.next)
            await asyncio.sleep(0)


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    sink = logger.add(told, format="{level} {message}")
    yield told
    logger.remove(sink)


def block(event: threading.Event) -> None:
    event.wait(LIMIT)  # the blocking line


@pytest.mark.slow
def test_code_that_blocks_the_loop_is_named_with_its_line_once_a_blocking(told: Told) -> None:
    async def main() -> None:
        async with bridged() as bridge:
            guard = Counted(bridge, QUICK)
            bridge.send(guard.start)
            for times in (1, 2):
                await until(lambda: guard._thread is not None and not guard._told)
                await told.block_until_there_are(times)

    run(main())
    number = next(number for number, line in enumerate(HERE.read_text().splitlines(), 1) if "# the blocking" in line)
    for line in told.lines:
        assert line.startswith("WARNING the loop of asyncio has been blocked for ")
        assert f"it stands at {HERE}:{number} in block;" in line
        assert "asyncio.to_thread" in line


@pytest.mark.slow
def test_a_blocking_that_goes_on_is_not_told_again(told: Told) -> None:
    async def main() -> None:
        async with bridged() as bridge:
            guard = Counted(bridge, QUICK)
            bridge.send(guard.start)
            await until(lambda: guard._thread is not None)
            block(guard.beats(30))
            assert len(told.lines) <= 1

    run(main())


class Clock:
    """The time that a guard sees."""

    def __init__(self) -> None:
        self.now = 1000.0

    def real_monotonic(self) -> float:
        return self.now


class Loop:
    """The other end of a guard's bridge: it takes its beats when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def post(self, function: Callable[[], None]) -> None:
        self.waiting.append(function)

    def turn(self) -> None:
        waiting, self.waiting = self.waiting, []
        for each in waiting:
            each()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(loop_guard, "clock", clock)
    return clock


def guard_of(loop: Any, limit: float = 1.0) -> LoopGuard:
    return LoopGuard(loop, limit)


def test_a_loop_that_takes_its_beats_in_time_is_not_named(clock: Clock, log_lines: list[str]) -> None:
    loop = Loop()
    guard = guard_of(loop)
    for _ in range(20):
        guard._beat()
        clock.now += 0.9
        guard._beat()
        loop.turn()
    assert log_lines == []


def test_a_loop_that_has_begun_its_work_nowhere_yet_is_not_named(clock: Clock, log_lines: list[str]) -> None:
    guard = guard_of(Loop())
    for _ in range(5):
        guard._beat()
        clock.now += 1.0
    assert log_lines == []


def test_a_blocking_is_told_once_and_the_next_one_again(clock: Clock, log_lines: list[str]) -> None:
    loop = Loop()
    guard = guard_of(loop)
    for _ in range(2):
        guard._beat()
        loop.turn()
        for _ in range(8):
            guard._beat()
            clock.now += 0.25
        loop.turn()
    assert len(log_lines) == 2
    assert all("blocked for 1.0 s" in line for line in log_lines)


def test_a_loop_whose_thread_is_gone_makes_no_error(clock: Clock, log_lines: list[str]) -> None:
    loop = Loop()
    guard = guard_of(loop)
    guard._beat()
    thread = threading.Thread(target=loop.turn)
    thread.start()
    thread.join(LIMIT)
    guard._thread = -1
    guard._beat()
    clock.now += 1.0
    guard._beat()
    assert "it stands at an unknown place" in log_lines[0]


def block_for_a_while() -> None:
    threading.Event().wait(10 * QUICK)


@pytest.mark.slow
def test_a_client_guards_its_loop_unless_it_is_told_not_to(threaded: ThreadedSandbox, told: Told) -> None:
    async def main() -> None:
        async with client_of(threaded, guard=QUICK):
            await told.block_until_there_are(1)
        async with client_of(threaded, guard=None) as client:
            block_for_a_while()
            await client.status()
        assert not any("block_for_a_while" in line for line in told._lines)

    run(main())


@pytest.mark.parametrize("limit", [0, -1, True, "1", float("nan")])
def test_a_limit_that_is_none_is_refused(limit: Any) -> None:
    with pytest.raises(ValueError, match=r"^guard is .*; accepted is a number of seconds above 0, or None"):
        RelayClient("p", "t", guard=limit)

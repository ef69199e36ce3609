"""The hub guard: who blocks the hub is named."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from doubles.hub import LIMIT, active_watchers, turns, until
from gevent.hub import get_hub

from relay_actors.telemetry.stats import Stats
from relay_runtime import RelayClient
from relay_runtime.watch import hub_guard
from relay_runtime.watch.hub_guard import HubWatch, checked_limit, watch_hub

pytestmark = pytest.mark.slow

QUICK = 0.02  # seconds: the limit of these tests


@pytest.fixture
def stats() -> Stats:
    return Stats()


@pytest.fixture
def watch(stats: Stats) -> Iterator[HubWatch]:
    watch = watch_hub(get_hub(), QUICK, stats)
    until(lambda: guard()._beat, "the first beat")
    yield watch
    watch.close()


def guard() -> Any:
    return hub_guard._guards[get_hub()]


def block() -> None:
    """Block the hub until the guard has noticed, unless it has caught something else in this beat already."""
    end = time.monotonic() + LIMIT
    known = guard()._culprit
    if known is not None and known.beat == guard()._beat:
        return
    while guard()._culprit is known and time.monotonic() < end:
        time.sleep(0.001)  # the blocking line


def line_of(text: str) -> int:
    with open(__file__) as file:
        return 1 + next(number for number, line in enumerate(file) if text in line)


def blocked(lines: list[str]) -> list[str]:
    """The lines about `block`: on a busy machine the process may be held up elsewhere besides."""
    return [line for line in lines if "the hub was blocked" in line and "in block" in line]


def be_caught() -> None:
    """Block the hub until the guard has caught that, and no halt of a busy machine in its place."""
    before = guard()._culprit

    def caught() -> bool:
        gevent.spawn(block).join(LIMIT)
        culprit = guard()._culprit
        return culprit is not None and culprit is not before and "in block" in culprit.where

    until(caught, "the guard's catch")


def test_code_that_blocks_is_named_once_with_its_line(watch: HubWatch, stats: Stats, log_lines: list[str]) -> None:
    be_caught()
    (line,) = until(lambda: blocked(log_lines), "the warning")
    assert line.startswith("WARNING the hub was blocked for 0.")
    assert f"by code outside of the actors, at {__file__}:" in line
    assert "Call.offload" in line
    assert stats.hub_blocked >= 1
    gevent.sleep(4 * QUICK)
    assert len(blocked(log_lines)) == 1


def test_each_blocking_has_a_line_of_its_own(watch: HubWatch, stats: Stats, log_lines: list[str]) -> None:
    for times in (1, 2):
        be_caught()
        until(lambda times=times: len(blocked(log_lines)) == times, "the warning")
    assert stats.hub_blocked >= 2


def test_a_blockage_without_an_end_is_told_by_the_thread(watch: HubWatch, log_lines: list[str]) -> None:
    gevent.sleep(0.001)  # the hub has beaten within this test: what blocks it is not what came before
    end = time.monotonic() + LIMIT
    while not any("still is" in line for line in log_lines) and time.monotonic() < end:
        time.sleep(0.001)
    (line,) = [line for line in log_lines if "still is" in line]
    assert "in test_a_blockage_without_an_end_is_told_by_the_thread" in line


class Clock:
    """The time of a guard's thread: it is over when the script is, and beats in between."""

    def __init__(self, guard: Any, *lates: float) -> None:
        self.now = 1000.0
        self._guard = guard
        self._lates = list(lates)
        self._beat()

    def real_monotonic(self) -> float:
        return self.now

    def acquire(self, _: bool, delay: float) -> bool:
        """Let ``delay`` pass, as the thread waits; the hub beat last so many seconds ago as the script says."""
        self.now += delay
        if not self._lates:
            return True
        self._beat(self._lates.pop(0))
        return False

    def _beat(self, ago: float = 0.0) -> None:
        self._guard._beat = self.now - ago


def test_code_that_yields_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = hub_guard._Guard(get_hub())
    clock = Clock(guard, *[0.0, 0.9 * QUICK] * 20)
    monkeypatch.setattr(hub_guard, "clock", clock)
    guard._listen(clock, QUICK, QUICK / 4)
    assert guard._culprit is None


def test_a_machine_that_slept_is_not_blamed_on_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = hub_guard._Guard(get_hub())
    clock = Clock(guard, 600.0, 0.0, 600.0, 0.0)
    monkeypatch.setattr(hub_guard, "clock", clock)
    guard._listen(clock, QUICK, QUICK / 4)
    assert guard._culprit is None


def test_clients_of_one_hub_share_a_guard_which_ends_with_the_last(stats: Stats) -> None:
    before = active_watchers()
    other = Stats()
    first, second = watch_hub(get_hub(), 60.0, stats), watch_hub(get_hub(), QUICK, other)
    assert len(hub_guard._guards) == 1
    assert active_watchers() == before  # it keeps no hub alive
    be_caught()
    until(lambda: other.hub_blocked, "the count")
    assert stats.hub_blocked == 0  # its own limit is higher
    second.close()
    assert len(hub_guard._guards) == 1
    first.close()
    first.close()
    assert len(hub_guard._guards) == 0


def test_the_thread_ends_with_the_guard(stats: Stats) -> None:
    before = set(sys._current_frames())
    watch = watch_hub(get_hub(), QUICK, stats)
    until(lambda: set(sys._current_frames()) - before, "the thread")
    watch.close()
    until(lambda: not set(sys._current_frames()) - before, "the end of the thread")
    turns()


PATCHED = """
from gevent import monkey
monkey.patch_all()
import sys, gevent
from gevent.hub import get_hub
from gevent.monkey import get_original
from loguru import logger
from relay_actors.telemetry.stats import Stats
from relay_runtime.watch.hub_guard import watch_hub
lines, stats = [], Stats()
logger.add(lines.append, format="{message}")
watch = watch_hub(get_hub(), 0.02, stats)
def block():
    for _ in range(5000):
        if any("still is" in line for line in lines):
            break
        get_original("time", "sleep")(0.001)
gevent.spawn(block).join()
while not stats.hub_blocked:
    gevent.sleep(0.001)
watch.close()
assert any("was blocked" in line and "in block" in line for line in lines), lines
"""


def test_the_thread_is_a_real_one_in_a_patched_process_too() -> None:
    ran = subprocess.run([sys.executable, "-c", PATCHED], check=False, capture_output=True, text=True, timeout=30)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("limit", [0, -1, True, "1", float("inf"), float("nan")])
def test_a_limit_that_is_none_is_refused(limit: Any) -> None:
    with pytest.raises(ValueError, match="hub_guard is .*; accepted is a number of seconds above 0, or None"):
        RelayClient("p", "t", hub_guard=limit)


def test_none_is_no_guard() -> None:
    assert checked_limit(None) is None
    assert checked_limit(1) == 1.0

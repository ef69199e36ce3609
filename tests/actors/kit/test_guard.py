from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.hub import LIMIT

from relay_actors.kit.guard import OnlookerGuard, run_guarded
from relay_actors.kit.throttle import Throttle


def test_a_handler_gets_its_value(log_lines: list[str]) -> None:
    got: list[Any] = []
    run_guarded(got.append, "value", "the handler crashed on {}", "it")
    assert got == ["value"]
    assert log_lines == []


@pytest.mark.parametrize("error", [ZeroDivisionError(), gevent.Timeout(1), SystemExit(1)], ids=type)
def test_whatever_it_raises_is_logged_and_goes_no_further(error: BaseException, log_lines: list[str]) -> None:
    def crash(_: Any) -> None:
        raise error

    run_guarded(crash, None, "the handler crashed on {} and {}", "this", "that")
    (line,) = log_lines
    assert "the handler crashed on this and that" in line
    assert type(error).__name__ in line


def test_ctrl_c_reaches_the_main_greenlet() -> None:
    def interrupted(_: Any) -> None:
        raise KeyboardInterrupt

    gevent.spawn(run_guarded, interrupted, None, "the handler crashed")
    with pytest.raises(KeyboardInterrupt):
        gevent.sleep(LIMIT)


# Onlookers

FAILURES = [ZeroDivisionError("broken"), gevent.Timeout(1), SystemExit(1), gevent.GreenletExit()]


def failing(error: BaseException) -> Any:
    def look(*_: Any) -> None:
        raise error

    return look


def test_what_an_onlooker_returns_is_returned() -> None:
    assert OnlookerGuard("an observer")(lambda *seen: seen, 1, 2) == (1, 2)


@pytest.mark.parametrize("error", FAILURES, ids=type)
def test_whatever_an_onlooker_raises_is_logged_once_and_changes_nothing(
    error: BaseException, log_lines: list[str]
) -> None:
    guard = OnlookerGuard("an observer of calls")
    assert [guard(failing(error), number) for number in range(1000)] == [None] * 1000
    (line,) = log_lines
    assert "ERROR an observer of calls failed\n" in line
    assert type(error).__name__ in line


def test_what_was_not_told_is_counted(log_lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    guard = OnlookerGuard("an observer")
    now = 0.0
    monkeypatch.setattr(guard, "_throttle", Throttle(lambda: now))
    for now in (0.0, 1.0, 2.0, 11.0):  # noqa: B007 - the clock reads it
        guard(failing(ZeroDivisionError()))
    assert [line.splitlines()[0] for line in log_lines] == [
        "ERROR an observer failed", "ERROR an observer failed, 3 times since the last word",
    ]  # fmt: skip


def test_a_kill_of_the_greenlet_goes_on() -> None:
    ended: list[str] = []

    def looks() -> None:
        try:
            OnlookerGuard("an observer")(gevent.sleep, LIMIT)
        except gevent.GreenletExit:
            ended.append("here")
            raise

    greenlet = gevent.spawn(looks)
    gevent.sleep(0)
    greenlet.kill(timeout=LIMIT)
    assert ended == ["here"]


def test_ctrl_c_in_an_onlooker_reaches_the_main_greenlet() -> None:
    gevent.spawn(OnlookerGuard("an observer"), failing(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        gevent.sleep(LIMIT)

"""Callbacks of a call's user: their crashes, and how long they wait."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.diary import Diary, scripted
from doubles.frames import event, state
from doubles.hub import LIMIT, turns, until
from doubles.line import Line
from doubles.started import Started

from relay_actors.call.callbacks import call_back
from relay_actors.timing import Timing

PLAY = "calling.call.play"
SILENCE = [{"type": "silence", "params": {"duration": 1}}]
CRASHES = [ZeroDivisionError(), gevent.Timeout(1), SystemExit(3), gevent.GreenletExit()]


def plays(control_id: str = "k1", told: str = "finished") -> Any:
    return event(PLAY, call_id="c1", control_id=control_id, state=told)


@pytest.mark.parametrize("error", CRASHES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("where", ["listener", "completion"])
def test_a_crash_is_logged_with_its_call_and_counted_and_the_call_goes_on(
    started: Started, error: BaseException, where: str, log_lines: list[str]
) -> None:
    def crash(*_: Any) -> None:
        raise error

    def begin(call: Diary) -> None:
        call.on(PLAY, crash if where == "listener" else call.pages.append)
        call.play(SILENCE, control_id="k1", on_completed=crash if where == "completion" else call.pages.append)
        call.wait_for_ended()

    line = Line(started, scripted(begin))
    line.gets(state("answered"), plays())
    (crashed,) = [text for text in log_lines if "a callback of call c1 crashed" in text]
    assert type(error).__name__ in crashed
    assert "'call_id': 'c1'" in crashed
    assert line.core.environment.link.stats.callbacks_crashed == 1
    assert line.board.params("calling.end") == []
    assert plays() in line.call.pages or len(line.call.pages) > 2  # the other one was called
    line.ends()
    line.closes()


def test_a_callback_that_returns_a_coroutine_has_crashed(started: Started, log_lines: list[str]) -> None:
    async def later(_: Any) -> None:
        """Would do nothing."""

    line = Line(started)
    line.call.on(PLAY, lambda told: later(told))
    line.gets(state("answered"), plays())
    assert any("returned a coroutine, which greenlets do not run" in text for text in log_lines)
    line.ends()


def test_what_the_end_of_the_call_raises_in_a_callback_is_no_crash(started: Started, log_lines: list[str]) -> None:
    line = Line(started)
    line.call.on(PLAY, lambda _: line.call.wait_for_ringing())
    line.call.on(PLAY, lambda _: line.call.wait_for(PLAY))
    line.gets(plays())
    line.ends()
    line.closes()
    assert line.core.environment.link.stats.callbacks_crashed == 0
    assert not any(" crashed" in text for text in log_lines)


def test_a_kill_of_the_code_is_nothing_that_a_callback_survives(started: Started) -> None:
    greenlet = gevent.spawn(call_back, Line(started).core, gevent.sleep, LIMIT)
    gevent.sleep(0)
    greenlet.kill(timeout=LIMIT)
    assert isinstance(greenlet.value, gevent.GreenletExit)


# How long they wait

PATIENT = Timing(request_timeout=LIMIT, call_linger=LIMIT, callback_patience=0.01)


@pytest.mark.parametrize("where", ["listener", "completion"])
def test_a_callback_that_waits_for_long_is_named_with_the_line_that_blocks(
    started: Started, where: str, log_lines: list[str]
) -> None:
    def begin(call: Diary) -> None:
        if where == "listener":
            call.on(PLAY, call.pages.append)
        else:
            call.play(SILENCE, control_id="k1", on_completed=call.pages.append)
        call.gate.wait(LIMIT)  # the line
        call.wait_for_ended()

    line = Line(started, scripted(begin), PATIENT)
    line.gets(state("answered"), plays())
    until(lambda: any("has waited for" in text for text in log_lines))
    line.gets(plays())
    (warned,) = [text for text in log_lines if "has waited for" in text]
    assert warned.startswith("WARNING a callback of call c1 has waited for 0.01 s, for the code at ")
    assert "test_callbacks.py:" in warned
    assert "call.sleep()" in warned
    assert plays() not in line.call.pages
    line.call.gate.set()
    turns()
    assert len(line.call.pages) > 3
    line.ends()
    line.closes()


def test_a_next_warning_of_a_call_comes_after_a_while_and_once_the_code_has_gone_on(
    started: Started, log_lines: list[str]
) -> None:
    def begin(call: Diary) -> None:
        call.on(PLAY, lambda _: call.pages.append("heard"))
        call.gate.wait(LIMIT)
        call.sleep(LIMIT)

    def warnings() -> int:
        return sum("has waited for" in text for text in log_lines)

    line = Line(started, scripted(begin), PATIENT)
    line.gets(state("answered"), plays())
    gevent.sleep(0.015)
    assert warnings() == 1
    line.gets(plays())
    gevent.sleep(0.1)  # twelve times the limit, 0.12 s, is not over
    assert warnings() == 1
    gevent.sleep(0.05)
    line.gets(plays())
    gevent.sleep(0.005)
    assert warnings() == 1
    gevent.sleep(0.01)
    assert warnings() == 2
    line.call.gate.set()
    turns()
    assert line.call.pages.count("heard") == 3
    line.ends()
    line.closes()


def test_callbacks_run_while_the_code_sleeps_or_waits_by_the_call(started: Started, log_lines: list[str]) -> None:
    def begin(call: Diary) -> None:
        call.on(PLAY, lambda _: call.pages.append("heard"))
        call.sleep(LIMIT)

    line = Line(started, scripted(begin), PATIENT)
    line.gets(state("answered"), plays(), plays())
    assert line.call.pages.count("heard") == 2
    gevent.sleep(3 * 0.01)
    assert not any("has waited for" in text for text in log_lines)
    line.ends()
    line.closes()


def test_no_limit_says_nothing(started: Started, log_lines: list[str]) -> None:
    def begin(call: Diary) -> None:
        call.on(PLAY, call.pages.append)
        call.gate.wait(LIMIT)

    line = Line(started, scripted(begin), Timing(request_timeout=LIMIT, call_linger=LIMIT, callback_patience=None))
    line.gets(state("answered"), plays())
    assert not any("has waited for" in text for text in log_lines)
    line.call.gate.set()
    turns()
    line.ends()

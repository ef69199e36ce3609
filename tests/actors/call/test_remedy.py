"""A crash in a call's own code, and hanging up for sure."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.diary import Diary, held, scripted, waits_for_the_end
from doubles.frames import event, state
from doubles.hub import LIMIT, turns
from doubles.line import Line
from doubles.started import Started

from relay_actors.call.call import Call, CallActor
from relay_actors.call.messages import HangUp
from relay_actors.errors import (
    CallEnded,
    ClientStopped,
    NotConnected,
    RelayError,
)
from relay_actors.timing import Timing

# Crashes

CRASHES = [ZeroDivisionError(), gevent.Timeout(1), SystemExit(3), gevent.GreenletExit()]


@pytest.mark.parametrize("error", CRASHES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("where", ["run", "on_start", "on_offer"])
def test_a_crash_hangs_up_with_the_reason_error(
    started: Started, error: BaseException, where: str, log_lines: list[str]
) -> None:
    def crash(*_: Any) -> None:
        raise error

    line = Line(started, type("Crashing", (scripted(waits_for_the_end),), {where: crash}))
    line.gets(event("calling.call.play", call_id="c1", control_id="k1", state="finished"))
    assert line.board.params("calling.end") == [{"call_id": "c1", "node_id": "n1", "reason": "error"}]
    assert any(f"Crashing crashed in call c1: {type(error).__name__}" in text for text in log_lines)
    assert any("'call_id': 'c1'" in text for text in log_lines)
    line.ends("error")
    line.closes()
    assert line.call.pages.count("ended error") == 1


def test_a_crash_of_the_last_hook_closes_the_call_all_the_same(started: Started) -> None:
    class Clumsy(CallActor):
        def on_ended(self, _: Any) -> None:
            raise ZeroDivisionError

    line = Line(started, Clumsy)
    line.ends()
    line.closes()
    assert line.board.sent == []


def test_a_crash_after_the_end_hangs_nothing_up(started: Started) -> None:
    def cleans_up(call: Diary) -> None:
        try:
            call.wait_for_ended()
        finally:
            raise ZeroDivisionError

    line = Line(started, scripted(cleans_up))
    line.ends()
    line.closes()
    assert line.board.sent == []


def test_the_end_of_a_call_that_run_does_not_catch_is_no_crash(started: Started, log_lines: list[str]) -> None:
    line = Line(started, scripted(lambda call: call.wait_for("calling.call.play")))
    line.ends()
    line.closes()
    assert not any(" crashed" in text for text in log_lines)


def test_an_end_that_came_from_another_call_is_a_crash(started: Started) -> None:
    """CallEnded of somebody else says nothing about this call."""

    def fails(_: Diary) -> None:
        raise CallEnded

    line = Line(started, scripted(fails))
    assert [params["reason"] for params in line.board.params("calling.end")] == ["error"]
    line.ends()


@pytest.mark.parametrize("waiting", [True, False])
def test_an_actor_that_fails_itself_hangs_up(started: Started, waiting: bool) -> None:
    line = Line(started, scripted(waits_for_the_end) if waiting else Call)
    line.core._apply = lambda _: 1 / 0  # type: ignore[method-assign]
    line.gets(state("answered"))
    line.closes()
    turns()
    assert line.subscription.of(HangUp) == [HangUp("c1", "n1", "error")]


def test_a_killed_call_hangs_up_and_ends_its_waits(started: Started) -> None:
    line = Line(started, scripted(waits_for_the_end))
    outside = gevent.spawn(line.call.wait_for_ended)
    turns()
    line.core.ref.kill()
    line.closes()
    turns()
    assert line.subscription.of(HangUp) == [HangUp("c1", "n1", "error")]
    with pytest.raises(ClientStopped):
        outside.get(timeout=LIMIT)


# Hanging up for sure


def test_a_hang_up_that_was_lost_with_the_link_is_tried_again(started: Started) -> None:
    line = Line(started, held())
    line.board.withheld = {"calling.end"}
    line.call.gate.set()
    turns()
    line.board.lose()
    turns()
    assert len(line.board.params("calling.end")) == 2
    line.board.release()
    line.ends()
    line.closes()


def test_a_hang_up_without_a_reply_is_tried_until_the_call_is_over(started: Started) -> None:
    line = Line(started, held(), Timing(request_timeout=0.005, call_linger=LIMIT))
    line.board.withheld = {"calling.end"}
    line.call.gate.set()
    line.board.wait_for("calling.end", count=8)
    line.ends()
    line.closes()


def test_a_hang_up_that_found_no_room_in_the_outbox_is_tried_again(started: Started) -> None:
    line = Line(started, held(), Timing(request_timeout=0.005, call_linger=LIMIT))
    line.board.answers["calling.end"] = NotConnected("500 commands wait for the connection already")
    line.call.gate.set()
    line.board.wait_for("calling.end", count=3)
    del line.board.answers["calling.end"]
    line.board.wait_for("calling.end", count=4)
    turns()
    line.ends()
    line.closes()


def test_a_hang_up_that_the_server_refuses_is_not_tried_again(started: Started, log_lines: list[str]) -> None:
    line = Line(started, held())
    line.board.answers["calling.end"] = RelayError(409, "not yours")
    line.call.gate.set()
    turns(60)
    assert len(line.board.params("calling.end")) == 1
    assert any("call c1 could not be hung up: not yours (code 409)" in text for text in log_lines)
    line.ends()
    line.closes()


def test_the_end_of_the_client_ends_the_tries(started: Started) -> None:
    line = Line(started, held(), Timing(request_timeout=0.005, call_linger=LIMIT))
    line.board.withheld = {"calling.end"}
    line.call.gate.set()
    line.board.wait_for("calling.end", count=2)
    line.loses_session(ClientStopped)
    line.closes()

"""The code of a call's user: run() and hooks, one at a time, and who hangs up when it is done."""

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
from relay_actors.errors import (
    CallEnded,
    RelayError,
)
from relay_actors.timing import Timing

# Order


def test_the_offer_is_told_first_then_run_begins(started: Started) -> None:
    line = Line(started, scripted(waits_for_the_end))
    assert line.call.pages == ["offer", "run"]


def test_on_start_comes_before_everything(started: Started) -> None:
    class Early(scripted(waits_for_the_end)):  # type: ignore[misc]
        def on_start(self) -> None:
            self.pages.append("start")

    assert Line(started, Early).call.pages == ["start", "offer", "run"]


def test_hooks_run_while_run_waits_and_the_last_is_on_ended(started: Started) -> None:
    line = Line(started, scripted(waits_for_the_end))
    line.gets(state("answered"))
    line.ends("busy")
    line.closes()
    assert line.call.pages == ["offer", "run", "answered", "ended busy"]


def test_a_class_without_run_is_served_by_hooks_alone(started: Started) -> None:
    class Hooks(CallActor):
        def on_answered(self, _: Any) -> None:
            self.hangup()

    line = Line(started, Hooks)
    line.gets(state("answered"))
    assert line.board.methods() == ["calling.end"]
    line.ends()
    line.closes()


def test_a_hook_waits_until_run_waits(started: Started) -> None:
    def busy(call: Diary) -> None:
        call.gate.wait(LIMIT)
        call.pages.append("run goes on")
        call.wait_for_ended()

    line = Line(started, scripted(busy))
    line.gets(state("answered"))
    assert line.call.pages == ["offer", "run"]
    assert line.call.state == "answered"
    line.call.gate.set()
    turns()
    assert line.call.pages == ["offer", "run", "run goes on", "answered"]
    line.ends()


def test_user_code_never_runs_twice_at_the_same_time(started: Started) -> None:
    running: list[str] = []
    most: list[int] = []

    class Counted(CallActor):
        def piece(self, name: str) -> None:
            running.append(name)
            most.append(len(running))
            gevent.sleep(0)
            running.remove(name)

        def run(self) -> None:
            while True:
                self.piece("run")
                self.wait_for("calling.call.play", timeout=LIMIT)

        def on_play(self, _: Any) -> None:
            self.piece("hook")

        def on_ended(self, _: Any) -> None:
            self.piece("ended")

    line = Line(started, Counted)
    line.call.on("calling.call.play", lambda _: line.call.piece("listener"))
    for _ in range(10):
        line.gets(event("calling.call.play", call_id="c1", state="playing"))
    line.ends()
    line.closes()
    assert set(most) == {1}
    assert len(most) >= 31


# Who hangs up


def test_run_that_returns_hangs_up(started: Started) -> None:
    line = Line(started, scripted(None))
    assert line.board.params("calling.end") == [{"call_id": "c1", "node_id": "n1", "reason": "hangup"}]
    line.ends()
    line.closes()


def test_run_that_returns_leaves_the_call_if_the_class_says_so(started: Started) -> None:
    line = Line(started, type("Left", (scripted(None),), {"when_done": "leave"}))
    line.gets(state("answered"))
    assert line.board.sent == []
    assert "answered" in line.call.pages
    line.ends()
    line.closes()


def test_run_that_hung_up_itself_does_not_hang_up_again(started: Started) -> None:
    line = Line(started, scripted(lambda call: call.hangup("busy")))
    assert line.board.methods() == ["calling.end"]
    line.ends("busy")
    line.closes()


def test_run_that_ends_because_the_call_ended_does_not_hang_up(started: Started) -> None:
    line = Line(started, scripted(waits_for_the_end))
    line.ends()
    line.closes()
    assert line.board.sent == []


@pytest.mark.parametrize(
    ("verb", "reason"), [(Call.pass_, "passed"), (lambda c: c.transfer("context:x"), "transferred")]
)
def test_run_that_gave_the_call_away_does_not_hang_it_up(started: Started, verb: Any, reason: str) -> None:
    """The call is somebody else's: a hang-up would cut them off."""
    line = Line(started, scripted(verb))
    line.closes()
    assert "calling.end" not in line.board.methods()
    assert line.call.end_reason == reason
    assert line.call.pages[-1] == f"ended {reason}"


def test_a_call_that_was_passed_on_is_over_at_once(started: Started) -> None:
    seen: list[Any] = []

    def passes(call: Diary) -> None:
        call.pass_()
        seen.append(call.is_ended)
        with pytest.raises(CallEnded):
            call.answer()

    line = Line(started, scripted(passes))
    line.closes()
    assert seen == [True]
    assert line.board.methods() == ["calling.pass"]


def test_run_that_returns_leaves_a_bridge_up_and_hangs_up_after_it(started: Started) -> None:
    line = Line(started, scripted(lambda call: call.connect([[{"type": "sip", "params": {"to": "sip:a@b"}}]])))
    line.gets(event("calling.call.connect", call_id="c1", connect_state="connected"))
    assert line.board.methods() == ["calling.connect"]
    line.gets(event("calling.call.connect", call_id="c1", connect_state="disconnected"))
    assert line.board.methods() == ["calling.connect", "calling.end"]
    line.ends()


def test_a_second_bridge_is_left_up_like_the_first(started: Started) -> None:
    def twice(call: Diary) -> None:
        device = [[{"type": "sip", "params": {"to": "sip:a@b"}}]]
        call.connect(device)
        call.wait_for("calling.call.connect", lambda e: e.connect_state == "failed")
        call.connect(device)

    line = Line(started, scripted(twice))
    line.gets(event("calling.call.connect", call_id="c1", connect_state="failed"))
    assert line.board.methods() == ["calling.connect", "calling.connect"]
    line.gets(event("calling.call.connect", call_id="c1", connect_state="failed"))
    assert line.board.methods()[-1] == "calling.end"
    line.ends()


def test_a_bridge_that_came_up_before_the_reply_is_not_forgotten(started: Started) -> None:
    line = Line(started, held(lambda call: call.connect([[{"type": "sip", "params": {"to": "sip:a@b"}}]])))
    line.board.withheld = {"calling.connect"}
    line.call.gate.set()
    turns()
    line.gets(event("calling.call.connect", call_id="c1", connect_state="connected"))
    line.board.release()
    turns()
    assert line.board.methods() == ["calling.connect"]
    line.gets(event("calling.call.connect", call_id="c1", connect_state="disconnected"))
    assert line.board.methods() == ["calling.connect", "calling.end"]
    line.ends()


def test_a_refused_bridge_is_no_bridge(started: Started) -> None:
    def bridge(call: Diary) -> None:
        with pytest.raises(RelayError):
            call.connect([[{"type": "sip", "params": {"to": "sip:a@b"}}]])

    class Refused(scripted(bridge)):  # type: ignore[misc]
        def on_start(self) -> None:
            self.gate.wait(LIMIT)

    line = Line(started, Refused)
    line.board.answers["calling.connect"] = RelayError(400, "no")
    line.call.gate.set()
    turns()
    assert line.board.methods() == ["calling.connect", "calling.end"]
    line.ends()


def test_a_request_that_times_out_is_a_crash_that_hangs_up(started: Started) -> None:
    line = Line(started, held(lambda call: call.answer()), Timing(request_timeout=0.005, call_linger=LIMIT))
    line.board.withheld = {"calling.answer"}
    line.call.gate.set()
    line.board.wait_for("calling.end")
    turns()
    line.ends()
    line.closes()

"""However a call ends, everything open on it ends, once, and on_ended is the last."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.diary import Diary, held, scripted, waits_for_the_end
from doubles.frames import event, state
from doubles.hub import LIMIT, active_watchers, turns
from doubles.line import Line
from doubles.started import Started

from relay_actors.call.actions import ActionAborted, RecordAction
from relay_actors.call.call import Call
from relay_actors.call.messages import HangupOverdue
from relay_actors.errors import (
    CallEnded,
    CallGone,
    ClientStopped,
    RelayError,
    SessionLost,
)
from relay_actors.timing import Timing

# The end


ENDS: list[Any] = [
    ("ended", lambda line: line.ends("busy"), CallEnded, "busy"),
    ("session lost", lambda line: line.loses_session(SessionLost), SessionLost, "lost"),
    ("client stopped", lambda line: line.loses_session(ClientStopped), ClientStopped, "stopped"),
]


@pytest.mark.parametrize(
    ("how", "end", "error", "reason"), ENDS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_however_a_call_ends_everything_open_ends_with_its_own_error(
    started: Started, how: str, end: Any, error: type[RelayError], reason: str
) -> None:
    completed: list[Any] = []
    line = Line(started, scripted(lambda call: call.play_tts("x", on_completed=completed.append).wait()))
    action = line.call.play_tts("hello", on_completed=completed.append)
    waits = [
        gevent.spawn(action.wait),
        gevent.spawn(line.call.wait_for, "calling.call.play"),
        gevent.spawn(line.call.wait_for, "calling.call.record"),
        gevent.spawn(line.call.wait_for_answered),
    ]
    turns()
    end(line)
    line.core.ref.offer(event("calling.call.record", call_id="c1", control_id="none", state="finished"))
    turns()
    for wait in waits[:2] + waits[3:]:
        with pytest.raises(error):
            wait.get(timeout=LIMIT)
    if how == "ended":  # a late result may still come, and it did
        assert waits[2].get(timeout=LIMIT).state == "finished"
    else:
        with pytest.raises(error):
            waits[2].get(timeout=LIMIT)
    line.closes()
    assert [type(each) for each in completed] == [ActionAborted, ActionAborted]
    assert {each.reason for each in completed} == {error.__name__}
    assert line.call.pages[-1] == f"ended {reason}"
    assert line.call.pages.count(f"ended {reason}") == 1
    assert line.call.state == "ended"
    assert line.call.is_ended


def test_a_call_that_is_gone_ends(started: Started) -> None:
    line = Line(started, held(lambda call: call.play_tts("x").wait()))
    line.board.answers["calling.play"] = RelayError(404, "Call does not exist")
    line.call.gate.set()
    line.closes()
    assert line.call.end_reason == "gone"
    assert line.call.pages[-1] == "ended gone"
    assert "calling.end" not in line.board.methods()


def test_a_verb_on_a_call_that_is_gone_raises_once_and_then_nothing_is_sent(started: Started) -> None:
    def tries(call: Diary) -> None:
        for _ in range(2):
            with pytest.raises(CallGone, match="the call is gone"):
                call.answer()

    line = Line(started, held(tries))
    line.board.answers["calling.answer"] = RelayError(410, "gone")
    line.call.gate.set()
    line.closes()
    assert line.board.methods() == ["calling.answer"]


@pytest.mark.parametrize("inside", [True, False])
def test_a_verb_on_an_ended_call_raises_and_sends_nothing(started: Started, inside: bool) -> None:
    def refused(call: Call) -> None:
        with pytest.raises(CallEnded):
            call.answer()
        assert call.hangup() == {}
        action = call.play_tts("too late")
        assert action.is_done
        with pytest.raises(CallEnded):
            action.wait()
        with pytest.raises(CallEnded):
            call.wait_for("calling.call.play")

    def run(call: Diary) -> None:
        record = call.record()
        call.wait_for_ended()
        if inside:
            refused(call)
        call.pages.append("done")
        record.wait()

    line = Line(started, scripted(run))
    line.ends()
    assert "done" in line.call.pages
    if not inside:
        refused(line.call)
    turns()
    assert line.board.methods() == ["calling.record"]


@pytest.mark.parametrize("closed", [True, False])
def test_an_action_on_an_ended_call_still_calls_back(started: Started, closed: bool) -> None:
    """Protocol 9.5."""
    line = Line(started)
    if not closed:
        line.call.record()
    line.ends()
    assert (not line.core.ref.is_alive()) is closed
    completed: list[Any] = []
    line.call.play_tts("too late", on_completed=completed.append)
    turns()
    assert [each.reason for each in completed] == ["CallEnded"]


@pytest.mark.parametrize("inside", [True, False])
def test_a_control_id_that_is_in_use_is_refused_and_the_first_operation_goes_on(started: Started, inside: bool) -> None:
    silence = [{"type": "silence", "params": {"duration": 1}}]
    kept: list[Any] = []

    def twice(call: Call) -> None:
        kept.append(call.play(silence, control_id="k1"))
        with pytest.raises(ValueError, match="control_id 'k1' is in use by another operation of this call"):
            call.play(silence, control_id="k1")
        if inside:
            kept[0].wait()

    line = Line(started, scripted(twice)) if inside else Line(started)
    if not inside:
        twice(line.call)
    line.gets(event("calling.call.play", call_id="c1", control_id="k1", state="finished"))
    assert kept[0].wait(LIMIT).state == "finished"
    assert len(line.board.params("calling.play")) == 1
    line.ends()
    line.closes()


def test_two_operations_that_race_for_a_control_id_both_end(started: Started) -> None:
    line = Line(started)
    silence = [{"type": "silence", "params": {"duration": 1}}]
    plays = [gevent.spawn(line.call.play, silence, control_id="k1") for _ in range(2)]
    actions = [play.get(timeout=LIMIT) for play in plays]
    line.ends()
    line.closes()
    assert all(action.is_done for action in actions)


def test_a_repeated_end_is_the_end_once(started: Started) -> None:
    line = Line(started, scripted(waits_for_the_end))
    line.gets(*(state("ended", end_reason=reason) for reason in ("busy", "busy", "hangup")), state("answered"))
    line.closes()
    assert line.call.pages == ["offer", "run", "ended busy"]
    assert line.call.end_reason == "busy"


@pytest.mark.parametrize(("wire", "reason"), [("max_duration", "maxDuration"), ("notFound", "notFound"), ("", "")])
def test_the_end_reason_has_the_spelling_of_the_wire(started: Started, wire: str, reason: str) -> None:
    line = Line(started)
    line.ends(wire)
    assert line.call.end_reason == reason


# Late results


def test_a_recording_may_finish_after_the_call_and_on_ended_waits_for_it(started: Started) -> None:
    line = Line(started, scripted(lambda call: call.record(control_id="k1") and call.wait_for_ended()))
    line.ends()
    assert line.core.ref.is_alive()
    assert line.closed == 0
    late = event("calling.call.record", call_id="c1", control_id="k1", state="finished", url="https://x")
    line.gets(late)
    line.closes()
    assert line.call.pages[-2:] == ["record finished", "ended hangup"]


def test_a_recording_that_never_finishes_ends_with_the_call_after_a_while(started: Started) -> None:
    before = active_watchers()
    line = Line(started, scripted(None), Timing(call_linger=0.01))
    recording = line.call.record()
    assert isinstance(recording, RecordAction)
    line.ends()
    with pytest.raises(CallEnded):
        recording.wait(LIMIT)
    line.closes()
    assert line.call.pages[-1] == "ended hangup"
    assert active_watchers() == before


@pytest.mark.parametrize("error", [SessionLost, ClientStopped])
def test_nothing_lingers_for_a_session_that_is_gone(started: Started, error: Any) -> None:
    line = Line(started)
    recording = line.call.record()
    line.ends()
    assert not recording.is_done
    line.loses_session(error)
    line.closes()
    assert recording.is_done


def test_no_hook_comes_after_on_ended(started: Started) -> None:
    class Slow(Diary):
        def run(self) -> None:
            self.wait_for_ended()

        def on_ended(self, event: Any) -> None:
            super().on_ended(event)
            self.gate.wait(LIMIT)

        def on_event(self, event: Any) -> None:
            self.pages.append(event.event_type)

    line = Line(started, Slow)
    line.ends()
    assert line.call.pages[-1] == "ended hangup"
    line.gets(event("calling.call.record", call_id="c1", state="finished"))
    line.call.gate.set()
    line.closes()
    assert line.call.pages[-1] == "ended hangup"


def test_an_actor_whose_code_outlives_the_call_closes_when_the_code_is_done(started: Started) -> None:
    line = Line(started, scripted(lambda call: call.gate.wait(LIMIT)))
    line.ends()
    assert line.closed == 0
    line.call.gate.set()
    line.closes()


def test_a_closed_call_leaves_nothing_behind(started: Started) -> None:
    before = active_watchers()
    for _ in range(5):
        line = Line(started, scripted(lambda call: call.record() and call.wait_for_ended()))
        line.gets(state("answered"))
        line.ends()
        line.gets(event("calling.call.record", call_id="c1", control_id="x", state="finished"))
        line.loses_session(SessionLost)
        line.closes()
        assert not line.core.operations
        assert not line.core.waits
        assert len(line.core.mailbox) == 0
    assert active_watchers() == before


def test_an_end_that_the_server_never_told_says_who_has_hung_up() -> None:
    error = HangupOverdue("busy").error()
    assert (error.reason, error.source) == ("busy", "outbound")

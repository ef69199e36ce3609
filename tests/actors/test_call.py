"""A call actor's own code: run(), hooks, crashes, and who hangs up."""

from __future__ import annotations

from typing import Any

import gevent
import msgspec
import pytest
from doubles.frames import event, offer, state
from doubles.hub import LIMIT, active_watchers, turns, until
from doubles.line import Line
from doubles.started import Started
from gevent.event import Event

from relay_actors.actions import ActionAborted, RecordAction
from relay_actors.call import Call, CallActor
from relay_actors.errors import (
    CallEnded,
    CallGone,
    ClientStopped,
    ConnectionLost,
    NotConnected,
    RelayError,
    RequestTimeout,
    SessionLost,
)
from relay_actors.handler_call import HandlerCall
from relay_actors.timing import Timing


class Diary(CallActor):
    """Writes down what is called; ``script`` is its run()."""

    script: Any = None

    def __init__(self, setup: Any) -> None:
        super().__init__(setup)
        self.pages: list[str] = []
        self.gate = Event()

    def run(self) -> None:
        self.pages.append("run")
        if self.script is not None:
            type(self).script(self)

    def on_offer(self, _: Any) -> None:
        self.pages.append("offer")

    def on_answered(self, _: Any) -> None:
        self.pages.append("answered")

    def on_record(self, event: Any) -> None:
        self.pages.append(f"record {event.state}")

    def on_ended(self, event: Any) -> None:
        self.pages.append(f"ended {event.end_reason}")


def scripted(script: Any, base: type[Diary] = Diary) -> type[Diary]:
    return type("Scripted", (base,), {"script": script})


def waits_for_the_end(call: Diary) -> None:
    call.wait_for_ended()


def held(script: Any = None) -> type[Diary]:
    """A class whose run() begins when the gate opens."""

    def begin(call: Diary) -> None:
        call.gate.wait(LIMIT)
        if script is not None:
            script(call)

    return scripted(begin)


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


# Crashes

CRASHES = [ZeroDivisionError(), gevent.Timeout(1), SystemExit(3), gevent.GreenletExit()]


@pytest.mark.parametrize("error", CRASHES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("where", ["run", "on_start", "on_offer", "listener", "completion"])
def test_a_crash_hangs_up_with_the_reason_error(
    started: Started, error: BaseException, where: str, log_lines: list[str]
) -> None:
    def crash(*_: Any) -> None:
        raise error

    def begin(call: Diary) -> None:
        if where == "listener":
            call.on("calling.call.play", crash)
        elif where == "completion":
            call.play([{"type": "silence", "params": {"duration": 1}}], control_id="k1", on_completed=crash)
        call.wait_for_ended()

    members = {} if where in {"listener", "completion"} else {where: crash}
    line = Line(started, type("Crashing", (scripted(begin),), members))
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
    assert not any("crashed" in text for text in log_lines)


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
    line.call._apply = lambda _: 1 / 0  # type: ignore[method-assign]
    line.gets(state("answered"))
    line.closes()
    turns()
    assert [params["reason"] for params in line.board.params("calling.end")] == ["error"]


def test_a_killed_call_hangs_up_and_ends_its_waits(started: Started) -> None:
    line = Line(started, scripted(waits_for_the_end))
    outside = gevent.spawn(line.call.wait_for_ended)
    turns()
    line.call.ref.kill()
    line.closes()
    turns()
    assert line.board.methods() == ["calling.end"]
    with pytest.raises(ClientStopped):
        outside.get(timeout=LIMIT)


@pytest.mark.parametrize("hook", ["on_stop", "on_failure"])
def test_a_class_that_uses_pykkas_own_hooks_does_not_break_the_end(started: Started, hook: str) -> None:
    line = Line(started, type("Habit", (scripted(waits_for_the_end),), {hook: lambda *_: None}))
    outside = gevent.spawn(line.call.wait_for, "calling.call.play")
    turns()
    if hook == "on_stop":
        line.ends()
    else:
        line.call.ref.kill()
    line.closes()
    with pytest.raises((CallEnded, ClientStopped)):
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
    line.call.ref.offer(event("calling.call.record", call_id="c1", control_id="none", state="finished"))
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
    """Section 9, rule 5."""
    line = Line(started)
    if not closed:
        line.call.record()
    line.ends()
    assert (not line.call.ref.is_alive()) is closed
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
    assert line.call.ref.is_alive()
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
        assert not line.call._actions
        assert not line.call._waits
        assert len(line.call.mailbox) == 0
    assert active_watchers() == before


# Facts


def test_the_facts_of_a_call_are_readable(started: Started) -> None:
    call = Line(started).call
    assert (call.call_id, call.node_id, call.context, call.direction) == ("c1", "n1", "office", "inbound")
    assert (call.from_number, call.to_number, call.state, call.end_reason) == (
        "+15550100001",
        "+15550100002",
        "created",
        "",
    )


@pytest.mark.parametrize(
    "device",
    [b"{}", b"null", b"[]", b"7", b'{"params":[]}', b'{"params":"x"}', b'{"params":null}', b"[" * 999 + b"]" * 999],
)
def test_a_device_of_any_shape_has_facts(started: Started, device: bytes) -> None:
    call = Line(started, device=msgspec.Raw(device)).call
    assert isinstance(call.device, dict)
    assert call.from_number == call.to_number == ""


def test_no_number_of_a_caller_is_shown(started: Started, log_lines: list[str]) -> None:
    line = Line(started, scripted(lambda call: 1 / 0))
    line.gets(offer(), state("answered"))
    line.ends()
    line.closes()
    shown = [repr(line.call), str(line.call), repr(line.call._setup), repr(offer()), *log_lines]
    assert not any("+1555" in text for text in shown)


def test_a_handler_serves_a_call_as_its_run(started: Started) -> None:
    served: list[Call] = []
    line = Line(started, lambda setup: HandlerCall(setup, handler=served.append))  # type: ignore[arg-type]
    assert served == [line.call]
    assert line.board.methods() == ["calling.end"]
    line.ends()
    line.closes()


def test_a_request_that_times_out_is_a_crash_that_hangs_up(started: Started) -> None:
    line = Line(started, held(lambda call: call.answer()), Timing(request_timeout=0.005, call_linger=LIMIT))
    line.board.withheld = {"calling.answer"}
    line.call.gate.set()
    line.board.wait_for("calling.end")
    turns()
    line.ends()
    line.closes()


def test_a_lost_connection_is_raised_in_the_verb_and_the_call_lives_on(started: Started) -> None:
    seen: list[BaseException] = []

    def answers(call: Diary) -> None:
        try:
            call.answer()
        except (ConnectionLost, RequestTimeout) as error:
            seen.append(error)
        call.wait_for_ended()

    line = Line(started, held(answers))
    line.board.withheld = {"calling.answer"}
    line.call.gate.set()
    turns()
    line.board.lose()
    turns()
    assert [type(error) for error in seen] == [ConnectionLost]
    assert not line.call.is_ended
    line.ends()
    line.closes()


def test_calls_use_no_greenlet_while_nothing_happens(started: Started) -> None:
    line = Line(started)
    line.gets(state("answered"))
    until(lambda: line.call._worker is None)

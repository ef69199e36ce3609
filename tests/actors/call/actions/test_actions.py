"""Actions: each kind begins, goes on and ends by the rules of protocol 9."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.frames import event, state
from doubles.hub import LIMIT, turns
from doubles.line import Line
from doubles.started import Started

from relay_actors.call.actions import ActionAborted
from relay_actors.call.call import CallActor
from relay_actors.errors import CallEnded, CallGone, ClientStopped, RelayError, RelayTimeout, SessionLost
from relay_actors.timing import Timing

PDF = "https://example.com/a.pdf"
WSS = "wss://example.com/s"
RTP = {"type": "rtp", "params": {"addr": "203.0.113.7", "port": 4000}}
AUDIO = {"type": "audio", "params": {"direction": "both"}}
DIGIT = {"max": 1}

BEGIN: dict[str, Any] = {
    "play": lambda call, **kw: call.play_tts("hi", **kw),
    "record": lambda call, **kw: call.record(**kw),
    "collect": lambda call, **kw: call.collect(digits=DIGIT, **kw),
    "play_and_collect": lambda call, **kw: call.prompt_tts("?", {"digits": DIGIT}, **kw),
    "detect": lambda call, **kw: call.detect_answering_machine(**kw),
    "send_fax": lambda call, **kw: call.send_fax(PDF, **kw),
    "receive_fax": lambda call, **kw: call.receive_fax(**kw),
    "tap": lambda call, **kw: call.tap(AUDIO, RTP, **kw),
    "stream": lambda call, **kw: call.stream(WSS, **kw),
    "pay": lambda call, **kw: call.pay("https://example.com/pay", **kw),
    "transcribe": lambda call, **kw: call.transcribe(**kw),
    "ai": lambda call, **kw: call.ai(prompt={"text": "hi"}, **kw),
}
"""How each kind of action is begun."""

LAST: dict[str, tuple[str, dict[str, Any]]] = {
    "play": ("calling.call.play", {"state": "finished"}),
    "record": ("calling.call.record", {"state": "finished", "url": "u"}),
    "collect": ("calling.call.collect", {"result": {"type": "digit", "params": {"digits": "1"}}}),
    "play_and_collect": ("calling.call.collect", {"result": {"type": "digit", "params": {"digits": "1"}}}),
    "detect": ("calling.call.detect", {"detect": {"type": "machine", "params": {"event": "finished"}}}),
    "send_fax": ("calling.call.fax", {"fax": {"type": "finished", "params": {"success": True}}}),
    "receive_fax": ("calling.call.fax", {"fax": {"type": "finished", "params": {"success": True}}}),
    "tap": ("calling.call.tap", {"state": "finished"}),
    "stream": ("calling.call.stream", {"state": "finished"}),
    "pay": ("calling.call.pay", {"result": "success"}),
    "transcribe": ("calling.call.transcribe", {"state": "finished", "url": "u"}),
    "ai": ("calling.call.ai", {"state": "finished"}),
}
"""The event that ends each kind."""

KINDS = list(BEGIN)
LATE = ["record", "transcribe", "send_fax", "receive_fax"]
SUB_COMMANDS = [
    (kind, name, args)
    for kind in KINDS
    for name, args in {
        "play": [("stop", ()), ("pause", ()), ("resume", ()), ("volume", (3,))],
        "record": [("stop", ()), ("pause", ()), ("resume", ())],
        "play_and_collect": [("stop", ()), ("volume", (3,)), ("start_input_timers", ())],
        "collect": [("stop", ()), ("start_input_timers", ())],
    }.get(kind, [("stop", ())])
]


@pytest.fixture
def line(started: Started) -> Line[Any]:
    return Line(started)


def of(action: Any, event_type: str, **body: Any) -> Any:
    """An event of an action."""
    return event(event_type, call_id="c1", node_id="n1", control_id=action.control_id, **body)


def last(action: Any, kind: str) -> Any:
    return of(action, LAST[kind][0], **LAST[kind][1])


def detected(action: Any, what: str, **body: Any) -> Any:
    return of(action, "calling.call.detect", detect={"type": "machine", "params": {"event": what, **body}})


def collected(action: Any, kind: str = "digit", digits: str = "", **body: Any) -> Any:
    params = {"digits": digits} if digits else {}
    return of(action, "calling.call.collect", result={"type": kind, "params": params}, **body)


# What all kinds have in common


@pytest.mark.parametrize("kind", KINDS)
def test_an_action_is_done_at_its_last_event_and_gives_it(line: Line[Any], kind: str) -> None:
    action = BEGIN[kind](line.call)
    assert (action.is_done, action.completed, action.result) == (False, False, None)
    end = last(action, kind)
    line.gets(end)
    assert (action.is_done, action.completed, action.result, action.error) == (True, True, end, None)
    assert action.wait(LIMIT) is end


@pytest.mark.parametrize("kind", KINDS)
def test_an_action_sends_the_id_by_which_its_events_are_known(line: Line[Any], kind: str) -> None:
    action = BEGIN[kind](line.call)
    assert line.board.wait_for(action.METHOD)["control_id"] == action.control_id
    mine = BEGIN[kind](line.call, control_id="mine") if kind not in SHORTHANDS else None
    assert mine is None or mine.control_id == "mine"


SHORTHANDS = {"play", "play_and_collect", "detect"}
"""Kinds that are begun here by a verb without control_id."""


@pytest.mark.parametrize("kind", KINDS)
def test_the_event_of_another_action_ends_nothing(line: Line[Any], kind: str) -> None:
    action = BEGIN[kind](line.call)
    name, body = LAST[kind]
    line.gets(event(name, call_id="c1", control_id="another", **body))
    assert not action.is_done


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_end_wins_and_is_told_once(line: Line[Any], kind: str) -> None:
    told: list[Any] = []
    action = BEGIN[kind](line.call, on_completed=told.append)
    first = last(action, kind)
    line.gets(first, last(action, kind))
    assert action.result is first
    assert told == [first]


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_that_overtakes_the_reply_is_not_lost(line: Line[Any], kind: str) -> None:
    method = BEGIN[kind](line.call).METHOD
    line.board.withheld.add(method)
    greenlet = gevent.spawn(BEGIN[kind], line.call)
    control_id = line.board.wait_for(method, 2)["control_id"]
    name, body = LAST[kind]
    line.gets(event(name, call_id="c1", control_id=control_id, **body))
    line.board.release()
    assert greenlet.get(timeout=LIMIT).is_done


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_that_is_refused_raises_and_leaves_nothing_open(line: Line[Any], kind: str) -> None:
    method = BEGIN[kind](line.call).METHOD
    line.board.answers[method] = RelayError(409, "in use", {"why": 1})
    with pytest.raises(RelayError, match="in use") as caught:
        BEGIN[kind](line.call)
    assert (caught.value.code, caught.value.data) == (409, {"why": 1})
    assert not line.call.is_ended


@pytest.mark.parametrize("code", [404, 410])
@pytest.mark.parametrize("kind", KINDS)
def test_a_start_on_a_call_that_is_gone_ends_the_action_as_gone(line: Line[Any], kind: str, code: int) -> None:
    told: list[Any] = []
    method = BEGIN[kind](line.call).METHOD
    line.board.answers[method] = RelayError(code, "Call does not exist")
    action = BEGIN[kind](line.call, on_completed=told.append)
    with pytest.raises(CallGone):
        action.wait(LIMIT)
    turns()
    assert [type(each) for each in told] == [ActionAborted]
    assert told[0].reason == "CallGone"
    assert line.call.is_ended


@pytest.mark.parametrize("kind", KINDS)
def test_an_action_on_a_call_that_is_over_completes_at_once_without_a_request(line: Line[Any], kind: str) -> None:
    line.ends("hangup")
    told: list[Any] = []
    action = BEGIN[kind](line.call, on_completed=told.append)
    assert action.is_done
    assert action.METHOD not in line.board.methods()
    turns()
    assert len(told) == 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {*LATE, "ai"}])
def test_the_end_of_the_call_ends_what_is_open_and_says_why(line: Line[Any], kind: str) -> None:
    told: list[Any] = []
    action = BEGIN[kind](line.call, on_completed=told.append)
    line.ends("busy")
    with pytest.raises(CallEnded) as caught:
        action.wait(LIMIT)
    assert caught.value.reason == "busy"
    assert isinstance(action.error, CallEnded)
    assert [(type(each), each.reason, each.event_type) for each in told] == [
        (ActionAborted, "CallEnded", LAST[kind][0])
    ]


@pytest.mark.parametrize("error", [SessionLost, ClientStopped])
@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_of_the_session_ends_what_is_open_and_says_why(line: Line[Any], kind: str, error: Any) -> None:
    action = BEGIN[kind](line.call)
    line.loses_session(error)
    with pytest.raises(error):
        action.wait(LIMIT)


@pytest.mark.parametrize("kind", LATE)
def test_a_result_that_comes_after_the_end_of_the_call_is_delivered(line: Line[Any], kind: str) -> None:
    told: list[Any] = []
    action = BEGIN[kind](line.call, on_completed=told.append)
    line.ends("hangup")
    assert not action.is_done
    end = last(action, kind)
    line.gets(end)
    assert action.wait(LIMIT) is end
    assert told == [end]
    line.closes()


@pytest.mark.parametrize("kind", LATE)
def test_a_late_result_is_awaited_for_a_while_only(started: Started, kind: str) -> None:
    line: Line[Any] = Line(started, timing=Timing(request_timeout=LIMIT, call_linger=0.01))
    action = BEGIN[kind](line.call)
    line.ends("hangup")
    with pytest.raises(CallEnded):
        action.wait(LIMIT)
    line.closes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_wait_that_times_out_leaves_the_action_as_it_is(line: Line[Any], kind: str) -> None:
    action = BEGIN[kind](line.call)
    with pytest.raises(RelayTimeout, match=action.METHOD):
        action.wait(0.001)
    line.gets(last(action, kind))
    assert action.wait(LIMIT) is action.result


def test_several_greenlets_wait_for_one_action(line: Line[Any]) -> None:
    action = BEGIN["play"](line.call)
    waiting = [gevent.spawn(action.wait, LIMIT) for _ in range(3)]
    turns()
    line.gets(last(action, "play"))
    assert [greenlet.get(timeout=LIMIT) for greenlet in waiting] == [action.result] * 3


def test_a_completion_that_crashes_is_the_calls_alone(line: Line[Any], log_lines: list[str]) -> None:
    action = line.call.play_tts("hi", on_completed=lambda event: 1 / 0)
    line.gets(last(action, "play"))
    assert any("ZeroDivisionError" in text for text in log_lines)
    assert action.is_done


def test_a_completion_runs_in_the_calls_own_greenlet_and_may_use_its_verbs(started: Started) -> None:
    line: Line[Any] = Line(started, CallActor)
    action = line.call.record(on_completed=lambda event: line.call.hangup("busy") if line.call.inside else None)
    line.gets(last(action, "record"))
    assert line.board.wait_for("calling.end")["reason"] == "busy"


# Sub-commands


@pytest.mark.parametrize(("kind", "name", "args"), SUB_COMMANDS)
def test_a_sub_command_is_sent_with_the_actions_id(line: Line[Any], kind: str, name: str, args: Any) -> None:
    action = BEGIN[kind](line.call)
    assert getattr(action, name)(*args) == {"code": "200", "message": "OK"}
    prefix = "calling.collect" if name == "start_input_timers" else action.METHOD
    sent = line.board.wait_for(f"{prefix}.{name}")
    assert sent == {
        "node_id": "n1",
        "call_id": "c1",
        "control_id": action.control_id,
        **({"volume": 3} if name == "volume" else {}),
    }


@pytest.mark.parametrize(("kind", "name", "args"), SUB_COMMANDS)
def test_a_sub_command_that_comes_too_late_is_no_error(line: Line[Any], kind: str, name: str, args: Any) -> None:
    action = BEGIN[kind](line.call)
    prefix = "calling.collect" if name == "start_input_timers" else action.METHOD
    line.board.answers[f"{prefix}.{name}"] = RelayError(404, "no such control_id")
    assert getattr(action, name)(*args) == {}
    assert not line.call.is_ended  # it says nothing about the call
    line.gets(last(action, kind))
    sent = len(line.board.sent)
    assert getattr(action, name)(*args) == {}
    assert len(line.board.sent) == sent


def test_a_sub_command_that_is_refused_raises(line: Line[Any]) -> None:
    action = BEGIN["play"](line.call)
    line.board.answers["calling.play.pause"] = RelayError(400, "not now")
    with pytest.raises(RelayError, match="not now"):
        action.pause()


@pytest.mark.parametrize("kind", ["play", "play_and_collect"])
@pytest.mark.parametrize("volume", [-41, 40.5, "loud"])
def test_a_volume_out_of_range_is_refused_before_anything_is_sent(line: Line[Any], kind: str, volume: Any) -> None:
    action = BEGIN[kind](line.call)
    with pytest.raises(ValueError, match=r"a number from -40 to 40 \(dB\)"):
        action.volume(volume)
    assert f"{action.METHOD}.volume" not in line.board.methods()


def test_the_pause_of_a_recording_says_what_becomes_of_it(line: Line[Any]) -> None:
    action = BEGIN["record"](line.call)
    action.pause()
    action.pause("silence")
    assert [params.get("behavior") for params in line.board.params("calling.record.pause")] == [None, "silence"]
    with pytest.raises(ValueError, match="behavior is 'cut'; accepted is one of skip, silence"):
        action.pause("cut")


# Play and record


def test_a_playback_tells_its_state(line: Line[Any]) -> None:
    action = BEGIN["play"](line.call)
    for now in ("playing", "paused", "playing"):
        line.gets(of(action, "calling.call.play", state=now))
        assert (action.state, action.is_done) == (now, False)
    line.gets(of(action, "calling.call.play", state="error"))
    assert action.wait(LIMIT).state == "error"


def test_the_url_of_a_recording_may_be_known_from_the_start(line: Line[Any]) -> None:
    line.board.answers["calling.record"] = {"code": "200", "url": "early"}
    action = BEGIN["record"](line.call)
    assert action.url == "early"
    line.gets(of(action, "calling.call.record", state="finished", url="final"))
    assert action.url == "final"


def test_a_transcription_and_a_tap_tell_what_the_reply_told(line: Line[Any]) -> None:
    line.board.answers["calling.transcribe"] = {"code": "200", "url": "early"}
    line.board.answers["calling.tap"] = {"code": "200", "source_device": {"type": "rtp"}}
    assert BEGIN["transcribe"](line.call).url == "early"
    assert BEGIN["tap"](line.call).source_device == {"type": "rtp"}


# Collections


@pytest.mark.parametrize("kind", ["collect", "play_and_collect"])
def test_a_collection_does_not_end_at_its_start_nor_at_a_partial_result(line: Line[Any], kind: str) -> None:
    action = BEGIN[kind](line.call)
    line.gets(
        of(action, "calling.call.play", state="playing"),
        of(action, "calling.call.play", state="finished"),
        collected(action, "start_of_input", state="collecting"),
        collected(action, "speech", final=False, state="collecting"),
    )
    assert not action.is_done
    final = collected(action, digits="42", final=True, state="finished")
    line.gets(final)
    assert (action.wait(LIMIT), action.result.digits) == (final, "42")


def test_a_continuous_collection_hands_on_each_result_until_it_is_over(line: Line[Any]) -> None:
    action = line.call.collect(digits=DIGIT, continuous=True)
    results = action.results(LIMIT)
    line.gets(collected(action, digits="1"), collected(action, "speech", final=False), collected(action, digits="2"))
    assert [next(results).digits, next(results).digits] == ["1", "2"]
    assert not action.is_done
    later = gevent.spawn(next, results)
    turns()
    line.gets(collected(action, "no_input"))
    assert later.get(timeout=LIMIT).type == "no_input"
    line.gets(collected(action, "finished", state="finished"))
    assert list(results) == []
    assert action.is_done


def test_a_continuous_collection_that_the_call_ends_says_so(line: Line[Any]) -> None:
    action = line.call.collect(digits=DIGIT, continuous=True)
    line.gets(collected(action, digits="1"))
    line.ends("hangup")
    results = action.results()
    assert next(results).digits == "1"
    with pytest.raises(CallEnded):
        next(results)


def test_waiting_for_the_next_result_is_bounded(line: Line[Any]) -> None:
    action = line.call.collect(digits=DIGIT, continuous=True)
    with pytest.raises(RelayTimeout, match=r"calling\.collect brought no result in time"):
        next(action.results(0.001))
    assert not action.is_done


def test_results_that_nobody_takes_are_bounded(line: Line[Any]) -> None:
    action = line.call.collect(digits=DIGIT, continuous=True)
    for number in range(1_050):
        line.call.on_receive(collected(action, digits=str(number)))
    line.gets(collected(action, "finished"))
    assert next(action.results()).digits == "50"


def test_the_deprecated_alias_of_continuous_works_too_and_yields_to_it(line: Line[Any]) -> None:
    assert line.call.collect(digits=DIGIT, **{"continue": True}).continuous
    assert not line.call.collect(digits=DIGIT, continuous=False, **{"continue": True}).continuous


# Detectors


def test_a_detector_is_done_at_its_first_result_and_goes_on(line: Line[Any]) -> None:
    told: list[Any] = []
    action = line.call.detect_answering_machine(on_completed=told.append)
    first = detected(action, "MACHINE")
    line.gets(first, detected(action, "NOT_READY"))
    assert action.wait(LIMIT) is first
    assert action.stop() == {"code": "200", "message": "OK"}  # it still runs, so it can be stopped
    line.gets(detected(action, "READY"), detected(action, "finished"))
    assert action.wait_for_ready(LIMIT).event == "READY"
    assert [result.event for result in action.results()] == ["MACHINE", "NOT_READY", "READY"]
    assert told == [first]


@pytest.mark.parametrize("body", [{"what": "READY"}, {"what": "MACHINE", "beep": True}])
def test_a_machine_is_ready_when_it_says_so_or_beeps(line: Line[Any], body: dict[str, Any]) -> None:
    action = BEGIN["detect"](line.call)
    waiting = gevent.spawn(action.wait_for_ready, LIMIT)
    line.gets(detected(action, "MACHINE"))
    assert not waiting.ready()
    ready = detected(action, **body)
    line.gets(ready)
    assert waiting.get(timeout=LIMIT) is ready


def test_a_machine_that_is_not_ready_any_more_is_waited_for_again(line: Line[Any]) -> None:
    action = BEGIN["detect"](line.call)
    line.gets(detected(action, "MACHINE"), detected(action, "READY"), detected(action, "NOT_READY"))
    waiting = gevent.spawn(action.wait_for_ready, LIMIT)
    turns()
    assert not waiting.ready()
    again = detected(action, "READY")
    line.gets(again)
    assert waiting.get(timeout=LIMIT) is again


def test_a_detector_that_ends_without_a_ready_machine_says_so(line: Line[Any]) -> None:
    action = BEGIN["detect"](line.call)
    waiting = gevent.spawn(action.wait_for_ready, LIMIT)
    line.gets(detected(action, "HUMAN"), detected(action, "finished"))
    assert waiting.get(timeout=LIMIT).event == "finished"
    assert action.result.event == "HUMAN"


def test_the_end_of_the_call_ends_the_wait_for_a_ready_machine(line: Line[Any]) -> None:
    action = BEGIN["detect"](line.call)
    line.gets(detected(action, "MACHINE"))
    waiting = gevent.spawn(action.wait_for_ready, LIMIT)
    turns()
    line.ends("hangup")
    with pytest.raises(CallEnded):
        waiting.get(timeout=LIMIT)
    assert action.result.event == "MACHINE"
    line.closes()


def test_waiting_for_a_ready_machine_is_bounded(line: Line[Any]) -> None:
    action = BEGIN["detect"](line.call)
    with pytest.raises(RelayTimeout):
        action.wait_for_ready(0.001)


@pytest.mark.parametrize("what", ["CED", "5"])
def test_any_other_detector_is_done_at_its_first_result_too(line: Line[Any], what: str) -> None:
    action = line.call.detect_fax() if what == "CED" else line.call.detect_digit()
    line.gets(detected(action, what))
    assert (action.wait(LIMIT).event, action.state) == (what, what)


# Faxes, payments, agents


def test_the_pages_of_a_fax_are_progress(line: Line[Any]) -> None:
    action = BEGIN["send_fax"](line.call)
    line.gets(of(action, "calling.call.fax", fax={"type": "page", "params": {"number": 1}}))
    assert (action.is_done, action.state) == (False, "page")
    line.gets(last(action, "send_fax"))
    assert action.wait(LIMIT).success


def test_the_fields_of_a_payment_are_progress(line: Line[Any]) -> None:
    action = BEGIN["pay"](line.call)
    line.gets(of(action, "calling.call.pay", **{"for": "security-code"}))
    assert (action.is_done, action.state) == (False, "security-code")
    line.gets(of(action, "calling.call.pay", result="caller-hung-up"))
    assert (action.wait(LIMIT).success, action.state) == (False, "caller-hung-up")


def test_a_payment_sends_numbers_and_flags_as_texts(line: Line[Any]) -> None:
    line.call.pay(
        "https://example.com/pay", timeout=7, max_attempts=2, security_code=True, postal_code=False, charge_amount=25.5
    )
    sent = line.board.wait_for("calling.pay")
    wanted = {
        "timeout": "7",
        "max_attempts": "2",
        "security_code": "true",
        "postal_code": "false",
        "charge_amount": "25.5",
    }
    assert {key: sent[key] for key in wanted} == wanted


@pytest.mark.parametrize(
    "end", [{"event_type": "calling.ai.stop"}, {"event_type": "calling.call.ai", "state": "finished"}]
)
def test_an_agent_ends_by_either_event(line: Line[Any], end: dict[str, Any]) -> None:
    action = BEGIN["ai"](line.call)
    line.gets(event("calling.ai.start", call_id="c1"), event("calling.ai.completion", call_id="c1", text="Hi"))
    assert not action.is_done
    ids = {"call_id": "c1", **({"control_id": action.control_id} if "state" in end else {})}
    stop = event(**end, **ids)
    line.gets(stop)
    assert action.wait(LIMIT) is stop


def test_an_agent_ends_with_its_call(line: Line[Any]) -> None:
    told: list[Any] = []
    action = line.call.ai(prompt={"text": "hi"}, on_completed=told.append)
    ended = state("ended", end_reason="hangup")
    line.gets(ended)
    assert action.wait(LIMIT) is ended
    assert told == [ended]


def test_the_stop_of_an_agent_ends_no_other_action(line: Line[Any]) -> None:
    playing, agent = BEGIN["play"](line.call), BEGIN["ai"](line.call)
    line.gets(event("calling.ai.stop", call_id="c1"))
    assert (agent.is_done, playing.is_done) == (True, False)

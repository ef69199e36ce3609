"""What all kinds of actions have in common: how they begin, end and are waited for (protocol 9)."""

from __future__ import annotations

import copy
from inspect import signature
from typing import Any

import gevent
import pytest
from doubles.frames import event
from doubles.hub import LIMIT, turns
from doubles.line import Line
from doubles.operations import BEGIN, LAST, LATE, SHORT, last
from doubles.started import Started

from relay_actors.call.actions import ActionAborted
from relay_actors.call.call import CallActor
from relay_actors.errors import CallEnded, CallGone, ClientStopped, RelayError, RelayTimeout, SessionLost
from relay_actors.timing import Timing

KINDS = list(BEGIN)
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
SHORTHANDS = {"play", "play_and_collect", "detect"}
"""Kinds that are begun here by a verb without control_id."""


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


@pytest.mark.parametrize("verb", SHORT)
def test_every_verb_hands_on_whom_to_tell(line: Line[Any], verb: str) -> None:
    kind, begin = SHORT[verb]
    told: list[Any] = []
    action = begin(line.call, on_completed=told.append)
    end = last(action, kind)
    line.gets(end)
    assert told == [end]


def test_no_verb_that_tells_of_an_end_is_left_out() -> None:
    verbs = {name for name in dir(CallActor) if not name.startswith("_") and callable(getattr(CallActor, name))}
    telling = {name for name in verbs if "on_completed" in signature(getattr(CallActor, name)).parameters}
    assert telling - set(SHORT) == set(BEGIN) - {"play", "play_and_collect", "detect"} | {
        "play_tts", "prompt_tts", "detect_answering_machine",
    }  # fmt: skip


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
    action = line.call.record(on_completed=lambda event: line.call.hangup("busy") if line.core.inside else None)
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


def test_an_action_shows_its_kind_its_id_and_where_it_stands(line: Line[Any]) -> None:
    action = line.call.record(control_id="k1")
    shown = [repr(action)]
    line.gets(event("calling.call.record", call_id="c1", control_id="k1", state="recording"))
    shown.append(repr(action))
    line.gets(last(action, "record"))
    shown.append(repr(action))
    assert shown == ["<RecordAction k1 started>", "<RecordAction k1 recording>", "<RecordAction k1 done>"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_only_the_event_has_is_asked_of_it_after_a_wait(line: Line[Any], kind: str) -> None:
    action = BEGIN[kind](line.call)
    event_kind = action.EVENT.__name__
    with pytest.raises(AttributeError) as caught:
        _ = action.timestamp
    words = f"has no 'timestamp': call .wait() first, which returns the {event_kind} with it"
    assert str(caught.value) == f"{type(action).__name__} {words}"


def test_what_no_event_has_either_is_missing_as_anywhere(line: Line[Any]) -> None:
    action = BEGIN["play_and_collect"](line.call)
    assert not hasattr(action, "digits")
    assert getattr(action, "digits", "none") == "none"
    with pytest.raises(AttributeError, match="^'CollectAction' object has no attribute 'digit'"):
        _ = action.digit
    with pytest.raises(AttributeError, match="^'CollectAction' object has no attribute '__struct_fields__'"):
        _ = action.__struct_fields__
    assert copy.copy(action).control_id == action.control_id
    unmade = type(action).__new__(type(action))
    with pytest.raises(AttributeError, match="control_id") as caught:
        _ = unmade.control_id
    assert "wait" not in str(caught.value)


def test_a_property_that_fails_fails_with_its_own_error(line: Line[Any]) -> None:
    unmade = type(BEGIN["play"](line.call)).__new__(type(BEGIN["play"](line.call)))
    with pytest.raises(AttributeError, match="_future"):
        _ = unmade.is_done

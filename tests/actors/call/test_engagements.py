"""What a call is engaged in that goes on without code of its user."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.frames import event

from relay_actors.call.engagements import ENGAGING, begun_by, lives_by_itself, told_by, undone_by, with_, without


@pytest.mark.parametrize(
    ("method", "what"),
    [
        ("calling.queue.enter", "a queue"),
        ("calling.join_conference", "a conference"),
        ("calling.join_room", "a room"),
        ("calling.amazon_bedrock", "an AI agent"),
        ("calling.echo", "an echo"),
        ("calling.send_digits", "digits that are sent"),
        ("calling.connect", "a bridge"),
        ("calling.refer", "a transfer"),
        ("calling.bind_digit", "digit bindings (default)"),
        ("calling.play", None),
        ("calling.queue.leave", None),
    ],
)
def test_a_command_begins_an_engagement(method: str, what: str | None) -> None:
    assert begun_by(method, {}) == what
    assert (method in ENGAGING) == (what is not None or method == "calling.queue.leave")


@pytest.mark.parametrize(
    ("before", "event_type", "fields", "after"),
    [
        ("a queue", "calling.call.queue", {"status": "enqueue"}, True),
        ("a queue", "calling.call.queue", {"status": "dequeue"}, True),
        ("a queue", "calling.call.queue", {"status": "leave"}, False),
        ("a conference", "calling.conference", {"status": "participant-join"}, True),
        ("a conference", "calling.conference", {"status": "participant-leave"}, False),
        ("a room", "calling.call.room", {"join_status": "joined"}, True),
        ("a room", "calling.call.room", {"join_status": "leave"}, False),
        ("a room", "calling.call.room", {"join_status": "locked"}, False),
        ("an echo", "calling.call.echo", {"state": "echoing"}, True),
        ("an echo", "calling.call.echo", {"state": "finished"}, False),
        ("an AI agent", "calling.ai.completion", {}, True),
        ("an AI agent", "calling.ai.stop", {}, False),
        ("an AI agent", "calling.call.ai", {"state": "error"}, False),
        ("digits that are sent", "calling.call.send_digits", {"state": "finished"}, False),
        ("a bridge", "calling.call.connect", {"connect_state": "connected"}, True),
        ("a bridge", "calling.call.connect", {"connect_state": "disconnected"}, False),
        ("a bridge", "calling.call.connect", {"connect_state": "failed"}, False),
        ("a transfer", "calling.call.refer", {"state": "inProgress"}, True),
        ("a transfer", "calling.call.refer", {"state": "noAnswer"}, False),
        ("a queue", "calling.call.play", {"state": "finished"}, True),
    ],
)
def test_an_event_ends_its_engagement_and_no_other(
    before: str, event_type: str, fields: dict[str, Any], *, after: bool
) -> None:
    engaged = told_by(event(event_type, call_id="c1", **fields), (before, "something else"))
    assert engaged == ((before, "something else") if after else ("something else",))


@pytest.mark.parametrize(
    ("event_type", "fields", "what"),
    [
        ("calling.call.connect", {"connect_state": "connecting"}, "a bridge"),
        ("calling.call.refer", {"state": "inProgress"}, "a transfer"),
    ],
)
def test_what_others_engage_a_call_in_counts_too(event_type: str, fields: dict[str, Any], what: str) -> None:
    assert told_by(event(event_type, call_id="c1", **fields), ()) == (what,)


@pytest.mark.parametrize(
    ("method", "what"),
    [
        ("calling.queue.leave", "a queue"),
        ("calling.leave_conference", "a conference"),
        ("calling.leave_room", "a room"),
        ("calling.clear_digit_bindings", "digit bindings (default)"),
    ],
)
def test_a_command_undoes_an_engagement(method: str, what: str) -> None:
    assert undone_by(method, {}, (what, "an echo")) == ("an echo",)
    assert undone_by("calling.play", {}, (what,)) == (what,)


def test_bindings_are_cleared_by_their_realm() -> None:
    both = (begun_by("calling.bind_digit", {"realm": "menu"}) or "", begun_by("calling.bind_digit", {}) or "")
    assert both == ("digit bindings (menu)", "digit bindings (default)")
    clear = "calling.clear_digit_bindings"
    assert undone_by(clear, {"realm": "menu"}, both) == both[1:]
    assert undone_by(clear, {}, both) == both[:1]
    assert undone_by(clear, {"realm": "all"}, both) == ()


def test_an_engagement_is_there_once() -> None:
    assert with_(with_((), "a queue"), "a queue") == ("a queue",)
    assert without(("a queue",), "a room") == ("a queue",)


@pytest.mark.parametrize(
    ("engaged", "company"),
    [
        ((), False),
        (("an echo",), False),
        (("digit bindings (menu)",), False),
        (("a bridge",), True),
        (("a queue",), True),
        (("a conference",), True),
        (("a room",), True),
        (("an AI agent",), True),
        (("a transfer",), True),
        (("an echo", "a room"), True),
    ],
)
def test_who_is_with_somebody_is_in_no_silence(engaged: tuple[str, ...], *, company: bool) -> None:
    assert lives_by_itself(engaged) is company

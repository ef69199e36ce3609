"""Verbs of conferences, rooms, digit bindings and events: what is sent under another name, or always."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.line import Line


def test_the_reply_to_a_join_names_the_conference(line: Line[Any]) -> None:
    line.board.answers["calling.join_conference"] = {"code": "200", "conference_id": "f1"}
    assert line.call.join_conference("standup", muted=True)["conference_id"] == "f1"
    sent = line.board.wait_for("calling.join_conference")
    assert (sent["name"], sent["muted"]) == ("standup", True)


def test_a_stream_of_a_conference_is_called_stream_on_the_wire(line: Line[Any]) -> None:
    line.call.join_conference("standup", stream_obj={"url": "wss://example.com/"})
    assert line.board.wait_for("calling.join_conference")["stream"] == {"url": "wss://example.com/"}
    with pytest.raises(ValueError, match=r"^stream_obj\.url is malformed"):
        line.call.join_conference("standup", stream_obj={"url": "http://example.com/"})


def test_the_params_of_a_binding_are_those_of_the_bound_method(line: Line[Any]) -> None:
    line.call.bind_digit("*1", "calling.play", bind_params={"play": []}, max_triggers=1)
    sent = line.board.wait_for("calling.bind_digit")
    assert (sent["digits"], sent["bind_method"], sent["params"], sent["max_triggers"]) == (
        "*1",
        "calling.play",
        {"play": []},
        1,
    )


def test_all_bindings_are_dropped_unless_a_group_is_named(line: Line[Any]) -> None:
    line.call.clear_digit_bindings()
    line.call.clear_digit_bindings(realm="menu")
    assert [sent["realm"] for sent in line.board.params("calling.clear_digit_bindings")] == ["all", "menu"]


def test_an_event_that_is_a_name_becomes_an_object_with_what_is_given_beside_it(line: Line[Any]) -> None:
    line.call.user_event(event="vip", since=2020)
    line.call.user_event(event={"vip": True})
    assert [sent["event"] for sent in line.board.params("calling.user_event")] == [
        {"event": "vip", "since": 2020},
        {"vip": True},
    ]
    with pytest.raises(ValueError, match="event is missing"):
        line.call.user_event()


def test_a_room_is_joined_by_its_name_and_left_without_one(line: Line[Any]) -> None:
    line.call.join_room("lobby")
    line.call.leave_room()
    line.call.leave_conference("f1")
    assert line.board.wait_for("calling.join_room")["name"] == "lobby"
    assert line.board.wait_for("calling.leave_room") == {"node_id": "n1", "call_id": "c1"}
    assert line.board.wait_for("calling.leave_conference")["conference_id"] == "f1"

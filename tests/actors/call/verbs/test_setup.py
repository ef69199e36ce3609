"""Verbs that take, refuse, end, bridge and hand on a call: what the call is after each."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.frames import event
from doubles.hub import LIMIT, turns
from doubles.line import Line

from relay_actors.errors import CallEnded, RelayError

DEVICES = [[{"type": "phone", "params": {"to_number": "+15550100002"}}]]


def test_the_reply_to_an_answer_is_not_the_answer(line: Line[Any]) -> None:
    assert line.call.answer(codecs=["PCMU"]) == {"code": "200", "message": "OK"}
    assert line.call.state == "created"


def test_a_call_that_is_over_can_be_hung_up_and_nothing_is_sent(line: Line[Any]) -> None:
    line.ends("busy")
    assert line.call.hangup() == {}
    assert line.board.sent == []


@pytest.mark.parametrize(
    ("hand_on", "reason"),
    [(lambda call: call.pass_(), "passed"), (lambda call: call.transfer("context:sales"), "transferred")],
)
def test_a_call_that_was_handed_on_is_over_for_this_client(line: Line[Any], hand_on: Any, reason: str) -> None:
    waiting = gevent.spawn(line.call.wait_for_answered, LIMIT)
    turns()
    hand_on(line.call)
    with pytest.raises(CallEnded) as caught:
        waiting.get(timeout=LIMIT)
    assert (caught.value.reason, line.call.end_reason) == (reason, reason)


@pytest.mark.parametrize("method", ["calling.pass", "calling.transfer"])
def test_a_call_whose_handing_on_was_refused_lives_on(line: Line[Any], method: str) -> None:
    line.board.answers[method] = RelayError(400, "not now")
    with pytest.raises(RelayError, match="not now"):
        line.call.pass_() if method == "calling.pass" else line.call.transfer("context:sales")
    turns()
    assert not line.call.is_ended


def test_the_target_of_a_refer_may_be_called_uri(line: Line[Any]) -> None:
    line.call.refer({"type": "sip", "params": {"uri": "sip:bob@example.com", "from": "sip:a@example.com"}})
    assert line.board.wait_for("calling.refer")["device"] == {
        "type": "sip",
        "params": {"to": "sip:bob@example.com", "from": "sip:a@example.com"},
    }


def test_the_device_that_was_handed_in_is_left_as_it_was(line: Line[Any]) -> None:
    device = {"type": "sip", "params": {"uri": "sip:bob@example.com"}}
    line.call.refer(device)
    assert device == {"type": "sip", "params": {"uri": "sip:bob@example.com"}}


@pytest.mark.parametrize("device", [None, "sip:bob@example.com", {"type": "sip"}, {"type": "sip", "params": "bob"}])
def test_a_refer_without_a_target_is_refused_before_anything_is_sent(line: Line[Any], device: Any) -> None:
    with pytest.raises(ValueError, match="device"):
        line.call.refer(device)
    assert line.board.sent == []


def test_a_bridge_is_asked_for_with_all_that_was_given(line: Line[Any]) -> None:
    line.call.connect(DEVICES, ringback=[{"type": "ringtone", "params": {"name": "us"}}], tag="T", timeout=20)
    sent = line.board.wait_for("calling.connect")
    assert (sent["devices"], sent["tag"], sent["timeout"]) == (DEVICES, "T", 20)
    line.gets(event("calling.call.connect", call_id="c1", connect_state="connected", peer={"call_id": "p"}))
    line.call.disconnect(reason="done")
    assert line.board.wait_for("calling.disconnect")["reason"] == "done"

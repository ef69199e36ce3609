"""Events that an arm sends: behind the reply, in order, and filled in from the request."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.raw_client import DialIn, PlaceCall, RawClient, login_params, resume

from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.sandbox.faults.armed_events import armed_events, filled

CALL = {"node_id": "{node_id}", "call_id": "{call_id}"}
PLAYING = {"event_type": "calling.call.play", "params": {**CALL, "control_id": "{control_id}", "state": "playing"}}
FINISHED = {"event_type": "calling.call.play", "params": {**CALL, "control_id": "{control_id}", "state": "finished"}}
NOTE = {"event_type": "calling.user_event", "params": CALL}
PLAY = [{"type": "silence", "params": {"duration": 1}}]
OK = {"code": "200", "message": "Playing"}


def test_a_text_is_filled_in_with_fields_of_the_request_and_what_it_has_not_stays() -> None:
    request = {"call_id": "c1", "volume": 4, "play": [{"type": "silence"}]}
    template = {
        "call_id": "{call_id}",
        "{call_id}": ["about {call_id} at {volume}", {"deep": "{play}"}],
        "untouched": ["{tag}", "{", "{}", "{call_id", "in {play} not", 7, None],
    }
    assert filled(template, request) == {
        "call_id": "c1",
        "{call_id}": ["about c1 at 4", {"deep": [{"type": "silence"}]}],
        "untouched": ["{tag}", "{", "{}", "{call_id", "in {play} not", 7, None],
    }


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"event_type": "x"}, "Expected `array`"),
        (["x"], "Expected `object`"),
        ([{"params": {}}], "missing required field `event_type`"),
        ([{"event_type": "x", "parms": {}}], "unknown field `parms`"),
        ([{"event_type": "x", "delay": -1}], "`float` >= 0"),
        ([{"event_type": "x", "delay": "1"}], "Expected `float`"),
    ],
)
def test_what_describes_no_event_is_refused_with_what_is_accepted(given: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        armed_events(given)
    accepted = "events must be a list of objects with event_type, params, context, delay: "
    assert str(refused.value).startswith(accepted)


def test_a_request_is_answered_with_a_reply_and_events_about_it(
    client: RawClient, call: PlaceCall, sandbox: Sandbox
) -> None:
    _, address = call(Caller())
    sandbox.arm("calling.play", reply=OK, events=[PLAYING, {**FINISHED, "delay": 0.02}], times=2)
    for control_id in ("p1", "p2"):
        assert client.result("calling.play", {**address, "control_id": control_id, "play": PLAY}) == OK
        finished = client.event("calling.call.play", control_id=control_id, state="finished")
        assert finished == {**address, "control_id": control_id, "state": "finished"}
    assert client.kinds()[-6:] == ["reply", "call.play:playing", "call.play:finished"] * 2
    assert client.code(address, "calling.play", control_id="p3", play="nothing") == "400"


@pytest.mark.parametrize("kind", ["reply", "error"])
def test_a_reply_is_filled_in_as_events_are(client: RawClient, call: PlaceCall, sandbox: Sandbox, kind: str) -> None:
    _, address = call(Caller())
    told = {"code": -32000, "message": "{control_id} of {call_id}", "data": "{volume}"}
    sandbox.arm("calling.play", **{kind: told})
    frame = client.request("calling.play", {**address, "control_id": "p1", "volume": 4})
    body = frame["result" if kind == "reply" else "error"]
    assert body == {"code": -32000, "message": f"p1 of {address['call_id']}", "data": 4}


def test_events_keep_their_order_whatever_their_delays(client: RawClient, call: PlaceCall, sandbox: Sandbox) -> None:
    _, address = call(Caller())
    delays = [0, 0.01, 0, 0, 0.01, 0]
    events = [{**NOTE, "params": {**CALL, "n": n}, "delay": delay} for n, delay in enumerate(delays)]
    sandbox.arm("calling.denoise", reply=OK, events=events)
    client.result("calling.denoise", address)
    client.event("calling.user_event", n=5)
    assert client.states("calling.user_event", "n") == [0, 1, 2, 3, 4, 5]


def test_a_request_that_is_performed_sends_its_own_events_first(
    client: RawClient, call: PlaceCall, sandbox: Sandbox
) -> None:
    _, address = call(Caller())
    sandbox.arm("calling.denoise", events=[NOTE])
    client.result("calling.denoise", address)
    client.event("calling.user_event")
    assert client.kinds()[-3:] == ["reply", "call.denoise:", "user_event:"]


@pytest.mark.parametrize(
    ("effects", "order"),
    [
        ({"reply": OK, "events_first": True}, ["user_event:", "reply"]),
        ({"withhold": True, "withhold_events": True}, ["user_event:"]),
        ({"error": {"code": -32603, "message": "broken"}}, ["reply", "user_event:"]),
        ({"reply": OK, "delay": 0.01}, ["reply", "user_event:"]),
    ],
)
def test_other_effects_apply_to_the_events_of_an_arm(
    client: RawClient, call: PlaceCall, sandbox: Sandbox, effects: dict[str, Any], order: list[str]
) -> None:
    _, address = call(Caller())
    sandbox.arm("calling.hold", events=[NOTE], **effects)
    before = len(client.received)
    request = client.begin("calling.hold", address)
    client.event("calling.user_event")
    if "reply" in order:
        client.reply(request)
    assert client.kinds()[before:] == order


def test_events_of_a_request_whose_socket_dies_come_with_the_resume(
    client: RawClient, call: PlaceCall, sandbox: Sandbox, dial_in: DialIn
) -> None:
    _, address = call(Caller())
    credentials = resume(client)
    events = [{**NOTE, "params": {**CALL, "n": n}, "delay": n * 0.01} for n in (0, 1)]
    sandbox.arm("calling.hold", cut="during", events=events)
    client.begin("calling.hold", address)
    client.wait_closed()
    again = dial_in(sandbox)
    again.login(sandbox, "office", **credentials)
    again.event("calling.user_event", n=1)
    assert again.states("calling.user_event", "n") == [0, 1]


def test_an_event_of_a_dial_and_one_of_a_message_have_the_envelope_of_their_kind(
    client: RawClient, sandbox: Sandbox
) -> None:
    failed = {"node_id": "{node_id}", "tag": "{tag}", "dial_state": "failed"}
    state = {"message_id": "m", "message_state": "sent", "to": "{to_number}"}
    sandbox.arm("calling.dial", reply=OK, events=[{"event_type": "calling.call.dial", "params": failed}])
    sandbox.arm("messaging.send", reply=OK, events=[{"event_type": "messaging.state", "params": state, "context": "c"}])
    client.judges = False  # they are what a test wants to send, not what the protocol has
    client.result("calling.dial", {"tag": "T"})
    client.result("messaging.send", {"to_number": "+15550100002"})
    node_id = sandbox.exchange.ground.node_id
    assert client.event("calling.call.dial") == {"node_id": node_id, "tag": "T", "dial_state": "failed"}
    assert client.event("messaging.state")["to"] == "+15550100002"
    first, second = [message["params"] for message in client.received if "params" in message][-2:]
    assert (first["event_channel"], "context" in first) == ("calling", False)
    assert (second["context"], "event_channel" in second) == ("c", False)


def test_a_login_sends_events_unless_it_is_not_performed(sandbox: Sandbox, dial_in: DialIn) -> None:
    event = {"event_type": "calling.user_event", "params": {"agent": "{agent}"}}
    sandbox.arm("signalwire.connect", events=[event])
    client = dial_in(sandbox)
    client.judges = False
    client.result("signalwire.connect", login_params(sandbox))
    assert client.event("calling.user_event") == {"agent": "raw"}
    with pytest.raises(ValueError, match="events need a session"):
        sandbox.arm("signalwire.connect", reply={}, events=[event])

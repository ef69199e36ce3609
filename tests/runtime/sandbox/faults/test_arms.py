"""Arms: what happens to one request, or to one event."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.raw_client import DialIn, PlaceCall, RawClient, login_params, resume

from relay_runtime.sandbox import Caller, Sandbox

PLAY = [{"type": "silence", "params": {"duration": 1}}]


def test_a_reply_can_be_replaced_and_the_request_is_then_not_performed(
    client: RawClient, call: PlaceCall, sandbox: Sandbox
) -> None:
    _, address = call(Caller())
    sandbox.arm("calling.end", reply={"code": 503, "message": "busy"}, times=2)
    assert client.result("calling.end", address) == {"code": 503, "message": "busy"}
    assert client.result("calling.end", address)["code"] == 503
    assert client.result("calling.end", address)["code"] == "200"


def test_a_request_can_be_performed_and_answered_with_an_integer_code(
    client: RawClient, call: PlaceCall, sandbox: Sandbox
) -> None:
    _, address = call(Caller())
    sandbox.arm("calling.end", reply={"code": 200, "message": "ok"}, perform=True)
    assert client.result("calling.end", address)["code"] == 200
    client.event("calling.call.state", call_state="ended")


def test_fields_of_a_true_reply_can_be_changed(client: RawClient, call: PlaceCall, sandbox: Sandbox) -> None:
    _, address = call(Caller())
    play = {**address, "control_id": "a", "play": PLAY}
    sandbox.arm("calling.play", patch={"code": 200, "extra": [1]}, times=2)
    changed = client.result("calling.play", play)
    assert changed == {**changed, "code": 200, "extra": [1], "message": "Playing"}
    client.event("calling.call.play", control_id="a", state="playing")
    refused = client.result("calling.play", {**play, "play": "nothing"})
    assert refused["code"] == 200  # a refusal in a result has fields like any other
    sandbox.arm("calling.surprise", patch={"code": 200})
    assert client.request("calling.surprise")["error"]["code"] == -32601


def test_a_reply_can_be_cut_in_its_middle(client: RawClient, call: PlaceCall, sandbox: Sandbox) -> None:
    _, address = call(Caller())
    sandbox.arm("calling.play", truncate=True)
    lost = client.begin("calling.play", {**address, "control_id": "a", "play": PLAY})
    client.wait_closed()
    assert lost not in client.replies


def test_an_error_can_be_sent_for_one_session_after_some_requests(
    client: RawClient, sandbox: Sandbox, dial_in: DialIn
) -> None:
    other = dial_in(sandbox)
    other.login(sandbox)
    error = {"code": -32005, "message": "Capacity exceeded"}
    sandbox.arm("signalwire.ping", error=error, skip=1, sessionid=client.session["sessionid"])
    assert "result" in client.request("signalwire.ping")
    assert "result" in other.request("signalwire.ping")
    assert client.request("signalwire.ping")["error"] == error


def test_a_reply_can_be_withheld_delayed_doubled_or_overtaken(
    client: RawClient, call: PlaceCall, sandbox: Sandbox
) -> None:
    _, address = call(Caller())
    play = {**address, "play": PLAY}
    sandbox.arm("calling.play", withhold=True)
    lost = client.begin("calling.play", {**play, "control_id": "a"})
    client.event("calling.call.play", control_id="a", state="finished")
    assert lost not in client.replies
    sandbox.arm("calling.play", delay=0.05)
    late = client.begin("calling.play", {**play, "control_id": "b"})
    client.result("signalwire.ping")
    assert late not in client.replies
    client.reply(late)
    sandbox.arm("calling.play", events_first=True, duplicate=True)
    twice = client.begin("calling.play", {**play, "control_id": "c"})
    client.event("calling.call.play", control_id="c", state="finished")
    order = [
        "reply" if message.get("id") == twice else message["params"]["params"].get("state")
        for message in client.received
        if message.get("id") == twice or (message.get("params", {}).get("params", {}).get("control_id") == "c")
    ]
    assert order == ["playing", "reply", "reply", "finished"]


@pytest.mark.parametrize(
    ("moment", "performed", "replied"), [("before", 0, False), ("during", 1, False), ("after", 1, True)]
)
@pytest.mark.parametrize("reset", [False, True])
def test_the_socket_is_cut_at_a_moment_of_a_request(
    client: RawClient, sandbox: Sandbox, dial_in: DialIn, moment: str, performed: int, replied: bool, reset: bool
) -> None:
    sandbox.place(Caller().dials("office").waits_for_hangup())
    address = client.offer()
    credentials = resume(client)
    sandbox.arm("calling.answer", cut=moment, reset=reset)
    request = client.begin("calling.answer", address)
    client.wait_closed()
    assert sandbox.counters.answered == performed
    assert reset or (request in client.replies) is replied
    again = dial_in(sandbox)
    assert again.login(sandbox, "office", **credentials)["session_restored"] is True
    if performed:
        client.wait(lambda: client.events("calling.call.state") + again.events("calling.call.state"))


def test_the_connect_itself_can_be_cut(sandbox: Sandbox, dial_in: DialIn) -> None:
    for moment in ("before", "during", "after"):
        sandbox.arm("signalwire.connect", cut=moment)
        client = dial_in(sandbox)
        client.begin("signalwire.connect", login_params(sandbox))
        client.wait_closed()
    assert dial_in(sandbox).login(sandbox)["protocol"]


def test_a_ping_of_the_client_can_stay_unanswered(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.arm("signalwire.ping", withhold=True)
    lost = client.begin("signalwire.ping", {})
    client.result("signalwire.ping")
    assert lost not in client.replies


@pytest.mark.parametrize(
    ("effects", "words"),
    [
        ({}, "needs an effect"),
        ({"reply": {}, "error": {}}, "not both"),
        ({"cut": "soon"}, "cut of an arm: Invalid enum value 'soon'"),
        ({"patch": "text"}, "patch of an arm: Expected `object"),
        ({"withhold": True, "times": "2"}, "times of an arm: Expected `int`"),
        ({"withhold": True, "delay": True}, "delay of an arm"),
        ({"withhold": True, "times": 0}, "at least 1"),
    ],
)
def test_an_arm_that_makes_no_sense_is_refused(sandbox: Sandbox, effects: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        sandbox.arm("calling.play", **effects)


def frames_of(client: RawClient, event_type: str) -> list[Any]:
    return [m for m in client.received if isinstance(m, dict) and m.get("params", {}).get("event_type") == event_type]


@pytest.mark.parametrize(("effect", "ids"), [("duplicate", 1), ("again", 2)])
def test_an_offer_can_come_twice(client: RawClient, sandbox: Sandbox, effect: str, ids: int) -> None:
    sandbox.arm_event("calling.call.receive", **{effect: True})
    sandbox.place(Caller().dials("office"))
    offers = client.wait(
        lambda: len(frames_of(client, "calling.call.receive")) == 2 and frames_of(client, "calling.call.receive")
    )
    assert len({offer["params"]["params"]["call_id"] for offer in offers}) == 1
    assert len({offer["id"] for offer in offers}) == ids


def test_a_dial_can_be_answered_without_state_events(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.arm_event("calling.call.state", withhold=True, times=3, match={"tag": "T"})
    device = {"type": "phone", "params": {"to_number": "+15550100002"}}
    client.result("calling.dial", {"tag": "T", "devices": [[device]]})
    client.event("calling.call.dial", dial_state="answered")
    client.result("signalwire.ping")
    assert client.events("calling.call.state") == []
    assert sandbox.session().unacked == 0


def test_an_event_can_be_overtaken_by_later_ones(client: RawClient, call: PlaceCall, sandbox: Sandbox) -> None:
    _, address = call(Caller())
    sandbox.arm_event("calling.call.play", delay=2.0, match={"state": "playing"})
    client.result("calling.play", {**address, "control_id": "p", "play": PLAY})
    client.event("calling.call.play", state="playing")
    assert [body["state"] for body in client.events("calling.call.play")] == ["finished", "playing"]


@pytest.mark.parametrize(
    "effect", [{"cut": "before"}, {"cut": "after"}, {"truncate": True}, {"cut": "after", "reset": True}]
)
def test_the_socket_is_cut_at_an_event_and_a_resume_brings_it(
    client: RawClient, call: PlaceCall, sandbox: Sandbox, dial_in: DialIn, effect: dict[str, Any]
) -> None:
    _, address = call(Caller())
    credentials = resume(client)
    client.acks = False
    sandbox.arm_event("calling.call.play", match={"state": "finished"}, **effect)
    client.begin("calling.play", {**address, "control_id": "p", "play": PLAY})  # its reply may be lost too
    client.wait_closed()
    again = dial_in(sandbox)
    assert again.login(sandbox, "office", **credentials)["session_restored"] is True
    again.event("calling.call.play", state="finished")


def test_an_event_arm_without_an_effect_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="again, cut, delay"):
        sandbox.arm_event("calling.call.play")

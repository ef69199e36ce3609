"""Messages in both directions (protocol 11)."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.raw_client import DialIn, PlaceCall, RawClient

from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.sandbox.calls.messages import Ending

TO, FROM = "+15550100003", "+15550100099"


def send(client: RawClient, **params: Any) -> Any:
    return client.result("messaging.send", {"to_number": TO, "from_number": FROM, "context": "office", **params})


def states(client: RawClient, message_id: str) -> list[str]:
    return [body["message_state"] for body in client.events("messaging.state", message_id=message_id)]


def test_a_message_comes_in(client: RawClient, sandbox: Sandbox) -> None:
    message_id = sandbox.sends_message(from_number=TO, to_number=FROM, body="hello", context="office")
    body = client.event("messaging.receive")
    assert (body["message_id"], body["body"], body["message_state"]) == (message_id, "hello", "received")
    envelope = next(
        m["params"] for m in client.received if m.get("params", {}).get("event_type") == "messaging.receive"
    )
    assert envelope["context"] == "office"
    assert "event_channel" not in envelope


def test_a_message_nobody_listens_for_is_counted(client: RawClient, sandbox: Sandbox) -> None:
    assert sandbox.sends_message(from_number=TO, to_number=FROM, body="x", context="elsewhere") is None
    assert sandbox.counters.messages_unrouted == 1


def test_a_message_goes_through_its_states(client: RawClient, sandbox: Sandbox) -> None:
    result = send(client, body="hi", tag="order-7")
    assert (result["code"], result["message"]) == ("200", "Message accepted")
    delivered = client.event("messaging.state", message_state="delivered")
    assert states(client, result["message_id"]) == ["queued", "initiated", "sent", "delivered"]
    assert delivered["tag"] == "order-7"
    assert sandbox.messages()[0].state == "delivered"


@pytest.mark.parametrize("ending", ["undelivered", "failed"])
def test_a_message_can_fail_with_a_reason(client: RawClient, sandbox: Sandbox, ending: Ending) -> None:
    sandbox.on_text(TO, ending, "spam")
    send(client, body="hi")
    assert client.event("messaging.state", message_state=ending)["reason"] == "spam"


def test_a_message_can_stay_without_an_end(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.on_text("*", "never")
    send(client, body="hi")
    client.event("messaging.state", message_state="sent")
    assert sandbox.messages()[0].states == ["queued", "initiated", "sent"]
    assert sandbox.counters.messages_finished == 0


def test_states_go_to_the_session_that_listens_to_the_context(
    client: RawClient, sandbox: Sandbox, dial_in: DialIn
) -> None:
    sender = dial_in(sandbox)
    sender.login(sandbox)
    message_id = send(sender, body="hi")["message_id"]
    client.event("messaging.state", message_id=message_id, message_state="delivered")
    assert states(sender, message_id) == []
    own = send(sender, body="hi", context=sender.session["protocol"])["message_id"]
    sender.event("messaging.state", message_id=own, message_state="delivered")
    sender.result("messaging.send", {"to_number": TO, "from_number": FROM, "body": "x"})
    sender.wait(lambda: sandbox.counters.message_states_unrouted == 4)


def test_a_caller_can_text_in_the_middle_of_a_call(client: RawClient, call: PlaceCall) -> None:
    run, _ = call(Caller("+15550100008").texts("my address", to_number=FROM, context="office").hangs_up())
    assert client.event("messaging.receive")["from_number"] == "+15550100008"
    assert run.wait().ok


def test_a_task_is_pushed_flat(client: RawClient, sandbox: Sandbox) -> None:
    assert sandbox.sends_task({"job": 1}, "office") is True
    assert sandbox.sends_task({"job": 1}, "elsewhere") is False
    assert client.event("queuing.relay.tasks")["message"] == {"job": 1}


def test_who_watches_is_told_of_each_state_of_what_clients_send(client: RawClient, sandbox: Sandbox) -> None:
    told: list[tuple[str, str]] = []
    end = sandbox.watch_messages(lambda message: told.append((message.body, message.state)))
    sandbox.sends_message(from_number=TO, to_number=FROM, body="not the client's", context="office")
    send(client, body="hi")
    client.event("messaging.state", message_state="delivered")
    assert told == [("hi", "queued"), ("hi", "initiated"), ("hi", "sent"), ("hi", "delivered")]
    end()
    send(client, body="more")
    assert len(told) == 4

"""Messages in both directions (protocol 11)."""

import pytest

from relay_runtime.sandbox import Caller

TO, FROM = "+15550100003", "+15550100099"


def send(client, **params):
    return client.result("messaging.send", {"to_number": TO, "from_number": FROM, "context": "office", **params})


def states(client, message_id):
    return [body["message_state"] for body in client.events("messaging.state", message_id=message_id)]


def test_a_message_comes_in(client, sandbox):
    message_id = sandbox.sends_message(from_number=TO, to_number=FROM, body="hello", context="office")
    body = client.event("messaging.receive")
    assert (body["message_id"], body["body"], body["message_state"]) == (message_id, "hello", "received")
    envelope = next(
        m["params"] for m in client.received if m.get("params", {}).get("event_type") == "messaging.receive"
    )
    assert envelope["context"] == "office"
    assert "event_channel" not in envelope


def test_a_message_nobody_listens_for_is_counted(client, sandbox):
    assert sandbox.sends_message(from_number=TO, to_number=FROM, body="x", context="elsewhere") is None
    assert sandbox.counters.messages_unrouted == 1


def test_a_message_goes_through_its_states(client, sandbox):
    result = send(client, body="hi", tag="order-7")
    assert (result["code"], result["message"]) == ("200", "Message accepted")
    delivered = client.event("messaging.state", message_state="delivered")
    assert states(client, result["message_id"]) == ["queued", "initiated", "sent", "delivered"]
    assert delivered["tag"] == "order-7"
    assert sandbox.messages()[0].state == "delivered"


@pytest.mark.parametrize("ending", ["undelivered", "failed"])
def test_a_message_can_fail_with_a_reason(client, sandbox, ending):
    sandbox.on_text(TO, ending, "spam")
    send(client, body="hi")
    assert client.event("messaging.state", message_state=ending)["reason"] == "spam"


def test_a_message_can_stay_without_an_end(client, sandbox):
    sandbox.on_text("*", "never")
    send(client, body="hi")
    client.event("messaging.state", message_state="sent")
    assert sandbox.messages()[0].states == ["queued", "initiated", "sent"]
    assert sandbox.counters.messages_finished == 0


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"body": ""}, "body"),
        ({"body": "x", "to_number": "555"}, "to_number"),
        ({"body": "x", "from_number": None}, "from_number"),
        ({"media": ["https://example.com/a.png"] * 9}, "media"),
        ({"media": ["file:///etc/passwd"]}, "media"),
    ],
)
def test_a_bad_message_is_400_and_names_the_field(client, params, field):
    result = send(client, **params)
    assert result["code"] == "400"
    assert field in result["data"]


def test_states_go_to_the_session_that_listens_to_the_context(client, sandbox, dial_in):
    sender = dial_in(sandbox)
    sender.login(sandbox)
    message_id = send(sender, body="hi")["message_id"]
    client.event("messaging.state", message_id=message_id, message_state="delivered")
    assert states(sender, message_id) == []
    own = send(sender, body="hi", context=sender.session["protocol"])["message_id"]
    sender.event("messaging.state", message_id=own, message_state="delivered")
    sender.result("messaging.send", {"to_number": TO, "from_number": FROM, "body": "x"})
    sender.wait(lambda: sandbox.counters.message_states_unrouted == 4)


def test_a_caller_can_text_in_the_middle_of_a_call(client, call):
    run, _ = call(Caller("+15550100008").texts("my address", to_number=FROM, context="office").hangs_up())
    assert client.event("messaging.receive")["from_number"] == "+15550100008"
    assert run.wait().ok

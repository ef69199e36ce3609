"""Sending text messages."""

from __future__ import annotations

import gevent
import pytest
from doubles.client import LIMIT, OFFICE, THEM, client_of
from doubles.odd_values import Loud, Word

from relay_runtime import RelayError
from relay_runtime.sandbox import Sandbox


def test_a_message_goes_out_and_is_delivered(sandbox: Sandbox) -> None:
    completed: list[str] = []
    with client_of(sandbox) as client:
        message = client.send_message(
            to_number="+15550100001",
            from_number=OFFICE,
            body="hello",
            on_completed=lambda event: completed.append(event.message_state),
        )
        assert message.wait(timeout=LIMIT).message_state == "delivered"
        assert (message.state, message.is_done, message.context) == ("delivered", True, "office")
        with gevent.Timeout(LIMIT):
            while not completed:
                gevent.sleep(0.001)
    assert completed == ["delivered"]


def test_a_message_without_body_and_media_is_refused(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client, pytest.raises(ValueError, match="body"):
        client.send_message(to_number="+15550100001", from_number=OFFICE)


@pytest.mark.parametrize(
    ("contexts", "given", "context"),
    [(["sales", "office"], None, "sales"), ([], None, "default"), (["sales"], "support", "support")],
)
def test_a_message_belongs_to_the_context_given_or_to_the_clients_first(
    sandbox: Sandbox, contexts: list[str], given: str | None, context: str
) -> None:
    with client_of(sandbox, contexts=contexts) as client:
        message = client.send_message(to_number=THEM, from_number=OFFICE, body="hello", context=given, tags=["a"])
    assert (message.context, message.direction, message.body, message.media) == (context, "outbound", "hello", [])
    assert message.tags == ["a"]


@pytest.mark.parametrize("sender", ["12345", "MyShop"])
def test_a_short_code_gets_a_message_and_a_short_code_or_a_name_sends_one(sandbox: Sandbox, sender: str) -> None:
    with client_of(sandbox) as client:
        message = client.send_message(to_number="72345", from_number=sender, body="hello")
        assert message.wait(timeout=LIMIT).message_state == "delivered"
    (sent,) = sandbox.messages()
    assert (sent.to_number, sent.from_number) == ("72345", sender)


def test_a_number_that_is_refused_is_sent_all_the_same_as_the_refusal_says(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        params = {"to_number": "988", "from_number": OFFICE, "body": "hello"}
        with pytest.raises(ValueError, match=r'client\.execute\("messaging\.send", \{…\}\) sends any other as it is'):
            client.send_message(**params)
        sandbox.arm("messaging.send", reply={"code": "200", "message_id": "m1"})
        assert client.execute("messaging.send", params)["message_id"] == "m1"


def test_what_texts_of_subclasses_hold_is_sent_and_kept(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        message = client.send_message(to_number=Loud(THEM), from_number=OFFICE, body=Loud("hello"), tags=[Word.HELLO])
    (sent,) = sandbox.messages()
    assert (sent.to_number, sent.body, sent.tags) == (THEM, "hello", ("hello",))
    assert (message.body, message.tags, type(message.body), type(message.to_number)) == ("hello", ["hello"], str, str)


def test_a_message_that_the_server_refuses_is_an_error_with_its_reasons(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        sandbox.arm("messaging.send", reply={"code": "422", "message": "bad", "data": {"body": "too long"}})
        with pytest.raises(RelayError, match="bad") as error:
            client.send_message(to_number=THEM, from_number=OFFICE, media=["https://example.com/a.png"])
    assert error.value.code == 422

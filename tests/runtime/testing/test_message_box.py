"""The text messages of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest

from relay_runtime import Message, RelayClient
from relay_runtime.testing import MessageFailure, RelayKit
from relay_runtime.testing.message_box import MessageBox


@pytest.fixture
def kit() -> Iterator[RelayKit]:
    with RelayKit() as kit:
        yield kit


def answers(client: RelayClient, *bodies: str, after: float = 0.0) -> None:
    """Have a client answer each message with these."""

    def answer(message: Message) -> None:
        gevent.sleep(after)
        for body in bodies:
            client.send_message(to_number=message.from_number, from_number=message.to_number, body=body)

    client.on_message(answer)


def failure(work: Callable[[], object]) -> str:
    with pytest.raises(MessageFailure) as failed:
        work()
    return str(failed.value)


def test_a_message_arrives_as_it_was_sent(kit: RelayKit) -> None:
    came: list[Message] = []
    kit.client.on_message(came.append)
    message_id = kit.messages.arrives(
        "hello", context="texts", from_number="+15550100005", to_number="+15550100006", media=["https://a.b/c.png"]
    )
    kit.clock.sleep(1)
    (message,) = came
    assert (message.message_id, message.body, message.context) == (message_id, "hello", "texts")
    assert (message.from_number, message.to_number) == ("+15550100005", "+15550100006")
    assert message.media == ["https://a.b/c.png"]
    assert kit.client.contexts == ["texts"]


def test_what_is_sent_is_waited_for_and_returned_once(kit: RelayKit) -> None:
    answers(kit.client, "Thank you", "Goodbye", after=60)
    assert kit.messages.sent == []
    kit.messages.arrives("hello", context="texts")
    assert kit.messages.is_sent("GOODBYE", within=100).body == "Goodbye"
    sent = kit.messages.is_sent()
    assert (sent.body, sent.to_number, sent.from_number) == ("Thank you", "+15550100001", "+15550100099")
    assert [message.body for message in kit.messages.sent] == ["Thank you", "Goodbye"]
    assert kit.clock.now() < 70


def test_what_is_not_sent_is_said_with_what_was(kit: RelayKit) -> None:
    began = kit.clock.now()
    assert failure(lambda: kit.messages.is_sent("Thanks", within=5)) == (
        "no message with 'Thanks' was sent within 5 s; it has sent none"
    )
    assert 5 <= kit.clock.now() - began < 5.1
    answers(kit.client, "Thank you")
    kit.messages.arrives("hello", context="texts")
    kit.messages.is_sent(to_number="+15550100001")
    text = failure(lambda: kit.messages.is_sent("Thank", to_number="+15550100001"))
    assert text.startswith("no message with 'Thank' to +15550100001 was sent within 10 s; it has sent:\n  to +1555")
    assert text.endswith(", delivered: 'Thank you'")
    assert failure(lambda: kit.messages.is_sent(to_number="+15550100002", within=0)).startswith("no message to +1555")


def test_that_none_is_sent_takes_its_time(kit: RelayKit) -> None:
    kit.messages.none_is_sent(during=30)
    assert kit.clock.now() >= 30
    answers(kit.client, "Thank you", after=8)
    kit.messages.arrives("hello", context="texts")
    kit.messages.none_is_sent(during=5)
    assert "was to send no message within 10 s; it has sent:" in failure(kit.messages.none_is_sent)
    kit.messages.is_sent("Thank you")
    kit.messages.none_is_sent()


def test_a_context_that_was_left_meanwhile_is_said(kit: RelayKit) -> None:
    box = MessageBox(kit.sandbox, lambda _context: None, kit._served.phones.crashes)
    assert failure(lambda: box.arrives("hello", context="texts")) == (
        "nobody receives the context 'texts': the app's client has left it"
    )


def test_a_crash_of_the_handler_can_be_expected(kit: RelayKit) -> None:
    kit.client.on_message(lambda _message: 1 / 0)
    kit.messages.arrives("hello", context="texts")
    assert isinstance(kit.messages.app_crashes(ZeroDivisionError), ZeroDivisionError)
    text = failure(lambda: kit.messages.app_crashes(within=3))
    assert text == "the app's code was to raise Exception within 3 s, and did not; it has sent none"


def test_a_failure_shows_what_has_crashed(kit: RelayKit) -> None:
    kit.client.on_message(lambda _message: {}["name"])
    kit.messages.arrives("hello", context="texts")
    text = failure(kit.messages.is_sent)
    assert text.startswith("the message handler crashed on message ")
    assert "\nKeyError: 'name'\n\nno message was sent within 10 s; it has sent none" in text
    assert "KeyError: 'name'" in failure(lambda: kit.messages.app_crashes(ZeroDivisionError, within=0))
    kit.messages.app_crashes(KeyError)


@pytest.mark.parametrize("seconds", [-1, float("inf"), "5"])
def test_seconds_that_are_none_are_refused(kit: RelayKit, seconds: Any) -> None:
    for work in (kit.messages.is_sent, kit.messages.app_crashes):
        with pytest.raises(ValueError, match="within is"):
            work(within=seconds)
    with pytest.raises(ValueError, match="during is"):
        kit.messages.none_is_sent(during=seconds)

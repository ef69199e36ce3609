"""What the messaging actor knows outlives it: the actor of the next life goes on with it."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.frames import event
from doubles.hub import LIMIT, turns
from doubles.started import Started

from relay_actors.delivery.unrouted import Unrouted
from relay_actors.errors import ClientStopped
from relay_actors.kit.name import Name
from relay_actors.messaging.actor import MessagingActor, SetMessageHandler, TrackMessage
from relay_actors.messaging.message import Message
from relay_actors.messaging.roster import MessageRoster
from relay_actors.session.messages import EventsReceived
from relay_actors.telemetry.stats import Stats
from relay_actors.timing import Timing


class Lives:
    """A messaging actor that can be started again; ``arrived`` are the messages that its handler got in all lives."""

    def __init__(self, started: Started) -> None:
        self._started = started
        self.stats = Stats()
        self.arrived: list[Message] = []
        self.address = Name("messaging")
        self.roster = MessageRoster(Unrouted(LIMIT, self.stats))
        self.begin()
        self.tells(SetMessageHandler(self.arrived.append))

    def begin(self) -> None:
        self.actor = self._started(MessagingActor(Timing(), self.stats, self.roster, address=self.address))
        self.address.publish(self.actor.ref)
        turns()

    def fail(self, *behind: Any) -> None:
        """Have it crash; what comes right behind finds it on its way down."""
        self.actor.on_receive = lambda _: 1 / 0  # type: ignore[method-assign]
        for message in ("crash", *behind):
            self.address.offer(message)
        turns()
        assert self.actor.ref.join(LIMIT)

    def tells(self, message: Any) -> None:
        self.address.offer(message)
        turns()

    def gets(self, frame: str, happened: Any) -> None:
        self.tells(EventsReceived(((frame, happened),)))


@pytest.fixture
def lives(started: Started) -> Lives:
    return Lives(started)


def test_a_message_that_was_watched_is_watched_on(lives: Lives) -> None:
    message = Message(message_id="m1", direction="outbound", state="queued")
    lives.tells(TrackMessage(message))
    lives.fail()
    lives.begin()
    lives.gets("f1", event("messaging.state", message_id="m1", message_state="delivered"))
    message.wait(LIMIT)
    assert message.state == "delivered"


def test_messages_that_were_sent_as_it_fell_or_between_two_lives_are_watched_by_the_next(lives: Lives) -> None:
    messages = [Message(message_id=name, direction="outbound", state="queued") for name in ("m1", "m2")]
    lives.fail(TrackMessage(messages[0]))
    lives.tells(TrackMessage(messages[1]))
    lives.begin()
    for message in messages:
        lives.gets(message.message_id, event("messaging.state", message_id=message.message_id, message_state="failed"))
        message.wait(LIMIT)
        assert message.state == "failed"


def test_the_handler_of_the_former_life_gets_the_messages_of_the_next_each_once(lives: Lives) -> None:
    arriving = event("messaging.receive", message_id="m1", message_state="received", body="hello")
    lives.gets("f1", arriving)
    lives.fail()
    lives.begin()
    lives.gets("f1", arriving)  # again, since it was not acknowledged
    lives.gets("f2", event("messaging.receive", message_id="m2", message_state="received", body="hello"))
    assert [message.message_id for message in lives.arrived] == ["m1", "m2"]


def test_an_actor_that_has_no_next_life_ends_the_waits_of_its_messages(lives: Lives) -> None:
    message = Message(message_id="m1", direction="outbound", state="queued")
    lives.tells(TrackMessage(message))
    lives.actor.ref.stop(block=False)
    turns()
    with pytest.raises(ClientStopped):
        message.wait(LIMIT)
    assert lives.roster.tracked == {}

"""The messaging actor: messages come to their handler once, states find their message."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.frames import event
from doubles.hub import LIMIT, active_watchers, turns, until
from doubles.started import Started
from gevent.event import Event

from relay_actors.delivery.unrouted import Unrouted
from relay_actors.errors import ClientStopped, MessageExpired, RelayError
from relay_actors.messaging.actor import MessagingActor, SetMessageHandler, TrackMessage
from relay_actors.messaging.message import Message
from relay_actors.messaging.roster import MessageRoster
from relay_actors.session.messages import EventsReceived, SessionStarted
from relay_actors.telemetry.stats import Stats
from relay_actors.timing import Timing


class Post:
    """A messaging actor; ``arrived`` are the messages its handler got."""

    def __init__(self, started: Started, timing: Timing | None = None) -> None:
        self.stats = Stats()
        self.arrived: list[Message] = []
        self.number = 0
        timing = timing or Timing()
        roster = MessageRoster(Unrouted(timing.early_ttl, self.stats))
        self.actor = started(MessagingActor(timing, self.stats, roster))
        self.actor.ref.tell(SetMessageHandler(self.arrived.append))
        turns()

    def gets(self, *events: Any, identity: Any = None) -> None:
        self.number += len(events)
        self.actor.ref.tell(EventsReceived(tuple((identity or f"f{self.number}-{n}", e) for n, e in enumerate(events))))
        turns()

    def sends(self, message_id: str = "m1") -> Message:
        message = Message(message_id=message_id, direction="outbound", state="queued")
        self.actor.ref.tell(TrackMessage(message))
        turns()
        return message


def told(state: str, message_id: str = "m1") -> Any:
    return event("messaging.state", message_id=message_id, message_state=state)


def arriving(message_id: str = "m1", **params: Any) -> Any:
    return event("messaging.receive", message_id=message_id, message_state="received", body="hello", **params)


@pytest.fixture
def post(started: Started) -> Post:
    return Post(started)


# In


def test_a_message_comes_to_the_handler_once(post: Post) -> None:
    post.gets(arriving(), arriving())
    post.gets(arriving())
    assert [message.message_id for message in post.arrived] == ["m1"]
    assert post.stats.messages_received == 1
    assert post.stats.events_duplicate == 2


def test_a_message_without_an_id_is_recognised_after_a_resume(post: Post) -> None:
    nameless = arriving("")
    post.gets(nameless)
    post.actor.ref.tell(SessionStarted(restored=True))
    post.gets(nameless)
    assert len(post.arrived) == 1


def test_without_a_handler_a_message_is_left_unread(post: Post, log_lines: list[str]) -> None:
    post.actor.ref.tell(SetMessageHandler(None))
    post.gets(arriving())
    assert post.arrived == []
    assert any("no message handler is registered" in line for line in log_lines)
    assert not any("hello" in line for line in log_lines)


def test_a_handler_may_block_and_the_next_message_is_served(started: Started) -> None:
    post, gate, served = Post(started), Event(), []

    def handler(message: Message) -> None:
        served.append(message.message_id)
        gate.wait(LIMIT)

    post.actor.ref.tell(SetMessageHandler(handler))
    post.gets(arriving("m1"), arriving("m2"))
    assert served == ["m1", "m2"]
    gate.set()


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), gevent.Timeout(1), SystemExit(1)], ids=lambda e: type(e).__name__
)
def test_a_handler_that_crashes_ends_alone(started: Started, error: BaseException, log_lines: list[str]) -> None:
    post = Post(started)

    def crash(_: Message) -> None:
        raise error

    post.actor.ref.tell(SetMessageHandler(crash))
    post.gets(arriving("m1"))
    assert post.actor.ref.is_alive()
    assert any("the message handler crashed on message m1" in line for line in log_lines)


def test_ctrl_c_in_a_handler_reaches_the_main_greenlet(post: Post) -> None:
    def interrupted(_: Message) -> None:
        raise KeyboardInterrupt

    post.actor.ref.tell(SetMessageHandler(interrupted))
    with pytest.raises(KeyboardInterrupt):
        post.gets(arriving("m1"))
        gevent.sleep(LIMIT)
    assert post.actor.ref.is_alive()


# Out


def test_states_find_their_message(post: Post) -> None:
    first, second = post.sends("m1"), post.sends("m2")
    post.gets(told("sent", "m1"), told("failed", "m2"), told("delivered", "m1"))
    assert (first.state, second.state) == ("delivered", "failed")
    assert post.stats.messages_sent == {"delivered": 1, "failed": 1}
    assert post.stats.messages_accepted == 2
    assert post.actor._tracked == {}


def test_states_that_overtake_the_reply_are_kept_for_it(post: Post) -> None:
    """Protocol 17.13."""
    post.gets(told("initiated"), told("sent"), told("delivered"))
    message = post.sends()
    assert message.state == "delivered"
    assert message.wait(0)


def test_a_redelivered_state_is_told_once(post: Post) -> None:
    message, heard = post.sends(), []
    message.on(lambda e: heard.append(e.message_state))
    sent = told("sent")
    post.gets(sent)
    post.gets(sent, identity="again")
    post.actor.ref.tell(SessionStarted(restored=True))
    post.gets(sent)
    assert heard.count("sent") <= 2
    post.actor.ref.tell(SessionStarted(restored=True))
    before = len(heard)
    post.gets(sent)
    assert len(heard) == before
    assert post.stats.events_duplicate >= 1


def test_a_state_after_the_last_is_forgotten(post: Post) -> None:
    post.sends()
    post.gets(told("delivered"))
    post.gets(told("sent"))
    assert len(post.actor._early.kept) == 0


def test_states_of_unknown_messages_are_bounded_in_number(started: Started) -> None:
    post = Post(started, Timing(early_ttl=LIMIT))
    post.gets(*(told("sent", f"x{n}") for n in range(3_000)))
    assert len(post.actor._early.kept) <= 1_000
    post.gets(*(told("sent", "flooded") for _ in range(500)))
    assert len(post.actor._early.kept.get("flooded")[1]) <= 50
    assert post.stats.events_unrouted >= 2_000


def test_states_of_unknown_messages_are_bounded_in_time(started: Started) -> None:
    post = Post(started, Timing(early_ttl=0.01, message_ttl=0.02))
    post.gets(*(told("sent", f"x{n}") for n in range(3)))
    until(lambda: len(post.actor._early.kept) == 0)
    assert post.stats.events_unrouted == 3


def test_a_message_that_never_ends_is_given_up(started: Started) -> None:
    post = Post(started, Timing(message_ttl=0.02))
    message = post.sends()
    with pytest.raises(MessageExpired, match=r"message m1 got no terminal state within 0\.02 s"):
        message.wait(LIMIT)
    assert post.stats.messages_sent == {"expired": 1}
    assert post.actor._tracked == {}


def test_a_younger_message_is_watched_until_its_own_time_is_over(started: Started) -> None:
    post = Post(started, Timing(message_ttl=100.0))
    old, other = post.sends("m1"), post.sends("m2")
    gevent.sleep(70)
    young, youngest = post.sends("m3"), post.sends("m4")
    gevent.sleep(60)  # of the time that the test owns
    for message in (old, other):
        with pytest.raises(MessageExpired):
            message.wait(0.001)
    assert list(post.actor._tracked) == ["m3", "m4"]
    post.gets(told("delivered", "m4"))
    assert youngest.wait(LIMIT) is not None
    gevent.sleep(70)
    with pytest.raises(MessageExpired):
        young.wait(0.001)
    assert post.stats.messages_sent == {"expired": 3, "delivered": 1}


def test_a_message_the_server_gave_no_id_cannot_be_watched(post: Post) -> None:
    first, second = post.sends(""), post.sends("")
    for message in (first, second):
        with pytest.raises(RelayError, match="no message_id"):
            message.wait(LIMIT)
    assert post.actor._tracked == {}


def test_messages_outlive_a_session(post: Post) -> None:
    message = post.sends()
    post.actor.ref.tell(SessionStarted(restored=False))
    post.gets(told("delivered"))
    assert message.state == "delivered"


def test_other_events_are_counted(post: Post) -> None:
    post.gets(event("messaging.surprise"))
    assert post.stats.events_unrouted == 1


# The end


@pytest.mark.parametrize("end", ["stop", "kill", "crash"])
def test_the_end_of_the_actor_ends_every_wait(started: Started, end: str) -> None:
    before = active_watchers()
    post = Post(started)
    message = post.sends()
    late = Message(message_id="m2")
    if end == "stop":
        post.actor.ref.stop(block=False)
        post.actor.ref.offer(TrackMessage(late))  # the reply came in the moment of the stop
    elif end == "kill":
        post.actor.ref.offer(TrackMessage(late))
        post.actor.ref.kill()
    else:
        post.actor.on_receive = lambda _: 1 / 0  # type: ignore[method-assign]
        post.actor.ref.tell("crash")
        post.actor.ref.offer(TrackMessage(late))
    turns()
    for each in (message, late):
        with pytest.raises(ClientStopped):
            each.wait(LIMIT)
    assert active_watchers() == before


def test_an_event_that_cannot_be_handled_does_not_stop_the_others(post: Post, log_lines: list[str]) -> None:
    message = post.sends("m1")
    other = post.sends("m2")
    message.apply = lambda _: 1 / 0  # type: ignore[method-assign,assignment]
    post.gets(told("sent", "m1"), told("delivered", "m2"))
    assert other.state == "delivered"
    assert any("could not handle" in line for line in log_lines)


def test_a_flood_of_messages_that_nobody_reads_is_told_of_by_one_line(post: Post, log_lines: list[str]) -> None:
    post.actor.ref.tell(SetMessageHandler(None))
    post.gets(*(arriving(f"m{n}") for n in range(1_000)))
    assert post.stats.messages_received == 1_000
    (told,) = [line for line in log_lines if "was left unread" in line]
    assert "message m0 was left unread" in told


# The log


def test_each_message_has_a_line_when_it_came_in_or_its_last_state_is_known(post: Post, log_lines: list[str]) -> None:
    for number in range(1, 4):
        post.sends(f"m{number}")
    post.gets(told("sent", "m1"), told("delivered", "m1"), told("undelivered", "m2"), arriving("m7", segments=2))
    post.actor.ref.stop()
    turns()
    lines = [line.split(" {")[0] for line in log_lines if line.startswith("INFO message")]
    assert lines == [
        "INFO message m1 delivered: outbound",
        "INFO message m2 undelivered: outbound",
        "INFO message m7 received: inbound, segments: 2",
        "INFO message m3 queued: outbound",
    ]
    assert not any("hello" in line for line in log_lines)

"""Greenlets of handlers: bounded, and nothing is dropped in silence."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.frames import event
from doubles.hub import turns
from doubles.started import Started
from gevent.event import Event

from relay_actors.delivery.handler_pool import HandlerPool, until_stopped
from relay_actors.delivery.unrouted import Unrouted
from relay_actors.errors import ClientStopped
from relay_actors.messaging.actor import MessagingActor, SetMessageHandler
from relay_actors.messaging.roster import MessageRoster
from relay_actors.session.messages import EventsReceived
from relay_actors.telemetry.stats import Stats
from relay_actors.timing import Timing


class Slow:
    """A handler that waits for its gate."""

    def __init__(self) -> None:
        self.gate = Event()
        self.running = self.most = 0
        self.handled: list[Any] = []

    def __call__(self, item: Any) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        self.gate.wait()
        self.running -= 1
        self.handled.append(item)


@pytest.fixture
def slow() -> Any:
    slow = Slow()
    yield slow
    slow.gate.set()
    turns(40)


def test_so_many_run_at_once_and_so_many_wait_in_order(slow: Slow) -> None:
    handlers = HandlerPool(2, 3)
    assert [handlers.run(slow, number) for number in range(7)] == [True] * 5 + [False] * 2
    turns()
    assert slow.running == 2
    assert len(handlers) == 5
    slow.gate.set()
    turns()
    assert slow.handled == list(range(5))
    assert slow.most == 2
    assert len(handlers) == 0
    assert handlers.run(slow, 9)


def test_a_handler_that_is_killed_makes_room(slow: Slow) -> None:
    handlers = HandlerPool(1, 1)
    killed: list[Any] = []

    def dies() -> None:
        killed.append(gevent.getcurrent())
        slow.gate.wait()

    handlers.run(dies)
    turns()
    handlers.run(slow.handled.append, "next")
    gevent.kill(killed[0])
    turns()
    assert slow.handled == ["next"]
    assert len(handlers) == 0


def test_each_handler_has_a_greenlet_of_its_own() -> None:
    handlers, seen = HandlerPool(1, 10), list[Any]()
    for _ in range(3):
        handlers.run(lambda: seen.append(gevent.getcurrent()))
    turns()
    assert len(set(seen)) == 3


def test_events_beyond_what_can_run_and_wait_are_dead_letters(slow: Slow, log_lines: list[str]) -> None:
    stats = Stats()
    unrouted = Unrouted(10.0, stats, HandlerPool(2, 3))
    unrouted.handler = slow
    for number in range(100):
        unrouted.hand_over(event("calling.conference", name=f"n{number}"))
    assert stats.dead_letters == {"busy_handlers": 95}
    (line,) = [line for line in log_lines if "too many event handlers" in line]
    assert "an event is dropped" in line


def test_a_message_is_never_dropped_in_silence(started: Started, slow: Slow, log_lines: list[str]) -> None:
    stats = Stats()
    roster = MessageRoster(Unrouted(10.0, stats), HandlerPool(2, 3))
    actor = started(MessagingActor(Timing(), stats, roster))
    actor.ref.tell(SetMessageHandler(slow))
    events = [(f"f{n}", event("messaging.receive", message_id=f"m{n}", body="hello")) for n in range(100)]
    actor.ref.tell(EventsReceived(tuple(events)))
    turns()
    assert stats.messages_received == 100
    assert stats.dead_letters == {"busy_handlers": 95}
    (line,) = [line for line in log_lines if "too many message handlers" in line]
    assert "message m5 is dropped" in line
    slow.gate.set()
    turns(40)
    assert [message.message_id for message in slow.handled] == [f"m{n}" for n in range(5)]


def test_the_stop_of_the_client_is_no_crash_of_a_handler_that_waits() -> None:
    got: list[Any] = []

    def waits(value: Any) -> None:
        got.append(value)
        raise ClientStopped

    until_stopped(waits, "message")
    assert got == ["message"]


def test_any_other_end_is() -> None:
    with pytest.raises(ZeroDivisionError):
        until_stopped(lambda _: 1 / 0, None)


def test_a_coroutine_is_refused_by_the_name_of_its_handler() -> None:
    async def handle(_: Any) -> None: ...

    with pytest.raises(TypeError, match="handle"):
        until_stopped(handle, None)

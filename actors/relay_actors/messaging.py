"""The messaging actor: messages that come in, and the states of those that went out.

States of messages that are not known yet are kept for a while: `messaging.state` may overtake the reply that brings
the id (protocol sheet, section 11). Handlers of the user run in greenlets of their own, never in this actor's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import gevent
import msgspec
from gevent.hub import get_hub
from loguru import logger

from relay_actors.errors import ClientStopped, MessageExpired
from relay_actors.greenlet import GreenletActor
from relay_actors.message import Message
from relay_actors.messages import EventsReceived, SessionStarted, SetEventHandlers, Tick, TrackMessage
from relay_actors.seen import Recent
from relay_actors.stats import Stats
from relay_actors.strays import Strays
from relay_actors.timing import Timing
from relay_actors.wire.events import MessageReceiveEvent, MessageStateEvent, RelayEvent

__all__ = ["MessagingActor", "SetMessageHandler"]

_MESSAGES_REMEMBERED: Final = 10_000
_EARLY_MESSAGES: Final = 1_000


class SetMessageHandler(msgspec.Struct, frozen=True):
    """Give inbound messages to this handler; None: to nobody."""

    handler: Callable[[Any], object] | None


class MessagingActor(GreenletActor):
    """Hands inbound messages to the handler, and states to their messages."""

    def __init__(self, timing: Timing, stats: Stats) -> None:
        super().__init__()
        self._timing = timing
        self._stats = stats
        self._handler: Callable[[Any], object] | None = None
        self._tracked: dict[str, tuple[Message, float]] = {}
        self._early: Recent[str] = Recent(_EARLY_MESSAGES)
        self._received: Recent[str] = Recent(_MESSAGES_REMEMBERED)
        self._strays = Strays(timing.early_ttl, stats)
        self._sweeper: Any = None

    def on_start(self) -> None:
        """Start the timer that ends the watch over messages that never end."""
        seconds = max(0.01, min(60.0, self._timing.message_ttl / 4))
        self._sweeper = get_hub().loop.timer(seconds, seconds)
        self._sweeper.start(self.ref.offer, Tick())

    def on_receive(self, message: Any) -> None:
        """Handle one message; runs in this actor's greenlet and never blocks."""
        match message:
            case EventsReceived():
                for _, event in message.events:
                    self._take(event)
            case TrackMessage():
                self._track(message.message)
            case SetMessageHandler():
                self._handler = message.handler
            case SetEventHandlers():
                self._strays.handler = message.event
            case SessionStarted():
                pass  # messages outlive sessions: their states come by context
            case Tick():
                self._expire()
            case _:
                logger.warning("{} got an unexpected {}", self, type(message).__name__)

    def _take(self, event: RelayEvent) -> None:
        try:
            if isinstance(event, MessageReceiveEvent):
                self._receive(event)
            elif isinstance(event, MessageStateEvent):
                self._state(event)
            else:
                self._strays.hand_over(event)
        except Exception as error:  # noqa: BLE001 - one event must not end all others
            logger.opt(exception=error).error("could not handle {!r}", event)

    def _receive(self, event: MessageReceiveEvent) -> None:
        if event.message_id and event.message_id in self._received:
            self._stats.events_duplicate += 1
            return
        if event.message_id:
            self._received.add(event.message_id)
        self._stats.messages_received += 1
        if self._handler is None:
            logger.warning("message {} was left unread: no message handler is registered", event.message_id)
            return
        gevent.spawn(_run_handler, self._handler, Message.from_event(event))

    def _state(self, event: MessageStateEvent) -> None:
        tracked = self._tracked.get(event.message_id)
        if tracked is not None:
            if tracked[0].apply(event):
                self._finish(event.message_id, tracked[0])
            return
        kept = self._early.get(event.message_id)
        if kept is None:
            self._early.add(event.message_id, (time.monotonic(), [event]))
        else:
            kept[1].append(event)

    def _track(self, message: Message) -> None:
        self._tracked[message.message_id] = (message, time.monotonic())
        early = self._early.pop(message.message_id)
        for event in early[1] if early is not None else ():
            self._state(event)

    def _finish(self, message_id: str, message: Message) -> None:
        self._tracked.pop(message_id, None)
        self._stats.messages_sent[message.state] += 1

    def _expire(self) -> None:
        """Stop watching messages that got no terminal state, and forget states that no message came for."""
        now = time.monotonic()
        while (oldest := self._early.oldest()) is not None and now - oldest[0] > self._timing.early_ttl:
            self._stats.events_unrouted += len(oldest[1])
            self._early.forget_oldest()
        ttl = self._timing.message_ttl
        for message_id, (message, since) in list(self._tracked.items()):
            if now - since < ttl:
                break  # in order of age
            del self._tracked[message_id]
            self._stats.messages_sent["expired"] += 1
            message.abandon(MessageExpired(f"message {message_id} got no terminal state within {ttl:g} s"))

    def on_stop(self) -> None:
        """End every wait for a message."""
        if self._sweeper is not None:
            self._sweeper.close()
        for message, _ in self._tracked.values():
            message.abandon(ClientStopped("the client was disconnected"))
        self._tracked.clear()

    def on_failure(self, *args: Any) -> None:
        """End every wait for a message, and say why."""
        logger.opt(exception=args[1]).error("the messaging actor failed")
        self.on_stop()


def _run_handler(handler: Callable[[Any], object], message: Message) -> None:
    try:
        handler(message)
    except BaseException as error:  # noqa: BLE001 - a handler's crash ends with it
        logger.opt(exception=error).error("the message handler crashed on message {}", message.message_id)

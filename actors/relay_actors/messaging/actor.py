"""The messaging actor: messages that come in, and the states of those that went out.

States of messages that are not known yet are kept for a while: `messaging.state` may overtake the reply that brings
the id (protocol 11). Handlers of the user run in greenlets of their own, never in this actor's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
from gevent.hub import get_hub
from loguru import logger

from relay_actors.delivery.dedup import Recent
from relay_actors.delivery.unrouted import SetEventHandlers
from relay_actors.errors import LOCAL, ClientStopped, MessageExpired, RelayError
from relay_actors.kit.actor import GreenletActor, forward_interrupt, log_crash
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.name import Registered
from relay_actors.kit.throttle import Rarely
from relay_actors.messaging.message import Message
from relay_actors.messaging.roster import MessageRoster
from relay_actors.session.messages import EventsReceived, SessionStarted, Tick
from relay_actors.telemetry.stats import BUSY_HANDLERS, Stats
from relay_actors.timing import Timing
from relay_actors.wire.events import MessageReceiveEvent, MessageStateEvent, RelayEvent

__all__ = ["CountMessages", "MessagingActor", "SetMessageHandler", "TrackMessage"]

_EARLY_MESSAGES: Final = 1_000
_EARLY_STATES: Final = 50


class SetMessageHandler(msgspec.Struct, frozen=True):
    """Give inbound messages to this handler; None: to nobody."""

    handler: Callable[[Any], object] | None


class MessagingActor(GreenletActor):
    """Hands inbound messages to the handler, and states to their messages."""

    def __init__(
        self, timing: Timing, stats: Stats, roster: MessageRoster, *, address: Registered | None = None
    ) -> None:
        super().__init__()
        self._roster = roster
        self._address = address
        self._timing = timing
        self._stats = stats
        self._tracked = roster.tracked
        self._early: Recent[str] = Recent(_EARLY_MESSAGES + 1)
        self._received = roster.received
        self._finished = roster.finished
        self._seen = roster.seen
        self._strays = roster.strays
        self._dropped = Rarely()
        self._sweeper: Any = None
        self._failed = False

    def on_start(self) -> None:
        """Start the timer that ends the watch over messages that never end."""
        seconds = max(0.01, min(60.0, self._timing.message_ttl / 4, self._timing.early_ttl))
        self._sweeper = get_hub().loop.timer(seconds, seconds)
        self._sweeper.start(self.ref.offer, Tick())

    def on_receive(self, message: Any) -> Any:
        """Handle one message; runs in this actor's greenlet and never blocks."""
        match message:
            case EventsReceived():
                for event in self._seen.fresh(message.events, self._stats):
                    self._take(event)
            case TrackMessage():
                self._track(message.message)
            case SetMessageHandler():
                self._roster.handler = message.handler
            case SetEventHandlers():
                self._strays.handler = message.event
            case SessionStarted():
                # Messages outlive sessions: their states come by context.
                self._seen.connection_resumed() if message.restored else self._seen.session_started()
            case Tick():
                self._expire()
            case CountMessages():
                return len(self._tracked)
            case _:
                logger.warning("{} got an unexpected {}", self, type(message).__name__)
        return None

    def _take(self, event: RelayEvent) -> None:
        try:
            if isinstance(event, MessageStateEvent):
                self._state(event)
            elif isinstance(event, MessageReceiveEvent):
                self._receive(event)
            else:
                self._strays.hand_over(event)
        except Exception as error:  # noqa: BLE001 - one event must not end all others
            log_crash(error, "could not handle {!r}", event)

    def _receive(self, event: MessageReceiveEvent) -> None:
        if event.message_id and event.message_id in self._received:
            self._stats.events_duplicate += 1
            return
        if event.message_id:
            self._received.add(event.message_id)
        self._stats.messages_received += 1
        if self._roster.handler is None:
            logger.warning("message {} was left unread: no message handler is registered", event.message_id)
            return
        message = Message.from_event(event)
        if not self._roster.handlers.run(_run_handler, self._roster.handler, message):
            self._stats.dead_letters[BUSY_HANDLERS] += 1
            if count := self._dropped.tell():
                logger.warning(
                    "too many message handlers run and wait; dropped since the last word: {}, the newest is {}",
                    count,
                    message.message_id,
                )

    def _state(self, event: MessageStateEvent) -> None:
        message_id = event.message_id
        tracked = self._tracked.get(message_id)
        if tracked is not None:
            if tracked[0].apply(event):
                self._finish(message_id, tracked[0])
        elif message_id not in self._finished:
            self._keep(event)

    def _keep(self, event: MessageStateEvent) -> None:
        """Keep a state that overtook the reply to its message, for a while."""
        kept = self._early.get(event.message_id)
        if kept is None:
            self._early.add(event.message_id, (time.monotonic(), [event]))
            if len(self._early) > _EARLY_MESSAGES:
                self._forget_early()
        elif len(kept[1]) < _EARLY_STATES:
            kept[1].append(event)
        else:
            self._stats.events_unrouted += 1

    def _forget_early(self) -> None:
        """Give up the states that were kept for the longest time."""
        self._stats.events_unrouted += len(self._early.oldest()[1])
        self._early.forget_oldest()

    def _track(self, message: Message) -> None:
        self._stats.messages_accepted += 1
        if not message.message_id:
            message.abandon(RelayError(LOCAL, "the server gave no message_id: the message cannot be followed"))
            return
        self._tracked[message.message_id] = (message, time.monotonic())
        early = self._early.pop(message.message_id)
        for event in early[1] if early is not None else ():
            self._state(event)

    def _finish(self, message_id: str, message: Message) -> None:
        self._tracked.pop(message_id, None)
        self._finished.add(message_id)
        self._stats.messages_sent[message.state] += 1

    def _expire(self) -> None:
        """Stop watching messages that got no terminal state, and forget states that no message came for."""
        now = time.monotonic()
        while (oldest := self._early.oldest()) is not None and now - oldest[0] > self._timing.early_ttl:
            self._forget_early()
        ttl = self._timing.message_ttl
        for message_id, (message, since) in list(self._tracked.items()):
            if now - since < ttl:
                break  # in order of age
            del self._tracked[message_id]
            self._stats.messages_sent["expired"] += 1
            message.abandon(MessageExpired(f"message {message_id} got no terminal state within {ttl:g} s"))

    def on_undelivered(self, message: Any, reply_to: GreenletFuture[Any] | None) -> None:
        """Keep what the next incarnation can handle; end the waits for a message that nobody will watch."""
        if reply_to is not None:
            super().on_undelivered(message, reply_to)
        elif self._failed and self._address is not None:
            self._address.hold(message)
        elif isinstance(message, TrackMessage):
            message.message.abandon(ClientStopped())

    def on_stop(self) -> None:
        """End every wait for a message."""
        self._release()
        for message, _ in self._tracked.values():
            message.abandon(ClientStopped("the client was disconnected"))
        self._tracked.clear()

    def on_failure(self, *args: Any) -> None:
        """Say why; the messages are watched by the next incarnation, if there will be one."""
        log_crash(args[1], "the messaging actor failed")
        if self._address is not None:
            self._failed = True
            self._release()
        else:
            self.on_stop()

    def _release(self) -> None:
        if self._sweeper is not None:
            self._sweeper.close()


def _run_handler(handler: Callable[[Any], object], message: Message) -> None:
    try:
        handler(message)
    except BaseException as error:  # noqa: BLE001 - a handler's crash ends with it
        log_crash(error, "the message handler crashed on message {}", message.message_id)
        forward_interrupt(error)


class CountMessages(msgspec.Struct, frozen=True):
    """Asked of the messaging actor: how many sent messages are watched."""


class TrackMessage(msgspec.Struct, frozen=True):
    """Give the states of this sent message to its handle."""

    message: Any

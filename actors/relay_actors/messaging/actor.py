"""The messaging actor: messages that come in, and the states of those that went out.

A *message* is a text message here; what an actor gets is its mail. States of messages that are not known yet are kept
for a while: `messaging.state` may overtake the reply that brings the id (protocol 11). Handlers of the user run in
greenlets of their own, never in this actor's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from relay_actors.delivery.early import EarlyEvents
from relay_actors.delivery.handler_pool import until_stopped
from relay_actors.delivery.unrouted import SetEventHandlers
from relay_actors.errors import LOCAL, ClientStopped, MessageExpired, RelayError
from relay_actors.kit import clock
from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.guard import run_guarded
from relay_actors.kit.log import ThrottledLogger
from relay_actors.kit.name import Name
from relay_actors.kit.server import ServerActor
from relay_actors.kit.timer import Timer
from relay_actors.messaging.message import Message
from relay_actors.messaging.record import log_message
from relay_actors.messaging.roster import MessageRoster
from relay_actors.session.messages import EventsReceived, SessionStarted, Tick
from relay_actors.telemetry.stats import BUSY_HANDLERS, Stats
from relay_actors.timing import Timing
from relay_actors.wire.events import MessageReceiveEvent, MessageStateEvent, RelayEvent

__all__ = ["CountMessages", "MessagingActor", "SetMessageHandler", "TrackMessage"]


class SetMessageHandler(msgspec.Struct, frozen=True):
    """Give inbound messages to this handler; None: to nobody."""

    handler: Callable[[Any], object] | None


class CountMessages(msgspec.Struct, frozen=True):
    """Asked of the messaging actor: how many sent messages are watched."""


class TrackMessage(msgspec.Struct, frozen=True):
    """Give the states of this sent message to its handle."""

    message: Any


class MessagingActor(ServerActor):
    """Hands inbound messages to the handler, and states to their messages."""

    def __init__(self, timing: Timing, stats: Stats, roster: MessageRoster, *, address: Name | None = None) -> None:
        super().__init__()
        self._roster = roster
        self._address = address
        self._timing = timing
        self._stats = stats
        self._tracked = roster.tracked
        self._early = EarlyEvents(timing.early_ttl, stats, self._give_up)
        self._dedup = roster.dedup
        self._unrouted = roster.unrouted
        self._throttle = ThrottledLogger()
        self._sweeper = Timer()
        self._failed = False
        self.handles(
            {
                EventsReceived: self._take,
                TrackMessage: self._track,
                SetMessageHandler: self._set_handler,
                SetEventHandlers: self._set_event_handlers,
                SessionStarted: self._session_started,
                Tick: self._expire,
                CountMessages: lambda _: len(roster.tracked),
            }
        )

    def on_start(self) -> None:
        """Start the timer that ends the watch over messages that never end."""
        seconds = max(0.01, min(60.0, self._timing.message_ttl / 4, self._timing.early_ttl))
        self._sweeper.send_after(seconds, self.ref, Tick(), repeat=True)

    def _set_handler(self, mail: SetMessageHandler) -> None:
        self._roster.handler = mail.handler

    def _set_event_handlers(self, mail: SetEventHandlers) -> None:
        self._unrouted.handler = mail.event

    def _session_started(self, mail: SessionStarted) -> None:
        """Go on with the messages: they outlive sessions, since their states come by context."""
        if mail.restored:
            self._dedup.connection_resumed()
        else:
            self._dedup.session_started()

    # Events

    def _take(self, mail: EventsReceived) -> None:
        for event in self._dedup.fresh(mail.events, self._stats):
            try:
                if isinstance(event, MessageStateEvent):
                    self._note_state(event)
                elif isinstance(event, MessageReceiveEvent):
                    self._receive(event)
                else:
                    self._unrouted.hand_over(event)
            except Exception as error:  # noqa: BLE001 - one event must not end all others
                if count := self._throttle.tell("could not handle"):
                    log_crash(error, "could not handle {!r}; so often since the last word: {}", event, count)

    def _receive(self, event: MessageReceiveEvent) -> None:
        received = self._roster.received
        if event.message_id and event.message_id in received:
            self._stats.events_duplicate += 1
            return
        if event.message_id:
            received.add(event.message_id)
        self._stats.messages_received += 1
        log_message(event.message_id, "inbound", event.message_state or "received", event.segments)
        handler = self._roster.handler
        if handler is None:
            self._throttle.warning("message {} was left unread: no message handler is registered", event.message_id)
            return
        message, message_id = Message.from_event(event), event.message_id
        code = partial(until_stopped, handler)
        if self._roster.handlers.run(
            run_guarded, code, message, "the message handler crashed on message {}", message_id
        ):
            return
        self._stats.dead_letters[BUSY_HANDLERS] += 1
        self._throttle.warning("too many message handlers run and wait; message {} is dropped", message_id)

    def _note_state(self, event: MessageStateEvent) -> None:
        message_id = event.message_id
        tracked = self._tracked.get(message_id)
        if tracked is None:
            if message_id not in self._roster.finished:
                self._early.keep(message_id, event)
        elif tracked[0].apply(event):
            del self._tracked[message_id]
            self._roster.finished.add(message_id)
            self._stats.messages_sent[tracked[0].state] += 1
            _log(tracked[0])

    def _give_up(self, _event: RelayEvent) -> None:
        """Count a state that no message came for."""
        self._stats.events_unrouted += 1

    # Messages that went out

    def _track(self, mail: TrackMessage) -> None:
        message: Message = mail.message
        self._stats.messages_accepted += 1
        if not message.message_id:
            message.abandon(RelayError(LOCAL, "the server gave no message_id: the message cannot be followed"))
            return
        self._tracked[message.message_id] = (message, clock.monotonic())
        for event in self._early.claim(message.message_id):
            self._note_state(event)

    def _expire(self, _mail: Tick) -> None:
        """Stop watching messages that got no terminal state, and forget states that no message came for."""
        self._early.expire()
        now, ttl = clock.monotonic(), self._timing.message_ttl
        for message_id, (message, since) in list(self._tracked.items()):
            if now - since < ttl:
                break  # in order of age
            del self._tracked[message_id]
            self._stats.messages_sent["expired"] += 1
            _log(message, "expired")
            message.abandon(MessageExpired(f"message {message_id} got no terminal state within {ttl:g} s"))

    # The end

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
        self._sweeper.cancel()
        for message, _ in self._tracked.values():
            _log(message)
            message.abandon(ClientStopped("the client was disconnected"))
        self._tracked.clear()

    def on_failure(self, *args: Any) -> None:
        """Say why; the messages are watched by the next incarnation, if there will be one."""
        log_crash(args[1], "the messaging actor failed")
        if self._address is not None:
            self._failed = True
            self._sweeper.cancel()
        else:
            self.on_stop()


def _log(message: Message, state: str = "") -> None:
    """Log what became of a message that was sent: its newest state, if it is not told."""
    log_message(message.message_id, "outbound", state or message.state, message.segments)

"""Text messages: those that come in, and those that the client sends (protocol 11)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.ground.clock import epoch
from relay_runtime.sandbox.ground.frames import Frame
from relay_runtime.sandbox.ground.ids import new_id
from relay_runtime.sandbox.ground.watchers import Watchers

if TYPE_CHECKING:
    from relay_runtime.sandbox.calls.exchange import Exchange

__all__ = ["Delivery", "Ending", "Messages", "SentMessage"]

Ending = Literal["delivered", "undelivered", "failed", "never"]

_KEPT: Final = 10_000
_SEGMENT: Final = 160
_PROGRESS: Final = ("queued", "initiated", "sent")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What becomes of messages to a number.

    Attributes:
        ending: the terminal state, or ``never`` for none.
        reason: sent with ``undelivered`` and ``failed``.
        states: the states before it, in order.
    """

    ending: Ending = "delivered"
    reason: str = ""
    states: tuple[str, ...] = _PROGRESS


@dataclass(slots=True)
class SentMessage:
    """A message that the client sent.

    Attributes:
        message_id: the id that the server gave it.
        context: the context it belongs to.
        from_number: the sender.
        to_number: the recipient.
        body: the text.
        media: URLs of the media.
        tag: the label of the request, or an empty string.
        tags: its labels.
        states: the states it has had so far.
    """

    message_id: str
    context: str
    from_number: str = field(repr=False)
    to_number: str = field(repr=False)
    body: str = field(repr=False)
    media: tuple[str, ...] = ()
    tag: str = ""
    tags: tuple[str, ...] = ()
    states: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """The newest state."""
        return self.states[-1] if self.states else ""


class Messages:
    """The message centre.

    Args:
        exchange: what it belongs to.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._ground = exchange.ground
        self.sent: deque[SentMessage] = deque(maxlen=_KEPT)
        self.deliveries: dict[str, Delivery] = {}
        self.watchers: Watchers[SentMessage] = Watchers()

    def receive(
        self, *, from_number: str, to_number: str, body: str, context: str, media: Sequence[str] = ()
    ) -> str | None:
        """Let a message come in; return its id, or None when nobody has subscribed to the context."""
        session = self._exchange.subscriber(context)
        if session is None:
            self._ground.counters.messages_unrouted += 1
            return None
        message = SentMessage(new_id(), context, from_number, to_number, body, tuple(media))
        self._ground.counters.messages_received += 1
        session.event("messaging.receive", _params(message, "inbound", "received"), context=context, channel=None)
        return message.message_id

    def task(self, message: dict[str, Any], context: str) -> bool:
        """Push a task to whoever has subscribed to the context; False when nobody has."""
        session = self._exchange.subscriber(context)
        if session is not None:
            body = {"event_type": "queuing.relay.tasks", "context": context, "message": message}
            session.push({**body, "timestamp": int(epoch()), **session.owner})
        return session is not None

    def accept(self, session: Session, message: SentMessage) -> None:
        """Send a message of the client on its way."""
        self._ground.counters.messages_accepted += 1
        self.sent.append(message)
        delivery = self.deliveries.get(message.to_number) or self.deliveries.get("*") or Delivery()
        states: list[tuple[str, str]] = [(state, "") for state in delivery.states]
        if delivery.ending != "never":
            states.append((delivery.ending, delivery.reason if delivery.ending != "delivered" else ""))
        self._advance(session, message, states)

    def _advance(self, session: Session, message: SentMessage, states: list[tuple[str, str]]) -> None:
        (state, reason), rest = states[0], states[1:]
        message.states.append(state)
        self.watchers.tell(message)
        self._ground.counters.messages_finished += state in {"delivered", "undelivered", "failed"}
        self._state_event(session, message, state, reason)
        if rest:
            self._ground.clock.after(self._ground.settings.message_step, self._advance, session, message, rest)

    def _state_event(self, sender: Session, message: SentMessage, state: str, reason: str) -> None:
        """Tell the session that listens to the message's context, the sender before others."""
        target: Session | None = sender
        if sender.over or (message.context not in sender.contexts and message.context != sender.protocol):
            target = self._exchange.subscriber(message.context)
        if target is None:
            self._ground.counters.message_states_unrouted += 1
            return
        params = {**_params(message, "outbound", state), "tag": message.tag}
        if reason:
            params["reason"] = reason
        target.event("messaging.state", params, context=message.context, channel=None)


def segments_of(body: str) -> int:
    """Return in how many pieces a text travels."""
    return max(1, -(-len(body) // _SEGMENT))


def _params(message: SentMessage, direction: str, state: str) -> Frame:
    """Return what events say about a message."""
    return {
        "message_id": message.message_id,
        "context": message.context,
        "direction": direction,
        "tags": list(message.tags),
        "from_number": message.from_number,
        "to_number": message.to_number,
        "body": message.body,
        "media": list(message.media),
        "segments": segments_of(message.body),
        "message_state": state,
    }

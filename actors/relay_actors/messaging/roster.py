"""Holds what outlives a restart of the messaging actor: which messages are watched, and what was handled already.

It has one owner at a time, the actor that it was handed to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from relay_actors.delivery.dedup import Dedup
from relay_actors.delivery.handler_pool import HandlerPool
from relay_actors.delivery.unrouted import Unrouted
from relay_actors.kit.recent import Recent
from relay_actors.messaging.message import Message

__all__ = ["MessageRoster"]

_MESSAGES_REMEMBERED: Final = 10_000


class MessageRoster:
    """The messages that are watched.

    Args:
        unrouted: takes what is no message.
        handlers: run the handler of inbound messages.

    Attributes:
        unrouted: see above.
        handlers: see above.
        handler: gets inbound messages, or None.
        tracked: from the id of a sent message to the message, and when its watch began (monotonic seconds).
        received: ids of inbound messages.
        finished: ids of sent messages with a terminal state.
        dedup: events that were handled.
    """

    __slots__ = ("dedup", "finished", "handler", "handlers", "received", "tracked", "unrouted")

    def __init__(self, unrouted: Unrouted, handlers: HandlerPool | None = None) -> None:
        self.unrouted = unrouted
        self.handlers = HandlerPool() if handlers is None else handlers
        self.handler: Callable[[Any], object] | None = None
        self.tracked: dict[str, tuple[Message, float]] = {}
        self.received: Recent[str] = Recent(_MESSAGES_REMEMBERED)
        self.finished: Recent[str] = Recent(_MESSAGES_REMEMBERED)
        self.dedup = Dedup()

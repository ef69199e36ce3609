"""What outlives a restart of the messaging actor: which messages are watched, and what was handled already.

It has one owner at a time, the actor that it was handed to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from relay_actors.delivery.dedup import Recent, SeenEvents
from relay_actors.delivery.handler_pool import Handlers
from relay_actors.delivery.unrouted import Strays
from relay_actors.messaging.message import Message

__all__ = ["MessageRoster"]

_MESSAGES_REMEMBERED: Final = 10_000


class MessageRoster:
    """The messages that are watched.

    Args:
        strays: takes what is no message.
        handlers: run the handler of inbound messages.

    Attributes:
        strays: see above.
        handlers: see above.
        handler: gets inbound messages, or None.
        tracked: from the id of a sent message to the message, and when its watch began (monotonic seconds).
        received: ids of inbound messages.
        finished: ids of sent messages with a terminal state.
        seen: events that were handled.
    """

    __slots__ = ("finished", "handler", "handlers", "received", "seen", "strays", "tracked")

    def __init__(self, strays: Strays, handlers: Handlers | None = None) -> None:
        self.strays = strays
        self.handlers = Handlers() if handlers is None else handlers
        self.handler: Callable[[Any], object] | None = None
        self.tracked: dict[str, tuple[Message, float]] = {}
        self.received: Recent[str] = Recent(_MESSAGES_REMEMBERED)
        self.finished: Recent[str] = Recent(_MESSAGES_REMEMBERED)
        self.seen = SeenEvents()

"""An actor whose messages are handled by a table: from a message's type to what handles it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from relay_actors.kit.actor import GreenletActor
from relay_actors.kit.log import logger

__all__ = ["ServerActor"]


class ServerActor(GreenletActor):
    """Gives each message to the handler of its type; a subclass says in its ``__init__`` which there are.

    A handler runs in the actor's greenlet and must not block; what it returns answers an ask.
    """

    def __init__(self) -> None:
        super().__init__()
        self._handlers: dict[type, Callable[[Any], Any]] = {}

    def handles(self, handlers: Mapping[type, Callable[[Any], Any]]) -> None:
        """Add handlers to the table; a type that is there already gets the new one."""
        self._handlers.update(handlers)

    def on_receive(self, message: Any) -> Any:
        """Handle one message; runs in this actor's greenlet."""
        handler = self._handlers.get(type(message))
        if handler is not None:
            return handler(message)
        logger.warning("{} got an unexpected {}", self, type(message).__name__)
        return None

    def _actor_loop_teardown(self) -> None:
        super()._actor_loop_teardown()
        self._handlers = {}  # they are methods of the actor: it goes without the garbage collector

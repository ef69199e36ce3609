"""A text message, inbound or outbound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from relay_actors.messaging import message as model
from relay_actors.wire.events import MessageStateEvent
from relay_runtime.aio.bridge import Bridge
from relay_runtime.aio.tasks import Tasks

__all__ = ["Message"]


class Message:
    """One SMS or MMS; as `relay_runtime.Message`, with its wait awaited."""

    __slots__ = ("_bridge", "_of", "_tasks")

    def __init__(self, bridge: Bridge, tasks: Tasks, of: model.Message) -> None:
        self._bridge = bridge
        self._tasks = tasks
        self._of = of

    def __repr__(self) -> str:
        return repr(self._of)

    @property
    def message_id(self) -> str:
        """The server's id."""
        return self._of.message_id

    @property
    def context(self) -> str:
        """The context it belongs to."""
        return self._of.context

    @property
    def direction(self) -> str:
        """``inbound`` or ``outbound``."""
        return self._of.direction

    @property
    def from_number(self) -> str:
        """The sender."""
        return self._of.from_number

    @property
    def to_number(self) -> str:
        """The recipient."""
        return self._of.to_number

    @property
    def body(self) -> str:
        """The text."""
        return self._of.body

    @property
    def media(self) -> list[str]:
        """URLs of the media."""
        return self._of.media

    @property
    def segments(self) -> int:
        """The number of SMS segments, 0 while it is not known."""
        return self._of.segments

    @property
    def state(self) -> str:
        """``received``; or ``queued``, ``initiated``, ``sent``, ``delivered``, ``undelivered``, ``failed``."""
        return self._of.state

    @property
    def reason(self) -> str:
        """Why it was not delivered, or an empty string."""
        return self._of.reason

    @property
    def tags(self) -> list[str]:
        """Its labels."""
        return self._of.tags

    @property
    def is_done(self) -> bool:
        """Whether the message has reached a terminal state, or is watched no longer."""
        return self._of.is_done

    @property
    def result(self) -> MessageStateEvent | None:
        """The event of the terminal state (of an inbound message: ``received``); None before it, and without one."""
        return self._of.result

    def on(self, handler: Callable[[MessageStateEvent], Any]) -> None:
        """Call ``handler(event)``, a plain or a coroutine function, at each change of state."""
        self._bridge.send(self._of.on, self._tasks.forward(handler, "a handler of message {} crashed", self.message_id))

    def on_completed(self, handler: Callable[[MessageStateEvent], Any]) -> None:
        """Call ``handler(event)``, a plain or a coroutine function, once, at the terminal state or soon after it."""
        forward = self._tasks.forward(handler, "a handler of message {} crashed", self.message_id)
        self._bridge.send(self._of.on_completed, forward)

    async def wait(self, timeout: float | None = None) -> MessageStateEvent:
        """Wait for the terminal state and return its event.

        Args:
            timeout: seconds to wait at most; None waits as long as the message is watched.

        Raises:
            RelayTimeout: the time is over.
            MessageExpired: no terminal state came while the message was watched.
            ClientStopped: the client was disconnected.
        """
        return await self._bridge.result(self._of._future, timeout, "the message has no terminal state after")

"""A text message, inbound or outbound: what its users hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import asdict

from relay_actors.errors import RelayError, RelayTimeout
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.guard import run_guarded
from relay_actors.kit.scheduler import Scheduler
from relay_actors.kit.user_code import checked_function
from relay_actors.wire.events import MessageReceiveEvent, MessageStateEvent

__all__ = ["TERMINAL_STATES", "Message"]

TERMINAL_STATES: Final = frozenset({"delivered", "undelivered", "failed"})
"""States that a message never leaves (protocol 11)."""

_ORDER: Final = {"queued": 0, "initiated": 1, "sent": 2, "delivered": 3, "undelivered": 3, "failed": 3}

_STRANGE_STATES_KEPT: Final = 100  # that wait for a handler: states that are known come once each


class Message:
    """One SMS or MMS. May be used from any greenlet; only the messaging actor changes it.

    Attributes:
        message_id: the server's id.
        context: the context it belongs to.
        direction: ``inbound`` or ``outbound``.
        from_number: the sender.
        to_number: the recipient.
        body: the text.
        media: URLs of the media.
        segments: number of SMS segments, 0 while it is not known.
        state: ``received``; or ``queued``, ``initiated``, ``sent``, ``delivered``, ``undelivered``, ``failed``.
        reason: why it was not delivered, or an empty string.
        tags: its labels.
    """

    def __init__(
        self,
        *,
        message_id: str = "",
        context: str = "",
        direction: str = "",
        from_number: str = "",
        to_number: str = "",
        body: str = "",
        media: list[str] | None = None,
        segments: int = 0,
        state: str = "",
        reason: str = "",
        tags: list[str] | None = None,
    ) -> None:
        self.message_id = message_id
        self.context = context
        self.direction = direction
        self.from_number = from_number
        self.to_number = to_number
        self.body = body
        self.segments = segments
        self.state = state
        self.reason = reason
        self.media, self.tags = list(media or ()), list(tags or ())
        self._scheduler = Scheduler.current()  # that of the thread that the message belongs to
        self._told = ""  # the newest state that an event brought
        self._future: GreenletFuture[MessageStateEvent] = GreenletFuture()
        self._handlers: tuple[Callable[[MessageStateEvent], object], ...] = ()
        self._on_completed: tuple[Callable[[MessageStateEvent], object], ...] = ()
        self._queue: list[tuple[Callable[[MessageStateEvent], object], MessageStateEvent]] | None = (
            None  # a worker runs them
        )

    @classmethod
    def from_event(cls, event: MessageReceiveEvent) -> Message:
        """Return the message that an event announces."""
        message = cls(
            message_id=event.message_id,
            context=event.context,
            direction=event.direction or "inbound",
            from_number=event.from_number,
            to_number=event.to_number,
            body=event.body,
            media=event.media,
            segments=event.segments,
            state=event.message_state or "received",
            reason=event.reason,
            tags=event.tags,
        )
        message._future.resolve(MessageStateEvent(**asdict(event)))  # nothing follows
        return message

    def __repr__(self) -> str:
        """Name id, direction and state; no numbers and no text."""
        return f"<Message {self.message_id} {self.direction} {self.state}>"

    @property
    def is_done(self) -> bool:
        """Whether the message has reached a terminal state, or is watched no longer."""
        return self._future.done()

    @property
    def result(self) -> MessageStateEvent | None:
        """The event of the terminal state (of an inbound message: ``received``); None before it, and without one."""
        try:
            return self._future.get(timeout=0) if self._future.done() else None
        except RelayError:
            return None

    def on(self, handler: Callable[[MessageStateEvent], object]) -> None:
        """Call ``handler(event)`` at each change of state. Never blocks.

        Handlers of one message run one after another in a greenlet of their own, and may send.
        """
        self._scheduler.refuse_elsewhere()
        checked_function(handler, "the handler of the message's states")
        self._handlers = (*self._handlers, handler)

    def on_completed(self, handler: Callable[[MessageStateEvent], object]) -> None:
        """Call ``handler(event)`` once, at the terminal state; at once if it is there already. Never blocks."""
        self._scheduler.refuse_elsewhere()
        checked_function(handler, "on_completed")
        result = self.result
        if result is not None:
            self._enqueue(handler, result)
        else:
            self._on_completed = (*self._on_completed, handler)

    def wait(self, timeout: float | None = None) -> MessageStateEvent:
        """Wait for the terminal state and return its event. Blocks the current greenlet.

        Args:
            timeout: seconds to wait at most; None waits as long as the message is watched.

        Raises:
            RelayTimeout: the time is over.
            MessageExpired: no terminal state came while the message was watched.
            ClientStopped: the client was disconnected.
        """
        self._scheduler.refuse_elsewhere()
        if not self._future.wait(timeout):
            raise RelayTimeout(f"the message has no terminal state after {timeout:g} s")
        event: MessageStateEvent = self._future.get()
        return event

    def apply(self, event: MessageStateEvent) -> bool:
        """Take a change of state; return whether it is the last. The messaging actor calls this."""
        state = event.message_state
        if self._future.done():
            return True
        rank = _ORDER.get(state)  # None for a state that is not known: listeners hear of it, nothing else happens
        if rank is not None:
            if rank < _ORDER.get(self.state, -1) or state == self._told:
                return False  # a step backwards, or a repetition
            self.state = self._told = state
            self.reason = event.reason or self.reason
            self.segments = event.segments or self.segments
        if rank is None and len(self._queue or ()) >= _STRANGE_STATES_KEPT:
            return False
        for handler in self._handlers:
            self._enqueue(handler, event)
        if state not in TERMINAL_STATES:
            return False
        self._future.resolve(event)
        handlers, self._on_completed = self._on_completed, ()
        for handler in handlers:
            self._enqueue(handler, event)
        return True

    def abandon(self, error: RelayError) -> None:
        """End the waits without a terminal state. The messaging actor calls this."""
        self._future.fail(error)

    def _enqueue(self, handler: Callable[[MessageStateEvent], object], event: MessageStateEvent) -> None:
        if self._queue is None:
            self._queue = [(handler, event)]
            self._scheduler.run(self._work)
        else:
            self._queue.append((handler, event))

    def _work(self) -> None:
        try:
            while self._queue:  # what is added meanwhile too
                handler, event = self._queue.pop(0)
                run_guarded(handler, event, "a handler of message {} crashed", self.message_id)
        finally:
            self._queue = None

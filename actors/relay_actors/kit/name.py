"""Names an actor, so that it is reached whichever incarnation of it runs."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import pykka

from relay_actors.kit.actor import GreenletRef
from relay_actors.kit.future import GreenletFuture, awaited

__all__ = ["Name"]


_HELD: Final = 10_000
"""How many messages wait at most while an actor is started again."""


class Name:
    """A name for whichever actor does a job at the moment (OTP: a registered name).

    Who holds a `GreenletRef` holds one incarnation of an actor, which is dead once it has failed; who holds this
    reaches the next one too: messages wait while it is started. One writer, the tree that starts the actors, publishes.

    Attributes:
        name: the name.
        ref: the incarnation of the moment; None before the first and after the last.
        closed: whether nobody will do the job any more.
    """

    __slots__ = ("_held", "closed", "name", "ref")

    def __init__(self, name: str) -> None:
        self.name = name
        self.ref: GreenletRef | None = None
        self.closed = False
        self._held: deque[tuple[Any, GreenletFuture[Any] | None]] = deque()

    def publish(self, ref: GreenletRef) -> None:
        """Say who does the job from now on; what waited is handed over."""
        self.ref = ref
        held, self._held = self._held, deque()
        for message, reply_to in held:
            taken = ref.offer(message) if reply_to is None else ref.forward(message, reply_to)
            if not taken:
                self._refuse(message, reply_to)

    def close(self) -> None:
        """Say that nobody does the job any more; what waited for an answer gets an error."""
        self.ref = None
        self.closed = True
        held, self._held = self._held, deque()
        for message, reply_to in held:
            self._refuse(message, reply_to)

    def offer(self, message: Any) -> bool:
        """Put a message into the actor's mailbox, or keep it for the next incarnation. Never blocks.

        Returns False when nobody does the job any more, or too much waits already.
        """
        ref = self.ref
        return (ref is not None and ref.offer(message)) or self.hold(message)

    def forward(self, message: Any, reply_to: GreenletFuture[Any]) -> bool:
        """Hand over an ask: the actor answers ``reply_to``. As `offer`."""
        ref = self.ref
        return (ref is not None and ref.forward(message, reply_to)) or self.hold(message, reply_to)

    def hold(self, message: Any, reply_to: GreenletFuture[Any] | None = None) -> bool:
        """Keep a message for the next incarnation; return False when none is to come, or too much waits already."""
        if self.closed or len(self._held) >= _HELD:
            return False
        self._held.append((message, reply_to))
        return True

    def request(self, message: Any) -> GreenletFuture[Any]:
        """Ask; return the future of the answer, which fails at once when nobody does the job. Never blocks."""
        future: GreenletFuture[Any] = GreenletFuture()
        if not self.forward(message, future):
            future.fail(self._nobody())
        return future

    def ask(self, message: Any, *, timeout: float) -> Any:
        """Ask and return the answer. Blocks the current greenlet for ``timeout`` seconds at most.

        Raises:
            pykka.ActorDeadError: nobody does the job.
            pykka.Timeout: the time is over.
        """
        return self.request(message).get(timeout=timeout)

    def _refuse(self, message: Any, reply_to: GreenletFuture[Any] | None) -> None:
        answer = awaited(message, reply_to)
        if answer is not None:
            answer.fail(self._nobody())

    def _nobody(self) -> pykka.ActorDeadError:
        return pykka.ActorDeadError(f"{self.name} is not running")

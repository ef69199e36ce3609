"""What can be watched of calls while they happen, for traces and the like.

A client has at most one observer; without one, watching costs a look at an attribute. An observer is called in the
greenlets of actors and calls: it must not block. What it raises is logged, and changes nothing for the call.
"""

from __future__ import annotations

from relay_actors.call.facts import CallFacts
from relay_actors.kit.guard import OnlookerGuard

__all__ = ["CallObserver", "GuardedObserver"]


class CallObserver:
    """Gets told what happens to calls, and does nothing about it: override what you want to know.

    What a method raises is logged, every ten seconds at most, and changes nothing.
    """

    def call_began(self, call: CallFacts) -> None:
        """A call has its actor: it was offered, or its dial was answered. Told first."""

    def call_changed(self, call: CallFacts) -> None:
        """The server reported a new ``state`` of a call, its last one included."""

    def call_over(self, call_id: str, reason: str) -> None:
        """A call that began has ended, for ``reason``; told once a call."""

    def call_crashed(self, call: CallFacts, error: BaseException) -> None:
        """Code of a call has raised: ``run()``, a hook, a handler of `on_call`, a callback, or what makes its actor.

        Told at each crash, before anything is done about it; of a call whose actor could not be made, it is all that
        is told.
        """

    def command_began(self, call: CallFacts, method: str) -> object:
        """A command of a call is about to be sent; `command_over` gets what this returns."""

    def command_over(self, began: object, error: BaseException | None) -> None:
        """The wait for a command's reply is over: ``error`` is what it raised, None for a success."""


class GuardedObserver(CallObserver):
    """Hands everything on to another observer, and logs what that one raises.

    Args:
        observer: the other one.
    """

    def __init__(self, observer: CallObserver) -> None:
        self._observer = observer
        self._guarded = OnlookerGuard("an observer of calls")

    def call_began(self, call: CallFacts) -> None:
        """See `CallObserver.call_began`."""
        self._guarded(self._observer.call_began, call)

    def call_changed(self, call: CallFacts) -> None:
        """See `CallObserver.call_changed`."""
        self._guarded(self._observer.call_changed, call)

    def call_over(self, call_id: str, reason: str) -> None:
        """See `CallObserver.call_over`."""
        self._guarded(self._observer.call_over, call_id, reason)

    def call_crashed(self, call: CallFacts, error: BaseException) -> None:
        """See `CallObserver.call_crashed`."""
        self._guarded(self._observer.call_crashed, call, error)

    def command_began(self, call: CallFacts, method: str) -> object:
        """See `CallObserver.command_began`."""
        return self._guarded(self._observer.command_began, call, method)

    def command_over(self, began: object, error: BaseException | None) -> None:
        """See `CallObserver.command_over`."""
        self._guarded(self._observer.command_over, began, error)

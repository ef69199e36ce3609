"""What every action has: a control_id, an end, and who waits for it (protocol 9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Protocol

import msgspec
from typing_extensions import TypeVar

from relay_actors.errors import GONE, RelayError, RelayTimeout
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.user_code import checked_function
from relay_actors.wire.checks import check_params
from relay_actors.wire.events import CallStateEvent, RelayEvent
from relay_actors.wire.frames import FrameParams, encode_params

__all__ = [
    "FINISHED",
    "Action",
    "ActionAborted",
    "OnCompleted",
    "Operator",
    "PausableAction",
    "StoppableAction",
    "check_waited_for",
]

FINISHED: Final = frozenset({"finished", "error"})
"""States that end most actions."""


class Operator(Protocol):
    """The call as its operations see it."""

    @property
    def call_id(self) -> str:
        """The call's id."""

    def command(self, method: str, params: dict[str, Any], *, timeout: float | None = None) -> dict[str, Any]:
        """Send a command with the call's address and return its result. Blocks the current greenlet."""

    def refuse_elsewhere(self) -> None:
        """Refuse another thread, and a child of the process."""

    def wait_for_future(self, future: GreenletFuture[Any], timeout: float | None) -> bool:
        """Wait for a future; return False when ``timeout`` seconds passed first. Blocks the current greenlet."""

    def is_still_up(self) -> bool:
        """Return whether the call is up by all that the server has sent until now. Blocks the current greenlet."""


class ActionAborted(RelayEvent, frozen=True, kw_only=True):
    """What ``on_completed`` gets when an action ended without an event of its own.

    ``event_type`` is that of the action's events.

    Attributes:
        reason: the name of the error that `Action.wait` raises, such as ``CallEnded`` or ``SessionLost``.
    """

    reason: str = ""


E_co = TypeVar("E_co", bound=RelayEvent, covariant=True, default=RelayEvent)
"""The event that ends an action: a `PlayEvent` for a `PlayAction`."""

OnCompleted = Callable[[E_co | ActionAborted], object]
"""Called with the event that ended an action, or with an `ActionAborted` when none did."""


def check_waited_for(action: object, event: type[RelayEvent], name: str, wait: str) -> None:
    """Do nothing if an action is asked for something that its event would not have either.

    Args:
        action: what has no attribute of that name.
        event: the class of the event that ends it.
        name: the attribute.
        wait: what to write in the code.

    Raises:
        AttributeError: the event has it; the text says how to get the event.
    """
    kind = type(action)
    if not name.startswith("_") and hasattr(event, name) and not hasattr(kind, name):
        raise AttributeError(
            f"{kind.__name__} has no {name!r}: {wait} first, which returns the {event.__name__} with it"
        )


class Action(Generic[E_co]):
    """A running operation of a call; ``Action[PlayEvent]`` is one that a `PlayEvent` ends.

    Its attributes may be read, and its methods called, from any greenlet.

    Attributes:
        control_id: the operation's id.
        reply: the server's reply to the command that started it.
    """

    METHOD: ClassVar[str] = ""
    """The method that starts it."""
    EVENT: ClassVar[type[RelayEvent]] = RelayEvent
    """The class of the events that tell its state."""
    BACKGROUND: ClassVar[bool] = False
    """Whether it only listens to the call, so that a call is not kept up for its sake when ``run()`` has returned."""
    LATE: ClassVar[bool] = False
    """Whether its result may come after the call has ended."""
    CLOSED_BY: ClassVar[frozenset[str]] = frozenset()
    """Types of events without a control_id that end it too."""

    __slots__ = ("_call", "_future", "_on_completed", "_state", "control_id", "reply")

    def __init__(self, call: Operator, control_id: str, on_completed: OnCompleted[E_co] | None = None) -> None:
        self._call = call
        self.control_id = control_id
        self.reply: dict[str, Any] = {}
        self._on_completed = on_completed if on_completed is None else checked_function(on_completed, "on_completed")
        self._future: GreenletFuture[Any] = GreenletFuture()  # its event is of the kind that the class says
        self._state = ""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.control_id} {'done' if self.is_done else self._state or 'started'}>"

    if not TYPE_CHECKING:  # they shall go on to know which names there are

        def __getattr__(self, name: str) -> Any:
            """Raise the AttributeError, which names `wait` if that has been forgotten."""
            check_waited_for(self, self.EVENT, name, "call .wait()")
            return object.__getattribute__(self, name)  # raises what it has raised

    @property
    def is_done(self) -> bool:
        """Whether the operation has its result, or ended without one."""
        return self._future.done()

    @property
    def completed(self) -> bool:
        """The same as `is_done`."""
        return self._future.done()

    @property
    def state(self) -> str:
        """The newest state that an event told, such as ``playing``; empty before the first."""
        return self._state

    @property
    def result(self) -> E_co | None:
        """The event that ended the operation; None while it runs, and when it ended without one."""
        try:
            return self._future.get(timeout=0) if self._future.done() else None
        except RelayError:
            return None

    @property
    def error(self) -> RelayError | None:
        """What ended the operation when no event did, such as `CallEnded`; otherwise None."""
        try:
            if self._future.done():
                self._future.get(timeout=0)
        except RelayError as error:
            return error
        return None

    def wait(self, timeout: float | None = None) -> E_co:
        """Wait for the end of the operation and return the event that ended it: a `PlayEvent` for a `PlayAction`.

        Blocks the current greenlet; inside the call's own code it pumps the call's mailbox, so that hooks run.

        Args:
            timeout: seconds to wait at most; None waits as long as call and session last.

        Raises:
            RelayTimeout: the time is over; the operation goes on.
            CallEnded: the call ended first.
            SessionLost: the connection came back without the session.
            ClientStopped: the client was disconnected.
        """
        if not self._call.wait_for_future(self._future, timeout):
            raise RelayTimeout(f"{self.METHOD} did not end within {timeout:g} s")
        event: E_co = self._future.get()
        return event

    # What the call's core does with it

    def ends_with(self, event: RelayEvent) -> bool:
        """Return whether an event of this operation is its last. The call's core calls this."""
        return getattr(event, "state", "") in FINISHED

    def apply(self, event: RelayEvent) -> bool:
        """Take an event of this operation; return whether no more are expected. The call's core calls this."""
        if not isinstance(event, self.EVENT):
            return False
        self._state = getattr(event, "state", "") or self._state
        if not self.ends_with(event):
            return False
        self._future.resolve(event)
        return True

    def call_ended(self, event: CallStateEvent) -> None:
        """Take the end of the call as a result, if it is one. The call's core calls this."""

    def abort(self, error: RelayError) -> None:
        """End the operation without an event, unless it has one. The call's core calls this."""
        self._future.fail(error)

    def completion(self) -> tuple[OnCompleted[E_co], E_co | ActionAborted] | None:
        """Return the completion callback and its event, once; None when there is none. The call's core calls this."""
        callback, self._on_completed = self._on_completed, None
        if callback is None:
            return None
        return callback, self.result or self._aborted()

    def _aborted(self) -> ActionAborted:
        body = {"call_id": self._call.call_id, "control_id": self.control_id, "reason": type(self.error).__name__}
        envelope = FrameParams(event_type=self.EVENT.EVENT_TYPE, params=msgspec.Raw(encode_params(body)))
        return ActionAborted(envelope=envelope, **body)

    @property
    def _closed(self) -> bool:
        """Whether no more events are expected."""
        return self._future.done()

    def _command(self, name: str, **params: Any) -> dict[str, Any]:
        """Send a sub-command; one that comes too late is no error (protocol 9.2)."""
        self._call.refuse_elsewhere()
        params = check_params(name, params)
        if self._closed:
            return {}
        try:
            return self._call.command(name, {"control_id": self.control_id, **params})
        except RelayError as error:
            if error.code in GONE:
                return {}
            raise


class StoppableAction(Action[E_co]):
    """An operation that can be stopped."""

    __slots__ = ()

    def stop(self) -> dict[str, Any]:
        """Ask the server to stop it, and return the reply; the end comes as an event.

        Blocks the current greenlet until the reply. Returns an empty dict when the operation is over already.

        Raises:
            RelayError: the server refused.
        """
        return self._command(f"{self.METHOD}.stop")


class PausableAction(StoppableAction[E_co]):
    """An operation that can be paused and resumed."""

    __slots__ = ()

    def pause(self) -> dict[str, Any]:
        """Pause it. Blocks the current greenlet until the reply, which it returns."""
        return self._command(f"{self.METHOD}.pause")

    def resume(self) -> dict[str, Any]:
        """Go on after a pause. Blocks the current greenlet until the reply, which it returns."""
        return self._command(f"{self.METHOD}.resume")

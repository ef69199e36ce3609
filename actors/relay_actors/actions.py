"""Operations of a call that take their time, named by a control_id (protocol sheet, section 9).

An action is opened before its command is sent, so that no event can be missed. It ends once, at the first terminal
event, or when what it needs is gone: then `Action.wait` raises what happened and ``on_completed`` gets an
`ActionAborted` event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from relay_actors.errors import RelayError, RelayTimeout
from relay_actors.future import GreenletFuture
from relay_actors.wire.events import CollectEvent, PlayEvent, RecordEvent, RelayEvent
from relay_actors.wire.frames import FrameParams, encode_params

if TYPE_CHECKING:
    from relay_actors.call_core import CallCore

__all__ = [
    "Action",
    "ActionAborted",
    "CollectAction",
    "PausableAction",
    "PlayAction",
    "RecordAction",
    "StandaloneCollectAction",
    "StoppableAction",
]

OnCompleted = Callable[[RelayEvent], object]

_FINISHED: Final = frozenset({"finished", "error"})
_RECORDED: Final = frozenset({"finished", "no_input", "error"})
_COLLECTED: Final = frozenset({"digit", "speech", "no_input", "no_match", "error", "finished"})
_GONE: Final = frozenset({404, 410})


class ActionAborted(RelayEvent, frozen=True, kw_only=True):
    """What ``on_completed`` gets when an action ended without an event of its own.

    ``event_type`` is that of the action's events. Attributes:
        reason: the name of the error that `Action.wait` raises, such as ``CallEnded`` or ``SessionLost``.
    """

    reason: str = ""


class Action:
    """A running operation of a call.

    Its attributes may be read, and its methods called, from any greenlet.
    """

    METHOD: ClassVar[str] = ""
    """The method that starts it."""
    EVENT: ClassVar[type[RelayEvent]] = RelayEvent
    """The class of the events that tell its state."""
    LATE: ClassVar[bool] = False
    """Whether its result may come after the call has ended."""

    __slots__ = ("_call", "_future", "_on_completed", "_state", "control_id", "reply")

    def __init__(self, call: CallCore, control_id: str, on_completed: OnCompleted | None = None) -> None:
        self._call = call
        self.control_id = control_id
        self.reply: dict[str, Any] = {}
        self._on_completed = on_completed
        self._future: GreenletFuture[RelayEvent] = GreenletFuture()
        self._state = ""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.control_id} {'done' if self.is_done else self._state or 'started'}>"

    @property
    def is_done(self) -> bool:
        """Whether the operation is over, in whatever way."""
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
    def result(self) -> RelayEvent | None:
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

    def wait(self, timeout: float | None = None) -> RelayEvent:
        """Wait for the end of the operation and return the event that ended it.

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
        event: RelayEvent = self._future.get()
        return event

    def ends_with(self, event: RelayEvent) -> bool:
        """Return whether an event of this operation is its last."""
        return getattr(event, "state", "") in _FINISHED

    def apply(self, event: RelayEvent) -> bool:
        """Take an event of this operation; return whether it ended it. The call's core calls this."""
        if not isinstance(event, self.EVENT):
            return False
        self._state = getattr(event, "state", "") or self._state
        if not self.ends_with(event):
            return False
        self._future.resolve(event)
        return True

    def abort(self, error: RelayError) -> None:
        """End the operation without an event. The call's core calls this."""
        self._future.fail(error)

    def completion(self) -> tuple[OnCompleted, RelayEvent] | None:
        """Return the completion callback and its event, once; None when there is no callback."""
        callback, self._on_completed = self._on_completed, None
        if callback is None:
            return None
        return callback, self.result or self._aborted()

    def _aborted(self) -> RelayEvent:
        body = {"call_id": self._call.call_id, "control_id": self.control_id, "reason": type(self.error).__name__}
        envelope = FrameParams(event_type=self.EVENT.EVENT_TYPE, params=msgspec.Raw(encode_params(body)))
        return ActionAborted(envelope=envelope, **body)

    def _command(self, name: str, **params: Any) -> dict[str, Any]:
        """Send a sub-command; one that comes too late is no error (section 9, rule 2)."""
        if self.is_done:
            return {}
        try:
            return self._call.command(name, {"control_id": self.control_id, **params})
        except RelayError as error:
            if error.code in _GONE:
                return {}
            raise


class StoppableAction(Action):
    """An operation that can be stopped."""

    __slots__ = ()

    def stop(self) -> dict[str, Any]:
        """Ask the server to stop it; the end comes as an event. Blocks the current greenlet until the reply."""
        return self._command(f"{self.METHOD}.stop")


class PausableAction(StoppableAction):
    """An operation that can be paused and resumed."""

    __slots__ = ()

    def pause(self) -> dict[str, Any]:
        """Pause it. Blocks the current greenlet until the reply."""
        return self._command(f"{self.METHOD}.pause")

    def resume(self) -> dict[str, Any]:
        """Resume it. Blocks the current greenlet until the reply."""
        return self._command(f"{self.METHOD}.resume")


class PlayAction(PausableAction):
    """A playback."""

    METHOD = "calling.play"
    EVENT = PlayEvent
    __slots__ = ()

    def volume(self, volume: float) -> dict[str, Any]:
        """Change the volume, in dB from -40 to 40. Blocks the current greenlet until the reply."""
        return self._command("calling.play.volume", volume=volume)


class RecordAction(PausableAction):
    """A recording; its url may come after the call has ended."""

    METHOD = "calling.record"
    EVENT = RecordEvent
    LATE = True
    __slots__ = ()

    def ends_with(self, event: RelayEvent) -> bool:
        """Return whether an event of this operation is its last (section 16, row 14)."""
        return getattr(event, "state", "") in _RECORDED

    def pause(self, behavior: str | None = None) -> dict[str, Any]:
        """Pause it; ``behavior`` is ``skip`` (cut the pause out; default) or ``silence`` (keep it)."""
        return self._command("calling.record.pause", **({} if behavior is None else {"behavior": behavior}))

    @property
    def url(self) -> str:
        """Where the recording is, or will be; empty while the server has not said."""
        result = self.result
        if isinstance(result, RecordEvent) and result.url:
            return result.url
        return str(self.reply.get("url") or "")


class _CollectBase(StoppableAction):
    """What both kinds of collection have in common."""

    EVENT = CollectEvent
    __slots__ = ("continuous",)

    def __init__(self, call: CallCore, control_id: str, on_completed: OnCompleted | None = None) -> None:
        super().__init__(call, control_id, on_completed)
        self.continuous = False

    def ends_with(self, event: RelayEvent) -> bool:
        """Return whether a result is the last: what counts is ``result.type`` first (section 16, row 18)."""
        assert isinstance(event, CollectEvent)
        kind = event.type
        if event.final is False or kind == "start_of_input":
            return False
        if self.continuous:
            return event.state in _FINISHED or kind in _FINISHED
        return kind in _COLLECTED or (not kind and event.state in _FINISHED)

    def start_input_timers(self) -> dict[str, Any]:
        """Start the clock of ``initial_timeout`` now. Blocks the current greenlet until the reply."""
        return self._command("calling.collect.start_input_timers")


class CollectAction(_CollectBase):
    """A prompt with a collection; events of the prompt's playback do not end it."""

    METHOD = "calling.play_and_collect"
    __slots__ = ()

    def volume(self, volume: float) -> dict[str, Any]:
        """Change the prompt's volume, in dB from -40 to 40. Blocks the current greenlet until the reply."""
        return self._command("calling.play_and_collect.volume", volume=volume)


class StandaloneCollectAction(_CollectBase):
    """A collection without a prompt."""

    METHOD = "calling.collect"
    __slots__ = ()

"""Messages to a call besides the server's events, and what a call tells its router."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from relay_actors.call.crash_policy import HANGUP, CrashPolicy
from relay_actors.errors import CallEnded, ClientStopped, SessionLost
from relay_actors.kit.future import GreenletFuture
from relay_actors.session.link import Link
from relay_actors.timing import Timing
from relay_actors.wire.events import RelayEvent

if TYPE_CHECKING:
    from relay_actors.call.actions import Action
    from relay_actors.call.observer import CallObserver

__all__ = [
    "AddListener",
    "CallClosed",
    "CallCrashed",
    "CallHandedOff",
    "CallOutlived",
    "CallOver",
    "CallSetup",
    "CallVanished",
    "DescribeCall",
    "EndCode",
    "HangUp",
    "LingerOver",
    "OpenAction",
    "OpenWait",
    "Predicate",
    "SessionEnded",
    "Wait",
]

Predicate = Callable[[Any], bool]


class CallSetup(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a call actor is made from.

    ``device`` is JSON; ``subscription`` is the actor that routes its events; ``when_crashed`` is the policy of a class
    that has none of its own; ``observer`` is told what happens to the call.
    """

    call_id: str
    node_id: str
    direction: str
    state: str
    link: Link
    timing: Timing
    subscription: Any
    project_id: str = ""
    context: str = ""
    device: msgspec.Raw = msgspec.Raw(b"{}")
    tag: str = ""
    segment_id: str = ""
    when_crashed: CrashPolicy = HANGUP
    observer: CallObserver | None = None

    def __repr__(self) -> str:
        """Show the address; no numbers of callers."""
        return f"<CallSetup {self.call_id} {self.direction}>"


class Wait:
    """One wait for one event."""

    __slots__ = ("event_type", "future", "predicate")

    def __init__(self, event_type: str, predicate: Predicate | None) -> None:
        self.event_type = event_type
        self.predicate = predicate
        self.future: GreenletFuture[RelayEvent] = GreenletFuture()

    def offer(self, event: RelayEvent) -> bool:
        """Take an event if it fits; return whether the wait is over. A predicate that raises ends the wait with it."""
        if self.future.done():
            return True
        if self.event_type not in {event.event_type, "*"}:
            return False
        try:
            fits = self.predicate is None or self.predicate(event)
        except BaseException as error:  # noqa: BLE001 - it is raised where the wait is, a gevent.Timeout too
            return self.future.fail(error)
        return bool(fits) and self.future.resolve(event)


class OpenAction(msgspec.Struct, frozen=True):
    """Give the events of this action to it."""

    action: Action


class OpenWait(msgspec.Struct, frozen=True):
    """Give the first event that fits to this wait."""

    wait: Wait


class AddListener(msgspec.Struct, frozen=True):
    """Call ``handler`` with each event of a type."""

    event_type: str
    handler: Callable[[Any], object]


class CallVanished(msgspec.Struct, frozen=True):
    """The server does not know the call any more."""

    code: int
    message: str


class CallHandedOff(msgspec.Struct, frozen=True):
    """The call is somebody else's from now on."""

    reason: str

    def error(self) -> CallEnded:
        """Return what the waits of the call end with."""
        return CallEnded(f"the call was {self.reason}", reason=self.reason)


class HangupOverdue(msgspec.Struct, frozen=True):
    """The server has taken our hang-up a while ago, and never said that the call has ended."""

    reason: str

    def error(self) -> CallEnded:
        """Return what the waits of the call end with."""
        why = f"the call was hung up ({self.reason}), and the server never said that it ended"
        return CallEnded(why, reason=self.reason, source="outbound")


class LingerOver(msgspec.Struct, frozen=True):
    """Late results of an ended call are awaited no longer."""


class EndCode(msgspec.Struct, frozen=True):
    """The call has been over for long: end its code, if any still runs."""


class SessionEnded(msgspec.Struct, frozen=True):
    """What belongs to the session is over, for the reason in ``error``."""

    error: type[SessionLost | ClientStopped]


class DescribeCall(msgspec.Struct, frozen=True):
    """Asked of a call: its `CallStatus`."""


class CallClosed(msgspec.Struct, frozen=True):
    """A call actor has nothing left to do."""

    call_id: str


class CallOver(msgspec.Struct, frozen=True):
    """A call is over without a state event that says so, for ``reason``; its actor may have things left to do."""

    call_id: str
    reason: str


class CallCrashed(msgspec.Struct, frozen=True):
    """The code of a call has crashed, for the first time."""

    call_id: str


class CallOutlived(msgspec.Struct, frozen=True):
    """The code of a call went on for too long after its end, and was ended."""

    call_id: str


class HangUp(msgspec.Struct, frozen=True):
    """Have a call ended that nobody serves, again until the server has taken it."""

    call_id: str
    node_id: str
    reason: str

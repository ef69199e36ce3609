"""Messages to a call besides the server's events, and what a call tells its router."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from relay_actors.call.actions import Action
from relay_actors.call.waits import Wait
from relay_actors.errors import CallEnded, CallGone, ClientStopped, SessionLost
from relay_actors.kit.future import GreenletFuture

__all__ = [
    "PASS",
    "AddListener",
    "CallClosed",
    "CallCrashed",
    "CallHandedOff",
    "CallOutlived",
    "CallOver",
    "CallVanished",
    "CatchUp",
    "DescribeCall",
    "EndCode",
    "GoOn",
    "HangUp",
    "HangupOverdue",
    "LingerOver",
    "OfferExpired",
    "OfferLeft",
    "OfferTaken",
    "OpenAction",
    "OpenWait",
    "SessionEnded",
    "Tell",
]


PASS: Final = "pass"  # noqa: S105 - what is done with an offer, and no password


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

    def error(self) -> CallGone:
        """Return what the waits of the call end with."""
        return CallGone(self.code, self.message)


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


class OfferExpired(msgspec.Struct, frozen=True):
    """An offer was left to others, and nothing is expected of it any more."""

    def error(self) -> CallEnded:
        """Return what the waits of the call end with."""
        return CallEnded("nobody here has touched the offer: it was left to others", reason="left")


class OfferLeft(msgspec.Struct, frozen=True):
    """Nobody here has touched an offer: it is left to others, and its slot is free."""

    call_id: str


class OfferTaken(msgspec.Struct, frozen=True):
    """An offer that was left to others was taken here after all."""

    call_id: str


class LingerOver(msgspec.Struct, frozen=True):
    """Late results of an ended call are awaited no longer."""


class EndCode(msgspec.Struct, frozen=True):
    """The call has been over for long: end its code, if any still runs."""


class SessionEnded(msgspec.Struct, frozen=True):
    """What belongs to the session is over, for the reason in ``error``."""

    error: type[SessionLost | ClientStopped]


class CatchUp(msgspec.Struct, frozen=True):
    """Asked of a call and of its router: the answer, None, comes when all that came before is applied."""


class GoOn(msgspec.Struct, frozen=True):
    """Go on with a call that another process has left: all that had happened to it has been told."""


class DescribeCall(msgspec.Struct, frozen=True):
    """Asked of a call: its `CallStatus`."""


class Tell(msgspec.Struct, frozen=True):
    """Have the hook ``on_told`` called with a value; ``answer`` gets None once that is queued, or why it is not."""

    value: Any
    answer: GreenletFuture[None]


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
    """Have a call ended that nobody serves, again until the server has taken it; `PASS` gives it back to routing."""

    call_id: str
    node_id: str
    reason: str

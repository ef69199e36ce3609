"""Every message that actors exchange: immutable, typed, slotted.

Commands are imperative and go down to the connection; events are past tense and go up to the calls. An event of the
server itself (`relay_actors.wire.events`) travels as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from relay_actors.errors import ClientStopped, SessionLost
from relay_actors.kit.future import GreenletFuture
from relay_actors.session.state import Session
from relay_actors.wire.events import RelayEvent

__all__ = [
    "Abandon",
    "AbandonDial",
    "AddContexts",
    "BeginDial",
    "CallClosed",
    "CallCrashed",
    "CallOutlived",
    "CallOver",
    "ChangeContexts",
    "Command",
    "Connect",
    "ConnectionClosing",
    "ConnectionUp",
    "ContextsReceived",
    "CountMessages",
    "CountPending",
    "DescribeCall",
    "DescribeCalls",
    "DescribeConnection",
    "Disconnect",
    "Drain",
    "EndCalls",
    "EventsReceived",
    "FindCall",
    "FramesReceived",
    "ListCalls",
    "OfflineTooLong",
    "RemoveContexts",
    "SessionChanged",
    "SessionEnded",
    "SessionExpired",
    "SessionStarted",
    "SetCallHandler",
    "SetEventHandlers",
    "Shutdown",
    "SweepCode",
    "SweepDials",
    "Tick",
    "TrackMessage",
]


class Command(msgspec.Struct, frozen=True, gc=False):
    """A request to the server, encoded already. Asked of the connection: the answer is the reply's result.

    Attributes:
        identity: the JSON-RPC id.
        method: the method, for logs and errors.
        frame: the whole frame.
        deadline: monotonic time after which nobody waits for the reply any more.
    """

    identity: str
    method: str
    frame: bytes
    deadline: float

    def __repr__(self) -> str:
        """Name method and id; what is in the frame (numbers, texts) stays out of logs."""
        return f"<Command {self.method} {self.identity}>"


class Abandon(msgspec.Struct, frozen=True):
    """Nobody waits for this command's reply any more: it timed out."""

    identity: str


class FramesReceived(msgspec.Struct, frozen=True, gc=False):
    """Frames that one read of the socket brought, in order."""

    frames: tuple[str | bytes, ...]

    def __repr__(self) -> str:
        """Count the frames; what is in them stays out of logs."""
        return f"<FramesReceived {len(self.frames)}>"


class Tick(msgspec.Struct, frozen=True):
    """Time to look at the clock."""


class Shutdown(msgspec.Struct, frozen=True):
    """Close the socket cleanly and stop."""


class ConnectionUp(msgspec.Struct, frozen=True):
    """A connection is logged in."""

    connection: Any
    session: Session
    restored: bool


class ConnectionClosing(msgspec.Struct, frozen=True):
    """A connection takes no more commands; its end follows."""

    connection: Any


class SessionChanged(msgspec.Struct, frozen=True):
    """The server changed what the session is resumed with; ``forget`` asks for a new session next time."""

    authorization_state: str = ""
    forget: bool = False

    def __repr__(self) -> str:
        """Tell what is changed; the state is a credential."""
        return f"<SessionChanged {'forget' if self.forget else 'authorization_state'}>"


class Connect(msgspec.Struct, frozen=True):
    """Bring the connection up and keep it up. Asked: the answer comes when it is up, or when it can't be."""


class Disconnect(msgspec.Struct, frozen=True):
    """Take the connection down and keep it down. Asked: the answer comes when it is down."""


class ChangeContexts(msgspec.Struct, frozen=True):
    """The desired contexts from now on; ``tell`` has the server told at once of what is new and what is no more."""

    contexts: tuple[str, ...]
    tell: bool = False


class EventsReceived(msgspec.Struct, frozen=True, gc=False):
    """Events for the receiver, in the order in which the socket brought them, each with the id of its frame."""

    events: tuple[tuple[Any, RelayEvent], ...]


class SessionStarted(msgspec.Struct, frozen=True):
    """A connection is up; when it was not restored, everything of the former session is gone."""

    restored: bool


class SessionEnded(msgspec.Struct, frozen=True):
    """What belongs to the session is over, for the reason in ``error``."""

    error: type[SessionLost | ClientStopped]


class OfflineTooLong(msgspec.Struct, frozen=True):
    """The session has been without a connection for too long."""


class SessionExpired(msgspec.Struct, frozen=True):
    """Give up what belongs to the session; should it be resumed after all, hang up what is still up."""


class DescribeConnection(msgspec.Struct, frozen=True):
    """Asked of the connection's supervisor: its `ConnectionStatus` and the depth of its outbox."""


class CountPending(msgspec.Struct, frozen=True):
    """Asked of a connection: how many commands wait for their reply."""


class DescribeCalls(msgspec.Struct, frozen=True):
    """Asked of the subscription actor: its `CallsStatus`."""


class ListCalls(msgspec.Struct, frozen=True):
    """Asked of the subscription actor: the references of all live calls, oldest first, as a tuple."""


class FindCall(msgspec.Struct, frozen=True):
    """Asked of the subscription actor: the reference of a live call, or None."""

    call_id: str


class DescribeCall(msgspec.Struct, frozen=True):
    """Asked of a call: its `CallStatus`."""


class CountMessages(msgspec.Struct, frozen=True):
    """Asked of the messaging actor: how many sent messages are watched."""


class AddContexts(msgspec.Struct, frozen=True):
    """Want these contexts too. Asked: the answer is the tuple of all desired contexts."""

    contexts: tuple[str, ...]


class RemoveContexts(msgspec.Struct, frozen=True):
    """Want these contexts no more. Asked: the answer is the tuple of all desired contexts."""

    contexts: tuple[str, ...]


class ContextsReceived(msgspec.Struct, frozen=True):
    """The server sends what belongs to these contexts, since a user asked for it."""

    contexts: tuple[str, ...]


class SetCallHandler(msgspec.Struct, frozen=True):
    """Serve inbound calls by actors that ``factory`` makes; None serves none."""

    factory: Callable[..., Any] | None


class SetEventHandlers(msgspec.Struct, frozen=True):
    """Give what belongs to no call to ``event``, and tasks to ``task``; None: to nobody."""

    event: Callable[[Any], object] | None
    task: Callable[[Any], object] | None


class BeginDial(msgspec.Struct, frozen=True):
    """Expect events of a dial, and give ``outcome`` the call, once a device has answered. Asked: None, or an error.

    ``reply`` is the future of the reply to its command, and tells whether that was sent; None counts as sent.
    """

    tag: str
    factory: Callable[..., Any]
    outcome: GreenletFuture[Any]
    reply: GreenletFuture[Any] | None = None


class AbandonDial(msgspec.Struct, frozen=True):
    """Nobody waits for ``outcome`` any more: end the legs of its dial, those too that show up later."""

    tag: str
    outcome: GreenletFuture[Any]


class SweepDials(msgspec.Struct, frozen=True):
    """Time to end what is left of dials whose outcome is known."""


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


class HangUpAnswered(msgspec.Struct, frozen=True):
    """The outcome of one try to end a call that nobody serves: ``error`` is None when the server has taken it."""

    call_id: str
    error: Exception | None


class SweepHangUps(msgspec.Struct, frozen=True):
    """Time to try again to end what could not be ended."""


class SweepCode(msgspec.Struct, frozen=True):
    """Time to look for code that outlives its call."""


class Drain(msgspec.Struct, frozen=True):
    """Take no new call: pass offers on, refuse dials. Asked: the answer comes when no call and no dial is left."""


class EndCalls(msgspec.Struct, frozen=True):
    """The client stops: hang up what is up and end every call. Asked: the answer comes when none is left."""

    timeout: float


class TrackMessage(msgspec.Struct, frozen=True):
    """Give the states of this sent message to its handle."""

    message: Any

"""Messages of the connection, its supervisor and those whom it tells of events: immutable, typed, slotted.

Commands are imperative and go down to the connection; events are past tense and go up to the calls. An event of the
server itself (`relay_actors.wire.events`) travels as it is.
"""

from __future__ import annotations

from typing import Any

import msgspec

from relay_actors.session.state import Session
from relay_actors.wire.events import RelayEvent

__all__ = [
    "Abandon",
    "ChangeContexts",
    "Connect",
    "ConnectionClosing",
    "ConnectionUp",
    "CountPending",
    "CredentialsRenewed",
    "DescribeConnection",
    "Disconnect",
    "EventsReceived",
    "FrameRefused",
    "FramesReceived",
    "LinkFailed",
    "OfflineTooLong",
    "ResumeSession",
    "SessionChanged",
    "SessionExpired",
    "SessionStarted",
    "Shutdown",
    "Tick",
]


class Abandon(msgspec.Struct, frozen=True):
    """Nobody waits for this command's reply any more: it timed out."""

    identity: str


class FramesReceived(msgspec.Struct, frozen=True, gc=False):
    """Frames that one read of the socket brought, in order."""

    frames: tuple[str | bytes, ...]

    def __repr__(self) -> str:
        """Count the frames; what is in them stays out of logs."""
        return f"<FramesReceived {len(self.frames)}>"


class FrameRefused(msgspec.Struct, frozen=True):
    """The server has closed the connection over a frame of this size, in bytes."""

    size: int


class LinkFailed(msgspec.Struct, frozen=True):
    """The socket is of no more use; the connection ends with ``error``."""

    error: Exception


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


class ResumeSession(msgspec.Struct, frozen=True):
    """Have the next connection resume a session that was another process's."""

    session: Session


class Disconnect(msgspec.Struct, frozen=True):
    """Take the connection down and keep it down. Asked: the answer comes when it is down."""


class CredentialsRenewed(msgspec.Struct, frozen=True):
    """The next login has other credentials: what was refused of the former ones counts no more."""


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


class OfflineTooLong(msgspec.Struct, frozen=True):
    """The session has been without a connection for too long."""


class SessionExpired(msgspec.Struct, frozen=True):
    """Give up what belongs to the session; should it be resumed after all, hang up what is still up.

    Attributes:
        displaced: whether another process has it now: then nothing of it is ours to hang up.
    """

    displaced: bool = False


class DescribeConnection(msgspec.Struct, frozen=True):
    """Asked of the connection's supervisor: its `ConnectionStatus` and the depth of its outbox."""


class CountPending(msgspec.Struct, frozen=True):
    """Asked of a connection: how many commands wait for their reply."""

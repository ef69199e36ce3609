"""Messages that the subscription actor gets: questions, wishes, and the time to look at something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from relay_actors.errors import RelayError
from relay_actors.kit.future import GreenletFuture
from relay_actors.routing.inheritance import Inheritance
from relay_actors.session.command import Command

__all__ = [
    "AbandonDial",
    "AddContexts",
    "Adopt",
    "BeginDial",
    "CaughtUp",
    "ContextsReceived",
    "DescribeCalls",
    "Drain",
    "EndCalls",
    "FindCall",
    "HangUpAnswered",
    "ListCalls",
    "RemoveContexts",
    "SetCallHandler",
    "StayAway",
    "SweepCode",
    "SweepDials",
    "SweepHangUps",
]


class Adopt(msgspec.Struct, frozen=True):
    """Take no new call, and go on with those of another process once its session is resumed."""

    inheritance: Inheritance


class CaughtUp(msgspec.Struct, frozen=True):
    """A ping that was sent when a session was resumed has its outcome: whether the server has answered it."""

    answered: bool


class DescribeCalls(msgspec.Struct, frozen=True):
    """Asked of the subscription actor: its `CallsStatus`."""


class ListCalls(msgspec.Struct, frozen=True):
    """Asked of the subscription actor: the references of all live calls, oldest first, as a tuple."""


class FindCall(msgspec.Struct, frozen=True):
    """Asked of the subscription actor: the reference of a live call, or None."""

    call_id: str


class StayAway(msgspec.Struct, frozen=True):
    """Leave all contexts until told otherwise, or receive them again.

    Attributes:
        away: which of the two.
    """

    away: bool


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


class BeginDial(msgspec.Struct, frozen=True):
    """Expect events of a dial, and give ``outcome`` the call, once a device has answered. Asked: None, or an error.

    ``command`` tells whether it was sent; None counts as sent.
    """

    tag: str
    factory: Callable[..., Any]
    outcome: GreenletFuture[Any]
    command: Command | None = None


class AbandonDial(msgspec.Struct, frozen=True):
    """Nobody waits for ``outcome`` any more: end the legs of its dial, those too that show up later."""

    tag: str
    outcome: GreenletFuture[Any]


class SweepDials(msgspec.Struct, frozen=True):
    """Time to end what is left of dials whose outcome is known."""


class HangUpAnswered(msgspec.Struct, frozen=True):
    """The outcome of one try to end a call that nobody serves: ``error`` is None when the server has taken it."""

    call_id: str
    error: RelayError | None


class SweepHangUps(msgspec.Struct, frozen=True):
    """Time to try again to end what could not be ended."""


class SweepCode(msgspec.Struct, frozen=True):
    """Time to look for code that outlives its call."""


class Drain(msgspec.Struct, frozen=True):
    """Take no new call: pass offers on, refuse dials. Asked: the answer comes when no call and no dial is left."""


class EndCalls(msgspec.Struct, frozen=True):
    """The client stops: hang up what is up and end every call. Asked: the answer comes when none is left.

    Attributes:
        timeout: seconds that this may take at most while there is a connection.
        reconnect: seconds to wait at most for a connection, while there is none.
    """

    timeout: float
    reconnect: float = 0.0

"""What a call is engaged in that goes on without code of its user: a queue, a conference, an agent, a bridge.

A call whose code is over is left to it, and hung up afterwards. An engagement begins ahead of the command that asks for
it, so that no event of it comes too early, and ends with the command's failure, an event or a command that undoes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from relay_actors.wire.events import (
    AIEvent,
    AIStopEvent,
    ConferenceEvent,
    ConnectEvent,
    EchoEvent,
    QueueEvent,
    ReferEvent,
    RelayEvent,
    RoomEvent,
    SendDigitsEvent,
)

__all__ = [
    "BRIDGE",
    "ENGAGING",
    "TELLING",
    "TRANSFER",
    "Engaged",
    "begun_by",
    "told_by",
    "undone_by",
    "with_",
    "without",
]

Engaged = tuple[str, ...]
"""The engagements of a call, in words that a log line may show; most calls have none."""

BRIDGE: Final = "a bridge"
TRANSFER: Final = "a transfer"

_QUEUE: Final = "a queue"
_CONFERENCE: Final = "a conference"
_ROOM: Final = "a room"
_AGENT: Final = "an AI agent"
_ECHO: Final = "an echo"
_DIGITS: Final = "digits that are sent"
_BINDINGS: Final = "digit bindings"
_REALM: Final = "default"

_BEGUN: Final = {
    "calling.amazon_bedrock": _AGENT,
    "calling.bind_digit": _BINDINGS,
    "calling.connect": BRIDGE,
    "calling.echo": _ECHO,
    "calling.join_conference": _CONFERENCE,
    "calling.join_room": _ROOM,
    "calling.queue.enter": _QUEUE,
    "calling.refer": TRANSFER,
    "calling.send_digits": _DIGITS,
}
_UNDONE: Final = {
    "calling.clear_digit_bindings": _BINDINGS,
    "calling.leave_conference": _CONFERENCE,
    "calling.leave_room": _ROOM,
    "calling.queue.leave": _QUEUE,
}
ENGAGING: Final = frozenset(_BEGUN | _UNDONE)
"""The commands that begin an engagement or undo one."""

_FINISHED: Final = frozenset({"finished", "error"})
_ROOM_LEFT: Final = frozenset({"leave", "failed", "cancel", "locked"})


_TOLD: Final[dict[type[RelayEvent], tuple[str, Callable[[Any], bool | None]]]] = {
    AIEvent: (_AGENT, lambda event: False if event.state in _FINISHED else None),
    AIStopEvent: (_AGENT, lambda _: False),
    ConferenceEvent: (_CONFERENCE, lambda event: False if event.status == "participant-leave" else None),
    ConnectEvent: (BRIDGE, lambda event: event.connect_state in {"connecting", "connected"}),
    EchoEvent: (_ECHO, lambda event: False if event.state in _FINISHED else None),
    # Who was taken from a queue talks with whoever took him.
    QueueEvent: (_QUEUE, lambda event: False if event.status == "leave" else None),
    ReferEvent: (TRANSFER, lambda event: event.state == "inProgress"),
    RoomEvent: (_ROOM, lambda event: False if event.join_status in _ROOM_LEFT else None),
    SendDigitsEvent: (_DIGITS, lambda event: False if event.state in _FINISHED else None),
}
"""From a class of events to the engagement it tells of, and whether that is there: None when the event does not say."""

TELLING: Final = frozenset(_TOLD)
"""The classes of events that tell of an engagement."""


def begun_by(method: str, params: dict[str, Any]) -> str | None:
    """Return what a command engages its call in, or None."""
    what = _BEGUN.get(method)
    return f"{what} ({params.get('realm') or _REALM})" if what is _BINDINGS else what


def undone_by(method: str, params: dict[str, Any], engaged: Engaged) -> Engaged:
    """Return the engagements of a call after a command that the server has taken."""
    what = _UNDONE.get(method)
    if what is None:
        return engaged
    if what is _BINDINGS and params.get("realm") != "all":
        return without(engaged, f"{what} ({params.get('realm') or _REALM})")
    return tuple(each for each in engaged if not each.startswith(what))


def told_by(event: RelayEvent, engaged: Engaged) -> Engaged:
    """Return the engagements of a call after an event of it."""
    if type(event) not in TELLING:
        return engaged
    what, is_there = _TOLD[type(event)]
    there = is_there(event)
    if there is None:
        return engaged
    return with_(engaged, what) if there else without(engaged, what)


def with_(engaged: Engaged, what: str) -> Engaged:
    """Return the engagements and one more."""
    return engaged if what in engaged else (*engaged, what)


def without(engaged: Engaged, what: str) -> Engaged:
    """Return the engagements but for one."""
    return tuple(each for each in engaged if each != what)

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
    "lives_by_itself",
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
_COMPANY: Final = frozenset({_QUEUE, _CONFERENCE, _ROOM, _AGENT, BRIDGE, TRANSFER})
ENGAGING: Final = frozenset(_BEGUN | _UNDONE)
"""The commands that begin an engagement or undo one."""

_FINISHED: Final = frozenset({"finished", "error"})
_ROOM_LEFT: Final = frozenset({"leave", "failed", "cancel", "locked"})


def _of(word: str, *, there: frozenset[str], over: frozenset[str]) -> Callable[[Any], bool | None]:
    """Return what tells from one field of an event whether an engagement is there; None if the field does not say."""
    says = {**dict.fromkeys(there, True), **dict.fromkeys(over, False)}
    return lambda event: says.get(getattr(event, word))


_TOLD: Final[dict[type[RelayEvent], tuple[str, Callable[[Any], bool | None]]]] = {
    AIEvent: (_AGENT, _of("state", there=frozenset(), over=_FINISHED)),
    AIStopEvent: (_AGENT, lambda _: False),
    ConferenceEvent: (
        _CONFERENCE,
        _of("status", there=frozenset({"participant-join"}), over=frozenset({"participant-leave"})),
    ),
    ConnectEvent: (BRIDGE, lambda event: event.connect_state in {"connecting", "connected"}),
    EchoEvent: (_ECHO, _of("state", there=frozenset({"echoing"}), over=_FINISHED)),
    # Who was taken from a queue talks with whoever took him.
    QueueEvent: (_QUEUE, _of("status", there=frozenset({"enqueue", "stats", "dequeue"}), over=frozenset({"leave"}))),
    ReferEvent: (TRANSFER, lambda event: event.state == "inProgress"),
    RoomEvent: (_ROOM, _of("join_status", there=frozenset({"joined"}), over=_ROOM_LEFT)),
    SendDigitsEvent: (_DIGITS, _of("state", there=frozenset(), over=_FINISHED)),
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


def lives_by_itself(engaged: Engaged) -> bool:
    """Return whether a call whose code is gone is with somebody: its caller is not in silence."""
    return not _COMPANY.isdisjoint(engaged)


def with_(engaged: Engaged, what: str) -> Engaged:
    """Return the engagements and one more."""
    return engaged if what in engaged else (*engaged, what)


def without(engaged: Engaged, what: str) -> Engaged:
    """Return the engagements but for one."""
    return tuple(each for each in engaged if each != what)

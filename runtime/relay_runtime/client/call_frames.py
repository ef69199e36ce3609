"""Which of the frames that pass belong to calls, and to which: what names a call, and the replies to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from relay_runtime.client.frame_tap import Direction

__all__ = ["CallFrame", "CallFrames", "event_in"]

O = TypeVar("O")  # noqa: E741 - an owner

_OPEN_REQUESTS: Final = 1000
_OTHER: Final[dict[Direction, Direction]] = {"in": "out", "out": "in"}


class _Head(msgspec.Struct, frozen=True):
    """What tells to whom a reply belongs."""

    id: str | int | None = None


class CallFrame(NamedTuple, Generic[O]):
    """A frame that belongs to calls.

    Attributes:
        what: the type of an event, the method of another request, or ``reply to`` one of them.
        owners: whose it is.
        frame: the decoded frame.
        request: whether it is a request, as events are too; else it is a reply.
    """

    what: str
    owners: tuple[O, ...]
    frame: dict[str, Any]
    request: bool


class CallFrames(Generic[O]):
    """Tells of each frame of a connection whose it is.

    Args:
        find: returns who is named in a frame, which is given as it passes, or an empty tuple. It sees no replies that
            name nobody: these belong to whom their request does.
        open_requests: how many requests may wait for their reply; beyond that the oldest is forgotten.
    """

    def __init__(self, find: Callable[[bytes], tuple[O, ...]], open_requests: int = _OPEN_REQUESTS) -> None:
        self._find = find
        self._open_requests = open_requests
        self._requests: dict[tuple[Direction, Any], tuple[str, tuple[O, ...]]] = {}

    def __call__(self, direction: Direction, frame: str | bytes) -> CallFrame[O] | None:
        """Return a frame that belongs to somebody, and None for another. Never raises and never blocks."""
        try:
            data = frame.encode() if isinstance(frame, str) else frame
            owners = self._find(data)
            if owners:
                return self._named(direction, owners, msgspec.json.decode(data))
            if self._requests and b'"method"' not in data:
                return self._reply(direction, data)
        except (msgspec.DecodeError, UnicodeError, RecursionError, AttributeError):
            pass  # no JSON object: it belongs to nobody
        return None

    def _named(self, direction: Direction, owners: tuple[O, ...], frame: dict[str, Any]) -> CallFrame[O]:
        what = _name(frame)
        identity = frame.get("id")
        can_be_told = isinstance(identity, str | int)  # else no reply can: an id may be anything
        if frame.get("method"):
            if can_be_told:
                self._note(direction, identity, what, owners)
            return CallFrame(what, owners, frame, request=True)
        asked = self._requests.pop((_OTHER[direction], identity), None) if can_be_told else None
        if asked is None:
            return CallFrame("reply", owners, frame, request=False)
        of, askers = asked
        return CallFrame(f"reply to {of}", tuple(dict.fromkeys((*askers, *owners))), frame, request=False)

    def _reply(self, direction: Direction, data: bytes) -> CallFrame[O] | None:
        head = msgspec.json.decode(data, type=_Head)
        asked = self._requests.pop((_OTHER[direction], head.id), None)
        if asked is None:
            return None
        what, owners = asked
        return CallFrame(f"reply to {what}", owners, msgspec.json.decode(data), request=False)

    def _note(self, direction: Direction, identity: Any, what: str, owners: tuple[O, ...]) -> None:
        if len(self._requests) >= self._open_requests:
            del self._requests[next(iter(self._requests))]
        self._requests[direction, identity] = what, owners


def event_in(frame: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the type and the body of the event that a frame holds; empty ones if it holds none."""
    params = frame.get("params")
    if not isinstance(params, dict) or not isinstance(params.get("event_type"), str):
        return "", {}
    body = params.get("params")
    return params["event_type"], body if isinstance(body, dict) else {}


def _name(frame: dict[str, Any]) -> str:
    """Return the event's type, else the method, else an empty string."""
    params = frame.get("params")
    kind = params.get("event_type") if isinstance(params, dict) else None
    return str(kind or frame.get("method") or "")

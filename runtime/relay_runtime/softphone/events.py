"""What a phone tells those who look at it. Immutable; seconds are real ones since the call of the line was placed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from relay_runtime.sandbox.ground.line import Change

__all__ = [
    "AppCrashed",
    "Event",
    "LineEnded",
    "LineNoted",
    "LineOpened",
    "MessageMoved",
    "SoundChanged",
    "Who",
    "who_is",
]

Who = Literal["phone", "app", "network"]
"""Who does something on a line: whoever is at the phone, the app, or what is between them."""

_WHO: Final[Mapping[str, Who]] = {"caller": "phone", "callee": "phone", "client": "app"}


def who_is(name: str) -> Who:
    """Return who somebody is whom a transcript of the sandbox names."""
    return _WHO.get(name, "network")


class LineOpened(msgspec.Struct, frozen=True, tag=True):
    """There is a call on a line: the phone has dialled the app, or the app has dialled the phone, which rings."""

    line: int
    call_id: str
    rings: bool
    number: str
    """The number dialled: the app's, or this phone's."""
    context: str = ""


class LineNoted(msgspec.Struct, frozen=True, tag=True):
    """Something happened on a line, told in words: ``answers``, ``presses 1``."""

    line: int
    at: float
    who: Who
    what: str


class SoundChanged(msgspec.Struct, frozen=True, tag=True):
    """Something that is heard on a line began, paused, goes on, was stopped, or has ended."""

    line: int
    at: float
    sound: int
    """Tells the sounds of a phone apart, in order from 1."""
    kind: str
    text: str
    change: Change
    words: str
    """What was heard of it so far."""
    seconds: float
    """How long it lasts in all, in real seconds."""


class LineEnded(msgspec.Struct, frozen=True, tag=True):
    """The call of a line is over."""

    line: int
    at: float
    by: Who
    reason: str
    status: str
    failure: str | None = None


class MessageMoved(msgspec.Struct, frozen=True, tag=True):
    """A text message was sent, or has a new state: ``received`` is one to the app, any other state one from it."""

    message_id: str
    from_number: str
    to_number: str
    body: str
    state: str
    media: tuple[str, ...] = ()


class AppCrashed(msgspec.Struct, frozen=True, tag=True):
    """Code of the app has crashed."""

    call_id: str
    what: str
    traceback: str


Event = LineOpened | LineNoted | SoundChanged | LineEnded | MessageMoved | AppCrashed

"""Events of a phone as lines of text: when, who, what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from relay_runtime.softphone.events import (
    AppCrashed,
    Event,
    LineEnded,
    LineNoted,
    LineOpened,
    MessageMoved,
    SoundChanged,
)

__all__ = ["is_spoken", "prefix", "speaker", "told"]

_UNTOLD: Final = ("offered", "ends the call")
"""Begins what is told in another way, or says nothing to who sits at the phone."""


def told(event: Event) -> list[str]:
    """Return the lines that tell of an event; none for what tells nothing new."""
    return [line.rstrip() for line in _TOLD[type(event)](event)]


def is_spoken(event: SoundChanged) -> bool:
    """Return whether a sound is words, which take their time."""
    return event.kind in {"tts", "speech"}


def speaker(event: SoundChanged) -> str:
    """Return who is heard: the app, or the other party of a call that it has connected."""
    return "peer" if event.kind == "speech" else "app"


def prefix(at: float | None, who: str, line: int = 1) -> str:
    """Return what a line of text begins with: seconds, who, and the line if it is not the first."""
    seconds = "" if at is None else f"{at:.1f} s"
    return f"{seconds:>9}  {who:<7}  {'' if line == 1 else f'(line {line}) '}"


def _opened(event: LineOpened) -> list[str]:
    if event.rings:
        what = f"calls {event.number}: /answer or /decline"
        return [prefix(None, "app", event.line) + what]
    return [prefix(0.0, "phone", event.line) + f"dials {event.context}"]


def _noted(event: LineNoted) -> list[str]:
    if event.what.startswith(_UNTOLD):
        return []
    return [prefix(event.at, event.who, event.line) + event.what]


def _sound(event: SoundChanged) -> list[str]:
    if event.change == "begins":
        what = _BEGINS.get(event.kind, "plays {}").format(event.text)
    elif event.change == "stops" and event.words != event.text:
        what = f"is cut off after {event.words!r}"
    elif event.change == "stops" and not is_spoken(event):
        what = f"stops {event.text}"
    elif event.change in {"pauses", "resumes"}:
        what = event.change
    else:
        return []
    return [prefix(event.at, speaker(event), event.line) + what]


_BEGINS: Final[Mapping[str, str]] = {
    "tts": "{!r}",
    "speech": "{!r}",
    "digits": "sends the digits {}",
    "ringtone": "plays the ringing tone {}",
}


def _ended(event: LineEnded) -> list[str]:
    what = "hangs up" if event.status in {"answered", "transferred"} else f"ends the call, {event.status}"
    why = "" if event.reason in {"hangup", event.status} else f": {event.reason}"
    return [prefix(event.at, event.by, event.line) + what + why]


def _message(event: MessageMoved) -> list[str]:
    media = "".join(f" [{url}]" for url in event.media)
    if event.state == "received":
        return [prefix(None, "phone") + f"texts {event.body!r}"]
    if event.state == "queued":
        return [prefix(None, "app") + f"texts {event.to_number}: {event.body!r}{media}"]
    return []


def _crashed(event: AppCrashed) -> list[str]:
    return [prefix(None, "app") + f"crashes: {event.what}", *event.traceback.splitlines()]


_TOLD: Final[Mapping[type, Callable[[Any], list[str]]]] = {
    LineOpened: _opened,
    LineNoted: _noted,
    SoundChanged: _sound,
    LineEnded: _ended,
    MessageMoved: _message,
    AppCrashed: _crashed,
}

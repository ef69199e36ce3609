"""What has happened on the phone, for a browser that comes later."""

from __future__ import annotations

from collections import deque
from typing import Final

from relay_runtime.softphone.events import (
    AppCrashed,
    Event,
    LineEnded,
    LineNoted,
    LineOpened,
    MessageMoved,
    SoundChanged,
)

__all__ = ["History"]

_EVENTS: Final = 400  # of a call: its newest
_ENDED: Final = 20  # calls that are over
_MESSAGES: Final = 200
_CRASHES: Final = 10


class _Story:
    """One call."""

    def __init__(self, opened: LineOpened) -> None:
        self.opened = opened
        self.answered: LineNoted | None = None
        self.events: deque[Event] = deque(maxlen=_EVENTS)
        self.over = False

    def told(self) -> list[Event]:
        """Return its events; that it was answered is never among those that were too many."""
        answered = [] if self.answered is None or self.answered in self.events else [self.answered]
        return [self.opened, *answered, *self.events]


class History:
    """Keeps what a page shows: all calls that are up, the last that are over, messages and crashes. Never blocks."""

    def __init__(self) -> None:
        self._stories: list[_Story] = []
        self._messages: dict[str, MessageMoved] = {}
        self._crashes: deque[Event] = deque(maxlen=_CRASHES)  # of no call

    def add(self, event: Event) -> None:
        """Keep an event."""
        match event:
            case LineOpened():
                self._stories.append(_Story(event))
            case LineNoted() | SoundChanged() | LineEnded():
                self._add_to_line(event)
            case MessageMoved():
                self._messages[event.message_id] = event
                while len(self._messages) > _MESSAGES:
                    del self._messages[next(iter(self._messages))]
            case AppCrashed():
                story = next((each for each in self._stories if each.opened.call_id == event.call_id), None)
                (self._crashes if story is None else story.events).append(event)

    def _add_to_line(self, event: LineNoted | SoundChanged | LineEnded) -> None:
        story = next((each for each in reversed(self._stories) if each.opened.line == event.line), None)
        if story is None:
            return
        story.events.append(event)
        if isinstance(event, LineNoted) and event.what == "answers":
            story.answered = event
        if isinstance(event, LineEnded):
            story.over = True
            over = [each for each in self._stories if each.over]
            for old in over[:-_ENDED]:
                self._stories.remove(old)

    def events(self) -> list[Event]:
        """Return what is kept: call by call, then messages, then crashes."""
        told: list[Event] = []
        for story in self._stories:
            told += story.told()
        return [*told, *self._messages.values(), *self._crashes]

"""A telephone line: what the far end of a call hears and does, and who listens to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from relay_runtime.sandbox.ground.clock import Clock, now

__all__ = ["Change", "Ear", "Heard", "Line", "Listener"]

Change = Literal["begins", "pauses", "resumes", "stops", "ends"]
"""What becomes of a sound: it ends when it was heard whole, and stops when it was not."""


class Ear(Protocol):
    """What RELAY runs on a call that listens to the far end: a collect, a recording, a detector."""

    def on_digit(self, digit: str) -> None:
        """Take a key that was pressed."""

    def on_speech_begins(self, text: str) -> None:
        """Take the beginning of speech; ``text`` is what will have been said."""

    def on_speech_ends(self, text: str) -> None:
        """Take the end of speech."""


class Watcher(Protocol):
    """The script at the far end, told whenever something happened on its line."""

    def notice(self) -> None:
        """Look again: something was said, stopped or ended."""

    def note(self, who: str, what: str) -> None:
        """Write a line into the transcript."""


class Heard:
    """Something that the far end hears: a piece of a prompt, speech of a bridged party, digits.

    Args:
        clock: for its time scale.
        kind: ``tts``, ``audio``, ``silence``, ``ringtone``, ``speech`` or ``digits``.
        text: the words, the URL, the name of the tone, or the digits.
        seconds: how long it lasts, in line seconds.

    Attributes:
        kind: see above.
        text: see above.
        seconds: see above.
        listener: who is told what becomes of it, or None.
        over: whether nothing of it will be heard any more. What nobody stops, such as an answer of an AI, only lasts
            its time.
    """

    __slots__ = ("_before", "_clock", "_since", "kind", "listener", "over", "seconds", "text")

    def __init__(self, clock: Clock, kind: str, text: str, seconds: float) -> None:
        self._clock = clock
        self.kind = kind
        self.text = text
        self.seconds = seconds
        self.listener: Listener | None = None
        self.over = False
        self._before = 0.0
        self._since: float | None = now()

    @property
    def position(self) -> float:
        """Line seconds of it that were heard so far."""
        running = 0.0 if self._since is None else self._clock.line_seconds(self._since)
        return min(self.seconds, self._before + running)

    @property
    def running(self) -> bool:
        """Whether it is being heard now."""
        return self._since is not None

    def pause(self) -> None:
        """Stop the time of it, until it goes on."""
        if self._since is not None:
            self._halt("pauses")

    def resume(self) -> None:
        """Let its time run again."""
        if self._since is None and not self.over:
            self._since = now()
            self._tell("resumes")

    def stop(self) -> None:
        """End it where it stands. Without effect once it is over."""
        if not self.over:
            self.over = True
            self._halt("stops")

    def complete(self) -> None:
        """Note that it was heard to its end."""
        if not self.over:
            self.over = True
            self._before = self.seconds
            self._since = None
            self._tell("ends")

    def _halt(self, change: Change) -> None:
        self._before = self.position
        self._since = None
        self._tell(change)

    def _tell(self, change: Change) -> None:
        if self.listener is not None:
            self.listener(self, change)

    @property
    def words(self) -> str:
        """The part that was heard."""
        if self.kind not in {"tts", "speech"} or self.seconds <= 0:
            return self.text
        return self.text[: round(len(self.text) * self.position / self.seconds)]

    def seconds_until(self, end: int) -> float:
        """Line seconds until the first ``end`` characters of the text have been said."""
        if self.kind not in {"tts", "speech"}:
            return 0.0
        return max(0.0, self.seconds * end / max(1, len(self.text)) - self.position)


Listener = Callable[[Heard, Change], object]
"""Told of each sound of a line what becomes of it; it neither blocks nor raises."""


class Line:
    """The line of one call."""

    __slots__ = ("_said", "bridged", "confidence", "ears", "heard", "listener", "pressed", "speaking", "watcher")

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.ears: list[Ear] = []
        self.pressed = ""
        self.speaking = False
        self.confidence = 95.0  # with which what is said is understood
        self.watcher: Watcher | None = None
        self.listener: Listener | None = None
        self.bridged: Line | None = None
        self._said: Heard | None = None

    def plays(self, sound: Heard) -> None:
        """Let the far end hear something from now on."""
        self.heard.append(sound)
        sound.listener = self.listener
        if self.listener is not None:
            self.listener(sound, "begins")
        if self.watcher is not None:
            if sound.kind not in {"silence"}:
                self.watcher.note("hears", sound.text)
            self.watcher.notice()

    def changed(self) -> None:
        """Tell the far end that what it hears stopped, paused or went on."""
        if self.watcher is not None:
            self.watcher.notice()

    def press(self, digit: str) -> None:
        """Press a key at the far end."""
        self.pressed += digit
        for ear in tuple(self.ears):
            ear.on_digit(digit)

    def says(self, speech: Heard) -> None:
        """Begin to speak at the far end; a bridged party hears it, for as long as the two are bridged."""
        if self.bridged is not None:
            self._said = speech
            self.bridged.plays(speech)
        self.speech_begins(speech.text)

    def part(self) -> None:
        """End the bridge to another line; what is being said over it is heard no further."""
        other, self.bridged = self.bridged, None
        if other is not None and self._said is not None:
            self._said.stop()
            other.changed()
        self._said = None

    def speech_begins(self, text: str) -> None:
        """Begin to speak at the far end, to whoever listens to it."""
        self.speaking = True
        for ear in tuple(self.ears):
            ear.on_speech_begins(text)

    def speech_ends(self, text: str) -> None:
        """Stop speaking at the far end; a bridged party has heard it all."""
        self.speaking = False
        if self.bridged is not None and self._said is not None and self._said.text == text:
            self._said.complete()
            self._said = None
            self.bridged.changed()
        for ear in tuple(self.ears):
            ear.on_speech_ends(text)

"""One line of a phone: a call to the app, or one of the app that rings here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from relay_runtime.sandbox import Run, Status
from relay_runtime.sandbox.ground.clock import now
from relay_runtime.sandbox.ground.line import Change, Heard
from relay_runtime.sandbox.script.performance import Performance
from relay_runtime.sandbox.script.script import Script
from relay_runtime.sandbox.script.transcript import Entry
from relay_runtime.softphone.events import Event, LineEnded, LineNoted, LineOpened, SoundChanged, Who, who_is

__all__ = ["PhoneLine"]

_DO: Final = Script()
_HEARD: Final = "hears "
"""What a line of a transcript begins with that is of a sound, of which more is told as `SoundChanged`."""
_ENDS: Final[Mapping[str, Who]] = {"inbound": "phone", "outbound": "app"}


class PhoneLine:
    """The phone's end of one call. Nothing of it blocks; all of it belongs to the sandbox's thread.

    Args:
        number: tells the lines of a phone apart, from 1.
        run: the far end of the call.
        time_scale: real seconds in one of the line.
        told: gets what happens.
        count: numbers the sounds of the phone.

    Attributes:
        number: see above.
        run: see above.
        sounds: what is heard now, and what is paused, by its number: it is spoken while nobody tells of it.
    """

    def __init__(
        self, number: int, run: Run, time_scale: float, told: Callable[[Event], object], count: Iterator[int]
    ) -> None:
        self.number = number
        self.run = run
        self.sounds: dict[int, Heard] = {}
        self._scale = time_scale
        self._told = told
        self._began = now()
        self._count = count
        self._numbers: dict[Heard, int] = {}

    def __repr__(self) -> str:
        return f"<PhoneLine {self.number}: {self.run.status}>"

    def open(self) -> None:
        """Tell of the call, and from now on of all that happens."""
        run = self.run
        to_number, context = getattr(run.script, "to_number", run.number), getattr(run.script, "context", "")
        self._told(LineOpened(self.number, run.call_id, self.is_incoming, to_number, context))
        run.watch(self._noted)
        run.listen(self._heard)

    @property
    def is_incoming(self) -> bool:
        """Whether the app has dialled it."""
        return self.run.who == "callee"

    @property
    def rings(self) -> bool:
        """Whether a call of the app waits for somebody to take it."""
        return self.is_incoming and self.run.status is Status.WAITING and self.is_up

    @property
    def is_up(self) -> bool:
        """Whether the call is not over."""
        return self.run.outcome is None

    # What a person does; from the answer on, one thing after another

    def press(self, keys: str) -> Performance:
        """Press keys (0-9 * # A-D).

        Raises:
            ValueError: there is no such key.
        """
        return self.run.perform(_DO.presses(keys))

    def say(self, words: str) -> Performance:
        """Speak, for as long as the words take.

        Raises:
            ValueError: there are none.
        """
        return self.run.perform(_DO.says(words))

    def wait(self, seconds: float) -> Performance:
        """Be silent for so many seconds of the line.

        Raises:
            ValueError: the seconds are none.
        """
        return self.run.perform(_DO.waits(seconds))

    def hear(self, words: str, timeout: float) -> Performance:
        """Wait until words are heard behind the last that were waited for, for so many real seconds at most.

        Raises:
            ValueError: there are none.
        """
        return self.run.perform(_DO.hears(words, timeout))

    def answer(self) -> bool:
        """Take the call that rings; return False if none does."""
        return self.run.answer()

    def hang_up(self) -> None:
        """Put the phone down: give up, decline, or end the call. Without effect when it is over."""
        self.run.hang_up()

    # What is told

    @property
    def at(self) -> float:
        """Real seconds since the call was placed."""
        return now() - self._began

    def _noted(self, entry: Entry | None) -> None:
        if entry is None:
            self._ended()
        elif not entry.what.startswith(_HEARD):
            self._told(LineNoted(self.number, entry.at, who_is(entry.who), entry.what))

    def _heard(self, sound: Heard, change: Change) -> None:
        if sound.kind == "silence":
            return
        number = self._numbers.get(sound) or self._numbers.setdefault(sound, next(self._count))
        if sound.over:
            self.sounds.pop(number, None)
        else:
            self.sounds[number] = sound
        seconds = sound.seconds * self._scale
        self._told(SoundChanged(self.number, self.at, number, sound.kind, sound.text, change, sound.words, seconds))

    def _ended(self) -> None:
        outcome = self.run.outcome
        assert outcome is not None
        self.sounds.clear()
        by = _ENDS.get(outcome.end_source, "network")
        self._told(LineEnded(self.number, self.at, by, outcome.end_reason, outcome.status, outcome.failure))

"""Performs a script, step by step, as things happen on the line; no greenlet of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relay_runtime.sandbox.ground.clock import Clock, Timer, now
from relay_runtime.sandbox.ground.line import Heard
from relay_runtime.sandbox.script.steps import Step

if TYPE_CHECKING:
    from relay_runtime.sandbox.calls.call import Call
    from relay_runtime.sandbox.script.run import Run

__all__ = ["Performer"]


class Performer:
    """The person at the far end of one call.

    Args:
        run: whose script it is, and where the transcript goes.
        call: the call it is performed on.
    """

    def __init__(self, run: Run, call: Call) -> None:
        self.run = run
        self.call = call
        self.ground = call.ground
        self.over = False
        self.cursor = (0, 0)  # what was heard and already answered to: index of the sound, offset in its text
        self.progress = 0  # how far the current step has come, for steps of several parts
        self._index = -1
        self._step: Step | None = None
        self._step_began = 0.0
        self._busy = False
        self._again = False
        self._limit: Timer | None = None
        self._alarm: Timer | None = None

    @property
    def clock(self) -> Clock:
        """The clock of the sandbox."""
        return self.ground.clock

    @property
    def doing(self) -> str:
        """What the script waits for, in words."""
        return self._step.describe() if self._step is not None else "be answered"

    def waits_for_answer(self) -> None:
        """Give up when the patience of the script is over."""
        script, settings = self.run.script, self.ground.settings
        patience = script.patience if script.patience is not None else settings.patience
        self._limit = self.clock.after_real(patience, self._gives_up, script.gives_up_with)
        if script.abandons_after is not None:
            self._alarm = self.clock.after(script.abandons_after, self._gives_up, script.gives_up_with)

    def _gives_up(self, reason: str) -> None:
        self.call.end(reason, "inbound")

    def begin(self) -> None:
        """Start with the first step; the call is answered."""
        self._quiet()
        self.call.line.watcher = self
        self._next()
        self.notice()

    def notice(self) -> None:
        """Look whether the current step can go on; called after anything that happened on the line."""
        if self._busy:
            self._again = True
            return
        self._busy = True
        try:
            self._again = True
            while self._again and not self.over and self._step is not None:
                self._again = False
                if self._step.attempt(self):
                    self._next()
                    self._again = True
        finally:
            self._busy = False

    def _next(self) -> None:
        self._quiet()
        steps = self.run.script.steps
        self._index += 1
        self._step_began = now()
        self.progress = 0
        self._step = steps[self._index] if self._index < len(steps) else None
        if self._step is not None and self._step.limit is not None:
            self._limit = self.clock.after_real(self._step.limit, self._too_late)

    def _too_late(self) -> None:
        step = self._step
        if step is not None and step.limit is not None:
            self.fail(f"waited {step.limit:g} s in vain to {step.describe()}")
        self.call.end("hangup", "inbound")

    def fail(self, why: str) -> None:
        """End the script with a failure; the first one counts."""
        if self.run.failure is None:
            place = f"step {self._index + 1}" if self._index >= 0 else "before the answer"
            self.run.failure = f"{place}: {why}"
            self.note("network", f"the script fails: {why}")
        self.over = True

    def call_over(self) -> None:
        """Take the end of the call: steps that are left, and that needed it, make the script fail."""
        self._quiet()
        missing = [step for step in self.run.script.steps[max(0, self._index) :] if not step.done_by_end]
        if self._index >= 0 and not self.over and missing and self._step is not None:
            self.fail(f"the call ended ({self.call.end_reason}) before the script could {missing[0].describe()}")
        self.over = True
        self._step = None
        self.call.line.watcher = None

    def _quiet(self) -> None:
        for timer in (self._limit, self._alarm):
            if timer is not None:
                timer.cancel()
        self._limit = self._alarm = None

    def note(self, who: str, what: str) -> None:
        """Write a line into the transcript; ``hears`` is what the far end does."""
        self.run.note(self.run.who if who == "hears" else who, f"hears {what!r}" if who == "hears" else what)

    def does(self, what: str) -> None:
        """Write into the transcript what the far end does."""
        self.run.note(self.run.who, what)

    def elapsed(self) -> float:
        """Return the line seconds since the step began."""
        return self.clock.line_seconds(self._step_began)

    def look_again_after(self, line_seconds: float) -> None:
        """Have the step tried again after so many line seconds."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self.clock.after(line_seconds, self.notice)

    def hears(self, text: str, *, digits: bool = False) -> bool:
        """Tell whether a text has been heard since the last one, and remember up to where.

        A text that is being said, but not to its end, is looked at again when it will have been.
        """
        wanted = text.casefold()
        heard = self.call.line.heard
        for index in range(self.cursor[0], len(heard)):
            sound = heard[index]
            if (sound.kind == "digits") is not digits:
                continue
            start = self.cursor[1] if index == self.cursor[0] else 0
            at = sound.text.casefold().find(wanted, start)
            if at < 0:
                continue
            wait = sound.seconds_until(at + len(wanted))
            if wait <= _NO_TIME or sound.kind not in {"tts", "speech"}:
                self.cursor = (index, at + len(wanted))
                return True
            if sound.running:
                self.look_again_after(wait)
                return False
        return False

    def says(self, text: str) -> bool:
        """Speak; True when it has been said. The first call begins, the others look whether it is over."""
        length = self.ground.speech_seconds(text)
        line = self.call.line
        if not line.speaking:
            self._speak(text, length)
        left = length - self.elapsed()
        if left > _NO_TIME:
            self.look_again_after(left)
            return False
        line.speech_ends(text)
        return True

    def _speak(self, text: str, length: float) -> None:
        line = self.call.line
        self.does(f"says {text!r}")
        self._step_began = now()
        line.says(Heard(self.clock, "speech", text, length))


_NO_TIME: Final = 1e-6  # line seconds; closer than this is now

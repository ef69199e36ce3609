"""Performs a script, step by step, as things happen on the line; no greenlet of its own.

Behind the steps of the script come those that somebody has it take while the call goes on: see `Performance`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from relay_runtime.sandbox.ground.clock import Clock, Timer, now
from relay_runtime.sandbox.ground.line import Heard
from relay_runtime.sandbox.script.performance import Performance
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
        self._index = -1  # of the script's step; behind the last one while steps are taken by hand
        self._by_hand: deque[Performance] = deque()
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
    def heard(self) -> tuple[str, ...]:
        """What was heard so far, in order: words as far as they were said, URLs of audio."""
        heard = self.call.line.heard
        return tuple(sound.words for sound in heard if sound.kind not in {"silence", "digits"})

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

    @property
    def begun(self) -> bool:
        """Whether the call was answered, and the steps have begun."""
        return self._index >= 0

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
        self._step_began = now()
        self.progress = 0
        self._step = self._next_of_script() or self._next_by_hand()
        if self._step is not None and self._step.limit is not None:
            self._limit = self.clock.after_real(self._step.limit, self._too_late)

    def _next_of_script(self) -> Step | None:
        steps = self.run.script.steps
        self._index = min(self._index + 1, len(steps))
        return steps[self._index] if self._index < len(steps) else None

    def _next_by_hand(self) -> Step | None:
        while self._by_hand:
            step = self._by_hand[0].next()
            if step is not None:
                return step
            self._by_hand.popleft().end()
        return None

    def _too_late(self) -> None:
        step = self._step
        if step is None or step.limit is None:
            return
        why = f"waited {step.limit:g} s in vain to {step.describe()}"
        if self._takes_by_hand:
            self._drop(self._by_hand[0], why)
        else:
            self.fail(why)
            self.call.end("hangup", "inbound")

    @property
    def _takes_by_hand(self) -> bool:
        return self._step is not None and self._index == len(self.run.script.steps)

    def perform(self, steps: tuple[Step, ...]) -> Performance:
        """Take steps behind those that are there, from the answer on; on a call that is over, look at what was heard.

        One that does not happen in its time ends its performance, not the call. Never blocks.
        """
        performance = Performance(steps, self)
        if self.over:
            self._look_back(performance)
            return performance
        self._by_hand.append(performance)
        if self.begun and self._step is None:
            self._next()
            self.notice()
        return performance

    def withdraw(self, performance: Performance) -> None:
        """Take no further step of a performance."""
        if performance in self._by_hand:
            self._drop(performance, "it was withdrawn")

    def _drop(self, performance: Performance, why: str) -> None:
        under_way = self._takes_by_hand and performance is self._by_hand[0]
        self._by_hand.remove(performance)
        performance.end(why)
        if under_way:
            if self._step is not None:
                self._step.give_up(self)
            self._next()
            self.notice()

    def _look_back(self, performance: Performance) -> None:
        """End a performance whose call is over: what only looks at what was heard is taken."""
        for step in performance.left:
            if not (step.done_by_end or (step.looks_back and step.attempt(self))):
                self._quiet()  # nothing more will be said
                who, reason = self.run.who, self.call.end_reason
                performance.end(f"the call is over ({reason}), and the {who} could not {step.describe()}")
                return
        performance.end()

    def hang_up(self) -> None:
        """Put the phone down: a caller who waits for an answer gives up, a callee whose phone rings declines."""
        waiting = self.run.script.gives_up_with if self.call.direction == "inbound" else "decline"
        self.over = True
        self.call.end("hangup" if self.begun else waiting, "inbound")

    def fail(self, why: str) -> None:
        """End the script with a failure; the first one counts."""
        if self.run.failure is None:
            place = f"step {self._index + 1}" if self.begun else "before the answer"
            self.run.failure = f"{place}: {why}"
            self.note("network", f"the script fails: {why}")
        self.over = True

    def call_over(self) -> None:
        """Take the end of the call: steps that are left, and that needed it, make the script fail."""
        self._quiet()
        missing = [step for step in self.run.script.steps[max(0, self._index) :] if not step.done_by_end]
        if self.begun and not self.over and missing and self._step is not None:
            self.fail(f"the call ended ({self.call.end_reason}) before the script could {missing[0].describe()}")
        self.over = True
        self._step = None
        self.call.line.watcher = None
        while self._by_hand:
            self._look_back(self._by_hand.popleft())

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

    def left_of(self, line_seconds: float) -> float:
        """Return how much is left of so many line seconds since the step began; 0 when they are over."""
        left = line_seconds - self.clock.line_seconds(self._step_began)
        return left if left > _NO_TIME else 0.0

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

    def says(self, text: str, seconds: float | None, confidence: float) -> bool:
        """Speak; True when it has been said. The first call begins, the others look whether it is over."""
        length = self.ground.speech_seconds(text) if seconds is None else seconds
        line = self.call.line
        if not line.speaking:
            line.confidence = confidence
            self._speak(text, length)
        left = self.left_of(length)
        if left:
            self.look_again_after(left)
            return False
        line.speech_ends(text)
        return True

    def _speak(self, text: str, length: float) -> None:
        line = self.call.line
        self.does(f"says {text!r}")
        self._step_began = now()
        line.says(Heard(self.clock, "speech", text, length))


# Line seconds; closer than this is now. What rounding leaves of a wait would be waited for over and over in a time that
# goes on only when nothing is left to do.
_NO_TIME: Final = 1e-6

"""What runs on a call under a control_id, from its start to its one terminal event (protocol 9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.calls.course import Course, Told
from relay_runtime.sandbox.ground.clock import Clock, Timer
from relay_runtime.sandbox.ground.line import Ear, Line

__all__ = ["Action", "Unnamed"]


class Action:
    """A long-running operation of a call.

    Subclasses set ``kind`` and ``event_type``, begin their work in ``start`` and end it by ``finish``.

    Args:
        call: the call it runs on.
        control_id: the name that the client gave it.
    """

    kind = ""
    event_type = ""
    after_end = False  # whether its terminal event may follow ``ended`` (protocol 6)

    def __init__(self, call: Call, control_id: str) -> None:
        self.call = call
        self.ground = call.ground
        self.control_id = control_id
        self.open = True
        self._timers: dict[str, Timer] = {}
        self._ear: Ear | None = None
        self._ending: Mapping[str, Any] = {}

    @property
    def clock(self) -> Clock:
        """The clock that its timers run on."""
        return self.ground.clock

    @property
    def line(self) -> Line:
        """The line of its call."""
        return self.call.line

    def start(self) -> None:
        """Begin; called when the action is in the call's table."""

    def go(self, course: Course | None) -> None:
        """Begin, and go as it is foreseen; None: as the sandbox has it."""
        if course is None:
            self.start()
            return
        self._ending = course.ending
        if course.events is None:
            if course.seconds is not None:
                self.last(course.seconds, at_least=course.at_least)
            self.start()
            return
        for number, told in enumerate(course.events):
            if told.at <= 0:
                self._tell(told)
            else:
                self.set_timer(f"told {number}", told.at, self._tell, told)

    def _tell(self, told: Told) -> None:
        if told.last:
            self.close()
        if told.event_type in {"", self.event_type}:
            self.event(**told.fields)
        else:
            self.call.event(told.event_type, control_id=self.control_id, **told.fields)

    def last(self, seconds: float, *, at_least: bool) -> None:
        """Take so many line seconds in all; of no effect on what does not end by itself."""

    def stop(self) -> None:
        """End on request of the client."""
        self.finish(state="finished")

    def call_ends(self) -> None:
        """End because the call does."""
        self.stop()

    def event(self, **fields: Any) -> None:
        """Send an event of this action."""
        self.call.event(self.event_type, control_id=self.control_id, **fields)

    def finish(self, **fields: Any) -> None:
        """Send the terminal event, once, and leave the call's table."""
        if not self.open:
            return
        self.close()
        self.event(**{**fields, **self._ending})

    def close(self) -> None:
        """Leave the call's table and drop every timer, without an event."""
        self.open = False
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if self._ear in self.line.ears:
            self.line.ears.remove(self._ear)
        self._ear = None
        self.call.actions.pop((self.kind, self.control_id), None)
        self.ground.counters.actions_open -= 1

    def listen(self, ear: Ear | None = None) -> None:
        """Listen to the far end until the action closes, itself or by an ear of its own."""
        self._ear = ear or self
        self.line.ears.append(self._ear)

    def set_timer(self, name: str, line_seconds: float, callback: Any, *args: Any) -> None:
        """Set one of the action's timers, in place of an earlier one of that name."""
        self.cancel_timer(name)
        self._timers[name] = self.clock.after(line_seconds, callback, *args)

    def cancel_timer(self, name: str) -> None:
        """Cancel one of the action's timers."""
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def on_digit(self, digit: str) -> None:
        """Take a key that the far end pressed."""

    def on_speech_begins(self, text: str) -> None:
        """Take the beginning of speech of the far end."""

    def on_speech_ends(self, text: str) -> None:
        """Take the end of speech of the far end."""


class Unnamed(Action):
    """An operation without a control_id, of which a call has one at most.

    Args:
        call: the call it runs on.
    """

    def __init__(self, call: Call) -> None:
        super().__init__(call, "")

    def event(self, **fields: Any) -> None:
        """Send an event, without a control_id."""
        self.call.event(self.event_type, **fields)

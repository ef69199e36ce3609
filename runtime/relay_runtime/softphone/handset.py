"""The phone itself: it dials the app, rings when the app dials, and has a thread of text messages."""

from __future__ import annotations

from itertools import count
from typing import Any, Final

from gevent.hub import get_hub

from relay_runtime.sandbox import Callee, Caller, Run, Sandbox, SentMessage
from relay_runtime.sandbox.ground.watchers import Watchers
from relay_runtime.sandbox.script.script import Script
from relay_runtime.softphone.events import Event, MessageMoved
from relay_runtime.softphone.line import PhoneLine

__all__ = ["Handset", "HandsetError"]

_RINGS_HERE: Final = Callee().never_answers()


class HandsetError(Exception):
    """The phone can't do that now; the text says why, and what can be done."""


class Handset:
    """A phone at a sandbox: every number that the app dials rings here. Nothing of it blocks.

    All of it belongs to the sandbox's thread.

    Args:
        sandbox: the server; it runs.
        number: the number of this phone.
        to_number: the number that it dials.

    Attributes:
        sandbox: see above.
        number: see above.
        to_number: see above.
        hub: the hub of the sandbox's thread.
        context: what it dials, if nothing else is said; empty until it is known.
        redials: whether it is about to dial by itself.
        lines: its lines by their numbers; one whose call is over is used again for the next.
        current: the line that was last dialled, taken, or turned to; None before the first call.
        watchers: those who are told of events.
    """

    def __init__(self, sandbox: Sandbox, number: str, to_number: str) -> None:
        self.sandbox = sandbox
        self.number = number
        self.to_number = to_number
        self.hub: Any = get_hub()
        self.context = ""
        self.redials = False
        self.lines: dict[int, PhoneLine] = {}
        self.current: PhoneLine | None = None
        self.watchers: Watchers[Event] = Watchers()
        self._scripts: tuple[Script, ...] = (_RINGS_HERE,)  # the phone's own calls are known by them
        self._sounds = count(1)
        self._closed = False
        sandbox.on_dial("*", _RINGS_HERE)
        sandbox.watch(self._made)
        sandbox.watch_messages(self._sent)

    def close(self) -> None:
        """Hang up all lines, dial and ring no more; what becomes of the calls is told all the same."""
        self._closed = True
        for line in self.lines.values():
            line.hang_up()

    # Calls

    def dial(self, context: str = "", to_number: str = "") -> PhoneLine:
        """Call the app, and turn to the new line.

        Args:
            context: the context that the call arrives on; an empty text is the phone's own.
            to_number: the number to dial; an empty text is the phone's own.

        Raises:
            HandsetError: nobody serves the context.
        """
        context = context or self.context
        if self._closed:
            raise HandsetError("the phone is put away: it dials no more")
        if context not in self.sandbox.exchange.contexts():
            raise HandsetError(self._nobody_there(context))
        caller = Caller(self.number).dials(context, to_number or self.to_number)
        self._scripts = (_RINGS_HERE, caller)
        run = self.sandbox.place(caller)
        self.current = next(line for line in self.lines.values() if line.run is run)
        return self.current

    def _nobody_there(self, context: str) -> str:
        served = self.sandbox.exchange.contexts()
        there = f"it serves {', '.join(served)}" if served else "it has subscribed to none"
        return f"the app does not serve the context {context!r}: {there}" if context else f"no context to dial: {there}"

    def answer(self, number: int | None = None) -> PhoneLine:
        """Take a call that rings, and turn to its line.

        Args:
            number: which line; None is the one that has rung longest.

        Raises:
            HandsetError: none rings.
        """
        line = self._ringing(number)
        self.current = line
        line.answer()
        return line

    def decline(self, number: int | None = None) -> None:
        """Refuse a call that rings; see `answer`."""
        self._ringing(number).hang_up()

    def _ringing(self, number: int | None) -> PhoneLine:
        for line in self.lines.values():
            if line.rings and number in {None, line.number}:
                return line
        raise HandsetError("no call rings" if number is None else f"no call rings on line {number}")

    @property
    def rings(self) -> bool:
        """Whether a call waits for somebody to take it."""
        return any(line.rings for line in self.lines.values())

    @property
    def is_in_use(self) -> bool:
        """Whether any call is up or rings."""
        return any(line.is_up for line in self.lines.values())

    def turn_to(self, number: int) -> PhoneLine:
        """Have keys and words go to another line.

        Raises:
            HandsetError: there is no such call.
        """
        line = self.lines.get(number)
        if line is None or not line.is_up:
            up = [str(each.number) for each in self.lines.values() if each.is_up]
            where = f"there is one on {', '.join(up)}" if up else "/dial calls the app"
            raise HandsetError(f"there is no call on line {number}; {where}")
        self.current = line
        return line

    @property
    def active(self) -> PhoneLine | None:
        """The current line, or if its call is over another that is in conversation; None without any."""
        if self.current is not None and self.current.is_up:
            return self.current
        return next((each for each in self.lines.values() if each.is_up and not each.rings), None)

    @property
    def up(self) -> PhoneLine:
        """The line that is hung up: the active one.

        Raises:
            HandsetError: there is no call.
        """
        line = self.active
        if line is None:
            hint = "/answer takes the one that rings" if self.rings else "/dial calls the app"
            raise HandsetError(f"there is no call; {hint}")
        return line

    @property
    def line(self) -> PhoneLine:
        """The line that keys are pressed on.

        Raises:
            HandsetError: there is no call.
        """
        line = self.up
        if line.rings:
            raise HandsetError("the call rings; /answer takes it")
        return line

    # Text messages

    def text(self, body: str, context: str = "") -> None:
        """Send the app a text message.

        Raises:
            HandsetError: it is empty, or nobody serves the context.
        """
        context = context or self.context
        if not body:
            raise HandsetError("a text message needs words")
        sent = self.sandbox.sends_message(from_number=self.number, to_number=self.to_number, body=body, context=context)
        if sent is None:
            raise HandsetError(self._nobody_there(context))
        self.watchers.tell(MessageMoved(sent, self.number, self.to_number, body, "received"))

    # What is told

    def _made(self, run: Run) -> None:
        if self._closed or not any(run.script is script for script in self._scripts):
            return  # a script's, of somebody else who uses the sandbox
        number = next(number for number in count(1) if number not in self.lines or not self.lines[number].is_up)
        line = PhoneLine(number, run, self.sandbox.settings.time_scale, self.watchers.tell, self._sounds)
        self.lines[line.number] = line
        if self.current is None or not self.current.is_up:
            self.current = line
        line.open()

    def _sent(self, message: SentMessage) -> None:
        self.watchers.tell(
            MessageMoved(
                message.message_id,
                message.from_number,
                message.to_number,
                message.body,
                message.state,
                message.media,
            )
        )

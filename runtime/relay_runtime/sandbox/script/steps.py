"""The steps of a script: what a person at the far end of a call does, one thing after another."""

# ruff: noqa: D102 (Step says what the two methods are)

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from relay_runtime.sandbox.script.performer import Performer

__all__ = ["HangsUp", "Hears", "HearsDigits", "Presses", "Says", "Step", "Texts", "Waits", "WaitsForHangup"]


@dataclass(frozen=True)
class Step:
    """One step; it keeps no state of its own, so that a script can be performed many times.

    Attributes:
        limit: real seconds in which it must happen, or None.
        done_by_end: whether it is no failure that the call ends before it.
        looks_back: whether it can be taken when the call is over: it only looks at what was heard.
    """

    limit: float | None = field(default=None, kw_only=True)
    done_by_end: ClassVar[bool] = False
    looks_back: ClassVar[bool] = False

    def describe(self) -> str:
        """Say what it does, after "waits to"."""
        raise NotImplementedError

    def attempt(self, performer: Performer) -> bool:
        """Do it or look whether it has happened; True when the next step may come. Never blocks."""
        raise NotImplementedError

    def give_up(self, performer: Performer) -> None:
        """Leave off in the middle of it."""


@dataclass(frozen=True)
class Hears(Step):
    """Wait until a text is heard in what is played."""

    text: str
    looks_back: ClassVar[bool] = True

    def describe(self) -> str:
        return f"hear {self.text!r}"

    def attempt(self, performer: Performer) -> bool:
        return performer.hears(self.text)


@dataclass(frozen=True)
class HearsDigits(Step):
    """Wait until digits are heard that the client sends."""

    digits: str
    looks_back: ClassVar[bool] = True

    def describe(self) -> str:
        return f"hear the digits {self.digits}"

    def attempt(self, performer: Performer) -> bool:
        return performer.hears(self.digits, digits=True)


@dataclass(frozen=True)
class Presses(Step):
    """Press keys, one after another."""

    digits: str
    gap: float

    def describe(self) -> str:
        return f"press {self.digits}"

    def attempt(self, performer: Performer) -> bool:
        while performer.progress < len(self.digits):
            wait = performer.left_of(performer.progress * self.gap)
            if wait:
                performer.look_again_after(wait)
                return False
            digit = self.digits[performer.progress]
            performer.progress += 1
            performer.does(f"presses {digit}")
            performer.call.line.press(digit)
        return True


@dataclass(frozen=True)
class Says(Step):
    """Speak, for as long as the text takes."""

    text: str
    seconds: float | None = None
    confidence: float = 95.0

    def describe(self) -> str:
        return f"say {self.text!r}"

    def attempt(self, performer: Performer) -> bool:
        return performer.says(self.text, self.seconds, self.confidence)

    def give_up(self, performer: Performer) -> None:
        if performer.call.line.speaking:
            performer.call.line.speech_ends(self.text)


@dataclass(frozen=True)
class Waits(Step):
    """Do nothing for a time."""

    seconds: float

    def describe(self) -> str:
        return f"wait {self.seconds:g} s"

    def attempt(self, performer: Performer) -> bool:
        left = performer.left_of(self.seconds)
        if left:
            performer.look_again_after(left)
        return not left


@dataclass(frozen=True)
class HangsUp(Step):
    """Hang up."""

    reason: str = "hangup"
    done_by_end: ClassVar[bool] = True

    def describe(self) -> str:
        return "hang up"

    def attempt(self, performer: Performer) -> bool:
        performer.over = True
        performer.call.end(self.reason, "inbound")
        return True


@dataclass(frozen=True)
class WaitsForHangup(Step):
    """Stay on the line until the other side hangs up."""

    done_by_end: ClassVar[bool] = True

    def describe(self) -> str:
        return "see the other side hang up"

    def attempt(self, performer: Performer) -> bool:  # noqa: ARG002 (the end of the call ends it)
        return False


@dataclass(frozen=True)
class Texts(Step):
    """Send a text message from this number."""

    body: str
    to_number: str
    context: str

    def describe(self) -> str:
        return "send a text message"

    def attempt(self, performer: Performer) -> bool:
        performer.does(f"texts {self.body!r}")
        performer.call.exchange.messages.receive(
            from_number=performer.run.number, to_number=self.to_number, body=self.body, context=self.context
        )
        return True

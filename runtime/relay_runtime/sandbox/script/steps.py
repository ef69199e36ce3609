"""The steps of a script: what a person at the far end of a call does, one thing after another."""

# ruff: noqa: D102 (the protocol Step says what the two methods are)

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from relay_runtime.sandbox.script.performer import Performer


class Step(Protocol):
    """One step; it keeps no state of its own, so that a script can be performed many times."""

    @property
    def limit(self) -> float | None:
        """Real seconds in which it must happen, or None."""

    @property
    def done_by_end(self) -> bool:
        """Whether it is no failure that the call ends before it."""

    def describe(self) -> str:
        """Say what it does, after "waits to"."""

    def attempt(self, performer: "Performer") -> bool:
        """Do it or look whether it has happened; True when the next step may come."""


@dataclass(frozen=True, slots=True)
class Hears:
    """Wait until a text is heard in what is played."""

    text: str
    limit: float | None
    done_by_end: bool = False

    def describe(self) -> str:
        return f"hear {self.text!r}"

    def attempt(self, performer: "Performer") -> bool:
        return performer.hears(self.text)


@dataclass(frozen=True, slots=True)
class HearsDigits:
    """Wait until digits are heard that the client sends."""

    digits: str
    limit: float | None
    done_by_end: bool = False

    def describe(self) -> str:
        return f"hear the digits {self.digits}"

    def attempt(self, performer: "Performer") -> bool:
        return performer.hears(self.digits, digits=True)


@dataclass(frozen=True, slots=True)
class Presses:
    """Press keys, one after another."""

    digits: str
    gap: float
    limit: float | None = None
    done_by_end: bool = False

    def describe(self) -> str:
        return f"press {self.digits}"

    def attempt(self, performer: "Performer") -> bool:
        while performer.progress < len(self.digits):
            wait = performer.progress * self.gap - performer.elapsed()
            if wait > 0:
                performer.look_again_after(wait)
                return False
            digit = self.digits[performer.progress]
            performer.progress += 1
            performer.does(f"presses {digit}")
            performer.call.line.press(digit)
        return True


@dataclass(frozen=True, slots=True)
class Says:
    """Speak, for as long as the text takes."""

    text: str
    limit: float | None = None
    done_by_end: bool = False

    def describe(self) -> str:
        return f"say {self.text!r}"

    def attempt(self, performer: "Performer") -> bool:
        return performer.says(self.text)


@dataclass(frozen=True, slots=True)
class Waits:
    """Do nothing for a time."""

    seconds: float
    limit: float | None = None
    done_by_end: bool = False

    def describe(self) -> str:
        return f"wait {self.seconds:g} s"

    def attempt(self, performer: "Performer") -> bool:
        left = self.seconds - performer.elapsed()
        if left > 0:
            performer.look_again_after(left)
        return left <= 0


@dataclass(frozen=True, slots=True)
class HangsUp:
    """Hang up."""

    reason: str = "hangup"
    limit: float | None = None
    done_by_end: bool = True

    def describe(self) -> str:
        return "hang up"

    def attempt(self, performer: "Performer") -> bool:
        performer.over = True
        performer.call.end(self.reason, "inbound")
        return True


@dataclass(frozen=True, slots=True)
class WaitsForHangup:
    """Stay on the line until the other side hangs up."""

    limit: float | None
    done_by_end: bool = True

    def describe(self) -> str:
        return "see the other side hang up"

    def attempt(self, performer: "Performer") -> bool:  # noqa: ARG002 (the end of the call ends it)
        return False


@dataclass(frozen=True, slots=True)
class Texts:
    """Send a text message from this number."""

    body: str
    to_number: str
    context: str
    limit: float | None = None
    done_by_end: bool = False

    def describe(self) -> str:
        return "send a text message"

    def attempt(self, performer: "Performer") -> bool:
        performer.does(f"texts {self.body!r}")
        performer.call.exchange.messages.receive(
            from_number=performer.run.number, to_number=self.to_number, body=self.body, context=self.context
        )
        return True

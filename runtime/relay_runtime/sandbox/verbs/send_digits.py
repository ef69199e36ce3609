"""calling.send_digits (protocol 7.3)."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from relay_runtime.sandbox.calls.action import Action
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.ground.line import Heard
from relay_runtime.sandbox.verbs.table import Control, fresh, verb

__all__ = ["hear_digits"]

_DIGIT_SECONDS: Final = 0.1
_PAUSES: Final = {"w": 0.5, "W": 1.0}  # protocol 16.25


class SendDigitsParams(Control):
    """Params of calling.send_digits."""

    digits: Annotated[str, Meta(pattern="^[0-9*#A-Da-dwW]+$")]


class SendDigits(Action):
    """Digits being sent to the far end.

    Args:
        call: the call.
        control_id: their name.
        digits: what is sent, pauses among them.
    """

    kind = "send_digits"
    event_type = "calling.call.send_digits"

    def __init__(self, call: Call, control_id: str, digits: str) -> None:
        super().__init__(call, control_id)
        self._digits = digits

    def start(self) -> None:
        """Send them, one after another."""
        self.set_timer("sent", seconds_of(self._digits), self._sent)

    def _sent(self) -> None:
        self.finish(state="finished")
        hear_digits(self.call, self._digits)

    def call_ends(self) -> None:
        """End in an error: they were not all sent."""
        self.finish(state="error")


def seconds_of(digits: str) -> float:
    """Return the line seconds that digits take."""
    return sum(_PAUSES.get(digit, _DIGIT_SECONDS) for digit in digits)


def hear_digits(call: Call, digits: str) -> None:
    """Let the far end hear digits; pauses are not heard."""
    keys = digits.translate({ord("w"): None, ord("W"): None})
    sound = Heard(call.ground.clock, "digits", keys, 0)
    sound.complete()
    call.line.plays(sound)


@verb("calling.send_digits", "Sending", SendDigitsParams)
def send_digits(call: Call, params: SendDigitsParams) -> None:
    """Send DTMF to the far end."""
    fresh(call, SendDigits, params.control_id)
    call.begin(SendDigits(call, params.control_id, params.digits))

"""Gathers digits and speech from the far end of a call, by the rules of a collect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from relay_runtime.sandbox.calls.action import Action
from relay_runtime.sandbox.ground.fields import Filled, Positive

__all__ = ["FINISHED", "NO_INPUT", "NO_MATCH", "START_OF_INPUT", "DigitRules", "Gather", "Result", "SpeechRules"]

Result = dict[str, Any]

NO_INPUT: Final[Result] = {"type": "no_input"}
NO_MATCH: Final[Result] = {"type": "no_match"}
START_OF_INPUT: Final[Result] = {"type": "start_of_input"}
FINISHED: Final[Result] = {"type": "finished"}


class DigitRules(Struct):
    """Rules for digits (``CollectDigits`` of protocol 8)."""

    max: Annotated[int, Meta(ge=1)]
    terminators: Annotated[str, Meta(pattern="^[0-9*#A-Da-d]*$")] = ""
    digit_timeout: Positive = 5
    min: Annotated[int, Meta(ge=0)] = 0


class SpeechRules(Struct):
    """Rules for speech (``CollectSpeech`` of protocol 8)."""

    end_silence_timeout: Positive = 1
    speech_timeout: Positive = 60
    language: str = "en-US"
    hints: list[Filled] = []
    engine: Literal["Deepgram", "Google", "Google.V2"] | None = None
    model: str = ""


@dataclass(eq=False, repr=False)
class Gather:
    """Listens for one input after another and hands on results.

    Attributes:
        action: the action it listens for; lends its timers.
        digits: rules for digits, or None.
        speech: rules for speech, or None.
        initial_timeout: line seconds for input to begin.
        on_start: called when input begins.
        on_partial: called with an interim result, or None to have none.
        on_result: called with the result of an input.
    """

    action: Action
    digits: DigitRules | None
    speech: SpeechRules | None
    _: KW_ONLY
    initial_timeout: float
    on_start: Callable[[], None]
    on_partial: Callable[[Result], None] | None
    on_result: Callable[[Result], None]
    _buffer: str = field(default="", init=False)
    _begun: bool = field(default=False, init=False)

    def start_timers(self) -> None:
        """Begin to wait for input, for ``initial_timeout``."""
        if not self._begun and not (self.speech and self.action.line.speaking):
            self.action.set_timer("initial", self.initial_timeout, self._nothing_came)

    def on_digit(self, digit: str) -> None:
        """Take a key."""
        rules = self.digits
        if rules is None:
            return
        self._begin()
        if digit in rules.terminators:
            self._digits_over(digit)
            return
        self._buffer += digit
        if len(self._buffer) >= rules.max:
            self._digits_over("")
            return
        self._partial(_digit_result(self._buffer, ""))
        self.action.set_timer("digit", rules.digit_timeout, self._digits_over, "")

    def on_speech_begins(self, text: str) -> None:
        """Take the beginning of speech."""
        rules = self.speech
        if rules is None:
            return
        self._begin()
        self.action.cancel_timer("silence")
        self.action.set_timer(
            "speech", rules.speech_timeout, self._done, _speech_result(text, self.action.line.confidence)
        )
        self._partial(_speech_result(text.split(" ", 1)[0], self.action.line.confidence))

    def on_speech_ends(self, text: str) -> None:
        """Take the end of speech; the result follows after a silence."""
        if self.speech is not None:
            self._begin()  # a collection that started in mid-sentence has not heard the beginning
            self.action.cancel_timer("speech")
            self.action.set_timer(
                "silence",
                self.speech.end_silence_timeout,
                self._done,
                _speech_result(text, self.action.line.confidence),
            )

    def stopped(self) -> Result:
        """Return the result of a collection that is stopped."""
        return _digit_result(self._buffer, "") if self._buffer else NO_INPUT

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self.action.cancel_timer("initial")
            self.on_start()

    def _partial(self, result: Result) -> None:
        if self.on_partial is not None:
            self.on_partial(result)

    def _digits_over(self, terminator: str) -> None:
        enough = self.digits is None or len(self._buffer) >= self.digits.min
        self._done(_digit_result(self._buffer, terminator) if enough else NO_MATCH)

    def _nothing_came(self) -> None:
        self._done(NO_INPUT)

    def _done(self, result: Result) -> None:
        for name in ("initial", "digit", "speech", "silence"):
            self.action.cancel_timer(name)
        self._buffer = ""
        self._begun = False
        self.on_result(result)


def _digit_result(digits: str, terminator: str) -> Result:
    return {"type": "digit", "params": {"digits": digits, "terminator": terminator}}


def _speech_result(text: str, confidence: float) -> Result:
    return {"type": "speech", "params": {"text": text, "confidence": confidence}}

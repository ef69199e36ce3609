"""Gathers digits and speech from the far end of a call, by the rules of a collect."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta, Struct, field

from relay_runtime.sandbox.verbs.media import Filled, Positive

if TYPE_CHECKING:
    from relay_runtime.sandbox.calls.action import Action

Result = dict[str, Any]

NO_INPUT: Result = {"type": "no_input"}
NO_MATCH: Result = {"type": "no_match"}
START_OF_INPUT: Result = {"type": "start_of_input"}
FINISHED: Result = {"type": "finished"}

_CONFIDENCE = 95.0


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
    hints: list[Filled] = field(default_factory=list)
    engine: Literal["Deepgram", "Google", "Google.V2"] | None = None
    model: str = ""


class Gather:
    """Listens for one input after another and hands on results.

    Args:
        action: The action it listens for; lends its timers.
        digits: Rules for digits, or None.
        speech: Rules for speech, or None.
        initial_timeout: Line seconds for input to begin.
        on_start: Called when input begins.
        on_partial: Called with an interim result, or None to have none.
        on_result: Called with the result of an input.
    """

    def __init__(
        self,
        action: "Action",
        digits: DigitRules | None,
        speech: SpeechRules | None,
        *,
        initial_timeout: float,
        on_start: Callable[[], None],
        on_partial: Callable[[Result], None] | None,
        on_result: Callable[[Result], None],
    ) -> None:
        self._action = action
        self._digits = digits
        self._speech = speech
        self._initial_timeout = initial_timeout
        self._on_start = on_start
        self._on_partial = on_partial
        self._on_result = on_result
        self._buffer = ""
        self._begun = False

    def start_timers(self) -> None:
        """Begin to wait for input, for ``initial_timeout``."""
        if not self._begun and not (self._speech and self._action.line.speaking):
            self._action.set_timer("initial", self._initial_timeout, self._nothing_came)

    def pressed(self, digit: str) -> None:
        """Take a key."""
        rules = self._digits
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
        self._action.set_timer("digit", rules.digit_timeout, self._digits_over, "")

    def speech_begins(self, text: str) -> None:
        """Take the beginning of speech."""
        rules = self._speech
        if rules is None:
            return
        self._begin()
        self._action.cancel_timer("silence")
        self._action.set_timer("speech", rules.speech_timeout, self._done, _speech_result(text))
        self._partial(_speech_result(text.split(" ", 1)[0]))

    def speech_ends(self, text: str) -> None:
        """Take the end of speech; the result follows after a silence."""
        if self._speech is not None:
            self._begin()  # a collection that started in mid-sentence has not heard the beginning
            self._action.cancel_timer("speech")
            self._action.set_timer("silence", self._speech.end_silence_timeout, self._done, _speech_result(text))

    def stopped(self) -> Result:
        """Return the result of a collection that is stopped."""
        return _digit_result(self._buffer, "") if self._buffer else NO_INPUT

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._action.cancel_timer("initial")
            self._on_start()

    def _partial(self, result: Result) -> None:
        if self._on_partial is not None:
            self._on_partial(result)

    def _digits_over(self, terminator: str) -> None:
        enough = self._digits is None or len(self._buffer) >= self._digits.min
        self._done(_digit_result(self._buffer, terminator) if enough else NO_MATCH)

    def _nothing_came(self) -> None:
        self._done(NO_INPUT)

    def _done(self, result: Result) -> None:
        for name in ("initial", "digit", "speech", "silence"):
            self._action.cancel_timer(name)
        self._buffer = ""
        self._begun = False
        self._on_result(result)


def _digit_result(digits: str, terminator: str) -> Result:
    return {"type": "digit", "params": {"digits": digits, "terminator": terminator}}


def _speech_result(text: str) -> Result:
    return {"type": "speech", "params": {"text": text, "confidence": _CONFIDENCE}}

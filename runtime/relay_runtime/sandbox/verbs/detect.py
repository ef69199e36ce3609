"""calling.detect: answering machines, fax tones, digits (protocol 7.3, 8, 9)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct, field

from relay_runtime.sandbox.calls.action import Action
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.ground.fields import Positive, Seconds
from relay_runtime.sandbox.verbs.table import Control, fresh, sub_command, verb

_HUMAN_AFTER: Final = 1.0  # line seconds for a short greeting
_TONE_AFTER: Final = 1.0


class DetectorParams(Struct):
    """Tuning of a detector."""

    initial_timeout: Positive = 4.5
    end_silence_timeout: Positive = 1.0
    machine_ready_timeout: Positive | None = None
    machine_voice_threshold: Positive = 1.25
    machine_words_threshold: Annotated[int, Meta(gt=0)] = 6
    detect_interruptions: bool = False
    detect_message_end: bool = True
    tone: Literal["CED", "CNG"] = "CED"
    digits: Annotated[str, Meta(pattern="^[0-9*#A-Da-d]*$")] = "0123456789#*"


class Detector(Struct):
    """What to detect."""

    type: Literal["machine", "fax", "digit"] = "machine"
    params: DetectorParams = field(default_factory=DetectorParams)


class DetectParams(Control, kw_only=True):
    """Params of calling.detect."""

    detect: Detector
    timeout: Seconds = 30


class Detect(Action):
    """A detector; what it finds, the script at the far end knows.

    Args:
        call: the call it listens to.
        params: what was asked for.
    """

    kind = "detect"
    event_type = "calling.call.detect"

    def __init__(self, call: Call, params: DetectParams) -> None:
        super().__init__(call, params.control_id)
        self._type = params.detect.type
        self._rules = params.detect.params
        self._timeout = params.timeout
        self._ready = False

    def start(self) -> None:
        """Listen until the timeout at most."""
        self.listen()
        self.set_timer("timeout", self._timeout, self.stop)
        facts = self.call.run.script.facts
        if self._type == "machine":
            self._expect_machine(facts)
        elif self._type == "fax" and facts.get("fax"):
            self.set_timer("tone", _TONE_AFTER, self._conclude, self._rules.tone)

    def _expect_machine(self, facts: Any) -> None:
        machine = facts.get("machine", False)
        if machine:
            self.set_timer("verdict", self._rules.machine_voice_threshold, self._is_machine, facts["beep_after"])
        elif machine is None:
            self.set_timer("verdict", self._rules.initial_timeout, self._conclude, "UNKNOWN")
        else:
            self.set_timer("verdict", _HUMAN_AFTER, self._conclude, "HUMAN")

    def _is_machine(self, beep_after: float | None) -> None:
        self._found("MACHINE")
        if not self._rules.detect_message_end:
            self.stop()
        elif beep_after is not None:
            self.set_timer("beep", beep_after, self._is_ready)

    def _is_ready(self) -> None:
        self._ready = True
        self._found("READY", beep=True)
        if not self._rules.detect_interruptions:
            self.stop()

    def _conclude(self, event: str) -> None:
        self._found(event)
        self.stop()

    def _found(self, event: str, **extra: Any) -> None:
        self.event(detect={"type": self._type, "params": {"event": event, **extra}})

    def on_digit(self, digit: str) -> None:
        """Report a key that is looked for."""
        if self._type == "digit" and digit in self._rules.digits:
            self._found(digit)

    def on_speech_begins(self, text: str) -> None:  # noqa: ARG002
        """Take back READY when the machine goes on talking."""
        if self._ready:
            self._ready = False
            self._found("NOT_READY")

    def on_speech_ends(self, text: str) -> None:  # noqa: ARG002
        """Be ready again when it has stopped."""
        if self._type == "machine" and self._rules.detect_interruptions and self.call.run.script.facts.get("machine"):
            self.set_timer("beep", self._rules.end_silence_timeout, self._is_ready)

    def stop(self) -> None:
        """End, whatever was found."""
        extra = {"state": "finished"} if self.ground.settings.event_shape == "sdk" else {}
        self.finish(detect={"type": self._type, "params": {"event": "finished"}}, **extra)


@verb("calling.detect", "Detecting", DetectParams)
def detect(call: Call, params: DetectParams) -> None:
    """Run a detector."""
    fresh(call, Detect, params.control_id)
    call.begin(Detect(call, params))


sub_command("calling.detect.stop", "Stopping detect", Detect, Detect.stop)

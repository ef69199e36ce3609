"""calling.record and its sub-commands (protocol 7.3)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from relay_runtime.sandbox.calls.action import Action
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.ground.clock import epoch, now
from relay_runtime.sandbox.ground.fields import Seconds
from relay_runtime.sandbox.ground.ids import new_id
from relay_runtime.sandbox.verbs.table import Control, fresh, running, sub_command, verb

_BYTES_PER_SECOND: Final = {"mp3": 4_000, "mp4": 6_000, "wav": 16_000}


class AudioSpec(Struct):
    """How to record (``RecordAudio`` of protocol 8)."""

    beep: bool = False
    format: Literal["mp3", "wav", "mp4"] = "mp3"
    stereo: bool = False
    direction: Literal["listen", "speak", "both"] = "speak"
    initial_timeout: Seconds = 0
    end_silence_timeout: Seconds = 0
    terminators: str = "#"
    input_sensitivity: Annotated[float, Meta(ge=0, le=100)] = 44
    max_length: Seconds = 0


class RecordSpec(Struct):
    """What to record."""

    audio: AudioSpec


class RecordParams(Control):
    """Params of calling.record."""

    record: RecordSpec


class PauseParams(Control):
    """Params of calling.record.pause."""

    behavior: Literal["skip", "silence"] = "skip"


class Record(Action):
    """A recording.

    Args:
        call: the call it runs on.
        control_id: its name.
        spec: what to record.
    """

    kind = "record"
    event_type = "calling.call.record"
    after_end = True

    def __init__(self, call: Call, control_id: str, spec: AudioSpec) -> None:
        super().__init__(call, control_id)
        self._spec = spec
        self.recording_id = new_id()
        self.url = f"https://recordings.sandbox.invalid/{self.recording_id}.{spec.format}"
        self._heard_something = False
        self._began_at = epoch()
        self._length = 0.0
        self._running_since: float | None = None

    def start(self) -> None:
        """Send ``recording`` and listen for what ends it."""
        spec = self._spec
        self._running_since = now()
        self.listen()
        if spec.max_length:
            self.set_timer("length", spec.max_length, self.stop)
        if self.line.speaking:
            self._input()
        elif spec.initial_timeout:
            self.set_timer("initial", spec.initial_timeout, self._nothing_came)
        elif spec.end_silence_timeout:
            self.set_timer("silence", spec.end_silence_timeout, self.stop)
        self._progress("recording")

    def _settings(self) -> dict[str, Any]:
        spec = self._spec
        return {"audio": {"format": spec.format, "stereo": spec.stereo, "direction": spec.direction}}

    def _progress(self, state: str, **fields: Any) -> None:
        self.event(state=state, recording_id=self.recording_id, url=self.url, record=self._settings(), **fields)

    def _nothing_came(self) -> None:
        self._end("no_input")

    def on_digit(self, digit: str) -> None:
        """End on a terminator; another key is input."""
        if digit in self._spec.terminators:
            self.stop()
        else:
            self._input()

    def on_speech_begins(self, text: str) -> None:  # noqa: ARG002
        """Note that there is something to record."""
        self._input()

    def _input(self) -> None:
        self._heard_something = True
        self.cancel_timer("initial")
        self.cancel_timer("silence")
        if self._spec.end_silence_timeout and not self.line.speaking:
            self.set_timer("silence", self._spec.end_silence_timeout, self.stop)

    def on_speech_ends(self, text: str) -> None:  # noqa: ARG002
        """Begin to count the silence."""
        if self._spec.end_silence_timeout:
            self.set_timer("silence", self._spec.end_silence_timeout, self.stop)

    def pause(self, behavior: str) -> None:
        """Stand still; with ``silence`` the pause counts."""
        if self._running_since is None:
            return
        if behavior == "skip":
            self._stand_still()
        self._progress("paused", pause_behavior=behavior)

    def resume(self) -> None:
        """Go on."""
        if self._running_since is None:
            self._running_since = now()
        self._progress("recording")

    def _stand_still(self) -> None:
        if self._running_since is not None:
            self._length += self.clock.line_seconds(self._running_since)
            self._running_since = None

    def stop(self) -> None:
        """End the recording."""
        self._end("finished")

    def _end(self, state: str) -> None:
        self._stand_still()
        seconds = round(self._length, 3)
        self.finish(
            state=state,
            recording_id=self.recording_id,
            url=self.url,
            duration=seconds,
            size=int(seconds * _BYTES_PER_SECOND[self._spec.format]),
            start_time=self._began_at,
            end_time=epoch(),
            record=self._settings(),
        )


@verb("calling.record", "Recording", RecordParams)
def record(call: Call, params: RecordParams) -> dict[str, str]:
    """Record the call."""
    fresh(call, Record, params.control_id)
    return {"url": call.begin(Record(call, params.control_id, params.record.audio)).url}


@verb("calling.record.pause", "Pausing recording", PauseParams)
def pause(call: Call, params: PauseParams) -> None:
    """Pause a recording."""
    running(call, Record, params.control_id).pause(params.behavior)


sub_command("calling.record.resume", "Resuming recording", Record, Record.resume)
sub_command("calling.record.stop", "Stopping recording", Record, Record.stop)

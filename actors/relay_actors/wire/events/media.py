"""Events of playing, recording, transcribing, tapping, streaming, and of digits and faxes sent."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from relay_actors.wire.events.base import CallEvent
from relay_actors.wire.frames import EMPTY, as_dict
from relay_actors.wire.values import Amount, Count, Fraction, number, text

__all__ = [
    "FaxEvent",
    "PlayEvent",
    "RecordEvent",
    "SendDigitsEvent",
    "StreamEvent",
    "TapEvent",
    "TranscribeEvent",
]


class PlayEvent(CallEvent, frozen=True, kw_only=True):
    """State of a playback: ``playing``, ``paused``, ``finished`` or ``error``."""

    EVENT_TYPE: ClassVar[str] = "calling.call.play"

    state: str = ""


class RecordEvent(CallEvent, frozen=True, kw_only=True):
    """State of a recording: ``recording``, ``paused``, ``finished`` or ``no_input``; times are in epoch seconds.

    The file's fields stand at the top level or inside ``record``: both are read.
    """

    EVENT_TYPE: ClassVar[str] = "calling.call.record"

    state: str = ""
    recording_id: str = ""
    top_url: str = msgspec.field(default="", name="url")
    top_duration: Fraction | None = msgspec.field(default=None, name="duration")
    top_size: Amount | None = msgspec.field(default=None, name="size")
    start_time: Fraction | None = None
    first_frame_time: Fraction | None = None
    end_time: Fraction | None = None
    pause_behavior: str = ""
    raw_record: msgspec.Raw = msgspec.field(default=EMPTY, name="record")

    @property
    def record(self) -> dict[str, Any]:
        """The settings of the recording."""
        return as_dict(self.raw_record)

    @property
    def url(self) -> str:
        """Where the recording is, or an empty string while it is not known."""
        return self.top_url or text(self.record.get("url"))

    @property
    def duration(self) -> float:
        """The recording's length in seconds; 0.0 while it is not known."""
        found: float | None = self.top_duration
        if found is None:
            found = number(self.record.get("duration"), Fraction, 0.0)
        return found

    @property
    def size(self) -> int:
        """The recording's size in bytes; 0 while it is not known."""
        return int(self.top_size if self.top_size is not None else number(self.record.get("size"), Amount, 0))


class TranscribeEvent(CallEvent, frozen=True, kw_only=True):
    """State of a transcription: ``transcribing`` or ``finished``.

    ``duration`` is in seconds, ``size`` in bytes, times are in epoch seconds.
    """

    EVENT_TYPE: ClassVar[str] = "calling.call.transcribe"

    state: str = ""
    url: str = ""
    recording_id: str = ""
    status_url: str = ""
    duration: Fraction = 0.0
    size: Amount = 0
    start_time: Fraction | None = None
    end_time: Fraction | None = None


class TapEvent(CallEvent, frozen=True, kw_only=True):
    """State of a tap: ``tapping`` or ``finished``."""

    EVENT_TYPE: ClassVar[str] = "calling.call.tap"

    state: str = ""
    raw_tap: msgspec.Raw = msgspec.field(default=EMPTY, name="tap")
    raw_device: msgspec.Raw = msgspec.field(default=EMPTY, name="device")

    @property
    def tap(self) -> dict[str, Any]:
        """What is copied."""
        return as_dict(self.raw_tap)

    @property
    def device(self) -> dict[str, Any]:
        """Where it is sent."""
        return as_dict(self.raw_device)


class StreamEvent(CallEvent, frozen=True, kw_only=True):
    """State of a media stream: ``streaming`` or ``finished``."""

    EVENT_TYPE: ClassVar[str] = "calling.call.stream"

    state: str = ""
    url: str = ""
    name: str = ""


class SendDigitsEvent(CallEvent, frozen=True, kw_only=True):
    """The digits were sent (``finished``) or not (``error``)."""

    EVENT_TYPE: ClassVar[str] = "calling.call.send_digits"

    state: str = ""


class FaxEvent(CallEvent, frozen=True, kw_only=True):
    """A page of a fax is done, or the fax is over: ``type`` is ``page``, ``finished`` or ``error``."""

    EVENT_TYPE: ClassVar[str] = "calling.call.fax"

    state: str = ""
    raw_fax: msgspec.Raw = msgspec.field(default=EMPTY, name="fax")

    @property
    def fax(self) -> dict[str, Any]:
        """The news: ``{"type": "page" | "finished" | "error", "params": {…}}``."""
        return as_dict(self.raw_fax)

    @property
    def type(self) -> str:
        """The kind of news: ``page``, ``finished`` or ``error``."""
        value = self.fax.get("type")
        return value if isinstance(value, str) else ""

    @property
    def success(self) -> bool:
        """Whether the fax went through; False before its end."""
        return self._details().get("success") is True

    @property
    def pages(self) -> int:
        """How many pages are done."""
        details = self._details()
        found: int = number(details.get("pages", details.get("number")), Count, 0)
        return found

    @property
    def document(self) -> str:
        """URL of the document, or an empty string before the end."""
        value = self._details().get("document")
        return value if isinstance(value, str) else ""

    @property
    def result_text(self) -> str:
        """The outcome in words, or an empty string before the end."""
        value = self._details().get("result_text")
        return value if isinstance(value, str) else ""

    def _details(self) -> dict[str, Any]:
        details = self.fax.get("params")
        return details if isinstance(details, dict) else {}

"""Tap, stream, transcribe: what copies the media of a call elsewhere (protocol 7.3)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct, to_builtins

from relay_runtime.sandbox.calls.action import Action
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.ground.clock import epoch, now
from relay_runtime.sandbox.ground.ids import new_id
from relay_runtime.sandbox.verbs.table import Control, RefusalError, fresh, sub_command, verb

TapCodec = Literal["OPUS", "PCMA", "PCMU"]
_BYTES_PER_SECOND: Final = 16_000


class TapAudio(Struct):
    """Which side of the audio is tapped."""

    direction: Literal["listen", "speak", "both"]


class TapMedia(Struct, tag="audio"):
    """What is tapped."""

    params: TapAudio


class RtpParams(Struct):
    """An RTP sink."""

    addr: Annotated[str, Meta(pattern=r"^\d{1,3}(\.\d{1,3}){3}$")]
    port: Annotated[int, Meta(ge=1, le=65535)]
    codec: TapCodec = "PCMU"
    ptime: int = 20


class WsParams(Struct):
    """A WebSocket sink."""

    uri: Annotated[str, Meta(pattern="^wss?://")]
    codec: TapCodec = "PCMU"
    rate: int = 8000


class RtpDevice(Struct, tag="rtp"):
    """An RTP sink."""

    params: RtpParams


class WsDevice(Struct, tag="ws"):
    """A WebSocket sink."""

    params: WsParams


class TapParams(Control):
    """Params of calling.tap."""

    tap: TapMedia
    device: RtpDevice | WsDevice


class StreamParams(Control, kw_only=True):
    """Params of calling.stream; both spellings of ``track`` are taken (protocol 16.24)."""

    url: Annotated[str, Meta(pattern="^wss://")]
    name: str = ""
    codec: str = ""
    track: Literal["inbound_track", "outbound_track", "both_tracks", "inbound", "outbound", "both"] = "inbound_track"
    status_url_method: Literal["GET", "POST"] = "POST"
    authorization_bearer_token: str = ""
    custom_parameters: dict[str, Any] | None = None


class TranscribeParams(Control):
    """Params of calling.transcribe."""

    status_url: str = ""


class Copy(Action):
    """A copy of the audio that goes somewhere.

    Args:
        call: the call.
        control_id: its name.
        facts: what its events say of it.
    """

    doing = ""

    def __init__(self, call: Call, control_id: str, facts: dict[str, Any]) -> None:
        super().__init__(call, control_id)
        self._facts = facts

    def start(self) -> None:
        """Send that it runs."""
        self.event(state=self.doing, **self._facts)

    def stop(self) -> None:
        """End."""
        self.finish(state="finished", **self._facts)


class Tap(Copy):
    """A copy sent to a sink."""

    kind = "tap"
    event_type = "calling.call.tap"
    doing = "tapping"


class Stream(Copy):
    """A media stream to a WebSocket."""

    kind = "stream"
    event_type = "calling.call.stream"
    doing = "streaming"


class Transcribe(Action):
    """A recording that is transcribed.

    Args:
        call: the call.
        params: what was asked for.
    """

    kind = "transcribe"
    event_type = "calling.call.transcribe"
    after_end = True

    def __init__(self, call: Call, params: TranscribeParams) -> None:
        super().__init__(call, params.control_id)
        self._recording_id = new_id()
        self._status_url = params.status_url
        self._since, self._began = now(), epoch()
        self.url = f"https://recordings.sandbox.invalid/{self._recording_id}.wav"

    def start(self) -> None:
        """Send ``transcribing``."""
        self.event(state="transcribing", url=self.url, recording_id=self._recording_id, status_url=self._status_url)

    def stop(self) -> None:
        """End, and say where the recording is."""
        seconds = round(self.clock.line_seconds(self._since), 3)
        self.finish(
            state="finished",
            url=self.url,
            recording_id=self._recording_id,
            status_url=self._status_url,
            duration=seconds,
            size=int(seconds * _BYTES_PER_SECOND),
            start_time=self._began,
            end_time=epoch(),
        )


@verb("calling.tap", "Tapping call", TapParams)
def tap(call: Call, params: TapParams) -> dict[str, Any]:
    """Copy the audio to a sink."""
    fresh(call, Tap, params.control_id)
    device = to_builtins(params.device)
    device["params"].pop("rate", None)
    call.begin(Tap(call, params.control_id, {"tap": to_builtins(params.tap), "device": device}))
    source = {"addr": "127.0.0.1", "port": 30_000, "codec": params.device.params.codec, "ptime": 20, "rate": 8000}
    return {"source_device": {"type": "rtp", "params": source}}


@verb("calling.stream", "Starting stream", StreamParams)
def stream(call: Call, params: StreamParams) -> None:
    """Stream the audio to a WebSocket."""
    fresh(call, Stream, params.control_id)
    call.begin(Stream(call, params.control_id, {"url": params.url, "name": params.name}))


@verb("calling.transcribe", "Transcribing", TranscribeParams)
def transcribe(call: Call, params: TranscribeParams) -> dict[str, str]:
    """Record and transcribe the call."""
    fresh(call, Transcribe, params.control_id)
    if any(kind == Transcribe.kind for kind, _ in call.actions):
        raise RefusalError("409", "Transcribe is already in progress")
    return {"url": call.begin(Transcribe(call, params)).url}


sub_command("calling.tap.stop", "Stopping tap", Tap, Tap.stop)
sub_command("calling.stream.stop", "Stopping stream", Stream, Stream.stop)
sub_command("calling.transcribe.stop", "Stopping transcribe", Transcribe, Transcribe.stop)

"""Tap, stream, transcribe: what copies the media of a call elsewhere (protocol 7.3)."""

import time
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta, Struct

from relay_runtime.sandbox.calls.action import Action
from relay_runtime.sandbox.ground.ids import new_id
from relay_runtime.sandbox.verbs.table import Control, RefusalError, fresh, running, verb

if TYPE_CHECKING:
    from relay_runtime.sandbox.calls.call import Call

TapCodec = Literal["OPUS", "PCMA", "PCMU"]
_BYTES_PER_SECOND = 16_000


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


class Tap(Action):
    """A copy of the audio sent to a sink.

    Args:
        call: The call.
        params: What was asked for.
    """

    kind = "tap"
    event_type = "calling.call.tap"

    def __init__(self, call: "Call", params: TapParams) -> None:
        super().__init__(call, params.control_id)
        device = params.device
        self.facts: dict[str, Any] = {
            "tap": {"type": "audio", "params": {"direction": params.tap.params.direction}},
            "device": _tap_device(device),
        }

    def start(self) -> None:
        """Send ``tapping``."""
        self.event(state="tapping", **self.facts)

    def stop(self) -> None:
        """End."""
        self.finish(state="finished", **self.facts)


def _tap_device(device: RtpDevice | WsDevice) -> dict[str, Any]:
    if isinstance(device, RtpDevice):
        rtp = device.params
        return {
            "type": "rtp",
            "params": {"addr": rtp.addr, "port": rtp.port, "codec": rtp.codec, "ptime": rtp.ptime},
        }
    return {"type": "ws", "params": {"uri": device.params.uri, "codec": device.params.codec}}


class Stream(Action):
    """A media stream to a WebSocket.

    Args:
        call: The call.
        params: What was asked for.
    """

    kind = "stream"
    event_type = "calling.call.stream"

    def __init__(self, call: "Call", params: StreamParams) -> None:
        super().__init__(call, params.control_id)
        self._facts = {"url": params.url, "name": params.name}

    def start(self) -> None:
        """Send ``streaming``."""
        self.event(state="streaming", **self._facts)

    def stop(self) -> None:
        """End."""
        self.finish(state="finished", **self._facts)


class Transcribe(Action):
    """A recording that is transcribed.

    Args:
        call: The call.
        params: What was asked for.
    """

    kind = "transcribe"
    event_type = "calling.call.transcribe"
    after_end = True

    def __init__(self, call: "Call", params: TranscribeParams) -> None:
        super().__init__(call, params.control_id)
        self._recording_id = new_id()
        self._status_url = params.status_url
        self._since, self._began = time.monotonic(), time.time()
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
            end_time=time.time(),
        )


@verb("calling.tap", "Tapping call", TapParams)
def tap(call: "Call", params: TapParams) -> dict[str, Any]:
    """Copy the audio to a sink."""
    fresh(call, Tap, params.control_id)
    call.begin(Tap(call, params))
    source = {"addr": "127.0.0.1", "port": 30_000, "codec": params.device.params.codec, "ptime": 20, "rate": 8000}
    return {"source_device": {"type": "rtp", "params": source}}


@verb("calling.tap.stop", "Stopping tap", Control)
def tap_stop(call: "Call", params: Control) -> None:
    """Stop a tap."""
    running(call, Tap, params.control_id).stop()


@verb("calling.stream", "Starting stream", StreamParams)
def stream(call: "Call", params: StreamParams) -> None:
    """Stream the audio to a WebSocket."""
    fresh(call, Stream, params.control_id)
    call.begin(Stream(call, params))


@verb("calling.stream.stop", "Stopping stream", Control)
def stream_stop(call: "Call", params: Control) -> None:
    """Stop a stream."""
    running(call, Stream, params.control_id).stop()


@verb("calling.transcribe", "Transcribing", TranscribeParams)
def transcribe(call: "Call", params: TranscribeParams) -> dict[str, str]:
    """Record and transcribe the call."""
    fresh(call, Transcribe, params.control_id)
    if any(kind == Transcribe.kind for kind, _ in call.actions):
        raise RefusalError("409", "Transcribe is already in progress")
    return {"url": call.begin(Transcribe(call, params)).url}


@verb("calling.transcribe.stop", "Stopping transcribe", Control)
def transcribe_stop(call: "Call", params: Control) -> None:
    """Stop a transcription."""
    running(call, Transcribe, params.control_id).stop()

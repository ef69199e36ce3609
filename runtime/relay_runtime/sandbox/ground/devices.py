"""The devices that can be dialled (protocol 8)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct, field

from relay_runtime.sandbox.ground.fields import E164, Filled, Seconds
from relay_runtime.sandbox.ground.frames import Frame

__all__ = [
    "DEFAULT_RING",
    "VIDEO_CODECS",
    "Codec",
    "Connectable",
    "Dialable",
    "ExistingCall",
    "Queue",
    "StreamParams",
    "address_of",
    "on_wire",
    "ring_seconds_of",
]

Codec = Literal["PCMU", "PCMA", "OPUS", "G729", "G722", "AMR-WB", "VP8", "H264"]

DEFAULT_RING: Final = 30.0
_CALLER_ID: Final = "+15550100000"  # the server picks one when the client names none
VIDEO_CODECS: Final = frozenset({"VP8", "H264"})


class Header(Struct):
    """A SIP header."""

    name: Annotated[str, Meta(min_length=1, pattern=r"^(?!(?i:X-SignalWire|X-CID))[^\r\n]*$")]
    value: Annotated[str, Meta(pattern=r"^[^\r\n]*$")]


class _Leg(Struct, kw_only=True):
    timeout: Seconds | None = None
    max_duration: Annotated[int, Meta(ge=0)] | None = None


class PhoneParams(_Leg, kw_only=True):
    """Params of a telephone number."""

    to_number: E164
    from_number: E164 | None = None


class SipParams(_Leg, kw_only=True, rename={"from_": "from"}):
    """Params of a SIP address."""

    to: Filled
    from_: str = ""
    headers: list[Header] = field(default_factory=list)
    codecs: list[Codec] = field(default_factory=list)


class FabricParams(_Leg, kw_only=True):
    """Params of a resource address."""

    to: Filled


class CallParams(Struct):
    """Params of a call that is already up."""

    node_id: Filled
    call_id: Filled


class QueueParams(Struct):
    """Params of a queue to take a call from."""

    queue_name: Filled
    node_id: str = ""
    queue_id: str = ""


class StreamParams(Struct):
    """Params of a media stream as a peer."""

    url: Annotated[str, Meta(pattern="^wss://")]
    name: str = ""


class Phone(Struct, tag="phone"):
    """A telephone number."""

    params: PhoneParams


class Sip(Struct, tag="sip"):
    """A SIP address."""

    params: SipParams


class Fabric(Struct, tag="fabric"):
    """A resource of the SignalWire network."""

    params: FabricParams


class ExistingCall(Struct, tag="call"):
    """A call that is already up."""

    params: CallParams


class Queue(Struct, tag="queue"):
    """The next call of a queue."""

    params: QueueParams


class Stream(Struct, tag="stream"):
    """A media stream."""

    params: StreamParams


Dialable = Phone | Sip | Fabric
Connectable = Phone | Sip | Fabric | ExistingCall | Queue | Stream


def address_of(device: Connectable) -> str:
    """Return the number or address by which a device's script is found."""
    if isinstance(device, Phone):
        return device.params.to_number
    if isinstance(device, Sip | Fabric):
        return device.params.to
    return device.params.url if isinstance(device, Stream) else ""


def ring_seconds_of(device: Connectable, default: float) -> float:
    """Return for how many line seconds a device rings at most."""
    own = device.params.timeout if isinstance(device, Phone | Sip | Fabric) else None
    return default if own is None else own


def on_wire(device: Connectable) -> Frame:
    """Return the device as events carry it."""
    params: dict[str, Any] = {}
    if isinstance(device, Phone):
        params = {"from_number": device.params.from_number or _CALLER_ID, "to_number": device.params.to_number}
    elif isinstance(device, Sip):
        params = {"from": device.params.from_, "to": device.params.to}
    else:
        params = {"from": "", "to": address_of(device)}
    kind = {Phone: "phone", Sip: "sip"}.get(type(device), "webrtc")
    return {"type": kind, "params": params}

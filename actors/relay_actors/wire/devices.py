"""The devices that calls are placed to, connected to and referred to, as types; see `relay_actors.wire.dicts`."""

# No `from __future__ import annotations` here: TypedDict would not see which keys are `Required`.

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Required, TypedDict

__all__ = [
    "CallDevice",
    "CallDeviceParams",
    "ConnectDevice",
    "DialDevice",
    "DialDevices",
    "FabricDevice",
    "FabricParams",
    "Header",
    "PhoneDevice",
    "PhoneParams",
    "QueueDevice",
    "QueueDeviceParams",
    "ReferDevice",
    "ReferParams",
    "SIPDevice",
    "SIPParams",
    "StreamDevice",
    "StreamParams",
]

_Codec = Literal["PCMU", "PCMA", "OPUS", "G729", "G722", "AMR-WB", "VP8", "H264"]


class Header(TypedDict):
    """A SIP header."""

    name: str
    value: str


class _Leg(TypedDict, total=False):
    timeout: int
    call_state_url: str
    call_state_events: list[Literal["created", "ringing", "answered", "ended"]]
    confirm: str | list[Any]
    confirm_timeout: int


_From = TypedDict("_From", {"from": str}, total=False)


class PhoneParams(_Leg, total=False):
    """A phone number, in E.164 form, and who calls it."""

    from_number: str
    to_number: Required[str]
    max_duration: int


class PhoneDevice(TypedDict):
    """A phone to call; `phone` makes one."""

    type: Literal["phone"]
    params: PhoneParams


class SIPParams(_Leg, _From, total=False):
    """A SIP address, and who calls it."""

    from_name: str
    to: Required[str]
    headers: list[Header]
    codecs: list[_Codec]
    webrtc_media: bool
    encryption: Literal["forbidden", "mandatory", "optional"]
    username: str
    password: str
    session_timeout: int
    max_duration: int


class SIPDevice(TypedDict):
    """A SIP address to call; `sip` makes one."""

    type: Literal["sip"]
    params: SIPParams


class FabricParams(_Leg, _From, total=False):
    """A resource of the Call Fabric."""

    to: Required[str]


class FabricDevice(TypedDict):
    """A resource of the Call Fabric to call."""

    type: Literal["fabric"]
    params: FabricParams


class CallDeviceParams(TypedDict):
    """A call that is up."""

    node_id: str
    call_id: str


class CallDevice(TypedDict):
    """A call that is up, to be connected to."""

    type: Literal["call"]
    params: CallDeviceParams


class QueueDeviceParams(TypedDict, total=False):
    """The first call of a queue."""

    node_id: Required[str]
    queue_name: Required[str]
    queue_id: str
    execute_after_queue: str


class QueueDevice(TypedDict):
    """The first call of a queue, to be connected to."""

    type: Literal["queue"]
    params: QueueDeviceParams


class StreamParams(TypedDict, total=False):
    """A WebSocket that gets the sound: of a device to connect to, and of a conference (``stream_obj``)."""

    url: Required[str]
    name: str
    codec: str
    status_url: str
    status_url_method: Literal["GET", "POST"]
    realtime: bool
    authorization_bearer_token: str
    custom_parameters: dict[str, Any]


class StreamDevice(TypedDict):
    """A WebSocket to connect to."""

    type: Literal["stream"]
    params: StreamParams


DialDevice = PhoneDevice | SIPDevice | FabricDevice
"""What `RelayClient.dial` calls."""

DialDevices = Sequence[Sequence[DialDevice | Mapping[str, Any]]]
"""Groups that are tried one after another, each of devices that ring together; a plain dict is a device too."""

ConnectDevice = PhoneDevice | SIPDevice | FabricDevice | CallDevice | QueueDevice | StreamDevice
"""What `Call.connect` bridges a call to."""


class ReferParams(_From, total=False):
    """The target of a SIP REFER."""

    to: Required[str]
    username: str
    password: str
    headers: list[Header]


class ReferDevice(TypedDict):
    """Where `Call.refer` sends a call."""

    type: Literal["sip"]
    params: ReferParams

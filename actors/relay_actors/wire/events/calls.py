"""Events of the connection and of a call's life: offered, its states, dialled, bridged, handed on."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from relay_actors.wire.call_state import end_reason
from relay_actors.wire.events.base import CallEvent, RelayEvent
from relay_actors.wire.frames import EMPTY, as_dict
from relay_actors.wire.values import Amount, Mos, text

__all__ = [
    "AuthorizationStateEvent",
    "CallReceiveEvent",
    "CallStateEvent",
    "ConnectEvent",
    "DenoiseEvent",
    "DialEvent",
    "EchoEvent",
    "HoldEvent",
    "ReferEvent",
]


class AuthorizationStateEvent(RelayEvent, frozen=True, kw_only=True):
    """A new opaque credential for resuming this session; keep only the newest."""

    EVENT_TYPE: ClassVar[str] = "signalwire.authorization.state"

    authorization_state: str = ""


class CallReceiveEvent(CallEvent, frozen=True, kw_only=True):
    """A call is offered to this client; may be delivered again after a resume."""

    EVENT_TYPE: ClassVar[str] = "calling.call.receive"

    call_state: str = "created"
    direction: str = "inbound"
    body_context: str = msgspec.field(default="", name="context")
    raw_device: msgspec.Raw = msgspec.field(default=EMPTY, name="device")

    @property
    def project_id(self) -> str:
        """The project the call belongs to, from the envelope or else from the body; or an empty string."""
        return self.envelope.project_id or text(self.params.get("project_id"))

    @property
    def context(self) -> str:
        """The context the call arrived on."""
        return self.body_context or self.envelope.context or ""

    @property
    def device(self) -> dict[str, Any]:
        """The device that calls: ``{"type": …, "params": {…}}``."""
        return as_dict(self.raw_device)


class CallStateEvent(CallEvent, frozen=True, kw_only=True):
    """The call moved to another state. Times are in epoch milliseconds."""

    EVENT_TYPE: ClassVar[str] = "calling.call.state"

    call_state: str = ""
    direction: str = ""
    start_time: Amount | None = None
    answer_time: Amount | None = None
    end_time: Amount | None = None
    raw_end_reason: str = msgspec.field(default="", name="end_reason")
    end_source: str = ""
    raw_dial_winner: str | bool | None = msgspec.field(default=None, name="dial_winner")
    raw_device: msgspec.Raw = msgspec.field(default=EMPTY, name="device")
    raw_parent: msgspec.Raw = msgspec.field(default=EMPTY, name="parent")
    raw_peer: msgspec.Raw = msgspec.field(default=EMPTY, name="peer")
    raw_sip_data: msgspec.Raw = msgspec.field(default=EMPTY, name="sip_data")
    audio_in_mos: Mos | None = None

    @property
    def end_reason(self) -> str:
        """Why the call ended, in the wire's spelling whatever spelling came; or empty."""
        return end_reason(self.raw_end_reason)

    @property
    def dial_winner(self) -> bool:
        """Whether this leg won its dial (a string or a boolean on the wire)."""
        return self.raw_dial_winner is True or self.raw_dial_winner == "true"

    @property
    def device(self) -> dict[str, Any]:
        """The device of this leg; may be empty early on."""
        return as_dict(self.raw_device)

    @property
    def parent(self) -> dict[str, Any]:
        """The call that created this one, or an empty dict."""
        return as_dict(self.raw_parent)

    @property
    def peer(self) -> dict[str, Any]:
        """The other leg, or an empty dict."""
        return as_dict(self.raw_peer)

    @property
    def sip_data(self) -> dict[str, Any]:
        """SIP details of a SIP leg, or an empty dict."""
        return as_dict(self.raw_sip_data)


class DialEvent(RelayEvent, frozen=True, kw_only=True):
    """Progress of a dial as a whole; the winner's address is inside ``call``."""

    EVENT_TYPE: ClassVar[str] = "calling.call.dial"

    dial_state: str = ""
    reason: str = ""
    source: str = ""
    raw_call: msgspec.Raw = msgspec.field(default=EMPTY, name="call")

    @property
    def call(self) -> dict[str, Any]:
        """The winning leg; empty unless answered."""
        return as_dict(self.raw_call)


class ConnectEvent(CallEvent, frozen=True, kw_only=True):
    """Progress of a bridge: ``connecting``, ``connected``, ``disconnected`` or ``failed``."""

    EVENT_TYPE: ClassVar[str] = "calling.call.connect"

    connect_state: str = ""
    failed_reason: str = ""
    raw_peer: msgspec.Raw = msgspec.field(default=EMPTY, name="peer")

    @property
    def peer(self) -> dict[str, Any]:
        """The other leg, or an empty dict."""
        return as_dict(self.raw_peer)


class ReferEvent(CallEvent, frozen=True, kw_only=True):
    """Progress of a SIP REFER: ``inProgress``, ``success``, ``cancel``, ``busy``, ``noAnswer`` or ``error``."""

    EVENT_TYPE: ClassVar[str] = "calling.call.refer"

    state: str = ""
    sip_refer_to: str = ""
    sip_refer_response_code: str = ""
    sip_notify_response_code: str = ""


class HoldEvent(CallEvent, frozen=True, kw_only=True):
    """The call was put on hold (``hold``) or taken off it (``unhold``)."""

    EVENT_TYPE: ClassVar[str] = "calling.call.hold"

    state: str = ""


class DenoiseEvent(CallEvent, frozen=True, kw_only=True):
    """Noise reduction was switched on or off."""

    EVENT_TYPE: ClassVar[str] = "calling.call.denoise"

    denoised: bool = False


class EchoEvent(CallEvent, frozen=True, kw_only=True):
    """The caller's audio is echoed (``echoing``), or no more (``finished``)."""

    EVENT_TYPE: ClassVar[str] = "calling.call.echo"

    state: str = ""

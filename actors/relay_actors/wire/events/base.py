"""What every event has: its envelope, and the ids that say what it belongs to."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import msgspec

from relay_actors.wire.frames import FrameParams, as_dict

__all__ = ["CallEvent", "RelayEvent"]

_NO_ENVELOPE: Final = FrameParams()


class RelayEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event from the server; the class for every type that has none of its own.

    Attributes:
        envelope: the frame that it came in; what programs need of it are the properties below.
        node_id: the routing half of the call's address, or an empty string.
        call_id: the call it belongs to, or an empty string.
        control_id: the operation of the call it belongs to, or an empty string.
        tag: the label of the dial or connect it belongs to, or an empty string.
        segment_id: the call segment, for correlation only.
    """

    EVENT_TYPE: ClassVar[str] = ""
    """The type on the wire that the class is for; an empty string for a class that is for none alone."""

    # Not from the wire: `parse_event` sets it, whatever a body holds under this name.
    envelope: FrameParams = msgspec.field(default=_NO_ENVELOPE, name="(envelope)")
    node_id: str = ""
    call_id: str = ""
    control_id: str = ""
    tag: str = ""
    segment_id: str = ""

    @property
    def event_type(self) -> str:
        """The event's type, such as ``calling.call.state``."""
        return self.envelope.event_type

    @property
    def timestamp(self) -> float:
        """When the server sent it, in epoch seconds; 0.0 when it did not say."""
        return self.envelope.timestamp or 0.0

    @property
    def project_id(self) -> str:
        """The project it belongs to, or an empty string."""
        return self.envelope.project_id or ""

    @property
    def space_id(self) -> str:
        """The space it belongs to, or an empty string."""
        return self.envelope.space_id or ""

    @property
    def params(self) -> dict[str, Any]:
        """The whole body as the server sent it, unknown fields included: a fresh dict at each access."""
        return as_dict(self.envelope.params)

    def __repr__(self) -> str:
        """Name the type and the ids; numbers of callers and texts stay out of logs."""
        ids = ", ".join(f"{k}={v!r}" for k in ("call_id", "control_id") if (v := getattr(self, k)))
        return f"<{type(self).__name__} {self.event_type}{' ' if ids else ''}{ids}>"


class CallEvent(RelayEvent, frozen=True, kw_only=True):
    """An event that belongs to one call."""

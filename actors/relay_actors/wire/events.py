"""Every event of the server as a typed, immutable value (protocol sheet, sections 3 and 10).

An event has its envelope (type, time, project) and the fields of its own body. Bodies are read leniently: unknown
fields pass (they are in ``params``), a field of an unexpected type counts as absent, an unknown type becomes a plain
`RelayEvent`. Objects inside a body are handed out as fresh dicts, so that no reader can change what another sees.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

import msgspec

from relay_actors.wire.frames import EMPTY, FrameParams, as_dict, encode_params

__all__ = [
    "EVENT_CLASSES",
    "AuthorizationStateEvent",
    "CallEvent",
    "CallReceiveEvent",
    "CallStateEvent",
    "CollectEvent",
    "ConnectEvent",
    "DetectEvent",
    "DialEvent",
    "MessageReceiveEvent",
    "MessageStateEvent",
    "PlayEvent",
    "RecordEvent",
    "RelayEvent",
    "SendDigitsEvent",
    "TaskEvent",
    "make_event",
    "parse_event",
]

_NO_ENVELOPE: Final = FrameParams()


class RelayEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event from the server; the class for every type that has none of its own.

    Attributes:
        node_id: the routing half of the call's address, or an empty string.
        call_id: the call it belongs to, or an empty string.
        control_id: the operation of the call it belongs to, or an empty string.
        tag: the label of the dial or connect it belongs to, or an empty string.
        segment_id: the call segment, for correlation only.
    """

    EVENT_TYPE: ClassVar[str] = ""

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
    start_time: int | float | None = None
    answer_time: int | float | None = None
    end_time: int | float | None = None
    end_reason: str = ""
    end_source: str = ""
    raw_dial_winner: str | bool | None = msgspec.field(default=None, name="dial_winner")
    raw_device: msgspec.Raw = msgspec.field(default=EMPTY, name="device")
    raw_parent: msgspec.Raw = msgspec.field(default=EMPTY, name="parent")
    raw_peer: msgspec.Raw = msgspec.field(default=EMPTY, name="peer")
    raw_sip_data: msgspec.Raw = msgspec.field(default=EMPTY, name="sip_data")
    audio_in_mos: float | None = None

    @property
    def dial_winner(self) -> bool:
        """Whether this leg won its dial (a string or a boolean on the wire; section 16, row 11)."""
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
    """Progress of a bridge made by ``connect``."""

    EVENT_TYPE: ClassVar[str] = "calling.call.connect"

    connect_state: str = ""
    failed_reason: str = ""
    raw_peer: msgspec.Raw = msgspec.field(default=EMPTY, name="peer")

    @property
    def peer(self) -> dict[str, Any]:
        """The other leg, or an empty dict."""
        return as_dict(self.raw_peer)


class PlayEvent(CallEvent, frozen=True, kw_only=True):
    """State of a playback: ``playing``, ``paused``, ``finished`` or ``error``."""

    EVENT_TYPE: ClassVar[str] = "calling.call.play"

    state: str = ""


class RecordEvent(CallEvent, frozen=True, kw_only=True):
    """State of a recording; ``duration`` in seconds, ``size`` in bytes, times in epoch seconds.

    The file's fields stand at the top level or inside ``record`` (section 16, row 23): both are read.
    """

    EVENT_TYPE: ClassVar[str] = "calling.call.record"

    state: str = ""
    recording_id: str = ""
    top_url: str = msgspec.field(default="", name="url")
    top_duration: float | None = msgspec.field(default=None, name="duration")
    top_size: int | float | None = msgspec.field(default=None, name="size")
    start_time: float | None = None
    first_frame_time: float | None = None
    end_time: float | None = None
    pause_behavior: str = ""
    raw_record: msgspec.Raw = msgspec.field(default=EMPTY, name="record")

    @property
    def record(self) -> dict[str, Any]:
        """The settings of the recording."""
        return as_dict(self.raw_record)

    @property
    def url(self) -> str:
        """Where the recording is, or an empty string while it is not known."""
        return self.top_url or str(self.record.get("url") or "")

    @property
    def duration(self) -> float:
        """The recording's length in seconds; 0.0 while it is not known."""
        value = self.top_duration if self.top_duration is not None else self.record.get("duration")
        return float(value) if isinstance(value, int | float) else 0.0

    @property
    def size(self) -> int:
        """The recording's size in bytes; 0 while it is not known."""
        value = self.top_size if self.top_size is not None else self.record.get("size")
        return int(value) if isinstance(value, int | float) else 0


class CollectEvent(CallEvent, frozen=True, kw_only=True):
    """A result of ``collect`` or ``play_and_collect``."""

    EVENT_TYPE: ClassVar[str] = "calling.call.collect"

    state: str = ""
    final: bool | None = None
    raw_result: msgspec.Raw = msgspec.field(default=EMPTY, name="result")

    @property
    def result(self) -> dict[str, Any]:
        """The outcome: ``{"type": "digit" | "speech" | "no_input" | …, "params": {…}}``."""
        return as_dict(self.raw_result)

    @property
    def type(self) -> str:
        """The kind of result: ``digit``, ``speech``, ``no_input``, ``no_match``, ``error``, ``finished`` and so on."""
        value = self.result.get("type")
        return value if isinstance(value, str) else ""

    @property
    def digits(self) -> str:
        """The digits that were pressed, or an empty string."""
        return self._detail("digits")

    @property
    def terminator(self) -> str:
        """The digit that ended the input, or an empty string."""
        return self._detail("terminator")

    @property
    def text(self) -> str:
        """What was heard, or an empty string."""
        return self._detail("text")

    @property
    def confidence(self) -> float:
        """How sure the recogniser is, 0 to 100; 0 also means not scored."""
        value = self._details().get("confidence", 0.0)
        return float(value) if isinstance(value, int | float) else 0.0

    def _details(self) -> dict[str, Any]:
        result = self.result
        details = result.get("params")
        return details if isinstance(details, dict) else result  # section 16, row 19: some examples are flat

    def _detail(self, key: str) -> str:
        value = self._details().get(key)
        return value if isinstance(value, str) else ""


class DetectEvent(CallEvent, frozen=True, kw_only=True):
    """A result of a detector; what counts is ``event``."""

    EVENT_TYPE: ClassVar[str] = "calling.call.detect"

    state: str = ""
    raw_detect: msgspec.Raw = msgspec.field(default=EMPTY, name="detect")

    @property
    def detect(self) -> dict[str, Any]:
        """The result: ``{"type": "machine" | "fax" | "digit", "params": {"event": …}}``."""
        return as_dict(self.raw_detect)

    @property
    def type(self) -> str:
        """The kind of detector: ``machine``, ``fax`` or ``digit``."""
        value = self.detect.get("type")
        return value if isinstance(value, str) else ""

    @property
    def event(self) -> str:
        """What was detected: ``HUMAN``, ``MACHINE``, ``READY``, ``CED``, a digit, ``finished`` and so on."""
        details = self.detect.get("params")
        value = details.get("event") if isinstance(details, dict) else None
        return value if isinstance(value, str) else ""

    @property
    def beep(self) -> bool:
        """Whether a beep was heard."""
        details = self.detect.get("params")
        return isinstance(details, dict) and details.get("beep") is True


class SendDigitsEvent(CallEvent, frozen=True, kw_only=True):
    """The digits were sent (``finished``) or not (``error``)."""

    EVENT_TYPE: ClassVar[str] = "calling.call.send_digits"

    state: str = ""


class _MessageEvent(RelayEvent, frozen=True, kw_only=True):
    """What an inbound message and a state of an outbound one have in common."""

    message_id: str = ""
    body_context: str = msgspec.field(default="", name="context")
    direction: str = ""
    from_number: str = ""
    to_number: str = ""
    body: str = ""
    segments: int = 0
    message_state: str = ""
    reason: str = ""
    media_urls: tuple[str, ...] | None = msgspec.field(default=None, name="media")
    labels: tuple[str, ...] | None = msgspec.field(default=None, name="tags")

    @property
    def context(self) -> str:
        """The context it arrived on."""
        return self.body_context or self.envelope.context or ""

    @property
    def media(self) -> list[str]:
        """URLs of the media, a fresh list at each access."""
        return list(self.media_urls or ())

    @property
    def tags(self) -> list[str]:
        """Labels of the message, a fresh list at each access."""
        return list(self.labels or ())


class MessageReceiveEvent(_MessageEvent, frozen=True, kw_only=True):
    """A message came in."""

    EVENT_TYPE: ClassVar[str] = "messaging.receive"


class MessageStateEvent(_MessageEvent, frozen=True, kw_only=True):
    """A sent message changed state; order is not promised."""

    EVENT_TYPE: ClassVar[str] = "messaging.state"


class TaskEvent(RelayEvent, frozen=True, kw_only=True):
    """A task pushed through the REST API; its envelope is flat."""

    EVENT_TYPE: ClassVar[str] = "queuing.relay.tasks"

    @property
    def context(self) -> str:
        """The context it arrived on."""
        return self.envelope.context or ""

    @property
    def message(self) -> dict[str, Any]:
        """The payload that the producer pushed."""
        return as_dict(self.envelope.message)


def _classes() -> dict[str, type[RelayEvent]]:
    found: dict[str, type[RelayEvent]] = {}
    pending: list[type[RelayEvent]] = [RelayEvent]
    while pending:
        for cls in pending.pop().__subclasses__():
            pending.append(cls)
            if cls.EVENT_TYPE:
                found[cls.EVENT_TYPE] = cls
    return found


EVENT_CLASSES: Final[dict[str, type[RelayEvent]]] = _classes()
"""From the event type on the wire to its class."""

_decoders: Final = {name: msgspec.json.Decoder(cls) for name, cls in EVENT_CLASSES.items()}
_plain_decoder: Final = msgspec.json.Decoder(RelayEvent)


def parse_event(envelope: FrameParams) -> RelayEvent:
    """Return the typed event of an envelope. Never raises: unknown types and odd fields pass through."""
    decoder = _decoders.get(envelope.event_type, _plain_decoder)
    try:
        event = decoder.decode(envelope.params)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        event = _parse_leniently(envelope)
    msgspec.structs.force_setattr(event, "envelope", envelope)
    return event


def _parse_leniently(envelope: FrameParams) -> RelayEvent:
    """Read a body field by field, leaving out what has an unexpected type."""
    cls = EVENT_CLASSES.get(envelope.event_type, RelayEvent)
    body = as_dict(envelope.params)
    fields: dict[str, Any] = {}
    for field in msgspec.structs.fields(cls):
        if field.encode_name not in body or field.name == "envelope":
            continue
        value = body[field.encode_name]
        if field.type is msgspec.Raw:
            fields[field.name] = msgspec.Raw(encode_params(value))
            continue
        try:
            fields[field.name] = msgspec.convert(value, field.type, strict=False)
        except msgspec.ValidationError:
            continue
    return cls(**fields)


def make_event(event_type: str, params: dict[str, Any], *, timestamp: float | None = None) -> RelayEvent:
    """Return an event as if the server had sent it (a dial's winner has no state event of its own, for example)."""
    return parse_event(
        FrameParams(event_type=event_type, timestamp=timestamp, params=msgspec.Raw(encode_params(params)))
    )

"""From the envelope of an event to its typed value. Nothing here raises: odd fields and unknown types pass through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

# Each module is named for its classes: they register by being subclasses.
from relay_actors.wire.events import ai, calls, gather, media, messages, services
from relay_actors.wire.events.base import RelayEvent
from relay_actors.wire.frames import FrameParams, as_dict, encode_params
from relay_actors.wire.values import read_fields

__all__ = ["EVENT_CLASSES", "make_event", "parse_event"]

_MODULES: Final = (calls, media, gather, services, ai, messages)


def _classes() -> dict[str, type[RelayEvent]]:
    found = {}
    for module in _MODULES:
        for cls in vars(module).values():
            if isinstance(cls, type) and issubclass(cls, RelayEvent) and cls.EVENT_TYPE:
                found[cls.EVENT_TYPE] = cls
    return found


EVENT_CLASSES: Final[dict[str, type[RelayEvent]]] = _classes()
"""From the event type on the wire to its class."""

_ALIASES: Final = {"calling.queue": "calling.call.queue"}
"""Names that some servers use, and the one by which the event is known here (protocol 16.33)."""

_decoders: Final = {name: msgspec.json.Decoder(cls).decode for name, cls in EVENT_CLASSES.items()}
_decode_plain: Final = msgspec.json.Decoder(RelayEvent).decode
_set_field: Final = msgspec.structs.force_setattr


def parse_event(envelope: FrameParams) -> RelayEvent:
    """Return the typed event of an envelope."""
    decode: Callable[[msgspec.Raw], RelayEvent] | None = _decoders.get(envelope.event_type)
    if decode is None:
        name = _ALIASES.get(envelope.event_type)
        if name is not None:
            return parse_event(msgspec.structs.replace(envelope, event_type=name))
        decode = _decode_plain
    try:
        event = decode(envelope.params)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        event = _parse_leniently(envelope)
    _set_field(event, "envelope", envelope)
    return event


def _parse_leniently(envelope: FrameParams) -> RelayEvent:
    """Read a body field by field, leaving out what has an unexpected type."""
    cls = EVENT_CLASSES.get(envelope.event_type, RelayEvent)
    return cls(**read_fields(cls, as_dict(envelope.params), besides="envelope"))


def make_event(event_type: str, params: dict[str, Any], *, timestamp: float | None = None) -> RelayEvent:
    """Return an event as if the server had sent it (a dial's winner has no state event of its own, for example)."""
    return parse_event(
        FrameParams(event_type=event_type, timestamp=timestamp, params=msgspec.Raw(encode_params(params)))
    )

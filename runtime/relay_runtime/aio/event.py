"""The events of the server, where programs for SignalWire's own client import them from."""

# ruff: noqa: F403 - all events

from __future__ import annotations

from typing import Any

from relay_actors.wire import values
from relay_actors.wire.events import *
from relay_actors.wire.events import EVENT_CLASSES, RelayEvent, make_event

__all__ = ["EVENT_CLASS_MAP", "RelayEvent", "parse_event"]

EVENT_CLASS_MAP = EVENT_CLASSES
"""The class of each type of event."""


def parse_event(payload: dict[str, Any]) -> RelayEvent:
    """Return the typed event of a payload: ``{"event_type": …, "params": {…}, "timestamp": seconds}``.

    Of an unknown type it becomes a plain `RelayEvent`; a field of an unexpected type counts as absent.

    Raises:
        TypeError: the payload is no dict, or has a value without a JSON form.
    """
    if not isinstance(payload, dict):
        raise TypeError(f"payload is {type(payload).__name__}; accepted is a dict with event_type and params")
    params, at = payload.get("params"), payload.get("timestamp")
    return make_event(
        str(payload.get("event_type", "")),
        params if isinstance(params, dict) else {},
        timestamp=values.number(at, values.Fraction, None),
    )

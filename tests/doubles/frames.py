"""Frames and events as a server writes them."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec

from relay_actors.wire.events import RelayEvent, make_event

__all__ = ["dial_event", "event", "event_frame", "frame", "leg_event", "offer", "reply", "state"]

_clock = itertools.count(1_760_000_000)


def frame(**fields: Any) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", **fields})


def reply(identity: Any, **result: Any) -> bytes:
    return frame(id=identity, result={"code": "200", "message": "OK", **result})


def event_frame(event_type: str, params: Any, *, identity: Any = None, timestamp: float | None = None) -> bytes:
    """A pushed event; each has an id and a time of its own unless they are given."""
    now = float(next(_clock)) if timestamp is None else timestamp
    body = {"event_type": event_type, "event_channel": "calling", "timestamp": now, "params": params}
    return frame(id=f"event-{now}" if identity is None else identity, method="signalwire.event", params=body)


def event(event_type: str, *, timestamp: float | None = None, **params: Any) -> RelayEvent:
    """An event as the connection hands it on."""
    return make_event(event_type, params, timestamp=float(next(_clock)) if timestamp is None else timestamp)


def state(call_state: str, call_id: str = "c1", **params: Any) -> RelayEvent:
    return event("calling.call.state", call_id=call_id, node_id="n1", call_state=call_state, **params)


def offer(call_id: str = "c1", **params: Any) -> RelayEvent:
    device = {"type": "phone", "params": {"from_number": "+15550100001", "to_number": "+15550100002"}}
    body = {"call_id": call_id, "node_id": "n1", "call_state": "created", "direction": "inbound", "context": "office"}
    return event("calling.call.receive", **{**body, "device": device, **params})


def leg_event(call_state: str, call_id: str, tag: str, **params: Any) -> RelayEvent:
    return state(call_state, call_id, tag=tag, direction="outbound", **params)


def dial_event(dial_state: str, tag: str, *, winner: str | None = None, **params: Any) -> RelayEvent:
    call = {} if winner is None else {"call_id": winner, "node_id": "n1", "tag": tag, "call_state": "answered"}
    return event("calling.call.dial", tag=tag, node_id="n1", dial_state=dial_state, call=call, **params)

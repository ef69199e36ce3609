"""Frames of calls, as they pass between a client and its server."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["CALL", "command", "event", "offer", "reply", "state"]

CALL = "c0ffee00-1111-2222-3333-444444444444"


def event(kind: str, identity: str = "e1", **body: Any) -> bytes:
    params = {"event_type": kind, "event_channel": "calling", "params": body}
    return msgspec.json.encode({"jsonrpc": "2.0", "id": identity, "method": "signalwire.event", "params": params})


def offer(call_id: str = CALL, context: str = "office") -> bytes:
    device = {"type": "phone", "params": {"from_number": "+15550107777", "to_number": "+15550100000"}}
    where = {"call_id": call_id, "node_id": "n1", "context": context, "device": device}
    return event("calling.call.receive", call_state="created", **where)


def state(call_state: str, call_id: str = CALL, **more: Any) -> bytes:
    return event("calling.call.state", call_id=call_id, call_state=call_state, **more)


def command(method: str, identity: str = "r1", **params: Any) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": identity, "method": method, "params": params})


def reply(identity: str = "r1", code: str = "200", **result: Any) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": identity, "result": {"code": code, **result}})

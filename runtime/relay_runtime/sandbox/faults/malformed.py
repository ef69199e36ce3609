"""Frames that no server should send, as raw WebSocket bytes, to try a client with."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from relay_runtime.sandbox.ground.frames import encode
from relay_runtime.sandbox.ground.websocket_frames import server_frame as frame

__all__ = ["MALFORMED"]

_TEXT, _BINARY, _CONTINUATION, _PING = 0x81, 0x82, 0x80, 0x89
_DEEP: Final = 5_000
_MANY: Final = 16_384
_TEN_MEBIBYTES: Final = 10 * 1024 * 1024


def _json(value: object) -> bytes:
    return frame(encode(value))


def _event(**changes: object) -> bytes:
    params = {"event_type": "calling.call.play", "event_channel": "calling", "timestamp": 1.0, "params": {}}
    return _json({"jsonrpc": "2.0", "id": "m-1", "method": "signalwire.event", "params": {**params, **changes}})


def _big(size: int) -> bytes:
    head, tail = b'{"jsonrpc":"2.0","method":"x","params":{"fill":"', b'"}}'
    return frame(head + b"x" * (size - len(head) - len(tail)) + tail)


MALFORMED: Final[dict[str, Callable[[], bytes]]] = {
    "bad_json": lambda: frame(b'{"jsonrpc":"2.0","id":'),
    "empty": lambda: frame(b""),
    "array": lambda: _json([1, 2, 3]),
    "number": lambda: _json(7),
    "null": lambda: _json(None),
    "params_null": lambda: _json({"jsonrpc": "2.0", "id": "m-2", "method": "signalwire.event", "params": None}),
    "params_list": lambda: _json({"jsonrpc": "2.0", "id": "m-3", "method": "signalwire.event", "params": []}),
    "method_number": lambda: _json({"jsonrpc": "2.0", "id": "m-4", "method": 7, "params": {}}),
    "unknown_method": lambda: _json({"jsonrpc": "2.0", "id": "m-5", "method": "signalwire.surprise", "params": {}}),
    "unknown_event": lambda: _event(event_type="calling.call.surprise"),
    "event_type_number": lambda: _event(event_type=7),
    "event_type_missing": lambda: _event(event_type=None),
    "event_params_null": lambda: _event(params=None),
    "event_params_wrong_types": lambda: _event(params={"call_id": 7, "control_id": {}, "state": []}),
    "unknown_call": lambda: _event(
        params={"node_id": "n", "call_id": "nobody", "control_id": "k", "state": "finished"}
    ),
    "id_object": lambda: _json({"jsonrpc": "2.0", "id": {"a": 1}, "method": "signalwire.ping", "params": {}}),
    "id_list": lambda: _json({"jsonrpc": "2.0", "id": ["a"], "result": {"code": "200"}}),
    "duplicate_keys": lambda: frame(
        b'{"jsonrpc":"2.0","id":"m-6","id":7,"method":"signalwire.event","params":{"event_type":"a"},"params":null}'
    ),
    "lone_surrogate": lambda: frame(
        b'{"jsonrpc":"2.0","id":"\\ud800","method":"signalwire.event","params":{"event_type":"calling.\\udfff"}}'
    ),
    "huge_number": lambda: frame(
        b'{"jsonrpc":"2.0","id":"m-7","method":"signalwire.event","params":{"event_type":"calling.call.play",'
        b'"timestamp":1e999999,"params":{"call_id":' + b"9" * 5_000 + b"}}}"
    ),
    "not_a_number": lambda: frame(
        b'{"jsonrpc":"2.0","id":NaN,"method":"signalwire.event","params":{"timestamp":-Infinity}}'
    ),
    "unknown_reply": lambda: _json({"jsonrpc": "2.0", "id": "nobody", "result": {"code": "200"}}),
    "reply_id_number": lambda: _json({"jsonrpc": "2.0", "id": 12345, "result": {"code": "200"}}),
    "reply_id_null": lambda: _json({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "Parse error"}}),
    "reply_without_result": lambda: _json({"jsonrpc": "2.0", "id": "nobody"}),
    "deep": lambda: frame(b"[" * _DEEP + b"]" * _DEEP),
    "bad_utf8": lambda: frame(b"\xff\xfe\xfd"),
    "binary": lambda: frame(b'{"jsonrpc":"2.0","method":"x","params":{}}', _BINARY),
    "fragments": lambda: (
        frame(b'{"jsonrpc":"2.0",', 0x01) + frame(b"hello", _PING) + frame(b'"id":"f"}', _CONTINUATION)
    ),
    "reserved_opcode": lambda: frame(b"x", 0x83),
    "reserved_bit": lambda: frame(b"{}", 0xC1),
    "masked": lambda: b"\x81\x82\x01\x02\x03\x04" + bytes((0x7B ^ 1, 0x7D ^ 2)),
    "ping": lambda: frame(b"hello", _PING),
    "ping_flood": lambda: frame(b"", _PING) * _MANY,
    "close_1011": lambda: frame(struct.pack("!H", 1011) + b"internal error", 0x88),
    "close_without_code": lambda: frame(b"", 0x88),
    "ten_mebibytes": lambda: _big(_TEN_MEBIBYTES),
    "over_ten_mebibytes": lambda: _big(_TEN_MEBIBYTES + 1),
}

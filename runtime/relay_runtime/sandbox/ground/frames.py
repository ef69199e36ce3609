"""JSON-RPC 2.0 frames as the server writes them (protocol 1 and 3)."""

import time
from typing import Any

import msgspec

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder().decode

Frame = dict[str, Any]

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
NOT_COMPATIBLE = -32001
NOT_AUTHENTICATED = -32002
NOT_ALLOWED = -32003


def result(request_id: Any, value: Any) -> bytes:
    """Return the frame of a successful reply."""
    return encode({"jsonrpc": "2.0", "id": request_id, "result": value})


def error(request_id: Any, code: int, message: str, data: Any = None) -> bytes:
    """Return the frame of a JSON-RPC failure."""
    body: Frame = {"code": code, "message": message}
    if data is not None:
        body["data"] = data
    return encode({"jsonrpc": "2.0", "id": request_id, "error": body})


def request(request_id: str, method: str, params: Frame) -> bytes:
    """Return the frame of a request of the server."""
    return encode({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})


def epoch_ms() -> int:
    """Return the time as call states carry it: whole milliseconds since the epoch."""
    return int(time.time() * 1000)


def epoch_us() -> int:
    """Return the time as queue and AI events carry it: whole microseconds since the epoch."""
    return int(time.time() * 1_000_000)

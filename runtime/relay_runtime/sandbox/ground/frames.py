"""JSON-RPC 2.0 frames as the server writes them (protocol 1 and 3)."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import msgspec

__all__ = ["ErrorCode", "Frame", "JsonRpcError", "decode", "encode", "error", "request", "result"]

Frame = dict[str, Any]


def _plain(value: Any) -> Any:
    """Return what a subclass of a text or a number holds, of which msgspec knows nothing; a test may hand it in."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


encode = msgspec.json.Encoder(enc_hook=_plain).encode
decode = msgspec.json.Decoder().decode


class ErrorCode(IntEnum):
    """The codes of JSON-RPC errors: the standard's, and those of the server's own."""

    PARSE_ERROR = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL_ERROR = -32603
    NOT_COMPATIBLE = -32001
    NOT_AUTHENTICATED = -32002
    CAPACITY_EXCEEDED = -32005


class JsonRpcError(Exception):
    """A request that is answered with a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


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

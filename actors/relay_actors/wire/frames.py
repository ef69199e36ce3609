"""JSON-RPC 2.0 frames: how they are read and written (protocol 1).

One text frame is one JSON object. Reading is lenient: whatever arrives becomes a `Frame` or a `BadFrame` with its
reason; nothing raises. Writing makes finished bytes at once, so that a command is an immutable value from the start.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from relay_actors.wire.plain import plain
from relay_actors.wire.values import Fraction, read_fields

__all__ = [
    "EMPTY",
    "BadFrame",
    "Frame",
    "FrameParams",
    "acknowledgement",
    "as_dict",
    "decode_frame",
    "decoded",
    "encode_params",
    "error_reply",
    "reply",
    "request",
]

EMPTY: Final = msgspec.Raw(b"{}")


class FrameParams(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The params of a frame from the server: an event's envelope, a ping, or an announced disconnect.

    ``timestamp`` is in epoch seconds and belongs to the envelope (protocol 16.37). ``params`` is the event's own
    body, still as JSON text.
    """

    event_type: str = ""
    timestamp: Fraction | None = None
    project_id: str | None = None
    space_id: str | None = None
    context: str | None = None
    params: msgspec.Raw = EMPTY
    message: msgspec.Raw = EMPTY
    payload: msgspec.Raw = EMPTY
    restart: bool | None = None


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One frame from the server: a request (``method``) or a reply (``result`` or ``error``) to ``id``."""

    id: Any = None
    method: str | None = None
    params: FrameParams | None = None
    result: Any = msgspec.UNSET
    error: Any = msgspec.UNSET

    def __repr__(self) -> str:
        """Name the kind of frame; what is in it stays out of logs."""
        return f"<Frame {self.method or 'reply'}>"


class BadFrame(msgspec.Struct, frozen=True):
    """A frame that could not be understood.

    Attributes:
        reason: what was wrong with it; holds no part of the frame's values.
        kind: the same in a word, for a counter: ``depth``, ``json``, ``shape``, ``method`` or ``params``.
        id: the frame's id when it had one, so that a malformed event is still acknowledged.
        method: the frame's method when it had one.
    """

    reason: str
    kind: str
    id: Any = None
    method: str | None = None

    def __repr__(self) -> str:
        """Tell the reason; what is in the frame stays out of logs."""
        return f"<BadFrame {self.reason}>"


class _Request(msgspec.Struct, frozen=True, gc=False, tag_field="jsonrpc", tag="2.0"):
    """A request, in the order in which its fields are written; the version goes before them."""

    id: str
    method: str
    params: Any


_decode_frame: Final = msgspec.json.Decoder(Frame).decode


def _known(value: Any) -> Any:
    """Return a value that msgspec does not know in the plain type of which it is a subclass."""
    found = plain(value)
    if type(found) is type(value):
        raise TypeError(f"{type(value).__name__} has no JSON form")
    return found


_encode: Final = msgspec.json.Encoder(enc_hook=_known).encode


def decode_frame(text: str | bytes) -> Frame | BadFrame:
    """Read one frame. Never raises: what cannot be read comes back as a `BadFrame`."""
    try:
        return _decode_frame(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _decode_leniently(text)


def _decode_leniently(text: str | bytes) -> Frame | BadFrame:
    """Read a frame whose envelope has a field of an unexpected type, field by field."""
    try:
        value = msgspec.json.decode(text)
    except RecursionError:
        return BadFrame("JSON nested too deeply", "depth")
    except (msgspec.MsgspecError, UnicodeError):
        return BadFrame("not JSON", "json")
    if not isinstance(value, dict):
        return BadFrame(f"a JSON {_json_name(value)} instead of an object", "shape")
    identity, method, params = value.get("id"), value.get("method"), value.get("params")
    if method is not None and not isinstance(method, str):
        return BadFrame(f"method is a JSON {_json_name(method)} instead of a string", "method", identity)
    if method is None:
        return Frame(identity, None, None, value.get("result", msgspec.UNSET), value.get("error", msgspec.UNSET))
    if not isinstance(params, dict):
        return BadFrame(f"params is a JSON {_json_name(params)} instead of an object", "params", identity, method)
    return Frame(identity, method, _lenient_params(params))


def _lenient_params(params: dict[str, Any]) -> FrameParams:
    """Build an envelope from a dict, leaving out each field that has a wrong type."""
    return FrameParams(**read_fields(FrameParams, params))


def _json_name(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def as_dict(raw: msgspec.Raw) -> dict[str, Any]:
    """Return a fresh dict of a JSON object that was left undecoded; an empty one for anything else."""
    value = decoded(raw)
    return value if isinstance(value, dict) else {}


def decoded(raw: msgspec.Raw) -> Any:
    """Return what JSON text stands for, or None for what can't be read: nested too deeply, a number of many digits."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def encode_params(params: Any) -> bytes:
    """Return the JSON of a request's params.

    Raises:
        TypeError: if a value has no JSON form; the message names its type.
    """
    return _encode(params)


def request(identity: str, method: str, params: Any) -> bytes:
    """Return a request frame.

    Raises:
        TypeError: if a param has no JSON form; the message names its type.
    """
    return _encode(_Request(identity, method, params))


def acknowledgement(identity: Any) -> bytes:
    """Return the empty success reply that acknowledges an event (protocol 2.7)."""
    return b'{"jsonrpc":"2.0","id":' + _encode(identity) + b',"result":{}}'


def reply(identity: Any, result: Any) -> bytes:
    """Return a success reply to a request of the server."""
    return _encode({"jsonrpc": "2.0", "id": identity, "result": result})


def error_reply(identity: Any, code: int, message: str) -> bytes:
    """Return a failure reply to a request of the server (protocol 12 lists the codes)."""
    return _encode({"jsonrpc": "2.0", "id": identity, "error": {"code": code, "message": message}})

"""Reads replies: success, or which error (protocol 1 and 12)."""

from __future__ import annotations

from typing import Any

import msgspec

from relay_actors.errors import LOCAL, AuthenticationFailed, RelayError
from relay_actors.wire.frames import Frame
from relay_actors.wire.values import Code, number, text

__all__ = ["LoginRefused", "read_login", "read_reply"]

_AMBIGUOUS = -32000
_PERMANENT = frozenset({-32001, -32002, -32003, 401, 402, 403, _AMBIGUOUS})
_HINTS = {
    -32001: "the server does not speak this version of the protocol",
    -32002: "check project and token (or jwt_token)",
    -32003: "this project may not use RELAY",
    401: "check project and token (or jwt_token)",
    402: "the account may not use RELAY",
    403: "this project may not use RELAY",
}


class LoginRefused(AuthenticationFailed):
    """The server answered ``signalwire.connect`` with a refusal.

    Attributes:
        permanent: whether trying again with the same credentials is pointless.
    """

    def __init__(self, code: int, message: str, data: Any = None, *, permanent: bool) -> None:
        hint = _HINTS.get(code)
        super().__init__(code, f"{message}: {hint}" if hint else message, data)
        self.permanent = permanent


def _number(code: Any) -> int:
    found: int = number(code, Code, LOCAL)
    return found


def _from_error(error: Any) -> tuple[int, str, Any]:
    if not isinstance(error, dict):
        return LOCAL, "the server reported an error without details", None
    return _number(error.get("code")), text(error.get("message")) or "the server gave no reason", error.get("data")


def _failure(frame: Frame) -> tuple[int, str, Any] | None:
    """Return code, message and data of a failed reply, or None for a success."""
    if frame.error is not msgspec.UNSET and frame.error is not None:
        return _from_error(frame.error)
    result = frame.result
    if not isinstance(result, dict):
        return None
    code = result.get("code")
    # A code is a string on the wire, yet integers have been seen (protocol 16.40).
    if code is None or 200 <= _number(code) < 300:
        return None
    data = result.get("data")
    return (
        _number(code),
        text(result.get("message")) or "the server gave no reason",
        data if data is not None else result.get("message_data"),
    )


def read_reply(frame: Frame) -> dict[str, Any] | RelayError:
    """Return the result of a reply, or the error it stands for.

    A result that is no object comes back as ``{"raw": value}``.
    """
    failure = _failure(frame)
    if failure is not None:
        return RelayError(*failure)
    result = frame.result
    if isinstance(result, dict):
        return result
    return {} if result is msgspec.UNSET or result is None else {"raw": result}


def read_login(frame: Frame) -> dict[str, Any]:
    """Return the result of ``signalwire.connect``.

    Raises:
        LoginRefused: in either of the two shapes of protocol 2.3, and for a success without ``protocol``.
    """
    failure = _failure(frame)
    if failure is not None:
        code, message, data = failure
        raise LoginRefused(code, message, data, permanent=code in _PERMANENT)
    result = frame.result
    if not isinstance(result, dict) or not isinstance(result.get("protocol"), str) or not result["protocol"]:
        raise LoginRefused(LOCAL, "the server's connect result has no protocol", permanent=False)
    return result

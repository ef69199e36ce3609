"""What is said over a control socket: one JSON object a line.

A request is one line, such as ``{"op": "report", "calls": true}``; the answer is ``{"ok": …}`` or
``{"error": "what is wrong", "kind": "unknown_call"}``. What is followed (``trace``, ``record``) is answered by lines
with an ``item`` until either side closes the connection.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from relay_runtime.watch.escaping import encoded_json

__all__ = ["LONGEST_REQUEST", "Problem", "Request", "decode_answer", "decode_request", "encode"]

LONGEST_REQUEST: Final = 64 * 1024
"""Bytes of a request."""


class Problem(Exception):
    """A request that can't be served.

    Attributes:
        kind: ``bad_request``, ``unknown_call``, ``several_calls``, ``not_connected``, ``refused`` or ``failed``.
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request.

    Attributes:
        op: ``report``, ``find``, ``call``, ``trace``, ``record``, ``record_next``, ``hangup``, ``drain``, ``metrics``
            ``ready`` (which answers with the reasons why it is not), or ``notes`` (what asks for a look all the same).
        id: a call's id, or how it begins.
        calls: whether a report lists the calls.
        context: of ``record_next``: the context of the call that is waited for; empty for whatever call comes.
        keep_words: whether a recording keeps words.
        mask_digits: whether a recording masks pressed keys.
    """

    op: str
    id: str = ""
    calls: bool = False
    context: str = ""
    keep_words: bool = False
    mask_digits: bool = False


def encode(value: Any) -> bytes:
    """Return a value as a line."""
    return encoded_json(value) + b"\n"


def decode_request(line: bytes) -> Request:
    """Return the request of a line.

    Raises:
        Problem: it is none.
    """
    try:
        return msgspec.json.decode(line, type=Request)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Problem("bad_request", f'accepted is one line such as {{"op": "report"}}: {error}') from None


def decode_answer(line: bytes) -> Any:
    """Return what an answer holds.

    Raises:
        Problem: the answer is that the request can't be served.
        ValueError: it is no answer.
    """
    answer = msgspec.json.decode(line, type=dict[str, Any])
    if "error" in answer:
        raise Problem(str(answer.get("kind")), str(answer["error"]))
    return answer["item"] if "item" in answer else answer["ok"]

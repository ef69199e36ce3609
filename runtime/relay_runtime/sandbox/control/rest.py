"""What the port of the WebSocket answers to plain HTTP: the route of the REST API by which tasks come in."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from relay_runtime.sandbox.calls.exchange import Exchange
from relay_runtime.sandbox.control.request import ProblemError, Request
from relay_runtime.sandbox.ground.credentials import are_accepted
from relay_runtime.sandbox.ground.frames import encode

__all__ = ["RestPort"]

_TASKS: Final = "/api/relay/rest/tasks"


class RestPort:
    """A WSGI application; each request is served in a greenlet of its own.

    Args:
        exchange: where tasks go.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Take a task, or say what this port is for."""
        if environ.get("PATH_INFO") != _TASKS:
            start_response("426 Upgrade Required", [("Content-Type", "text/plain"), ("Upgrade", "websocket")])
            return [b"This port speaks WebSocket only.\n"]
        try:
            self._take(environ)
        except ProblemError as problem:
            start_response(problem.status, [("Content-Type", "application/json")])
            return [encode({"error": problem.message}) + b"\n"]
        start_response("204 No Content", [])
        return []

    def _take(self, environ: dict[str, Any]) -> None:
        """Push a task to whoever has subscribed to its context; nobody need have (protocol 10.5)."""
        if environ["REQUEST_METHOD"] != "POST":
            raise ProblemError("405 Method Not Allowed", f"{_TASKS} takes POST")
        if not are_accepted(_basic(environ.get("HTTP_AUTHORIZATION", "")), self._exchange.ground.settings):
            raise ProblemError("401 Unauthorized", "Basic authentication by project and token is needed")
        request = Request(environ)
        request.accept(("context", "message"))
        self._exchange.messages.task(request.take("message", dict), request.take("context"))


def _basic(header: str) -> dict[str, Any]:
    """Return the credentials in a header ``Authorization: Basic …``; none if it is another or malformed."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        project, colon, token = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"project": project, "token": token} if colon else {}

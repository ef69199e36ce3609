"""A WebSocket in memory and the server behind it: real objects with switches."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from doubles.frames import event_frame, frame
from doubles.hub import until
from gevent.event import Event

__all__ = ["Dropped", "FakeTransport", "ScriptedPeer", "accepted", "refused", "refused_in_result"]


class Dropped(Exception):
    """The connection broke."""


class FakeTransport:
    """One connection in memory; `deliver`, `drop` and the attributes are the server's side of it."""

    def __init__(self, peer: ScriptedPeer) -> None:
        self._peer = peer
        self._incoming: deque[str | bytes] = deque()
        self._failure: Exception | None = None
        self._changed = Event()
        self.sent: list[dict[str, Any]] = []
        self.write_error: Exception | None = None
        self.abort_error: Exception | None = None
        self.close_error: Exception | None = None
        self.closed = 0
        self.aborted = 0

    # The client's side

    def receive_batch(self) -> list[str | bytes]:
        while not self._incoming:
            if self._failure is not None:
                raise self._failure
            self._changed.clear()
            self._changed.wait()
        batch = list(self._incoming)
        self._incoming.clear()
        return batch

    def _send(self, data: bytes) -> None:
        if self.write_error is not None:
            raise self.write_error
        if self._failure is not None:
            raise self._failure
        try:
            decoded = msgspec.json.decode(data)
        except RecursionError:
            return  # a socket does not look into what is written, at whatever depth of the stack
        self.sent.append(decoded)
        self._peer.took(self, decoded)

    def send_texts(self, texts: Sequence[bytes]) -> None:
        for text in texts:
            self._send(text)

    def close(self, code: int = 1000, reason: str = "", timeout: float | None = None) -> None:
        self.closed += 1
        self.drop()
        if self.close_error is not None:
            raise self.close_error

    def abort(self) -> None:
        self.aborted += 1
        self.drop()
        if self.abort_error is not None:
            raise self.abort_error

    # The server's side

    @property
    def released(self) -> bool:
        return bool(self.closed or self.aborted)

    def deliver(self, *frames: str | bytes) -> None:
        """Give the client frames, all in one read."""
        self._incoming.extend(frames)
        self._changed.set()

    def drop(self, error: Exception | None = None) -> None:
        """Break the connection; what was delivered can still be read."""
        self._failure = self._failure or error or Dropped("the peer went away")
        self._changed.set()

    def requests(self, method: str | None = None) -> list[dict[str, Any]]:
        """The requests that the client sent, by method; its replies are left out."""
        return [f for f in self.sent if "method" in f and method in {None, f["method"]}]

    def replies(self, identity: Any = None) -> list[dict[str, Any]]:
        return [f for f in self.sent if "method" not in f and (identity is None or f.get("id") == identity)]


Login = Callable[[dict[str, Any]], dict[str, Any] | None]


def accepted(**result: Any) -> Login:
    """A login that works; the protocol is the client's own, or a new one."""
    numbers = itertools.count(1)

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        resumed = params.get("protocol")
        protocol = resumed or f"signalwire_{next(numbers)}"
        return {"result": {"protocol": protocol, "session_restored": bool(resumed), **result}}

    return answer


def refused(code: int = -32002, message: str = "Authentication failed", **data: Any) -> Login:
    return lambda _: {"error": {"code": code, "message": message, "data": data or None}}


def refused_in_result(code: Any = "401", message: str = "Unauthorized") -> Login:
    return lambda _: {"result": {"code": code, "message": message}}


class ScriptedPeer:
    """A RELAY server in memory. Its `connect` is the client's connector.

    Attributes:
        logins: how the next logins end, one each; afterwards ``login``.
        withheld: methods that get no reply.
        answers: from method to the fields of its reply, in place of a plain 200.
        connect_error: raised instead of opening a connection.
        gate: a connection is opened only while this is set.
        transports: every connection that was opened.
    """

    def __init__(self) -> None:
        self.logins: deque[Login] = deque()
        self.login: Login = accepted()
        self.withheld: set[str] = set()
        self.answers: dict[str, dict[str, Any]] = {}
        self.connect_error: Exception | None = None
        self.gate = Event()
        self.gate.set()
        self.attempts = 0
        self.transports: list[FakeTransport] = []

    def connect(self) -> FakeTransport:
        self.attempts += 1
        self.gate.wait()
        if self.connect_error is not None:
            raise self.connect_error
        transport = FakeTransport(self)
        self.transports.append(transport)
        return transport

    @property
    def transport(self) -> FakeTransport:
        """The newest connection."""
        return self.transports[-1]

    def took(self, transport: FakeTransport, request: dict[str, Any]) -> None:
        """Answer a request of the client, unless its method is withheld."""
        method = request.get("method")
        if method is None or method in self.withheld:
            return
        if method == "signalwire.connect":
            login = self.logins.popleft() if self.logins else self.login
            answer = login(request["params"])
        else:
            answer = self.answers.get(method, {"result": {"code": "200", "message": "OK"}})
        if answer is not None:
            transport.deliver(frame(id=request["id"], **answer))

    def push(self, event_type: str, params: Any, **options: Any) -> None:
        """Send an event on the newest connection."""
        self.transport.deliver(event_frame(event_type, params, **options))

    def requests(self, method: str | None = None) -> list[dict[str, Any]]:
        """What the client requested on all connections, oldest first."""
        return [request for transport in self.transports for request in transport.requests(method)]

    def request(self, method: str, count: int = 1) -> dict[str, Any]:
        """Wait for the ``count``-th request of a method, and return it."""
        return until(lambda: self.requests(method)[count - 1 : count], f"request {count} of {method}")[0]

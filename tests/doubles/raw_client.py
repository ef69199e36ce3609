"""A raw RELAY client of the tests' own: gevent's sockets and websockets' Sans-I/O protocol, no code of ours.

A sandbox without a port it reaches over sockets in memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import gevent
import msgspec
from doubles.hub import LIMIT
from gevent import socket, ssl
from gevent.event import Event
from protocol_data import event_mistakes, result_mistakes
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.testing.memory_socket import socket_pair

__all__ = [
    "SIGN",
    "Address",
    "DialIn",
    "PlaceCall",
    "RawClient",
    "bridge_states",
    "connect",
    "dial",
    "legs",
    "login_params",
    "outcome",
    "phone",
    "raw_client",
    "resume",
    "silence",
    "tts",
]

STATE_KEYS = ("call_state", "dial_state", "connect_state", "state", "status", "message_state", "join_status")

SIGN = "0"  # the key that tells a script to go on: what it waited for is with the sandbox then

Address = dict[str, str]  # of a call: its node_id and its call_id


class RawClient:
    """Speaks JSON-RPC over one WebSocket; a greenlet reads, everything received is kept."""

    def __init__(self, url: str, *, acks: bool = True, context: ssl.SSLContext | None = None, to: Any = None) -> None:
        self.socket: Any = _connected(url, context) if to is None else to
        self.acks = acks
        self.answers_pings = True
        self.judges = True
        self.tolerates: frozenset[str] = frozenset()
        self.protocol = ClientProtocol(parse_uri(url), max_size=None)
        self.received: list[Any] = []
        self.replies: dict[Any, Any] = {}
        self.closed = False
        self.session: dict[str, Any] = {}
        self._ids = itertools.count(1)
        self._changed = Event()
        self._handshake()
        self.socket.settimeout(None)
        self._reader = gevent.spawn(self._read)

    def _handshake(self) -> None:
        self.protocol.send_request(self.protocol.connect())
        self.flush()
        while self.protocol.state.name == "CONNECTING":
            data = self.socket.recv(65536)
            if not data:
                self.protocol.receive_eof()
                break
            self.protocol.receive_data(data)
        if self.protocol.handshake_exc is not None:
            raise self.protocol.handshake_exc

    def flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self.socket.sendall(data)

    def _read(self) -> None:
        try:
            while data := self.socket.recv(65536):
                self.protocol.receive_data(data)
                self.flush()
                self._take()
        except OSError:
            pass
        self.closed = True
        self._changed.set()

    def _take(self) -> None:
        for frame in self.protocol.events_received():
            if isinstance(frame, Frame) and frame.opcode is Opcode.TEXT:
                try:
                    self._message(msgspec.json.decode(frame.data))
                except msgspec.DecodeError:
                    self.received.append(frame.data)
        self._changed.set()

    def _message(self, message: Any) -> None:
        self.received.append(message)
        if isinstance(message, dict) and "method" not in message:
            self.replies[message.get("id")] = message
        elif message.get("method") == "signalwire.event" and self.acks:
            self.send({"jsonrpc": "2.0", "id": message["id"], "result": {}})
        elif message.get("method") == "signalwire.ping" and self.answers_pings:
            self.send({"jsonrpc": "2.0", "id": message["id"], "result": message["params"]})

    def send(self, frame: Any) -> None:
        data = frame if isinstance(frame, bytes) else msgspec.json.encode(frame)
        self.protocol.send_text(data)
        self.flush()

    def wait(self, condition: Callable[[], Any], what: str = "a condition", limit: float = LIMIT) -> Any:
        with gevent.Timeout(limit, False):  # type: ignore[arg-type]  # the stubs know no False
            while not (value := condition()):
                self._changed.clear()
                self._changed.wait(0.01)  # the condition may be about the sandbox
            return value
        raise AssertionError(f"no {what} within {limit} s; received: {self.kinds()}")

    def begin(self, method: str, params: Any) -> str:
        request_id = f"r{next(self._ids)}"
        self.send({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        return request_id

    def reply(self, request_id: str | None) -> Any:
        return self.wait(lambda: self.replies.get(request_id), f"reply to {request_id}")

    def request(self, method: str, params: Any = None) -> Any:
        return self.reply(self.begin(method, params if params is not None else {}))

    def result(self, method: str, params: Any = None) -> Any:
        frame = self.request(method, params)
        assert "result" in frame, frame
        return frame["result"]

    def login(self, sandbox: Sandbox, *contexts: str, **extra: Any) -> Any:
        self.session = self.result("signalwire.connect", login_params(sandbox, contexts=list(contexts), **extra))
        return self.session

    def events(self, event_type: str | None = None, **fields: Any) -> list[Any]:
        found = []
        for message in self.received:
            if isinstance(message, dict) and message.get("method") == "signalwire.event":
                envelope = message["params"]
                body = envelope.get("params", envelope)
                if event_type in {None, envelope["event_type"]} and all(
                    body.get(key) == value for key, value in fields.items()
                ):
                    found.append(body)
        return found

    def event(self, event_type: str, **fields: Any) -> Any:
        return self.wait(lambda: self.events(event_type, **fields), f"event {event_type} {fields}")[0]

    def offer(self) -> dict[str, str]:
        body = self.event("calling.call.receive")
        return {"node_id": body["node_id"], "call_id": body["call_id"]}

    def answered(self) -> dict[str, str]:
        address = self.offer()
        assert self.result("calling.answer", address)["code"] == "200"
        self.event("calling.call.state", call_state="answered", call_id=address["call_id"])
        return address

    def do(self, address: dict[str, str], method: str, **params: Any) -> Any:
        """Send a verb that is accepted; its result is checked against the protocol."""
        result = self.result(method, {**address, **params})
        assert result["code"] == "200", result
        assert result_mistakes(method, result) == []
        return result

    def go_on(self, address: dict[str, str]) -> None:
        """Give the far end the sign that a script waits for with ``hears_digits(SIGN)``."""
        self.do(address, "calling.send_digits", control_id="sign", digits=SIGN)

    def code(self, address: dict[str, str], method: str, **params: Any) -> Any:
        return self.result(method, {**address, **params})["code"]

    def states(self, event_type: str, field: str = "state", **match: Any) -> list[Any]:
        return [body[field] for body in self.events(event_type, **match)]

    def kinds(self) -> list[str]:
        names = []
        for message in self.received:
            params = message.get("params") if isinstance(message, dict) else None
            if isinstance(params, dict) and "event_type" in params:
                body = params.get("params", {})
                state = next((body[key] for key in STATE_KEYS if isinstance(body.get(key), str)), "")
                names.append(f"{params['event_type'].removeprefix('calling.')}:{state}")
            else:
                names.append(message.get("method", "reply") if isinstance(message, dict) else "text")
        return names

    def mistakes(self) -> list[str]:
        """What the protocol's judge finds wrong with any event this client was sent."""
        return [
            mistake
            for message in self.received
            if isinstance(message, dict) and message.get("method") == "signalwire.event" and self.judges
            for mistake in event_mistakes(message["params"], extra=self.tolerates)
        ]

    def wait_closed(self) -> None:
        self.wait(lambda: self.closed, "close")

    def close(self) -> None:
        self._reader.kill()
        self.socket.close()


def _connected(url: str, context: ssl.SSLContext | None) -> Any:
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=LIMIT)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection if context is None else context.wrap_socket(connection, server_hostname=parts.hostname)


def raw_client(sandbox: Sandbox, **options: Any) -> RawClient:
    """Return a client of a sandbox, over TCP if that has a port."""
    if urlsplit(sandbox.url).port is not None:
        return RawClient(sandbox.url, **options)
    ours, theirs = socket_pair()
    sandbox.serve_connection(theirs)
    return RawClient(sandbox.url, to=ours, **options)


DialIn = Callable[..., RawClient]
PlaceCall = Callable[[Caller], tuple[Any, Address]]  # the run, of a call that is up


def login_params(sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    """The params of a login; a change to None takes a param out."""
    params = {
        "version": {"major": 2, "minor": 0, "revision": 0},
        "agent": "raw",
        "event_acks": True,
        "authentication": {"project": sandbox.project, "token": sandbox.token},
        **changes,
    }
    return {key: value for key, value in params.items() if value is not None}


def resume(client: RawClient) -> dict[str, str]:
    """What a login needs beside its credentials to restore the client's session."""
    state = client.event("signalwire.authorization.state")["authorization_state"]
    return {"protocol": client.session["protocol"], "authorization_state": state}


def tts(text: str) -> dict[str, Any]:
    return {"type": "tts", "params": {"text": text}}


def silence(seconds: float) -> dict[str, Any]:
    return {"type": "silence", "params": {"duration": seconds}}


def phone(number: str, **params: Any) -> dict[str, Any]:
    """A device that rings for long, unless a test says otherwise: line seconds are some milliseconds here."""
    return {"type": "phone", "params": {"from_number": "+15550100099", "to_number": number, "timeout": 600, **params}}


def dial(client: RawClient, *groups: list[dict[str, Any]], **params: Any) -> None:
    result = client.result("calling.dial", {"tag": "T", "devices": list(groups), **params})
    assert result == {"code": "200", "message": "Dialing"}


def outcome(client: RawClient, state: str) -> Any:
    """The event of a dial in a state."""
    return client.event("calling.call.dial", tag="T", dial_state=state)


def legs(client: RawClient) -> dict[str, list[str]]:
    """The states of each leg of a dial in order, by the number it went to."""
    found: dict[str, list[str]] = {}
    for body in client.events("calling.call.state", tag="T"):
        found.setdefault(body["device"]["params"]["to_number"], []).append(body["call_state"])
    return found


def connect(client: RawClient, address: Address, *groups: list[dict[str, Any]], **params: Any) -> Any:
    return client.result("calling.connect", {**address, "devices": list(groups), "tag": "T", **params})


def bridge_states(client: RawClient) -> list[str]:
    return [body["connect_state"] for body in client.events("calling.call.connect")]

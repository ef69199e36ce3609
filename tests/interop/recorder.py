"""A server that answers everything with success and writes down every request, so that two clients can be compared.

It knows nothing of RELAY but what a client needs to go on: a login, a dial that is answered, an offer when the request
``test.offer`` asks for one. Requests with the method ``test.step`` divide the record into steps.
"""

from __future__ import annotations

import itertools
import json
import logging
from typing import Any, Self

import gevent
from gevent.server import StreamServer
from gevent.socket import socket
from gevent.ssl import SSLContext
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

_silent = logging.Logger("recorder", level=logging.CRITICAL + 1)

NODE = "node-1"
LIMIT = 60.0  # seconds that one connection may last

Requests = list[tuple[str, dict[str, Any]]]


class Recorder:
    """Listens on a loopback port; use it as a context manager.

    Attributes:
        login: the params of ``signalwire.connect``.
        steps: from the label of each step to the requests that were made in it, as ``(method, params)``.
    """

    def __init__(self, context: SSLContext) -> None:
        self.login: dict[str, Any] = {}
        self.steps: dict[str, Requests] = {}
        self._label = "before the first step"
        self._numbers = itertools.count(1)
        self._server = StreamServer(("127.0.0.1", 0), self._serve, ssl_context=context)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(timeout=1)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def _serve(self, sock: socket, _address: object) -> None:
        try:
            with gevent.Timeout(LIMIT, False):
                _Conversation(self, sock).hold()
        except OSError:
            pass  # the client has gone
        finally:
            sock.close()

    def answer(self, method: str, params: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Write a request down; return its result and the events that follow it."""
        if method == "signalwire.connect":
            self.login = params
            return {"protocol": "recorded", "identity": "client"}, []
        if method == "signalwire.ping":
            return params, []
        if method == "test.step":
            self._label = params["label"]
            self.steps[self._label] = []
            return {"code": "200"}, []
        if method == "test.offer":
            return {"code": "200"}, [self._offer()]
        self.steps.setdefault(self._label, []).append((method, params))
        result = {"code": "200", "message": "OK", "message_id": f"message-{next(self._numbers)}"}
        return result, [self._answered(params["tag"])] if method == "calling.dial" else []

    def _call(self) -> dict[str, Any]:
        return {"node_id": NODE, "call_id": f"call-{next(self._numbers)}"}

    def _offer(self) -> dict[str, Any]:
        device = {"type": "phone", "params": {"from_number": "+15550100001", "to_number": "+15550100002"}}
        body = {"call_state": "created", "direction": "inbound", "context": "office", "device": device}
        return {"event_type": "calling.call.receive", "params": {**self._call(), **body}}

    def _answered(self, tag: str) -> dict[str, Any]:
        call = {**self._call(), "tag": tag, "call_state": "answered", "direction": "outbound", "device": {}}
        body = {"node_id": NODE, "tag": tag, "dial_state": "answered", "call": call}
        return {"event_type": "calling.call.dial", "params": body}


class _Conversation:
    """One connection."""

    def __init__(self, recorder: Recorder, sock: socket) -> None:
        self._recorder = recorder
        self._sock = sock
        self._protocol = ServerProtocol(max_size=None, logger=_silent)
        self._ids = itertools.count(1)

    def hold(self) -> None:
        while data := self._sock.recv(65536):
            self._protocol.receive_data(data)
            for event in self._protocol.events_received():
                if isinstance(event, Request):
                    self._protocol.send_response(self._protocol.accept(event))
                elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                    self._take(json.loads(event.data))
            for chunk in self._protocol.data_to_send():
                if not chunk:
                    return  # both sides have said goodbye
                self._sock.sendall(chunk)

    def _take(self, frame: dict[str, Any]) -> None:
        if "method" not in frame:
            return  # an acknowledgement
        result, events = self._recorder.answer(frame["method"], frame["params"])
        self._send({"jsonrpc": "2.0", "id": frame["id"], "result": result})
        for event in events:
            params = {"event_channel": "calling", "context": "office", "timestamp": 1760000000.5, **event}
            self._send({"jsonrpc": "2.0", "id": f"e{next(self._ids)}", "method": "signalwire.event", "params": params})

    def _send(self, frame: dict[str, Any]) -> None:
        self._protocol.send_text(json.dumps(frame).encode())

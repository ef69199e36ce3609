"""How a WebSocket is opened at the server, and refused (RFC 6455, 4.2)."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from doubles.wire import LIMIT, Wire
from gevent import socket
from websockets.frames import Opcode

from relay_runtime.sandbox import Sandbox

OpenWire = Callable[..., Wire]
PING = b'{"jsonrpc":"2.0","id":"1","method":"signalwire.ping","params":{}}'


@pytest.mark.parametrize("path", ["/", "/api/relay/ws", "/any?x=1"])
def test_every_path_is_upgraded(wire: OpenWire, path: str) -> None:
    client = wire(path=path)
    assert client.status.startswith("HTTP/1.1 101")
    client.send(Opcode.TEXT, PING)
    assert client.frame() == (1, b'{"jsonrpc":"2.0","id":"1","result":{}}')


@pytest.mark.parametrize("key", ["", "short", "!!!!", base64.b64encode(b"15 bytes only..").decode()])
def test_a_bad_key_is_400(wire: OpenWire, key: str) -> None:
    assert wire(key=key).status.startswith("HTTP/1.1 400")


def test_http_1_0_is_400(wire: OpenWire) -> None:
    assert " 400 " in wire(version="HTTP/1.0").status


def test_plain_http_is_told_what_this_is(sandbox: Sandbox) -> None:
    host, port = sandbox.url.removeprefix("ws://").split(":")
    with socket.create_connection((host, int(port)), timeout=LIMIT) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while data := plain.recv(4096):
            answer += data
    assert answer.startswith(b"HTTP/1.1 426")
    assert b"speaks WebSocket only" in answer


def test_an_opening_can_be_refused_by_what_it_says(sandbox: Sandbox, wire: OpenWire) -> None:
    assert sandbox._server is not None
    sandbox._server.admits = lambda environ: None if environ.get("HTTP_ORIGIN") == "http://good" else "not from there"
    refused = wire(extra="Origin: http://bad\r\n")
    assert refused.status == "HTTP/1.1 403 Forbidden"
    assert wire(extra="Origin: http://good\r\n").status.startswith("HTTP/1.1 101")

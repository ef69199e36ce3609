"""Connections: what is answered before a login, to broken frames, and with no id."""

from __future__ import annotations

from doubles.raw_client import DialIn, RawClient, login_params

from relay_runtime.sandbox import Sandbox

VERSION = {"major": 2, "minor": 0, "revision": 0}


def test_a_request_before_connect_is_refused(sandbox: Sandbox, dial_in: DialIn) -> None:
    frame = dial_in(sandbox).request("calling.answer", {"node_id": "n", "call_id": "c"})
    assert frame["error"]["code"] == -32600


def test_a_second_connect_on_a_socket_is_refused(client: RawClient, sandbox: Sandbox) -> None:
    assert client.request("signalwire.connect", login_params(sandbox))["error"]["code"] == -32600


def test_a_ping_is_echoed(client: RawClient) -> None:
    assert client.result("signalwire.ping", {"timestamp": 1.5, "payload": "x"}) == {"timestamp": 1.5, "payload": "x"}


def test_frames_that_are_no_requests_get_errors_and_the_connection_lives(client: RawClient) -> None:
    client.send(b"{nonsense")
    assert client.reply(None)["error"]["code"] == -32700
    client.replies.clear()
    client.send([1, 2])
    assert client.reply(None)["error"]["code"] == -32600
    assert client.request("calling.answer", [1])["error"]["code"] == -32602
    assert client.request("calling.nonsense")["error"]["code"] == -32601
    client.send({"jsonrpc": "2.0", "id": "x", "method": 7, "params": {}})
    assert client.reply("x")["error"]["code"] == -32600
    assert client.result("signalwire.ping") == {}


def test_a_notification_gets_no_reply(client: RawClient) -> None:
    client.send({"jsonrpc": "2.0", "method": "signalwire.ping", "params": {}})
    client.result("signalwire.ping")
    assert None not in client.replies

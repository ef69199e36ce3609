"""The listening sockets: TLS, and connections that are turned away at the door."""

from __future__ import annotations

import contextlib
from pathlib import Path

import gevent
import pytest
from doubles.hub import turns
from doubles.raw_client import DialIn
from gevent import socket, ssl
from websockets.exceptions import InvalidMessage, InvalidStatus

from relay_runtime.sandbox import Sandbox
from relay_runtime.sandbox.faults.faults import Refusal

trustme = pytest.importorskip("trustme")


def test_wss_is_served_with_a_certificate_and_a_plain_client_is_turned_away(tmp_path: Path, dial_in: DialIn) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    with Sandbox(cert=str(tmp_path / "cert.pem"), key=str(tmp_path / "key.pem")) as sandbox:
        assert sandbox.url.startswith("wss://")
        port = int(sandbox.url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):
                while plain.recv(4096):
                    pass
        client = dial_in(sandbox, context=context)
        assert client.login(sandbox)["protocol"]
        sandbox.cut()
        client.wait_closed()
        assert sandbox.errors == []


@pytest.mark.parametrize(
    ("how", "error"), [("reset", OSError), ("http", InvalidStatus), ("garbage", InvalidMessage), ("hang", OSError)]
)
def test_connections_are_turned_away_at_the_door(
    sandbox: Sandbox, dial_in: DialIn, how: Refusal, error: type[Exception]
) -> None:
    sandbox.faults.refuse(how)
    with gevent.Timeout(0.3, TimeoutError) if how == "hang" else gevent.Timeout(5), pytest.raises(error):
        dial_in(sandbox)
    assert dial_in(sandbox).login(sandbox)["protocol"]


def test_a_connection_that_was_handed_in_is_closed_even_if_its_greenlet_is_killed() -> None:
    with Sandbox(port=None) as sandbox:
        ours, theirs = socket.socketpair()
        sandbox.faults.refuse("hang")
        sandbox.serve_connection(theirs)
        turns()
        assert sandbox._server is not None
        sandbox._server.pool.kill()
        assert ours.recv(10) == b""
        ours.close()

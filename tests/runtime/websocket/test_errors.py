"""Errors of the WebSocket: what each says."""

from __future__ import annotations

import pytest

from relay_runtime import websocket
from relay_runtime.websocket import errors


@pytest.mark.parametrize(
    ("error", "text", "retryable"),
    [
        (
            errors.NameResolutionError("h", 443),
            "cannot connect to h:443: the host name could not be resolved; check its spelling and this machine's DNS",
            True,
        ),
        (
            errors.ConnectRefusedError("::1", 1),
            "cannot connect to [::1]:1: the connection was refused; check the port, and that the server is running",
            True,
        ),
        (
            errors.ConnectTimeoutError("h", 443, stage="TLS handshake", seconds=10.0),
            "cannot connect to h:443: the TLS handshake did not end within 10 s; "
            "check firewalls and the network between, or allow more time",
            True,
        ),
        (
            errors.NetworkError("h", 443, "it broke"),
            "cannot connect to h:443: it broke; check the network and that the server is up",
            True,
        ),
        (
            errors.TlsError("h", 443, "WHY"),
            "cannot connect to h:443: the TLS handshake failed (WHY); the server must offer TLS 1.2 or newer",
            False,
        ),
        (
            errors.CertificateUntrustedError("h", 443, "why"),
            "cannot connect to h:443: the server's certificate is not trusted (why); "
            "add the authority that issued it with a CA file (SIGNALWIRE_RELAY_CA_FILE), or check that this is the "
            "right server",
            False,
        ),
        (
            errors.HttpStatusError("h", 443, 503),
            "cannot connect to h:443: the server answered with HTTP status 503 Service Unavailable; try again later",
            True,
        ),
        (
            errors.HttpStatusError("h", 443, 499),
            "cannot connect to h:443: the server answered with HTTP status 499; check the host, the port and the path",
            False,
        ),
        (
            errors.NotWebSocketPeerError("h", 443, "no key"),
            "cannot connect to h:443: the server did not accept the WebSocket handshake: no key; "
            "check the host and the port",
            False,
        ),
        (
            errors.ConnectionClosed(1001, "bye"),
            "the WebSocket connection is closed with code 1001 (going away): bye",
            True,
        ),
        (
            errors.ConnectionClosed(4321),
            "the WebSocket connection is closed with code 4321 (application defined)",
            True,
        ),
        (errors.ReceiveTimeoutError(1.5), "no message came within 1.5 s", True),
        (
            errors.WriteBufferFull(20, 10),
            "20 bytes wait to be written, of 10 allowed: the server does not read fast enough; "
            "send less, or close the connection",
            True,
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_says_what_happened_and_what_to_do(error: errors.WebSocketError, text: str, retryable: bool) -> None:
    assert str(error) == text
    assert error.retryable is retryable


def test_every_error_is_exported_and_stands_in_the_drawn_tree() -> None:
    assert errors.__doc__ is not None
    for name, each in vars(errors).items():
        if isinstance(each, type) and issubclass(each, errors.WebSocketError):
            assert name in websocket.__all__
            assert name in errors.__doc__


def test_the_face_lists_what_it_imports_in_order() -> None:
    assert sorted(websocket.__all__) == websocket.__all__
    assert all(hasattr(websocket, name) for name in websocket.__all__)


def test_a_receive_timeout_is_a_timeout_error_of_the_language() -> None:
    assert issubclass(errors.ReceiveTimeoutError, TimeoutError)

"""TLS inside TLS, against a server that carries one in the other."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import gevent
import pytest
from gevent import socket
from gevent.server import StreamServer
from gevent.ssl import SSLContext

from relay_runtime.websocket.tls import client_context
from relay_runtime.websocket.tls_in_tls import TlsInTls


class Carrier:
    """The far end: a server of TLS inside TLS, which sends back what it gets, or ends."""

    def __init__(self, context: SSLContext) -> None:
        self.ending = False
        self._context = context
        self._server = StreamServer(("127.0.0.1", 0), self._serve, ssl_context=context)
        self._server.start()

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", int(self._server.server_port or 0)

    def stop(self) -> None:
        self._server.stop(timeout=5)

    def _serve(self, sock: Any, _address: object) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        inner = self._context.wrap_bio(incoming, outgoing, server_side=True)

        def do(step: Callable[..., Any], *args: Any) -> Any:
            while True:
                try:
                    result = step(*args)
                except ssl.SSLWantReadError:
                    sock.sendall(outgoing.read())
                    data = sock.recv(1000)  # less than a record, so that each comes in pieces
                    incoming.write(data) if data else incoming.write_eof()
                else:
                    sock.sendall(outgoing.read())
                    return result

        with suppress(OSError):
            do(inner.do_handshake)
            while data := do(inner.read, 65536):
                do(inner.write, data)
                if self.ending:
                    break
        sock.close()


@pytest.fixture
def carrier(server_context: SSLContext) -> Iterator[Carrier]:
    running = Carrier(server_context)
    yield running
    running.stop()


def outer(carrier: Carrier, context: SSLContext) -> Any:
    return context.wrap_socket(socket.create_connection(carrier.address), server_hostname="127.0.0.1")


@pytest.fixture
def stream(carrier: Carrier, ca_file: str) -> Iterator[TlsInTls]:
    context = client_context(ca_file)
    made = TlsInTls(outer(carrier, context), context, "localhost")
    made.do_handshake()
    yield made
    made.close()


def read(stream: TlsInTls, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = stream.recv(65536)
        assert piece, "it ended early"
        data += piece
    return data


@pytest.mark.slow
def test_what_is_sent_comes_back(stream: TlsInTls) -> None:
    stream.sendall(b"hello")
    assert read(stream, 5) == b"hello"


@pytest.mark.slow
def test_one_reads_while_another_writes_and_no_record_is_broken(stream: TlsInTls) -> None:
    data = bytes(range(256)) * 8000  # more than the buffers on the way hold
    writer = gevent.spawn(stream.sendall, data)
    assert read(stream, len(data)) == data
    writer.get(timeout=10)


@pytest.mark.slow
def test_the_end_is_no_error(stream: TlsInTls, carrier: Carrier) -> None:
    carrier.ending = True
    stream.sendall(b"last")
    assert read(stream, 4) == b"last"
    assert stream.recv(10) == b""


@pytest.mark.slow
def test_the_inner_server_is_verified_by_its_own_name(carrier: Carrier, ca_file: str) -> None:
    context = client_context(ca_file)
    made = TlsInTls(outer(carrier, context), context, "relay.example.com")
    with pytest.raises(ssl.SSLCertVerificationError):
        made.do_handshake()
    made.close()


@pytest.mark.slow
def test_a_reader_that_waits_learns_of_the_close(stream: TlsInTls) -> None:
    def reads() -> object:
        try:
            return stream.recv(10)
        except Exception as error:
            return error

    reader = gevent.spawn(reads)
    gevent.sleep(0.01)
    stream.close()
    assert not reader.get(timeout=10) or isinstance(reader.value, Exception)

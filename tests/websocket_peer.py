"""A scripted WebSocket server on a loopback socket, and a count of what a connection leaves behind."""

from __future__ import annotations

import gc
import logging
import os
import ssl
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

import gevent
import trustme
from gevent.event import Event
from gevent.server import StreamServer
from gevent.socket import socket
from gevent.ssl import SSLContext
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

_silent = logging.Logger("scripted server", level=logging.CRITICAL + 1)

PATIENCE = 10.0  # seconds after which a script that waits in vain is a failure


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    """Serialise a server's frame, legal or not."""
    head = (0x80 if fin else 0) | opcode
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", head, size) + payload
    if size < 65536:
        return struct.pack("!BBH", head, 126, size) + payload
    return struct.pack("!BBQ", head, 127, size) + payload


def text(payload: str) -> bytes:
    return frame(Opcode.TEXT, payload.encode())


def close_frame(code: int, reason: str = "") -> bytes:
    return frame(Opcode.CLOSE, struct.pack("!H", code) + reason.encode())


class Peer:
    """The server's side of one connection, which does what a script says and nothing by itself.

    ``over`` is set at the end of the test.
    """

    def __init__(self, sock: socket, over: Event) -> None:
        self.sock = sock
        self.over = over
        self.protocol = ServerProtocol(max_size=None, logger=_silent)
        self.request: Request | None = None
        self._frames: list[Frame] = []

    def read_request(self) -> Request:
        while self.request is None:
            data = self.sock.recv(65536)
            assert data, "the client went away during the handshake"
            self.protocol.receive_data(data)
            for event in self.protocol.events_received():
                assert isinstance(event, Request)
                self.request = event
        return self.request

    def handshake(self) -> bytes:
        """Give the bytes of a right answer to the client's handshake."""
        self.protocol.send_response(self.protocol.accept(self.read_request()))
        return b"".join(self.protocol.data_to_send())

    def accept(self) -> None:
        self.sock.sendall(self.handshake())

    def send(self, *chunks: bytes) -> None:
        self.sock.sendall(b"".join(chunks))

    def read_frame(self) -> Frame | None:
        """Give the client's next frame, or None at the end of the stream."""
        while not self._frames:
            try:
                data = self.sock.recv(65536)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.protocol.receive_data(data)
            events = self.protocol.events_received()
            self._frames += [event for event in events if isinstance(event, Frame)]
            # Nothing goes out by itself: the script answers pings and close frames, or does not.
            self.protocol.data_to_send()
        return self._frames.pop(0)

    def expect_frame(self) -> Frame:
        got = self.read_frame()
        assert got is not None, "the client sent no more frames"
        return got

    def wait_for_end(self) -> None:
        while True:
            try:
                if not self.sock.recv(65536):
                    return
            except OSError:
                return

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.sock.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SOL_SOCKET, SO_LINGER: on, 0 s
        self.sock.close()


def nothing(peer: Peer) -> None:
    """Read on and answer nothing."""
    peer.wait_for_end()


def deaf(peer: Peer) -> None:
    """Read nothing."""
    peer.over.wait()


def polite(peer: Peer) -> None:
    """Answer the client's close frame and end the connection."""
    while (got := peer.read_frame()) is not None:
        if got.opcode is Opcode.CLOSE:
            peer.send(frame(Opcode.CLOSE, bytes(got.data)))
            return


Script = Callable[[Peer], None]


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    scheme: str

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


class Servers:
    """Scripted servers, ended by their own handles when the test is over."""

    def __init__(self) -> None:
        self._over = Event()
        self._servers: list[StreamServer] = []
        self._failures: list[BaseException] = []
        self._handlers: list[gevent.Greenlet[..., None]] = []

    def __call__(self, script: Script, *, tls: SSLContext | None = None, upgrade: bool = True) -> Server:
        """Serve a script, after the handshake unless ``upgrade`` is off; ``tls`` makes it a wss server."""

        def handle(sock: socket, _address: object) -> None:
            running = gevent.getcurrent()
            assert isinstance(running, gevent.Greenlet)
            self._handlers.append(running)
            try:
                with gevent.Timeout(PATIENCE, AssertionError("the client did not do what the script waits for")):
                    peer = Peer(sock, self._over)
                    if upgrade:
                        peer.accept()
                    script(peer)
            except Exception as error:
                self._failures.append(error)
            finally:
                sock.close()

        if tls is None:
            server = StreamServer(("127.0.0.1", 0), handle)
        else:
            server = StreamServer(("127.0.0.1", 0), handle, ssl_context=tls)
        server.start()
        self._servers.append(server)
        assert server.server_port is not None
        return Server("127.0.0.1", server.server_port, "ws" if tls is None else "wss")

    def join(self) -> None:
        """Wait until every script begun so far has ended."""
        gevent.joinall(self._handlers, timeout=PATIENCE)
        self._handlers.clear()

    def finish(self) -> None:
        self._over.set()
        for server in self._servers:
            server.stop(timeout=PATIENCE)
        self.join()
        if self._failures:
            raise self._failures[0]


@dataclass(frozen=True)
class Footprint:
    """What a process holds: greenlets that can still run, file descriptors, active watchers of the loop."""

    greenlets: int
    descriptors: int
    watchers: int

    def within(self, other: Footprint) -> bool:
        """Whether there is nothing of which there was less."""
        fewer = self.greenlets <= other.greenlets and self.descriptors <= other.descriptors
        return fewer and self.watchers <= other.watchers


def live_greenlets() -> list[gevent.Greenlet[..., object]]:
    return [each for each in gc.get_objects() if isinstance(each, gevent.Greenlet) and not each.dead]


def footprint() -> Footprint:
    """Count after the hub had its turns to close what was dropped (gevent closes descriptors a turn later)."""
    for _ in range(5):
        gevent.sleep(0)
    gc.collect()
    return Footprint(len(live_greenlets()), len(os.listdir("/proc/self/fd")), gevent.get_hub().loop.activecnt)


def assert_nothing_left(before: Footprint) -> None:
    """Wait until no more is there than before: what ends by itself soon is not left over."""
    end = time.monotonic() + PATIENCE
    while not (now := footprint()).within(before) and time.monotonic() < end:
        gevent.sleep(0.01)
    assert now.within(before), f"there is {now}, and there was {before}"


def context_of(certificate: trustme.LeafCert) -> SSLContext:
    """Make a server's TLS context."""
    context = SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context

"""An HTTP proxy that opens tunnels by CONNECT, as a process of its own: what it was asked for stands on its stdout.

It wants the credentials that it was started with, if any. Hosts that end in ``.invalid`` decide what it answers:
``answers-502.invalid`` a status, ``silent.invalid`` nothing, ``garbage.invalid`` no HTTP, ``gone.invalid`` the end of
the connection, ``digest.invalid`` a 407 that takes no Basic. Any other host is connected to, or ``--to`` in its place.
"""

from __future__ import annotations

import argparse
import base64
import re
import ssl
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import gevent
from gevent import socket
from gevent.server import StreamServer
from gevent.ssl import SSLContext
from running_process import RunningProcess

ANSWERS = {
    "garbage.invalid": b"220 mail.example.com ESMTP\r\n\r\n",
    "gone.invalid": b"",
    "digest.invalid": b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Digest realm=x\r\n\r\n",
}
BASIC = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n\r\n"


class ConnectProxy(RunningProcess):
    """The process; use it as a context manager. ``address`` is where it is, without a scheme and credentials."""

    def __init__(
        self,
        cwd: Path,
        *,
        credentials: str = "",
        to: tuple[str, int] | None = None,
        cert: str = "",
        host: str = "127.0.0.1",
    ) -> None:
        options = {"--credentials": credentials, "--cert": cert, "--to": ":".join(map(str, to)) if to else ""}
        given = [word for name, value in options.items() if value for word in (name, value)]
        super().__init__([__file__, "--host", host, *given], cwd=cwd)
        port = int(self.wait_for_line(r"^listening (\d+)$", "stdout")[1])
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def asked(self) -> list[str]:
        """The hosts and ports that it was asked for, with its answer to each."""
        return [line.removeprefix("CONNECT ") for line in self.lines["stdout"] if line.startswith("CONNECT ")]

    def wait_for_asked(self, count: int) -> None:
        """Wait until it was asked so often."""
        with gevent.Timeout(60.0, AssertionError(f"asked for {self.asked}")):
            while len(self.asked) < count:
                gevent.sleep(0.01)


def answered(head: bytes, credentials: str) -> tuple[str, bytes | None]:
    """What was asked for, and the answer; None opens the tunnel."""
    match = re.match(rb"CONNECT (\S+) HTTP/1\.1\r\n", head)
    if match is None:
        return "", b"HTTP/1.1 405 Method Not Allowed\r\n\r\n"
    authority = match[1].decode()
    host = authority.rpartition(":")[0]
    basic = re.search(rb"\r\nProxy-Authorization: Basic (\S+)\r\n", head)
    if credentials and (basic is None or base64.b64decode(basic[1]).decode() != credentials):
        return authority, BASIC
    if status := re.fullmatch(r"answers-(\d+)\.invalid", host):
        return authority, f"HTTP/1.1 {status[1]} Whatever\r\nContent-Length: 9999\r\n\r\n".encode()
    return authority, ANSWERS.get(host)


def pump(source: Any, sink: Any) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class Tunnels:
    """Serves the connections of the proxy."""

    def __init__(self, credentials: str, to: str) -> None:
        self._credentials = credentials
        self._to = to

    def serve(self, client: Any, _address: object) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(4096)
            if not data:
                return
            head += data
        authority, answer = answered(head, self._credentials)
        say(f"CONNECT {authority} {'open' if answer is None else answer[9:12].decode()}")
        if authority.startswith("silent.invalid"):
            gevent.sleep(3600)
        if answer is not None:
            client.sendall(answer)
            client.close()
            return
        host, _, port = (self._to or authority).rpartition(":")
        server = socket.create_connection((host.strip("[]"), int(port)))
        client.sendall(b"HTTP/1.1 200 Connection established\r\nVia: a test\r\n\r\n")
        gevent.joinall([gevent.spawn(pump, client, server), gevent.spawn(pump, server, client)])
        client.close()
        server.close()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--credentials", "--to", "--cert", "--host"):
        parser.add_argument(name, default="")
    given = parser.parse_args()
    tls: dict[str, Any] = {}
    if given.cert:
        tls["ssl_context"] = context = SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(given.cert)
    server = StreamServer((given.host, 0), Tunnels(given.credentials, given.to).serve, **tls)
    server.start()
    say(f"listening {server.server_port}")
    server.serve_forever()


if __name__ == "__main__":
    main()

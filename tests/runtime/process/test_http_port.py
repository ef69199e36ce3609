"""The port for probes and Prometheus."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPResponse

import gevent
import msgspec
import pytest
from doubles.hub import LIMIT
from gevent import socket

from relay_runtime.process.http_port import HttpPort

TOKEN = "a-token"


class Answers:
    """What the port is told to say."""

    def __init__(self) -> None:
        self.reasons: tuple[str, ...] = ()
        self.looks: tuple[str, ...] = ()
        self.error: Exception | None = None
        self.goes_round = True
        self.page = b"relay_clients 1.0\n"

    def live(self) -> bool:
        return self.goes_round

    def not_ready(self) -> tuple[str, ...]:
        return self.reasons

    def notes(self) -> tuple[str, ...]:
        return self.looks

    def metrics(self) -> bytes:
        if self.error is not None:
            raise self.error
        return self.page


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture(params=[None, TOKEN], ids=["open", "with a token"])
def token(request: pytest.FixtureRequest) -> str | None:
    return request.param


@pytest.fixture
def port(answers: Answers, token: str | None) -> Iterator[HttpPort]:
    port = HttpPort(
        "127.0.0.1",
        0,
        not_ready=answers.not_ready,
        metrics=answers.metrics,
        live=answers.live,
        notes=answers.notes,
        token=token,
    )
    port.start()
    with gevent.Timeout(LIMIT):
        yield port
    port.stop()


def ask(port: HttpPort, path: str, *, token: str = "", method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Ask, and return status, headers and body."""
    header = f"Authorization: Bearer {token}\r\n" if token else ""
    with socket.create_connection(("127.0.0.1", port.port)) as connection:
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{header}\r\n".encode())
        answer = HTTPResponse(connection, method=method)
        answer.begin()
        return answer.status, dict(answer.getheaders()), answer.read()


def test_livez_answers_whoever_asks(port: HttpPort) -> None:
    status, headers, body = ask(port, "/livez")
    assert (status, msgspec.json.decode(body)) == (200, {"live": True})
    assert headers["Content-Type"] == "application/json"


def test_livez_is_503_while_another_loop_that_it_answers_for_does_not_go_round(
    port: HttpPort, answers: Answers
) -> None:
    answers.goes_round = False
    status, _, body = ask(port, "/livez")
    assert (status, msgspec.json.decode(body)) == (503, {"live": False})


def test_readyz_is_200_while_there_is_no_reason_against_it(port: HttpPort) -> None:
    status, _, body = ask(port, "/readyz")
    assert (status, msgspec.json.decode(body)) == (200, {"ready": True})


def test_readyz_is_503_otherwise_and_tells_why_to_those_who_may_know(
    port: HttpPort, answers: Answers, token: str | None
) -> None:
    answers.reasons = ("draining",)
    status, _, body = ask(port, "/readyz", token=token or "")
    assert (status, msgspec.json.decode(body)) == (503, {"ready": False, "reasons": ["draining"]})


def test_readyz_tells_who_may_know_what_asks_for_a_look(port: HttpPort, answers: Answers, token: str | None) -> None:
    answers.looks = ("without its fleet",)
    status, _, body = ask(port, "/readyz", token=token or "")
    assert (status, msgspec.json.decode(body)) == (200, {"ready": True, "notes": ["without its fleet"]})
    if token is not None:
        assert msgspec.json.decode(ask(port, "/readyz")[2]) == {"ready": True}


@pytest.mark.parametrize("token", [TOKEN])
@pytest.mark.parametrize("given", ["", "another", "a-toke", "a-tokenn", "ä"])
def test_without_the_token_readyz_does_not_say_why_and_metrics_are_refused(
    port: HttpPort, answers: Answers, given: str
) -> None:
    answers.reasons = ("draining",)
    status, _, body = ask(port, "/readyz", token=given)
    assert (status, msgspec.json.decode(body)) == (503, {"ready": False})
    status, headers, body = ask(port, "/metrics", token=given)
    assert (status, headers["WWW-Authenticate"]) == (401, 'Bearer realm="relay-runtime"')
    assert b"relay_clients" not in body
    assert TOKEN.encode() not in body


@pytest.mark.parametrize("token", [TOKEN])
@pytest.mark.parametrize(
    "headers",
    ["Authorization: Bearer a-token\r\nHost: x", "Host: x\r\nauthorization:\tbearer  a-token \r\nAccept: */*"],
)
def test_the_token_may_stand_anywhere_in_the_head(port: HttpPort, headers: str) -> None:
    with socket.create_connection(("127.0.0.1", port.port)) as connection:
        connection.sendall(f"GET /metrics HTTP/1.1\r\n{headers}\r\n\r\n".encode())
        answer = HTTPResponse(connection)
        answer.begin()
        assert answer.status == 200


def test_metrics_are_in_the_format_of_prometheus(port: HttpPort, token: str | None) -> None:
    status, headers, body = ask(port, "/metrics", token=token or "")
    assert (status, body) == (200, b"relay_clients 1.0\n")
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_head_has_the_headers_and_no_body(port: HttpPort) -> None:
    status, headers, body = ask(port, "/livez", method="HEAD")
    assert (status, headers["Content-Length"], body) == (200, "14", b"")


def test_other_methods_and_paths_are_told_what_there_is(port: HttpPort) -> None:
    status, headers, _ = ask(port, "/livez", method="POST")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    status, _, body = ask(port, "/")
    assert (status, msgspec.json.decode(body)) == (404, {"error": "there are /livez, /readyz and /metrics"})


@pytest.mark.parametrize("token", [None])
def test_an_answer_that_fails_is_logged_and_the_next_one_works(
    port: HttpPort, answers: Answers, log_lines: list[str]
) -> None:
    answers.error = LookupError("no status")
    status, _, body = ask(port, "/metrics", token="in-the-headers")
    assert (status, body) == (500, b'{"error":"see the logs"}\n')
    (line,) = (line for line in log_lines if "/metrics could not be answered" in line)
    assert "LookupError: no status" in line
    assert "in-the-headers" not in line
    answers.error = None
    assert ask(port, "/metrics")[0] == 200


@pytest.mark.slow
@pytest.mark.parametrize("token", [None])
def test_who_connects_and_says_nothing_is_cut_off_after_a_second(port: HttpPort) -> None:
    with socket.create_connection(("127.0.0.1", port.port)) as silent:
        assert silent.recv(1) == b""
    assert ask(port, "/livez")[0] == 200


@contextmanager
def many(port: HttpPort, said: bytes, *, receive_buffer: int | None = None) -> Iterator[list[socket.socket]]:
    """Connections that say something, and nothing more; more of them than the port serves at once."""
    with ExitStack() as stack:
        opened = []
        for _ in range(100):
            sock = stack.enter_context(socket.socket())
            if receive_buffer is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            sock.connect(("127.0.0.1", port.port))
            sock.sendall(said)
            opened.append(sock)
        yield opened


@pytest.mark.parametrize("token", [None])
@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET /livez HTT",
        b"GET /livez HTTP/1.1\r\nHost: x\r\n",
        b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\na",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["silence", "half a line", "half a head", "a slow body", "slow chunks", "a hello of TLS"],
)
def test_those_who_hold_connections_keep_no_probe_out(port: HttpPort, said: bytes) -> None:
    with many(port, said):
        for _ in range(3):
            assert ask(port, "/livez")[0] == 200


@pytest.mark.slow
@pytest.mark.parametrize("token", [None])
def test_those_who_do_not_read_keep_no_probe_out(port: HttpPort, answers: Answers) -> None:
    answers.page = b"x" * 4_000_000
    with many(port, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", receive_buffer=4096):
        for _ in range(3):
            assert ask(port, "/livez")[0] == 200


@pytest.mark.parametrize("token", [None])
def test_of_a_flood_of_requests_on_one_connection_the_first_is_answered(port: HttpPort) -> None:
    with socket.create_connection(("127.0.0.1", port.port)) as connection:
        flood = gevent.spawn(_send_all_that_is_taken, connection, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" * 100_000)
        assert ask(port, "/livez")[0] == 200
        answer = HTTPResponse(connection)
        answer.begin()
        assert (answer.status, answer.read()) == (200, b'{"live":true}\n')
        flood.join()


def _send_all_that_is_taken(connection: socket.socket, data: bytes) -> None:
    with suppress(OSError):
        connection.sendall(data)


@pytest.mark.parametrize("token", [None])
@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\x00\xff\x01garbage\r\n\r\n",
        b"SSH-2.0-scan\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/one.1\r\n\r\n",
        b"GET /livez\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n" + b"a: b\r\n" * 10_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"\x03\x00\x00\x13\x0e\xe0\x00\x00",
    ],
)
@pytest.mark.parametrize("ends", ["closed", "reset"])
def test_a_scan_is_one_line_at_debug_and_nothing_on_stderr(
    port: HttpPort, log_lines: list[str], capfd: pytest.CaptureFixture[str], said: bytes, ends: str
) -> None:
    with socket.create_connection(("127.0.0.1", port.port)) as scan:
        with suppress(OSError):  # it is over before all was said
            scan.sendall(said)
        if ends == "reset":
            scan.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    while not log_lines:
        gevent.sleep(0.01)
    assert ask(port, "/livez")[0] == 200
    (line,) = log_lines
    assert line.startswith("DEBUG ")
    assert "a connection from 127.0.0.1 was dropped: " in line
    assert "garbage" not in line
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("token", [None])
def test_what_is_no_http_is_told_so(port: HttpPort) -> None:
    with socket.create_connection(("127.0.0.1", port.port)) as connection:
        connection.sendall(b"GET /livez HTTP/9.9\r\n\r\n")
        answer = HTTPResponse(connection)
        answer.begin()
        assert (answer.status, answer.read()) == (400, b'{"error":"this port speaks HTTP/1.1"}\n')


@pytest.mark.parametrize("token", [None])
@pytest.mark.parametrize(
    "head", ["GET /livez?verbose HTTP/1.0\n\n", "GET http://x:1/livez HTTP/1.1\r\nHost: x\r\n\r\n"]
)
def test_a_query_a_whole_url_and_older_clients_are_understood(port: HttpPort, head: str) -> None:
    with socket.create_connection(("127.0.0.1", port.port)) as connection:
        connection.sendall(head.encode())
        answer = HTTPResponse(connection)
        answer.begin()
        assert (answer.status, answer.read()) == (200, b'{"live":true}\n')


@pytest.mark.parametrize("token", [None])
def test_each_connection_serves_one_request(port: HttpPort) -> None:
    with socket.create_connection(("127.0.0.1", port.port)) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        answer = HTTPResponse(connection)
        answer.begin()
        answer.read()
        assert answer.getheader("Connection") == "close"
        assert connection.recv(1) == b""


def test_the_url_names_where_it_listens(port: HttpPort) -> None:
    assert port.url == f"http://127.0.0.1:{port.port}"
    assert port.port > 0


def test_after_its_stop_nobody_listens(answers: Answers) -> None:
    port = HttpPort("127.0.0.1", 0, not_ready=answers.not_ready, metrics=answers.metrics)
    port.start()
    number = port.port
    port.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", number))

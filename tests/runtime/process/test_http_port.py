"""The port for probes and Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPResponse

import gevent
import msgspec
import pytest
from gevent import socket

from relay_runtime.process import http_port
from relay_runtime.process.http_port import HttpPort

TOKEN = "a-token"


class Answers:
    """What the port is told to say."""

    def __init__(self) -> None:
        self.reasons: tuple[str, ...] = ()
        self.error: Exception | None = None
        self.goes_round = True

    def live(self) -> bool:
        return self.goes_round

    def not_ready(self) -> tuple[str, ...]:
        return self.reasons

    def metrics(self) -> bytes:
        if self.error is not None:
            raise self.error
        return b"relay_clients 1.0\n"


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture(params=[None, TOKEN], ids=["open", "with a token"])
def token(request: pytest.FixtureRequest) -> str | None:
    return request.param


@pytest.fixture
def port(answers: Answers, token: str | None) -> Iterator[HttpPort]:
    port = HttpPort(
        "127.0.0.1", 0, not_ready=answers.not_ready, metrics=answers.metrics, live=answers.live, token=token
    )
    port.start()
    with gevent.Timeout(10):
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


@pytest.mark.parametrize("token", [None])
def test_who_connects_and_says_nothing_is_cut_off(port: HttpPort, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_port, "_LONGEST", 0.05)
    with socket.create_connection(("127.0.0.1", port.port)) as silent:
        assert silent.recv(1) == b""
    monkeypatch.undo()
    assert ask(port, "/livez")[0] == 200


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

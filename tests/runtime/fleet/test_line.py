"""One connection: how it is opened, what breaks it, and what whoever asks is told then."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import gevent
import pytest
import trustme
from doubles.cut import answering, cut_all, free_port, listening
from doubles.forked import in_child
from doubles.hub import turns, until
from engine_server import EngineServer
from gevent import socket
from gevent.event import Event

from relay_runtime.fleet import line as of_line
from relay_runtime.fleet.engine import EngineDown, EngineRefused
from relay_runtime.fleet.line import Line
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.settings.engine_address import EngineAddress, parse_address
from relay_runtime.websocket.tls import client_context

SHORT = 0.05
REDIS = "/usr/bin/redis-server"


def line_to(url: str, timeout: float = 5.0) -> Line:
    address = parse_address(url)
    return Line(address, client_context(address.ca_file) if address.secure else None, timeout)


@pytest.fixture
def line(engine_url: str) -> Iterator[Line]:
    made = line_to(engine_url)
    yield made
    made.close()


def test_it_is_opened_when_it_is_used_and_says_who_it_is(line: Line) -> None:
    assert not line.is_open
    assert line.socket is None
    assert line.call("PING") == b"PONG"
    assert line.is_open
    assert b" name=relay-runtime " in line.call("CLIENT", "LIST", "ID", line.call("CLIENT", "ID"))
    assert line.opened == 1


def test_what_was_cut_is_opened_anew_by_the_next_who_asks(line: Line, engine: RedisEngine) -> None:
    line.call("PING")
    cut_all(engine)
    with pytest.raises(EngineDown, match="does not answer"):
        line.call("PING")
    assert not line.is_open
    assert line.call("PING") == b"PONG"
    assert line.opened == 2


def test_greenlets_have_it_one_after_another(line: Line) -> None:
    asked = [gevent.spawn(line.call, "ECHO", str(number)) for number in range(50)]
    gevent.joinall(asked, raise_error=True)
    assert [each.value for each in asked] == [str(number).encode() for number in range(50)]
    assert line.opened == 1


def test_one_whose_greenlet_is_killed_as_it_waits_gives_no_late_reply_to_the_next(line: Line) -> None:
    line.call("PING")
    waiting = gevent.spawn(line.call, "BLPOP", "nothing", 30, timeout=31.0)
    turns()
    waiting.kill()
    assert line.call("ECHO", "mine") == b"mine"


def test_one_that_is_closed_while_somebody_waits_has_that_one_told(line: Line) -> None:
    line.call("PING")
    waiting = gevent.spawn(line.call, "BLPOP", "nothing", 30, timeout=31.0)
    waiting.link_exception(lambda _: None)
    turns()
    line.close()
    with pytest.raises(EngineDown):
        waiting.get(timeout=5.0)
    assert line.call("PING") == b"PONG"


@pytest.mark.parametrize("first", ["close", "kill"])
def test_one_who_waits_is_ended_although_the_line_is_closed_just_then(line: Line, first: str) -> None:
    def ask_for_ever() -> None:
        while True:
            with suppress(EngineDown):
                line.call("BLPOP", "nothing", 30, timeout=31.0)

    line.call("PING")
    waiting = gevent.spawn(ask_for_ever)
    turns()
    if first == "close":
        line.close()
        waiting.kill(block=False)
    else:
        waiting.kill(block=False)
        line.close()
    waiting.join(timeout=30.0)
    assert waiting.dead


def test_it_reaches_a_database_over_tcp(engine_url: str) -> None:
    with EngineServer(port=free_port()) as server:
        line = line_to(server.url + "/3")
        line.call("SET", "here", "1")
        assert b" db=3 " in line.call("CLIENT", "LIST")
        line.close()


def test_a_user_and_a_password_are_asked_for_and_never_shown(engine: RedisEngine) -> None:
    with EngineServer("--requirepass", "right-secret") as server:
        server_path = f"unix://:{{}}@{server.path}"
        line = line_to(server_path.format("right-secret"))
        assert line.call("PING") == b"PONG"
        line.call("ACL", "SETUSER", "few", "on", ">few-secret", "+ping", "+client", "~*")
        line.close()
        for url, why in (
            (server_path.format("wrong-secret"), "refuses us"),
            (f"unix://other:wrong-secret@{server.path}", "refuses us"),
            (server.url, "refuses us: Authentication required"),
        ):
            wrong = line_to(url)
            with pytest.raises(EngineRefused, match=why) as refused:
                wrong.call("PING")
            assert "secret" not in str(refused.value)
            assert not wrong.is_open
        few = line_to(f"unix://few:few-secret@{server.path}")
        assert few.call("PING") == b"PONG"
        with pytest.raises(EngineRefused, match="no permissions"):
            few.call("GET", "x")
        few.close()


def test_a_database_that_there_is_not_is_refused(engine_url: str) -> None:
    line = line_to(f"{engine_url}?db=99")
    with pytest.raises(EngineRefused, match="DB index is out of range"):
        line.open()
    assert not line.is_open


def test_a_server_that_knows_no_login_does_not_have_the_password_told(engine_url: str) -> None:
    with answering(b"-ERR unknown command 'AUTH', with args beginning with: 'hunter2' \r\n") as port:
        with pytest.raises(EngineRefused, match="unknown command") as refused:
            line_to(f"redis://:hunter2@127.0.0.1:{port}").call("PING")
        assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("reply", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$3\r\n", b"\x00\xff\r\n"])
@pytest.mark.slow
def test_a_server_that_is_none_of_ours_does_not_answer(reply: bytes) -> None:
    with answering(reply) as port:
        line = line_to(f"redis://127.0.0.1:{port}", 0.5)
        with pytest.raises(EngineDown, match=f"redis://127.0.0.1:{port}"):
            line.call("PING")
        assert not line.is_open


@pytest.mark.parametrize("url", ["redis://127.0.0.1:{port}", "unix://{path}/none", "redis://none.invalid:{port}"])
def test_where_nobody_listens_the_engine_is_down(url: str, tmp_path: Path) -> None:
    line = line_to(url.format(port=free_port(), path=tmp_path))
    with pytest.raises(EngineDown, match="does not answer"):
        line.call("PING")
    assert not line.is_open
    assert line.opened == 0


def test_a_path_that_is_too_long_for_a_socket_is_named() -> None:
    with pytest.raises(EngineDown, match="path too long"):
        line_to(f"unix:///{'x' * 200}").call("PING")


@pytest.mark.slow
def test_a_peer_that_never_answers_is_given_up_in_its_time() -> None:
    with listening() as port:
        line = line_to(f"redis://127.0.0.1:{port}", SHORT)
        with pytest.raises(EngineDown, match="does not answer"):
            line.call("PING")
        assert not line.is_open


@pytest.mark.slow
def test_a_peer_that_takes_no_connection_is_given_up_in_its_time() -> None:
    """Its queue is full: what comes more is not even refused."""
    with listening(backlog=0) as port:
        filling: list[socket.socket] = []
        with suppress(TimeoutError):
            while len(filling) < 10:
                filling += [socket.create_connection(("127.0.0.1", port), 0.1)]
        with pytest.raises(EngineDown, match="does not answer"):
            line_to(f"redis://127.0.0.1:{port}", SHORT).call("PING")
        for each in filling:
            each.close()


@pytest.mark.slow
def test_an_engine_that_stands_still_is_given_up_and_found_again() -> None:
    with EngineServer() as server:
        line = line_to(server.url, SHORT)

        def answers() -> bool:
            with suppress(EngineDown):
                return bool(line.call("PING") == b"PONG")
            return False

        until(answers)
        server.stop()
        with pytest.raises(EngineDown):
            line.call("PING")
        server.go_on()
        until(answers)
        line.close()


def test_what_it_can_not_do_for_now_is_no_refusal() -> None:
    with EngineServer() as server:
        line = line_to(server.url)
        line.call("CONFIG", "SET", "maxmemory", "1")
        with pytest.raises(EngineDown, match="can't do it now"):
            line.call("SADD", "x", "1")
        line.call("CONFIG", "SET", "maxmemory", "0")
        line.call("REPLICAOF", "127.0.0.1", str(free_port()))
        with pytest.raises(EngineDown, match="can't do it now"):
            line.call("SADD", "x", "1")
        assert line.opened == 1
        line.call("REPLICAOF", "NO", "ONE")
        line.call("SET", "x", "1")
        with pytest.raises(EngineRefused, match="wrong kind of value"):
            line.call("SADD", "x", "1")
        assert line.opened == 1
        line.close()


def test_what_is_told_has_no_reply(line: Line) -> None:
    line.open()
    line.tell("CLIENT", "REPLY", "OFF")
    line.tell("SET", "told", "1")
    line.close()
    until(lambda: line.call("GET", "told") == b"1")


def test_a_forked_child_gives_it_up_without_a_word(line: Line) -> None:
    def sockets() -> list[str]:
        found = []
        for each in os.listdir("/proc/self/fd"):
            with suppress(OSError):
                found.append(os.readlink(f"/proc/self/fd/{each}"))
        return found

    number = line.call("CLIENT", "ID")
    mine = os.readlink(f"/proc/self/fd/{line.socket.fileno()}")
    assert mine in sockets()
    assert mine not in in_child(sockets)
    assert line.call("CLIENT", "ID") == number


# TLS


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[Callable[..., EngineServer]]:
    if not os.path.exists(REDIS):
        pytest.skip("Debian's redis-server is not installed; the server of the tests knows no TLS")
    servers = []

    def start(authority: trustme.CA, *names: str) -> EngineServer:
        certificate = authority.issue_cert(*names)
        certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
        certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        port = free_port()
        words = ["--tls-port", str(port), "--tls-auth-clients", "no"]
        for word, name in (("cert", "cert"), ("key", "key"), ("ca-cert", "ca")):
            words += [f"--tls-{word}-file", str(tmp_path / f"{name}.pem")]
        servers.append(EngineServer(*words, program=REDIS))
        servers[-1].port = port
        return servers[-1]

    yield start
    for each in servers:
        each.port = 0
        each.close()


def secure(server: EngineServer, ca_file: Path | None, host: str = "127.0.0.1") -> Line:
    address = EngineAddress(secure=True, host=host, port=server.port, ca_file=str(ca_file) if ca_file else None)
    return Line(address, client_context(address.ca_file), 5.0)


def test_it_speaks_tls_and_blocks_nobody(tls: Callable[..., EngineServer], tmp_path: Path) -> None:
    server = tls(trustme.CA(), "127.0.0.1")
    line = secure(server, tmp_path / "ca.pem")
    assert line.call("PING") == b"PONG"
    waiting = gevent.spawn(line.call, "BLPOP", "box", 30, timeout=31.0)
    other = secure(server, tmp_path / "ca.pem")
    other.call("RPUSH", "box", "x" * 100_000)
    assert waiting.get(timeout=30.0) == [b"box", b"x" * 100_000]
    line.close()
    other.close()


def test_a_certificate_that_nobody_vouches_for_or_of_another_host_is_named(
    tls: Callable[..., EngineServer], tmp_path: Path
) -> None:
    server = tls(trustme.CA(), "another.example")
    for ca_file, why in ((None, "certificate verify failed"), (tmp_path / "ca.pem", "IP address mismatch")):
        line = secure(server, ca_file)
        with pytest.raises(EngineDown, match=why):
            line.call("PING")
        assert not line.is_open


@pytest.mark.slow
def test_a_server_without_tls_does_not_answer_tls() -> None:
    with EngineServer(port=free_port()) as server:
        line = line_to(f"rediss://127.0.0.1:{server.port}", 1.0)
        with pytest.raises(EngineDown, match="does not answer"):
            line.call("PING")


@pytest.mark.slow
def test_a_name_whose_look_up_hangs_is_looked_up_once_and_is_reached_when_that_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each look-up holds a thread of those that the hub has for all names, of RELAY's server too."""
    asked: list[str] = []
    over = Event()
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host != "some-name":
            return real(host, *args, **kwargs)
        asked.append(host)
        over.wait()
        return real("127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with listening() as port:
        line = Line(parse_address(f"redis://some-name:{port}"), None, 0.01)
        for _ in range(20):
            with pytest.raises(EngineDown):
                line.open()
        assert asked == ["some-name"]
        over.set()
        until(lambda: not any(of_line._lookups.values()))
        with pytest.raises(EngineDown, match="Timeout|no answer"):  # it listens, and never says anything
            line.open()
        assert len(asked) == 2
        line.close()


def test_a_name_that_there_is_not_is_looked_up_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def getaddrinfo(host: str, *_args: Any, **_kwargs: Any) -> Any:
        asked.append(host)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    line = Line(parse_address("redis://some-name"), None, 5.0)
    for _ in range(2):
        with pytest.raises(EngineDown, match="Name or service not known"):
            line.open()
    assert len(asked) == 2

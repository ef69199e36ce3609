"""A control socket: where it is, who may open it, and what is said on it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent import socket

from relay_runtime.inspection import Asker, ControlServer, NotAnsweringError, PlaceError, Problem
from relay_runtime.inspection.places import control_directory, default_path, listen_on, running_sockets
from relay_runtime.inspection.protocol import Request
from relay_runtime.inspection.trace import Stream

LIMIT = 10.0


class Parrot:
    """Answers with what it was told to, or raises it."""

    def __init__(self, answer: Any = None) -> None:
        self.reply = answer

    def answer(self, request: Request) -> Any:
        if isinstance(self.reply, Exception):
            raise self.reply
        if callable(self.reply):
            return self.reply()
        return [request.op, request.id] if self.reply is None else self.reply


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with (
        gevent.Timeout(LIMIT, AssertionError("the test waited in vain")),
        tempfile.TemporaryDirectory(prefix="rr-") as path,
    ):
        monkeypatch.setenv("XDG_RUNTIME_DIR", path)
        yield Path(path)


@pytest.fixture
def parrot(place: Path) -> Iterator[Parrot]:
    answers = Parrot()
    server = ControlServer(default_path(), answers)
    server.start()
    yield answers
    server.stop()
    assert not default_path().exists()


def say(data: bytes) -> bytes:
    """Send bytes to the socket and return all that comes back."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(default_path()))
        sock.sendall(data)
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
    return answer


def test_a_request_is_answered_by_a_line(parrot: Parrot) -> None:
    assert say(b'{"op": "find", "id": "x", "unknown": 1}\n') == b'{"ok":["find","x"]}\n'


@pytest.mark.parametrize("line", [b"{\n", b"[]\n", b'{"id": "x"}\n', b"\xff\n", b"x" * 66_000])
def test_what_is_no_request_is_refused(parrot: Parrot, line: bytes) -> None:
    assert b'"kind":"bad_request"' in say(line)


def test_a_problem_is_raised_where_it_was_asked(parrot: Parrot) -> None:
    parrot.reply = Problem("unknown_call", "there is none")
    with pytest.raises(Problem, match="there is none") as caught:
        Asker(default_path()).ask(Request(op="call"), list)
    assert caught.value.kind == "unknown_call"


def test_a_failure_ends_the_request_alone_and_is_logged(parrot: Parrot, log_lines: list[str]) -> None:
    parrot.reply = ZeroDivisionError()
    with pytest.raises(Problem, match="ZeroDivisionError"):
        Asker(default_path()).ask(Request(op="call"), list)
    assert any("a request on the control socket failed" in line for line in log_lines)
    parrot.reply = None
    assert Asker(default_path()).ask(Request(op="find"), list) == ["find", ""]


def test_an_answer_that_has_no_form_in_json_ends_the_request_alone(parrot: Parrot, log_lines: list[str]) -> None:
    parrot.reply = [object()]
    with pytest.raises(Problem, match="TypeError"):
        Asker(default_path()).ask(Request(op="call"), list)
    assert any("a request on the control socket failed" in line for line in log_lines)


def test_a_process_that_does_not_answer_is_told_from_one_that_is_not_there(parrot: Parrot) -> None:
    parrot.reply = lambda: gevent.sleep(LIMIT)
    with pytest.raises(NotAnsweringError, match=r"does not answer within 0\.05 s: something blocks its hub"):
        Asker(default_path(), 0.05).ask(Request(op="report"), list)
    with pytest.raises(NotAnsweringError, match="nobody answers on"):
        Asker(default_path().with_name("1.sock")).ask(Request(op="report"), list)


def test_a_stream_is_followed_until_the_reader_goes(parrot: Parrot) -> None:
    stream = Stream()
    parrot.reply = stream
    stream.put(1)
    items = Asker(default_path()).follow(Request(op="trace"))
    assert next(items) == 1
    stream.put(2)
    assert next(items) == 2
    items.close()
    while not stream._closed:
        gevent.sleep(0.01)


def test_a_stream_that_ends_ends_its_reader(parrot: Parrot) -> None:
    stream = Stream()
    parrot.reply = stream
    stream.put(1)
    stream.close()
    assert list(Asker(default_path()).follow(Request(op="trace"))) == [1]


def test_the_directory_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7")
    assert control_directory() == Path("/run/user/7/relay-runtime")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert control_directory() == Path(f"/tmp/relay-runtime-{os.getuid()}")


def test_a_directory_that_others_can_open_is_refused(place: Path) -> None:
    control_directory().mkdir()
    control_directory().chmod(0o755)
    with pytest.raises(PlaceError, match="only you can open"):
        listen_on(default_path())
    assert running_sockets() == {}


def test_a_directory_that_is_a_link_is_refused(place: Path) -> None:
    (place / "elsewhere").mkdir(mode=0o700)
    control_directory().symlink_to(place / "elsewhere")
    with pytest.raises(PlaceError, match="only you can open"):
        listen_on(default_path())


def test_a_file_in_the_place_of_a_socket_is_left_alone(place: Path) -> None:
    path = place / "mine.sock"
    path.write_text("precious")
    with pytest.raises(PlaceError, match="exists and is no socket"):
        listen_on(path)
    assert path.read_text() == "precious"


def test_a_path_that_is_too_long_is_refused(place: Path) -> None:
    with pytest.raises(PlaceError, match="too long for a socket"):
        listen_on(place / ("x" * 120))


def test_sockets_of_the_dead_are_not_listed(place: Path, parrot: Parrot) -> None:
    listen_on(default_path(1)).close()
    (control_directory() / "2.sock").write_text("")
    (control_directory() / "notes.txt").write_text("")
    assert running_sockets() == {os.getpid(): default_path()}

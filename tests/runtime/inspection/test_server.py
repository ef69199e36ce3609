"""A control socket: where it is, who may open it, and what is said on it."""

from __future__ import annotations

from contextlib import ExitStack

import gevent
import pytest
from doubles.parrot import Parrot
from gevent import socket

from relay_runtime.inspection.asking import Asker
from relay_runtime.inspection.places import default_path
from relay_runtime.inspection.protocol import Problem, Request
from relay_runtime.inspection.trace import Stream


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


@pytest.mark.slow
def test_those_who_say_nothing_keep_nobody_out(parrot: Parrot) -> None:
    with ExitStack() as stack:
        for said in (b"", b'{"op": "fi') * 50:
            sock = stack.enter_context(socket.socket(socket.AF_UNIX))
            sock.connect(str(default_path()))
            sock.sendall(said)
        assert Asker(default_path()).ask(Request(op="find"), list) == ["find", ""]


@pytest.mark.slow
def test_those_who_do_not_read_keep_nobody_out(parrot: Parrot) -> None:
    parrot.reply = ["x" * 4_000_000]
    with ExitStack() as stack:
        for _ in range(100):
            sock = stack.enter_context(socket.socket(socket.AF_UNIX))
            sock.connect(str(default_path()))
            sock.sendall(b'{"op": "report"}\n')
        gevent.sleep(0.1)
        parrot.reply = None
        assert Asker(default_path()).ask(Request(op="find"), list) == ["find", ""]


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

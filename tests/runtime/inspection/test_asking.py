"""Asking a process over its control socket."""

from __future__ import annotations

import gevent
import pytest
from doubles.parrot import Parrot
from gevent import socket

from relay_runtime.inspection.asking import Asker, NotAnsweringError
from relay_runtime.inspection.places import default_path, listen_on
from relay_runtime.inspection.protocol import Request
from relay_runtime.inspection.server import ControlServer

LIMIT = 60.0


@pytest.mark.slow
def test_a_process_that_does_not_answer_is_told_from_one_that_is_not_there(parrot: Parrot) -> None:
    parrot.reply = lambda: gevent.sleep(LIMIT)
    with pytest.raises(NotAnsweringError, match=r"does not answer within 0\.05 s: something blocks its hub"):
        Asker(default_path(), 0.05).ask(Request(op="report"), list)
    with pytest.raises(NotAnsweringError, match="nobody answers on"):
        Asker(default_path().with_name("1.sock")).ask(Request(op="report"), list)


@pytest.mark.slow
def test_who_follows_a_process_that_does_not_answer_is_told(parrot: Parrot) -> None:
    parrot.reply = lambda: gevent.sleep(LIMIT)
    with pytest.raises(NotAnsweringError, match=r"does not answer within 0\.05 s"):
        next(Asker(default_path(), 0.05).follow(Request(op="trace")))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"", "closed the connection without an answer"),
        (b"hi\n", "is no relay"),
        (b'{"ok": 5}\n', "can't be read, as of another version"),
    ],
)
def test_what_is_no_relay_runtime_is_told_apart(place: object, said: bytes, words: str) -> None:
    listener = listen_on(default_path())

    def serve() -> None:
        sock: socket.socket = listener.accept()[0]
        sock.recv(4096)
        sock.sendall(said)
        sock.close()

    serving = gevent.spawn(serve)
    with pytest.raises(NotAnsweringError, match=words):
        Asker(default_path()).ask(Request(op="report"), list)
    serving.get(timeout=LIMIT)
    listener.close()


def test_who_waits_for_the_end_of_a_process_is_told_whether_it_came_in_time(place: object) -> None:
    server = ControlServer(default_path(), Parrot().answer)
    server.start()
    asker = Asker(default_path())
    assert not asker.wait_until_gone(0)
    server.stop()
    assert asker.wait_until_gone(None)

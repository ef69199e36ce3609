"""Sockets in a child of a fork: given up without a word, so that the parent's connection goes on."""

from __future__ import annotations

import os

import gevent
import gevent.os
import pytest
from doubles.forked import in_child
from gevent import socket

from relay_runtime.websocket import sockets
from relay_runtime.websocket.sockets import own


@pytest.mark.slow
def test_a_child_gives_its_number_up_and_the_parent_talks_on() -> None:
    ours, theirs = socket.socketpair()
    own(ours)
    number = ours.fileno()
    reading = gevent.spawn(ours.recv, 10)  # which waits, also in the child
    gevent.sleep(0.01)

    def look() -> list[bool]:
        try:
            os.fstat(number)
        except OSError:
            there = False
        else:
            there = True
        os.dup2(os.open(os.devnull, os.O_RDONLY), number)  # somebody else gets the number
        gevent.sleep(0.05)
        ours.close()
        os.fstat(number)
        return [there, reading.ready()]

    assert in_child(look) == [False, False]
    theirs.send(b"hello")
    assert reading.get(timeout=5) == b"hello"
    ours.send(b"there")
    assert theirs.recv(10) == b"there"


def test_a_socket_that_was_closed_before_is_nothing_to_give_up() -> None:
    ours, theirs = socket.socketpair()
    own(ours)
    ours.close()
    theirs.close()
    assert in_child(lambda: True) is True


def test_it_is_nothing_to_give_up_either_where_gevent_has_patched(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    ours.close()
    theirs.close()
    monkeypatch.setattr(os, "close", gevent.os.close)
    sockets._give_up(ours)

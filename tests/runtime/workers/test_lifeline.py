"""A worker's line to its parent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import gevent
import msgspec
import pytest
from doubles.hub import LIMIT, until
from gevent import socket

from relay_runtime.workers.lifeline import DIED, GO, Errand, Lifeline


def errand(channel: int, **values: Any) -> Errand:
    """Return an errand; nobody asks the watchdog."""
    told = {
        "number": 1,
        "workers": 2,
        "watchdog": channel,
        "tally": channel,
        "control_socket": "x.sock",
        "timeout": 30.0,
    }
    return Errand(**{**told, "channel": channel, "kill_after": 10.0, **values})


class Line:
    """Both ends of a line.

    Attributes:
        parent: the parent's end.
        worker: the worker's.
    """

    def __init__(self) -> None:
        self.parent, theirs = socket.socketpair()
        self.worker = Lifeline(errand(theirs.detach()))


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    with gevent.Timeout(LIMIT, AssertionError("the test waited in vain")):
        yield line
    line.parent.close()
    until(lambda: line.worker.orphaned)


def test_an_errand_shows_no_secret() -> None:
    assert "PT-secret" not in repr(errand(3, settings={"token": "PT-secret"}))


def test_an_errand_reaches_the_worker_by_the_environment_and_no_program_of_the_app(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (channel, watchdog), tally = os.pipe(), os.open(os.devnull, os.O_RDWR)
    given = errand(channel, watchdog=watchdog, tally=tally, contexts=("office",))
    for name, value in given.variable().items():
        monkeypatch.setenv(name, value)
    for passed in (channel, watchdog, tally):
        os.set_inheritable(passed, True)  # as the parent passes them on
    assert Errand.from_environment() == given
    assert not set(given.variable()) & set(os.environ)
    assert Errand.from_environment() is None
    for passed in (channel, watchdog, tally):
        assert not os.get_inheritable(passed)
        os.close(passed)


def test_what_a_worker_says_is_a_line_of_json(line: Line) -> None:
    line.worker.say("loaded", files=["a.py"])
    line.worker.say("ready")
    lines = line.parent.makefile("rb")
    assert msgspec.json.decode(lines.readline()) == {"said": "loaded", "files": ["a.py"]}
    assert msgspec.json.decode(lines.readline()) == {"said": "ready"}


def test_a_worker_waits_until_it_is_wanted(line: Line) -> None:
    waiting = gevent.spawn(line.worker.wait_until_wanted)
    gevent.sleep(0)
    assert not waiting.ready()
    line.parent.sendall(b"go\n")
    assert waiting.get()


def test_a_worker_whose_parent_dies_is_told_and_wanted_no_more(line: Line) -> None:
    told: list[str] = []
    waiting = gevent.spawn(line.worker.wait_until_wanted)
    line.worker.on_orphaned(lambda: told.append("orphaned"))
    line.parent.close()
    assert not waiting.get()
    until(lambda: told == ["orphaned"])
    line.worker.say("over")  # nobody hears it


def test_who_asks_after_the_death_is_told_too(line: Line) -> None:
    line.parent.close()
    until(lambda: line.worker.orphaned)
    told: list[str] = []
    line.worker.on_orphaned(lambda: told.append("orphaned"))
    until(lambda: told == ["orphaned"])


# The death of another worker


def test_a_worker_is_told_of_the_death_of_another_one_and_goes_on_to_listen(line: Line) -> None:
    told: list[str] = []
    line.worker.on_death(lambda: told.append("died"))
    for count in (1, 2):
        line.parent.sendall(DIED)
        until(lambda count=count: len(told) == count)
    assert not line.worker.orphaned
    assert not gevent.spawn(line.worker.wait_until_wanted).ready()


def test_it_may_be_told_in_one_breath_with_what_it_waits_for(line: Line) -> None:
    told: list[str] = []
    line.worker.on_death(lambda: told.append("died"))
    line.parent.sendall(GO + DIED)
    assert line.worker.wait_until_wanted()
    assert told == ["died"]


def test_more_deaths_than_one_read_takes_are_told_once_at_least(line: Line) -> None:
    told: list[str] = []
    line.worker.on_death(lambda: told.append("died"))
    line.parent.sendall(DIED * 1000)
    line.parent.sendall(GO)
    assert line.worker.wait_until_wanted()
    assert told


def test_one_that_has_nothing_to_go_on_with_takes_no_notice(line: Line) -> None:
    line.parent.sendall(DIED + GO)
    assert line.worker.wait_until_wanted()

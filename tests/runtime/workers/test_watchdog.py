"""The thread in a worker that answers for its hub, and ends it when the parent has died."""

from __future__ import annotations

import _thread
import faulthandler
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import msgspec
import pytest
from doubles.hub import LIMIT, until
from gevent import socket

from relay_runtime.process.process import ExitCode
from relay_runtime.workers import Errand, Watchdog, watchdog
from relay_runtime.workers.heartbeat import Pulse, period

pytestmark = pytest.mark.slow
QUICK = 0.5  # seconds of silence


class Parent:
    """The parent's end of the line to a watchdog in this process.

    Attributes:
        watchdog: the watchdog.
        ended: why it would have ended the process.
    """

    def __init__(self, control_socket: Path, kill_after: float) -> None:
        self.line, theirs = socket.socketpair()
        self.ended: list[str] = []
        errand = Errand(
            number=1,
            workers=2,
            channel=theirs.fileno(),
            watchdog=theirs.detach(),
            tally=-1,
            control_socket=str(control_socket),
            timeout=QUICK,
            kill_after=kill_after,
        )
        self.watchdog = Watchdog(errand)
        self.watchdog._put_off_the_end = lambda: None  # type: ignore[method-assign] # it is this process
        self.watchdog._end = self._end  # type: ignore[method-assign]
        self.watchdog.start()

    def _end(self, why: str) -> None:
        self.ended.append(why)
        _thread.exit()

    def asks(self) -> Pulse:
        self.line.sendall(b"?")
        return self.hears()

    def hears(self) -> Pulse:
        return msgspec.json.decode(self.line.makefile("rb").readline(), type=Pulse)

    def dies(self) -> None:
        self.line.close()


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Parent]]:
    made: list[Parent] = []
    monkeypatch.setattr(watchdog, "_GRACE", QUICK)

    def make(kill_after: float = 0.0) -> Parent:
        made.append(Parent(tmp_path / "1.sock", kill_after))
        return made[-1]

    with gevent.Timeout(LIMIT, AssertionError("the test waited in vain")):
        yield make
    for each in made:
        each.dies()
        until(lambda each=each: each.ended, "the end of the thread")
        each.watchdog._timer.cancel()
        os.close(each.watchdog._line)
    faulthandler.unregister(signal.SIGQUIT)


def blocked_until(condition: Callable[[], Any]) -> None:
    """Block the hub."""
    end = time.monotonic() + LIMIT
    while not condition() and time.monotonic() < end:
        time.sleep(0.001)


def test_it_answers_from_the_beginning_and_knows_of_no_hub_yet(parent: Callable[..., Parent]) -> None:
    assert parent().asks() == Pulse(0.0)


def test_while_the_hub_goes_round_it_is_not_silent(parent: Callable[..., Parent]) -> None:
    asking = parent()
    asking.watchdog.watch(0.0)
    first = asking.watchdog._beat
    until(lambda: asking.watchdog._beat != first, "the next beat")
    assert asking.asks().silent < LIMIT


def test_of_a_blocked_hub_it_tells_how_long_and_where(parent: Callable[..., Parent]) -> None:
    asking = parent()
    asking.watchdog.watch(0.0)
    late = time.monotonic() + 4 * period(QUICK)
    blocked_until(lambda: time.monotonic() > late)
    asking.line.send(b"?")
    blocked_until(lambda: _readable(asking.line))
    pulse = asking.hears()
    assert pulse.silent >= 4 * period(QUICK)
    assert pulse.where.startswith(f"its hub is held up by code outside of the actors, at {__file__}:")


def test_while_the_hub_is_blocked_the_thread_writes_the_calls_down_and_not_before(
    parent: Callable[..., Parent],
) -> None:
    asking, written = parent(), []
    asking.watchdog.watch(0.0, write_calls=lambda: written.append(time.monotonic()))
    assert asking.asks().where == ""
    late = time.monotonic() + 4 * period(QUICK)
    blocked_until(lambda: time.monotonic() > late)
    asking.line.send(b"?")
    blocked_until(lambda: _readable(asking.line))
    assert [when > late for when in written] == [True]


def _readable(line: Any) -> bool:
    try:
        return bool(line._sock.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False


def test_a_loop_of_asyncio_counts_too_and_is_told_apart(parent: Callable[..., Parent]) -> None:
    asking = parent()
    asking.watchdog.watch(0.0, lambda: 77.0)
    pulse = until(lambda: (pulse := asking.asks()).silent == 77.0 and pulse, "the silence of the loop")
    assert pulse.where.startswith("its loop of asyncio stands at ")


def test_a_hub_that_waits_and_one_that_has_ended_are_told_apart(parent: Callable[..., Parent]) -> None:
    asking = parent()
    asking.watchdog.watch(0.0)
    asking.watchdog._timer.cancel()
    until(lambda: asking.asks().where == "its hub waits for events", "the silence of a hub that waits for the answer")
    asking.watchdog._hub = 1
    assert asking.asks().where == "the thread of its hub has ended"


def test_when_the_parent_dies_a_blocked_worker_ends(parent: Callable[..., Parent]) -> None:
    dying = parent(kill_after=LIMIT)
    dying.watchdog.watch(LIMIT)
    dying.dies()
    blocked_until(lambda: dying.ended)
    (why,) = dying.ended
    assert why.startswith("its hub is held up by code outside of the actors")


def test_when_the_parent_dies_a_worker_that_drains_has_its_time_for_it(parent: Callable[..., Parent]) -> None:
    dying = parent(kill_after=0.3)
    dying.watchdog.watch(0.4)
    dying.dies()
    (why,) = until(lambda: dying.ended, "the end")
    assert why == "it has not ended within 0.7 s"


def test_when_the_parent_dies_a_worker_that_loads_the_app_ends(parent: Callable[..., Parent]) -> None:
    dying = parent(kill_after=LIMIT)
    dying.dies()
    assert until(lambda: dying.ended, "the end") == ["the app is not loaded yet"]


MUTE = """
import sys, time
from gevent import socket
from loguru import logger
from relay_runtime.workers import Errand, Watchdog, watchdog
watchdog._GRACE = 0.1
logger.remove()
logger.add(lambda line: (sys.stdout.write(line), sys.stdout.flush(), time.sleep(600)), format="{message}")
parent, theirs = socket.socketpair()
line = theirs.fileno()
errand = Errand(
    number=1, workers=2, channel=line, watchdog=line, tally=-1, control_socket=sys.argv[1], timeout=1.0, kill_after=0.0
)
Watchdog(errand).start()
parent.close()
time.sleep(600)
"""
HELD = (
    MUTE.replace("parent.close()\n", "watchdog._HELD = 1\n")
    .replace("Watchdog(errand).start()", "it = Watchdog(errand); it.watch(0); it.start(); time.sleep(0.5)")
    .replace("time.sleep(600)\n", "import re\nre.match('(a+)+$', 'a' * 80 + 'b')\n")
)


@pytest.mark.proof
def test_it_ends_the_process_though_the_log_takes_no_line_and_leaves_no_socket(tmp_path: Path) -> None:
    path = tmp_path / "workers" / "1.sock"
    path.parent.mkdir()
    path.touch()
    ended = subprocess.run([sys.executable, "-c", MUTE, path], capture_output=True, timeout=60, check=False)
    assert ended.returncode == ExitCode.FAILED
    assert b"the parent process has died: worker 1 ends at once, since the app is not loaded yet" in ended.stdout
    assert not path.parent.exists()


@pytest.mark.proof
def test_a_process_whose_interpreter_is_held_by_c_code_ends_by_itself(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", HELD, tmp_path / "x"], capture_output=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert b'File "<string>", line ' in ended.stderr

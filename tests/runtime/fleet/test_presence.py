"""The thread that shows signs of life: whatever happens to the hub, the engine and the connection."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from doubles.cut import cut_all
from doubles.forked import in_child
from doubles.hub import until
from doubles.members import member
from engine_server import EngineServer
from gevent.hub import get_hub

from relay_actors.kit import clock
from relay_runtime.fleet import presence as of_presence
from relay_runtime.fleet.engine import EngineDown, EngineError, EngineRefused, HostTaken, Standing
from relay_runtime.fleet.local_engine import LocalEngine
from relay_runtime.fleet.presence import Presence, Told
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.settings.engine_address import parse_address

PERIOD = 0.02
NEVER = 1000.0
BEATS = "{relay-runtime}:beats"


class Shown:
    """A presence, and what it has said.

    Attributes:
        heard: the kinds of errors, or None for a sign of life.
        standing: what it was told last of copies.
    """

    def __init__(self, make_engine: Callable[[], Any], period: float, silence: float | None, lease: float) -> None:
        self.heard: list[type[EngineError] | None] = []
        self.standing: Mapping[str, Standing] = {}
        self.told = Told()
        self.presence = Presence(make_engine, member("a"), self.told, period, lease, silence, self._hear)

    def _hear(self, error: EngineError | None, asked: float, standing: Mapping[str, Standing]) -> None:
        assert asked <= clock.real_monotonic()
        self.heard.append(None if error is None else type(error))
        self.standing = standing

    def hears(self, kind: type[EngineError] | None) -> None:
        """Wait for the next word of a kind."""
        del self.heard[:]
        until(lambda: kind in self.heard, f"a word of {kind}")


Show = Callable[..., Shown]


@pytest.fixture
def show(engine_url: str) -> Iterator[Show]:
    made: list[Shown] = []

    def start(
        url: str = engine_url,
        period: float = PERIOD,
        silence: float | None = None,
        lease: float = 10.0,
        make_engine: Callable[[], Any] | None = None,
    ) -> Shown:
        made.append(Shown(make_engine or (lambda: RedisEngine(parse_address(url), None, 5.0)), period, silence, lease))
        made[-1].presence.start()
        return made[-1]

    get_hub().threadpool.apply(int)  # whose thread stays for a while
    before = threads()
    yield start
    for each in made:
        each.presence.stop(30.0)
    until(lambda: threads() <= before, "the end of all threads")


def threads() -> int:
    return len(os.listdir("/proc/self/task"))


def footprint() -> Callable[[], bool]:
    """Return what says whether there is more than now."""
    before = threads(), len(os.listdir("/proc/self/fd"))
    return lambda: threads() > before[0] or len(os.listdir("/proc/self/fd")) > before[1]


def joined(engine: RedisEngine) -> list[str]:
    return [each.id for each, _ in engine.members()]


def line(engine: RedisEngine) -> str:
    """The connection by which the engine knows the member."""
    return (engine.line.call("HGET", "{relay-runtime}:lines", "a") or b"").decode()


def beats(engine: RedisEngine) -> int:
    return int(engine.line.call("HGET", BEATS, "a") or -1)


def test_it_joins_and_shows_signs_of_life_and_asks_how_copies_stand(show: Show, engine: RedisEngine) -> None:
    shown = show()
    until(lambda: beats(engine) > 2)
    assert joined(engine) == ["a"]
    assert engine.is_connected("a")
    assert None in shown.heard
    token = engine.put("l", 0, "a", "k", b"text")
    shown.told.ledgers = ("l",)
    until(lambda: shown.standing == {"l": Standing(token, 4)})


def test_it_ends_at_once_and_has_the_engine_forget_the_process(show: Show, engine: RedisEngine) -> None:
    assert joined(engine) == []  # which has a connection from now on
    is_left = footprint()
    shown = show(period=NEVER)
    until(lambda: shown.heard)
    shown.presence.stop(30.0)
    assert joined(engine) == []
    until(lambda: not is_left(), "no thread and no descriptor more than before")


def test_a_connection_that_is_cut_is_made_anew_at_once(show: Show, engine: RedisEngine) -> None:
    show(period=NEVER)
    until(lambda: beats(engine) == 1)
    former = line(engine)
    for count in range(2, 5):
        cut_all(engine)
        until(lambda: beats(engine) == count)  # noqa: B023 - it is used up in the loop
        until(lambda: engine.is_connected("a"))
    assert line(engine) != former


def test_a_hub_that_is_blocked_loses_nothing(show: Show, engine: RedisEngine, engine_url: str) -> None:
    """A socket of the system's tells, while nothing of gevent's runs."""
    show()
    until(lambda: beats(engine) > 0)
    with socket.socket(socket.AF_UNIX) as plain:
        plain.connect(engine_url.removeprefix("unix://"))
        told = plain.makefile("rwb")

        def beat() -> int:
            told.write(f"HGET {BEATS} a\r\n".encode())
            told.flush()
            told.readline()
            return int(told.readline())

        first, end = beat(), time.monotonic() + 60.0
        while beat() < first + 3:
            assert time.monotonic() < end
            time.sleep(PERIOD)
        told.close()


def test_a_hub_that_is_silent_for_too_long_is_shown_no_more_until_it_is_back(show: Show, engine: RedisEngine) -> None:
    shown = show(silence=10.0)
    until(lambda: beats(engine) > 0)
    shown.told.touched -= 11.0
    until(lambda: not engine.is_connected("a"))
    last = beats(engine)
    del shown.heard[:]
    time.sleep(3 * PERIOD)
    assert beats(engine) == last
    shown.told.touched = clock.real_monotonic()
    until(lambda: engine.is_connected("a"))
    until(lambda: beats(engine) > last)
    assert joined(engine) == ["a"]


def test_one_that_the_engine_has_forgotten_joins_again(show: Show, engine: RedisEngine) -> None:
    shown = show()
    for forget in (lambda: engine.leave("a"), lambda: engine.line.call("FLUSHALL")):
        shown.hears(None)
        forget()
        until(lambda: joined(engine) == ["a"])
        assert engine.is_connected("a")


def test_an_engine_that_is_away_is_tried_until_it_is_there(server: EngineServer, show: Show) -> None:
    server.kill()
    shown = show(server.url)
    shown.hears(EngineDown)
    server.start()
    shown.hears(None)
    server.restart()
    shown.hears(None)
    engine = RedisEngine(parse_address(server.url))
    until(lambda: joined(engine) == ["a"])
    engine.close()


def test_one_that_stands_still_holds_up_no_end(server: EngineServer, show: Show) -> None:
    is_left = footprint()
    shown = show(make_engine=lambda: RedisEngine(parse_address(server.url), None, 0.1))
    shown.hears(None)
    server.stop()
    shown.hears(EngineDown)
    shown.presence.stop(0.0)
    until(lambda: not is_left(), "no thread and no descriptor more than before")
    server.go_on()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_presence, "_WHILE_REFUSED", PERIOD)


@pytest.mark.usefixtures("hasty")
def test_a_name_that_another_machine_has_is_asked_for_until_it_is_free(show: Show, engine: RedisEngine) -> None:
    engine.join(member("other", machine="m2"), "1")
    shown = show()
    shown.hears(HostTaken)
    shown.hears(HostTaken)
    assert joined(engine) == ["other"]
    engine.leave("other")
    shown.hears(None)


@pytest.mark.usefixtures("hasty")
def test_a_name_that_a_dead_machine_had_is_free_after_the_lease(show: Show, engine: RedisEngine) -> None:
    """As after a power cut, in a fleet of one host, where nobody else finds anybody dead."""
    engine.join(member("before", machine="m0"), "1")
    engine.join(member("elsewhere", host="beta", machine="m2"), "1")
    shown = show(lease=0.2)
    shown.hears(None)
    assert joined(engine) == ["a", "elsewhere"]


@pytest.mark.usefixtures("hasty")
def test_one_that_is_refused_goes_on_asking(show: Show, engine: RedisEngine) -> None:
    engine.line.call("SET", "{relay-runtime}:layout", "2")
    shown = show()
    shown.hears(EngineRefused)
    assert engine.line.call("HKEYS", "{relay-runtime}:members") == []
    engine.line.call("DEL", "{relay-runtime}:layout")
    shown.hears(None)


@pytest.mark.usefixtures("hasty")
def test_a_fault_of_its_own_does_not_end_it(show: Show, engine: RedisEngine, engine_url: str) -> None:
    class Faulty(RedisEngine):
        asked = 0

        def renew(self, *args: Any) -> Any:
            Faulty.asked += 1
            if Faulty.asked == 2:
                raise RuntimeError("a fault")
            return super().renew(*args)

    shown = show(make_engine=lambda: Faulty(parse_address(engine_url)))
    until(lambda: EngineDown in shown.heard)
    shown.hears(None)
    assert engine.is_connected("a")


def test_it_shows_itself_in_a_file_too(show: Show, folder: Path) -> None:
    address = parse_address(f"local:{folder}")
    shown = show(make_engine=lambda: LocalEngine(address))
    shown.hears(None)
    engine = LocalEngine(address)
    assert [each.id for each, _ in engine.members()] == ["a"]
    shown.presence.stop(30.0)
    assert engine.members() == []
    engine.close()


def test_a_forked_child_has_none_of_it_and_ends_nothing(show: Show, engine: RedisEngine) -> None:
    shown = show(period=NEVER)
    until(lambda: beats(engine) == 1)
    number = line(engine)

    def in_it() -> list[int]:
        shown.presence.stop(0.0)
        sockets = 0
        for each in os.listdir("/proc/self/fd"):
            with suppress(OSError):
                sockets += os.readlink(f"/proc/self/fd/{each}") in mine
        return [threads(), sockets]

    mine = set()
    for each in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            mine.add(os.readlink(f"/proc/self/fd/{each}"))
    mine = {each for each in mine if each.startswith("socket:")}
    assert mine
    child = in_child(in_it)
    assert child[0] == 1
    assert line(engine) == number
    assert engine.is_connected("a")
    assert beats(engine) == 1


@pytest.mark.proof
def test_a_program_may_end_at_once_when_it_has_left(engine_url: str) -> None:
    """The thread is in no code of gevent's by then: the end of the interpreter there would be one by a signal."""
    program = (
        "from relay_runtime.fleet.presence import Presence, Told\n"
        "from relay_runtime.fleet.engine import Member\n"
        "from relay_runtime.fleet.redis_engine import RedisEngine\n"
        "from relay_runtime.settings.engine_address import parse_address\n"
        "import gevent, os, sys\n"
        "from gevent.event import Event\n"
        "heard = Event()\n"
        "who = Member(id=str(os.getpid()), host='alpha', machine='m', pid=1, key='k', app='a', version='1')\n"
        "made = Presence(lambda: RedisEngine(parse_address(sys.argv[1])), who, Told(), 1.0, 10.0, None,\n"
        "                lambda *_: heard.set())\n"
        "made.start()\n"
        "assert heard.wait(30)\n"
        "made.stop(30)\n"
    )
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", program, engine_url], timeout=60, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr

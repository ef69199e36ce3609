"""What systemd is told."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from doubles.hub import turns, until
from gevent import socket

from relay_runtime.process.systemd import Systemd


class Manager:
    """The receiving end of the notifications."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self.heard: list[str] = []
        self._reader = gevent.spawn(self._read)

    def _read(self) -> None:
        while True:
            self.heard.append(self._socket.recv(4096).decode())

    def close(self) -> None:
        self._reader.kill()
        self._socket.close()

    def hears(self, line: str) -> None:
        until(lambda: any(line in message.split("\n") for message in self.heard), line)

    def heard_by_now(self) -> int:
        """Return how much was sent until now; the mark behind it counts too."""
        mark = f"mark {len(self.heard)}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(mark.encode(), f"\0{self.address[1:]}" if self.address.startswith("@") else self.address)
        self.hears(mark)
        return self.heard.index(mark) + 1

    def environ(self, **more: str) -> dict[str, str]:
        return {"NOTIFY_SOCKET": self.address, **more}


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    address = str(tmp_path / "notify") if request.param == "path" else f"@relay-runtime-test-{os.getpid()}"
    manager = Manager(address)
    yield manager
    manager.close()


def test_it_is_told_that_the_process_serves_and_that_it_stops(manager: Manager) -> None:
    systemd = Systemd(manager.environ())
    systemd.ready()
    systemd.stopping("SIGTERM")
    manager.hears("READY=1")
    manager.hears("STATUS=serving calls")
    manager.hears("STOPPING=1")
    manager.hears("STATUS=stopping: SIGTERM")
    systemd.close()


@pytest.mark.slow
def test_a_watchdog_gets_pings_from_the_moment_the_process_serves(manager: Manager) -> None:
    systemd = Systemd(manager.environ(WATCHDOG_USEC="30000", WATCHDOG_PID=str(os.getpid())))
    gevent.sleep(0.03)
    assert manager.heard == []
    systemd.ready()
    until(lambda: manager.heard.count("WATCHDOG=1") >= 3, "three pings")
    systemd.close()
    told = manager.heard_by_now()
    gevent.sleep(0.03)
    assert manager.heard_by_now() == told + 1


@pytest.mark.slow
def test_a_hub_that_is_blocked_sends_no_pings(manager: Manager) -> None:
    systemd = Systemd(manager.environ(WATCHDOG_USEC="30000"))
    systemd.ready()
    manager.hears("WATCHDOG=1")
    before = manager.heard_by_now()
    time.sleep(0.2)
    assert manager.heard_by_now() - before <= 4  # of a good twenty
    systemd.close()


def test_while_another_loop_that_is_answered_for_does_not_go_round_there_are_no_pings(manager: Manager) -> None:
    live = [False]
    asked: list[bool] = []
    systemd = Systemd(manager.environ(WATCHDOG_USEC="3000"), lambda: asked.append(live[0]) or live[0])
    systemd.ready()
    until(lambda: len(asked) >= 3, "three times that a ping was due")
    turns()
    assert "WATCHDOG=1" not in manager.heard
    live[0] = True
    manager.hears("WATCHDOG=1")
    systemd.close()


@pytest.mark.parametrize(
    "watchdog", [{"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "0"}, {}]
)
def test_without_a_watchdog_for_this_process_there_are_no_pings(manager: Manager, watchdog: dict[str, str]) -> None:
    systemd = Systemd(manager.environ(**watchdog))
    systemd.ready()
    manager.hears("READY=1")
    gevent.sleep(0.02)
    assert len(manager.heard) == 1
    systemd.close()


def test_without_a_service_manager_nothing_happens() -> None:
    systemd = Systemd({})
    systemd.ready()
    systemd.stopping("SIGTERM")
    systemd.close()


def test_a_manager_that_is_gone_is_one_warning(tmp_path: Path, log_lines: list[str]) -> None:
    systemd = Systemd({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    systemd.ready()
    systemd.stopping("SIGTERM")
    warnings = [line for line in log_lines if line.startswith("WARNING")]
    assert len(warnings) == 1  # the watchdog's pings would fill the log
    assert warnings[0].startswith("WARNING systemd could not be told READY=1")
    systemd.close()

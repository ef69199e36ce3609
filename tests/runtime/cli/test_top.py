"""``relay-runtime top``: a running process, live."""

from __future__ import annotations

import os
import pty
import re
import signal
import termios
from collections.abc import Iterator
from pathlib import Path

import gevent
import msgspec
import pytest
from doubles.looked import Looked
from doubles.output import Output
from doubles.watched import Watched
from gevent.socket import wait_read
from rich.console import Console

from relay_actors.telemetry.status import CallStatus
from relay_runtime.cli import run
from relay_runtime.cli.top import Rate, Watch
from relay_runtime.inspection.asking import Asker, NotAnsweringError
from relay_runtime.inspection.reports import Report, WorkerReport
from relay_runtime.process.process import ExitCode
from relay_runtime.settings.options import OPTIONS

LIMIT = 60.0
ENDED = "\x1b[?1049l"  # the terminal is back at what it showed before


def report(uptime: float, *admitted: int) -> Report:
    workers = tuple(WorkerReport(pid=1, stats={"calls_admitted": count}) for count in admitted)
    return Report(pid=1, app="app:It", version="1", uptime=uptime, draining=False, workers=workers)


@pytest.mark.slow
def test_scripts_get_one_report_a_line_as_many_as_they_want(looked: Looked, output: Output) -> None:
    uptimes = iter((1.0, 2.0, 3.0))
    looked.answers["report"] = lambda: report(next(uptimes))
    assert run(["top", "--json", "--interval", "0.1", "--count", "2"]) == ExitCode.OK
    assert [msgspec.json.decode(line)["uptime"] for line in output()[0].splitlines()] == [1.0, 2.0]


def test_a_picture_needs_a_terminal(looked: Looked, output: Output) -> None:
    looked.answers["report"] = report(1.0)
    assert run(["top"]) == ExitCode.USAGE
    assert "ps --json, or top --json" in output()[1]


def test_the_rate_is_of_all_workers_from_one_report_to_the_next() -> None:
    rate = Rate()
    assert rate(report(1.0, 10, 20)) is None
    assert rate(report(3.0, 14, 26)) == 5.0


def test_there_is_no_rate_when_a_worker_has_come_or_gone_or_no_time_has_passed() -> None:
    rate = Rate()
    rate(report(1.0, 10, 20))
    assert rate(report(2.0, 10)) is None
    assert rate(report(2.0, 12)) is None
    assert rate(report(4.0, 16)) == 2.0


class Terminal:
    """A terminal with somebody in front of it, who sees what top draws on it."""

    def __init__(self) -> None:
        self.typed, self.theirs = pty.openpty()
        self.before = termios.tcgetattr(self.theirs)
        self.seen = ""
        self.resize(80, 24)
        self._file = os.fdopen(os.dup(self.theirs), "w")
        environ = {"TERM": "xterm"}  # no size from the environment
        self.console = Console(
            file=self._file, markup=False, highlight=False, emoji=False, force_terminal=True, _environ=environ
        )
        self._watching: gevent.Greenlet[..., None] | None = None

    def resize(self, width: int, height: int) -> None:
        termios.tcsetwinsize(self.theirs, (height, width))

    def watch(self, looked: Looked, interval: float = 0.05, count: int | None = None) -> gevent.Greenlet[..., None]:
        looked.answers.setdefault("report", with_calls(30))
        asker = Asker(Path(os.environ[OPTIONS["control_socket"].variable]))
        self._watching = gevent.spawn(Watch(asker, interval, count, self.console, self.theirs).run)
        return self._watching

    def press(self, keys: str) -> None:
        os.write(self.typed, keys.encode())

    def sees(self, pattern: str) -> None:
        """Look until a pattern is drawn, and forget what was drawn before it."""
        while not (found := re.search(pattern, self.seen)):
            wait_read(self.typed)
            self.seen += os.read(self.typed, 65536).decode(errors="replace")
        self.seen = self.seen[found.end() :]

    def close(self) -> None:
        if self._watching is not None:
            self._watching.kill()
        self._file.close()
        os.close(self.typed)
        os.close(self.theirs)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    terminal = Terminal()
    monkeypatch.setattr("rich.console._STD_STREAMS", (terminal.theirs,))
    yield terminal
    terminal.close()


def with_calls(count: int) -> Report:
    calls = tuple(
        CallStatus(
            call_id=f"{number:08d}",
            kind="It",
            direction="inbound",
            context="office",
            state="answered",
            age=float(count - number),
            where=f"/srv/app.py:{number} in It.run",
        )
        for number in range(count)
    )
    worker = WorkerReport(pid=1, status=Watched().status(), calls=calls)
    return Report(pid=1, app="app:It", version="1", uptime=1.0, draining=False, workers=(worker,))


def test_keys_scroll_show_the_actors_and_end_it(looked: Looked, terminal: Terminal) -> None:
    watching = terminal.watch(looked, interval=LIMIT)
    terminal.sees(r"app\.py:0 It\.run")
    terminal.sees(r"\+13 more")
    terminal.press("\x1b[B")
    terminal.sees(r"app\.py:1 It\.run")
    terminal.sees(r"\+12 more, 1 above")
    terminal.press("G")
    terminal.sees(r"app\.py:29 It\.run")
    terminal.press("t")
    terminal.sees("Supervisor")
    terminal.press("q")
    watching.get(timeout=LIMIT)
    terminal.sees(re.escape(ENDED))
    assert termios.tcgetattr(terminal.theirs) == terminal.before


def test_another_size_of_the_terminal_is_drawn_at_once(looked: Looked, terminal: Terminal) -> None:
    watching = terminal.watch(looked, interval=LIMIT)
    terminal.sees(r"\+13 more")
    terminal.resize(60, 10)
    os.kill(os.getpid(), signal.SIGWINCH)
    terminal.sees(r"\+27 more")
    terminal.press("q")
    watching.get(timeout=LIMIT)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_leaves_the_terminal_clean(
    looked: Looked, terminal: Terminal, number: signal.Signals
) -> None:
    watching = terminal.watch(looked)
    terminal.sees(r"\+13 more")
    os.kill(os.getpid(), number)
    watching.get(timeout=LIMIT)
    terminal.sees(re.escape(ENDED))
    assert termios.tcgetattr(terminal.theirs) == terminal.before


@pytest.mark.slow
def test_it_ends_after_so_many_pictures(looked: Looked, terminal: Terminal) -> None:
    terminal.watch(looked, count=2).get(timeout=LIMIT)
    assert len(looked.asked) == 2


@pytest.mark.slow
def test_a_process_that_answers_no_more_ends_it_and_leaves_the_terminal_clean(
    looked: Looked, terminal: Terminal
) -> None:
    watching = terminal.watch(looked)
    terminal.sees(r"\+13 more")
    os.unlink(os.environ[OPTIONS["control_socket"].variable])
    with pytest.raises(NotAnsweringError):
        watching.get(timeout=LIMIT)
    terminal.sees(re.escape(ENDED))
    assert termios.tcgetattr(terminal.theirs) == terminal.before


def test_keys_are_obeyed_while_the_process_does_not_answer(looked: Looked, terminal: Terminal) -> None:
    never = gevent.event.Event()
    looked.answers["report"] = never.wait
    watching = terminal.watch(looked)
    with gevent.Timeout(LIMIT):
        while not looked.asked:
            gevent.sleep(0.001)
    terminal.press("q")
    watching.get(timeout=LIMIT)
    never.set()

"""``relay-runtime top``: a running process, live."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated, Any, Protocol

import gevent
import typer
from gevent.event import Event
from gevent.queue import Queue
from rich.console import Console
from rich.live import Live

from relay_runtime.cli import flags
from relay_runtime.cli.console import print_json
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.inspecting import Pid, Socket, the_process
from relay_runtime.cli.keyboard import Keyboard
from relay_runtime.cli.top_view import View, picture, pressed
from relay_runtime.inspection.protocol import Request
from relay_runtime.inspection.reports import Report
from relay_runtime.process.process import ExitCode, on_signals

__all__ = ["show", "top"]

_STOP, _SUSPEND, _DRAW = "q", "\x1a", ""
"""What may come in the place of a key: the end, Ctrl-Z, another size of the terminal."""


def top(
    *,
    interval: Annotated[float, typer.Option(metavar="SECONDS", min=0.1, help="From one picture to the next.")] = 1.0,
    count: Annotated[int | None, typer.Option(metavar="N", min=1, help="Stop after N pictures.")] = None,
    pid: Pid = None,
    socket: Socket = None,
    as_json: flags.Json = False,
) -> ExitCode:
    """Show the calls of a running process live, and where the code of each stands; on keys, its actors. q ends it.

    Example: relay-runtime top --interval 2
    """
    return show(the_process(pid, socket), interval, count, as_json=as_json)


def show(asker: Asks, interval: float, count: int | None, *, as_json: bool) -> ExitCode:
    """Show what is asked, again and again. Blocks the current greenlet.

    Args:
        asker: whom to ask.
        interval: seconds from one picture to the next.
        count: how many pictures; None: no end.
        as_json: whether each is a line of JSON.

    Raises:
        Failure: there is no terminal.
    """
    if as_json:
        stop = Event()
        with on_signals(lambda _: stop.set()):
            _print_lines(asker, interval, count, stop)
        return ExitCode.OK
    console = Console(markup=False, highlight=False, emoji=False)
    if not sys.stdout.isatty() or console.is_dumb_terminal:
        raise Failure(ExitCode.USAGE, "top needs a terminal; for scripts: ps --json, or top --json")
    Watch(asker, interval, count, console, sys.stdin.fileno()).run()
    return ExitCode.OK


class Asks(Protocol):
    """Whom to ask; see `Asker`."""

    def ask(self, request: Request, kind: type[Report]) -> Report:
        """Return the answer. Blocks the current greenlet."""


def _print_lines(asker: Asks, interval: float, count: int | None, stop: Event) -> None:
    """Print one report a line."""
    while print_json(_report(asker)):
        count = None if count is None else count - 1
        if count == 0 or stop.wait(interval):
            return


class Watch:
    """Draws reports as they come, and obeys keys meanwhile, also while the process does not answer.

    Args:
        asker: asks the process.
        interval: seconds from one report to the next.
        count: how many reports are drawn; None: no end.
        console: the terminal that is drawn on.
        keys: the file descriptor of the one that is typed on.
    """

    def __init__(self, asker: Asks, interval: float, count: int | None, console: Console, keys: int) -> None:
        self._asker, self._interval, self._left = asker, interval, count
        self._console = console
        self._keyboard = Keyboard(keys, self.press)
        self._news: Queue[Any] = Queue()
        self._view, self._page = View(), 1
        self._report: Report | None = None
        self._rate = Rate()
        self._shown_rate: float | None = None
        # No refresh by a thread of rich's own: each picture is drawn once, when it is there.
        self._live = Live(console=console, screen=True, auto_refresh=False, transient=True)

    def press(self, key: str) -> None:
        """Take a key. Never blocks."""
        self._news.put(key)

    def run(self) -> None:
        """Draw until a key or a signal ends it, or enough was drawn. Blocks the current greenlet.

        Raises:
            NotAnsweringError: the process does not answer, any more or at all.
            Problem: it can't serve the request.
        """
        asking = gevent.spawn(self._ask)
        others = [gevent.signal_handler(signal.SIGWINCH, self.press, _DRAW)]
        others.append(gevent.signal_handler(signal.SIGTSTP, self.press, _SUSPEND))
        try:
            with on_signals(lambda _: self.press(_STOP)), self._keyboard, self._live:
                while self._take(self._news.get()):
                    pass
        finally:
            asking.kill()
            for watcher in others:
                watcher.cancel()

    def _take(self, news: Any) -> bool:
        """Obey a key, draw a report or raise what asking for it has raised; return whether there is more to come."""
        match news:
            case Exception():
                raise news
            case Report():
                self._report, self._shown_rate = news, self._rate(news)
                self._left = None if self._left is None else self._left - 1
            case "q" | "Q":
                return False
            case "\x1a":
                self._suspend()
            case _:
                self._view = pressed(self._view, news, self._page)
        self._draw()
        return self._left != 0

    def _draw(self) -> None:
        if self._report is not None:
            drawn, self._view, self._page = picture(self._report, self._view, self._console, self._shown_rate)
            self._live.update(drawn, refresh=True)

    def _suspend(self) -> None:
        """Give the terminal back to the shell, until that lets this process go on."""
        self._live.stop()
        self._keyboard.give_back()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._keyboard.take()
        self._live.start()

    def _ask(self) -> None:
        """Ask again and again; put what is answered, or what went wrong."""
        try:
            while True:
                self._news.put(_report(self._asker))
                gevent.sleep(self._interval)
        except Exception as error:  # noqa: BLE001 - raised by the one who draws
            self._news.put(error)


def _report(asker: Asks) -> Report:
    return asker.ask(Request(op="report", calls=True), Report)


class Rate:
    """Calls admitted a second, from one report to the next."""

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = None

    def __call__(self, report: Report) -> float | None:
        """Return the rate since the last report; None for the first one, and when a worker has come or gone."""
        now: tuple[float, int] = (report.uptime, sum(_admitted(worker.stats) for worker in report.workers))
        last, self._last = self._last, now
        if last is None or now[0] <= last[0] or now[1] < last[1]:
            return None
        return (now[1] - last[1]) / (now[0] - last[0])


def _admitted(stats: dict[str, Any]) -> int:
    return int(stats.get("calls_admitted", 0))

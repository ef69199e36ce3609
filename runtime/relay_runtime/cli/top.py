"""``relay-runtime top``: a running process, live."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from gevent.event import Event
from rich.console import Console
from rich.live import Live

from relay_runtime.cli import flags
from relay_runtime.cli.console import print_json
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.inspecting import Pid, Socket, the_process
from relay_runtime.cli.report_view import draw
from relay_runtime.inspection.asking import Asker
from relay_runtime.inspection.protocol import Request
from relay_runtime.inspection.reports import Report
from relay_runtime.process.process import ExitCode, on_signals

__all__ = ["top"]

_AROUND_CALLS = 12  # lines that the rest of the picture may take, for one worker


def top(
    *,
    interval: Annotated[float, typer.Option(metavar="SECONDS", min=0.1, help="From one picture to the next.")] = 1.0,
    count: Annotated[int | None, typer.Option(metavar="N", min=1, help="Stop after N pictures.")] = None,
    pid: Pid = None,
    socket: Socket = None,
    as_json: flags.Json = False,
) -> ExitCode:
    """Show a running process live: connection, actors, calls; until Ctrl-C, or until the process ends.

    Example: relay-runtime top --interval 2
    """
    asker = the_process(pid, socket)
    stop = Event()
    with on_signals(lambda _: stop.set()):
        (_print_lines if as_json else _draw)(asker, interval, count, stop)
    return ExitCode.OK


def _print_lines(asker: Asker, interval: float, count: int | None, stop: Event) -> None:
    """Print one report a line."""
    while print_json(_report(asker)):
        count = None if count is None else count - 1
        if count == 0 or stop.wait(interval):
            return


def _draw(asker: Asker, interval: float, count: int | None, stop: Event) -> None:
    if not sys.stdout.isatty():
        raise Failure(ExitCode.USAGE, "top needs a terminal; for scripts: relay-runtime ps --json, or top --json")
    console = Console(markup=False, highlight=False, emoji=False)
    report, rate = _report(asker), Rate()
    # No refresh by a thread of rich's own: each picture is drawn once, when it is there.
    with Live(console=console, screen=True, auto_refresh=False, transient=True) as live:
        while True:
            room = max(1, console.height - _AROUND_CALLS * len(report.workers))
            live.update(draw(report, calls=room, rate=rate(report)), refresh=True)
            count = None if count is None else count - 1
            if count == 0 or stop.wait(interval):
                return
            report = _report(asker)


def _report(asker: Asker) -> Report:
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

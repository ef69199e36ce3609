"""``relay-runtime ps``: the actors and the calls of a running process."""

from __future__ import annotations

from typing import Annotated

import typer

from relay_runtime.cli import flags
from relay_runtime.cli.console import print_json, print_rich, terminal_width
from relay_runtime.cli.inspecting import Pid, Socket, the_process
from relay_runtime.cli.report_view import draw
from relay_runtime.inspection.protocol import Request
from relay_runtime.inspection.reports import Report
from relay_runtime.process.process import ExitCode

__all__ = ["ps"]


def ps(
    *,
    calls: Annotated[int, typer.Option(metavar="N", min=0, help="How many calls are listed, oldest first.")] = 20,
    pid: Pid = None,
    socket: Socket = None,
    as_json: flags.Json = False,
) -> ExitCode:
    """Show the actors of a running process, their mailboxes and restarts, and its live calls.

    Example: relay-runtime ps --calls 5
    """
    report = the_process(pid, socket).ask(Request(op="report", calls=calls > 0), Report)
    if as_json:
        print_json(report)
    else:
        print_rich(draw(report, calls=calls, width=terminal_width()))
    return ExitCode.OK

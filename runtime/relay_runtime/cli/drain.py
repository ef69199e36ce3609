"""``relay-runtime drain``: let a running process end, as SIGTERM does."""

from __future__ import annotations

from typing import Annotated

import typer

from relay_runtime.cli import flags
from relay_runtime.cli.console import print_json, print_line
from relay_runtime.cli.inspecting import Pid, Socket, the_process
from relay_runtime.inspection.protocol import Request
from relay_runtime.inspection.reports import Drained, not_answering
from relay_runtime.process.process import ExitCode

__all__ = ["drain"]


def drain(
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Return when the process has ended.")] = False,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", min=0.1, help="With --wait: how long; then the exit code is 9. Default: no end."
        ),
    ] = None,
    pid: Pid = None,
    socket: Socket = None,
    as_json: flags.Json = False,
) -> ExitCode:
    """Let a running process take no new calls, and end when its live calls have, within its drain timeout.

    Example: relay-runtime drain --wait
    """
    asker = the_process(pid, socket)
    answer = asker.ask(Request(op="drain"), Drained)
    if as_json:
        print_json(answer)
    else:
        unknown = f" that are known; {not_answering(answer.silent)}" if answer.silent else ""
        print_line(f"{'draining' if answer.begun else 'it drains already'}; live calls: {answer.live}{unknown}")
    if wait and not asker.wait_until_gone(timeout):
        return ExitCode.NEGATIVE
    return ExitCode.OK

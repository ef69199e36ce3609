"""``relay-runtime call``: one live call, from the outside."""

from __future__ import annotations

from relay_actors.telemetry.status import CallStatus
from relay_runtime.cli import flags
from relay_runtime.cli.console import print_json, print_rich
from relay_runtime.cli.inspecting import CallId, Pid, Socket, the_process
from relay_runtime.cli.report_view import draw_call
from relay_runtime.inspection.protocol import Request
from relay_runtime.process.process import ExitCode

__all__ = ["call"]


def call(call_id: CallId, *, pid: Pid = None, socket: Socket = None, as_json: flags.Json = False) -> ExitCode:
    """Show a live call: its state and history, what its code waits for, and the line at which it stands.

    Example: relay-runtime call cc1e54
    """
    status = the_process(pid, socket).ask(Request(op="call", id=call_id), CallStatus)
    if as_json:
        print_json(status)
    else:
        print_rich(draw_call(status))
    return ExitCode.OK

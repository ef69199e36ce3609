"""``relay-runtime hangup``: end one live call from the outside."""

from __future__ import annotations

from relay_runtime.cli import flags
from relay_runtime.cli.console import print_json, print_line
from relay_runtime.cli.inspecting import CallId, Pid, Socket, the_process
from relay_runtime.inspection.protocol import Request
from relay_runtime.process.process import ExitCode

__all__ = ["hangup"]


def hangup(call_id: CallId, *, pid: Pid = None, socket: Socket = None, as_json: flags.Json = False) -> ExitCode:
    """Hang up a live call. Its code learns of it as when the other side hangs up.

    Example: relay-runtime hangup cc1e54
    """
    answer = the_process(pid, socket).ask(Request(op="hangup", id=call_id), dict[str, str])
    if as_json:
        print_json(answer)
    else:
        print_line(f"hung up {answer['call_id']}")
    return ExitCode.OK

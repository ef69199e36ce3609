"""``relay-runtime trace``: the frames of one live call as they pass."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import gevent
import msgspec

from relay_runtime.cli import flags
from relay_runtime.cli.console import print_json, print_line
from relay_runtime.cli.inspecting import CallId, Pid, Socket, the_process
from relay_runtime.inspection.protocol import Request
from relay_runtime.process.process import ExitCode, on_signals
from relay_runtime.watch.escaping import escaped

__all__ = ["trace"]


def trace(call_id: CallId, *, pid: Pid = None, socket: Socket = None, as_json: flags.Json = False) -> ExitCode:
    """Print the frames of a live call as they pass, until it ends. Secrets, numbers and digits are masked.

    Example: relay-runtime trace cc1e54
    """
    asker = the_process(pid, socket)
    reader = gevent.spawn(_print_all, asker.follow(Request(op="trace", id=call_id)), as_json=as_json)
    with on_signals(lambda _: reader.kill()):
        reader.join()
    if reader.value is not None and not isinstance(reader.value, gevent.GreenletExit):
        raise reader.value
    return ExitCode.OK


def _print_all(items: Any, *, as_json: bool) -> Exception | None:
    """Print what comes; return what went wrong: gevent prints the traceback of what a greenlet raises."""
    try:
        for item in items:
            if "tracing" in item:
                sys.stderr.write(f"tracing {escaped(item['tracing'])} until it ends, or Ctrl-C\n")
                continue
            if not (print_json(item) if as_json else print_line(_line(item))):
                return None
    except Exception as error:  # noqa: BLE001 - raised by the caller
        return error
    return None


def _line(item: dict[str, Any]) -> str:
    if "dropped" in item:
        return f"… {item['dropped']} frames were left out: they came faster than they were read"
    time = datetime.fromtimestamp(item["time"]).astimezone().strftime("%H:%M:%S.%f")[:-3]
    arrow = "<-" if item["direction"] == "in" else "->"
    return f"{time} {arrow} {item['what']:<28} {msgspec.json.encode(_essence(item['frame'])).decode()}"


def _essence(frame: dict[str, Any]) -> Any:
    """Return the part of a frame that differs: an event's or a command's params, a reply's result or error."""
    params = frame.get("params")
    if isinstance(params, dict):
        return params.get("params", params)
    return frame.get("error", frame.get("result", {}))

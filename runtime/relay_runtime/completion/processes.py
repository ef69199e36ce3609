"""What runs, for a shell that wants to offer it: processes and their live calls. Asks for a second at most in all."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from relay_runtime.settings.directories import directories, is_private, sockets_in

__all__ = ["live_calls", "running"]

_PATIENCE: Final = 1.0  # seconds


def live_calls(named: str, pid: str) -> Iterator[tuple[str, str]]:
    """Give the id of each live call and what it does, oldest first.

    Args:
        named: the control socket to ask; an empty text is that of the environment, or else of any process.
        pid: the process that is meant; an empty text is any.
    """
    named = named or ("" if pid else os.environ.get("RELAY_CONTROL_SOCKET", ""))
    if named and named != "off":
        paths = [Path(named).expanduser()]
    else:
        paths = [path for each, path in _sockets() if pid in {"", each}]
    deadline = time.monotonic() + _PATIENCE
    reports = [_asked(path, {"op": "report", "calls": True}, deadline) for path in paths]
    calls = [call for report in reports for worker in report.get("workers", ()) for call in worker.get("calls", ())]
    for call in sorted(calls, key=lambda call: -call["age"]):
        where = call.get("where", "").rpartition("/")[2]
        yield call["call_id"], f"{call['state']} {call['age']:.0f} s, {where}"


def running() -> Iterator[tuple[str, str]]:
    """Give the id of each running process and its app."""
    deadline = time.monotonic() + _PATIENCE
    for pid, path in _sockets():
        report = _asked(path, {"op": "report"}, deadline)
        if report:
            yield pid, report.get("app", "")


def _sockets() -> list[tuple[str, Path]]:
    found = (each for directory in directories() if is_private(directory) for each in sockets_in(directory))
    return [(str(pid), path) for pid, path in found]


def _asked(path: Path, request: dict[str, Any], deadline: float) -> dict[str, Any]:
    """Return what a process answers, or nothing when there is none in time."""
    data = b""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(_left(deadline))
            sock.connect(str(path))
            sock.sendall(json.dumps(request).encode() + b"\n")
            while not data.endswith(b"\n"):
                sock.settimeout(_left(deadline))
                piece = sock.recv(1 << 20)
                if not piece:
                    break
                data += piece
        answer = json.loads(data)
    except (OSError, ValueError):
        return {}
    report = answer.get("ok") if isinstance(answer, dict) else None
    return report if isinstance(report, dict) else {}


def _left(deadline: float) -> float:
    return max(0.001, deadline - time.monotonic())

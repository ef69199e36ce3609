"""What the commands that look into a running process share: which process, and what goes wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from relay_runtime.cli.failure import Failure
from relay_runtime.inspection.asking import Asker, NotAnsweringError
from relay_runtime.inspection.places import running_sockets
from relay_runtime.inspection.protocol import Problem, Request
from relay_runtime.inspection.reports import Report
from relay_runtime.process.process import ExitCode
from relay_runtime.settings.directories import directories
from relay_runtime.settings.options import OPTIONS

__all__ = ["CallId", "Pid", "Socket", "exit_code", "the_process"]

CallId = Annotated[str, typer.Argument(metavar="ID", help="The call's id, or how it begins.")]
Pid = Annotated[int | None, typer.Option(metavar="PID", help="The process to ask. Needed when several run.")]
Socket = Annotated[
    Path | None, typer.Option(metavar="PATH", help="The control socket to ask, as given to start --control-socket.")
]

_CODES: Final = {
    "unknown_call": ExitCode.NEGATIVE,
    "refused": ExitCode.NEGATIVE,
    "several_calls": ExitCode.USAGE,
    "failed": ExitCode.UNREACHABLE,
}


def the_process(pid: int | None, socket: Path | None) -> Asker:
    """Return the way to the process that is meant. Blocks the current greenlet for a moment.

    Raises:
        Failure: there is none, or there are several.
    """
    named = socket or os.environ.get(OPTIONS["control_socket"].variable)
    if named and named != "off" and pid is None:
        return Asker(Path(named))
    running = running_sockets()
    if pid is not None:
        if pid not in running:
            raise Failure(
                ExitCode.UNREACHABLE, f"process {pid} is no relay-runtime that can be asked; {_those(running)}"
            )
        return Asker(running[pid])
    if len(running) != 1:
        code = ExitCode.USAGE if running else ExitCode.UNREACHABLE
        raise Failure(code, f"{'say which process: --pid PID; ' if running else ''}{_those(running)}")
    return Asker(next(iter(running.values())))


def exit_code(problem: Problem) -> ExitCode:
    """Return the exit code of a command that asked for what a process can't serve."""
    return _CODES.get(problem.kind, ExitCode.FAILED)


def _those(running: dict[int, Path]) -> str:
    """Say which processes run."""
    if not running:
        return (
            f"no relay-runtime of yours runs here (looked in {', '.join(map(str, directories()))}); start one, or give "
            "--socket PATH"
        )
    return "running: " + ", ".join(f"{pid} ({_app(path)})" for pid, path in running.items())


def _app(path: Path) -> str:
    try:
        return Asker(path).ask(Request(op="report"), Report).app
    except (NotAnsweringError, Problem):
        return "does not answer"

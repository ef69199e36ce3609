"""`relay-runtime start`, or another program, as a process of its own, logged in to a sandbox of this process."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gevent import subprocess

from relay_runtime.sandbox import Sandbox

__all__ = ["children", "end_group", "start"]

_OURS = ("SIGNALWIRE_", "RELAY_")


def start(
    sandbox: Sandbox,
    folder: Path,
    arguments: Sequence[str],
    *,
    stderr: Any,
    environ: Mapping[str, str] | None = None,
    program: Sequence[str] = ("-m", "relay_runtime", "start"),
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that its children can be ended with it. Never blocks for long.

    Args:
        sandbox: where it logs in.
        folder: its current directory, and that of its control socket.
        arguments: what follows ``relay-runtime start``, or the program that is given.
        stderr: a descriptor or a file, to which it logs.
        environ: more variables of its environment.
        program: what Python runs.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    account = {
        "SIGNALWIRE_SPACE": sandbox.url,
        "SIGNALWIRE_PROJECT_ID": sandbox.project,
        "SIGNALWIRE_API_TOKEN": sandbox.token,
        "XDG_RUNTIME_DIR": str(folder),
    }
    return subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=folder,
        env={**clean, **account, **(environ or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        start_new_session=True,
    )


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its children, those that outlived it too; harmless when there are none."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait()


def children(pid: int) -> list[int]:
    """Return the process ids of the children of a process (Linux)."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

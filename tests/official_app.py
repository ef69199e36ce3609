"""Runs a program of ``examples/official`` as a process of its own, against a sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from doubles.client import account_of
from running_process import RunningProcess

from relay_runtime.sandbox import Sandbox

__all__ = ["running", "serving"]


@contextmanager
def running(
    app: Path, *arguments: str, before: Callable[[Sandbox], object] | None = None, **settings: Any
) -> Iterator[tuple[Sandbox, RunningProcess]]:
    """Start a program; ``before`` prepares the sandbox, whose settings may be given."""
    with Sandbox(time_scale=0.02, control_port=None, **settings) as sandbox:
        if before is not None:
            before(sandbox)
        with RunningProcess([str(app), *arguments], cwd=app.parent, environ=account_of(sandbox)) as process:
            yield sandbox, process
        assert sandbox.errors == []


@contextmanager
def serving(app: Path, ready: str, **settings: Any) -> Iterator[tuple[Sandbox, RunningProcess]]:
    """Start a program that serves; it is up when it has printed ``ready`` and is connected."""
    with running(app, **settings) as (sandbox, process):
        process.wait_for_line(ready, "stdout")
        process.wait_for_line("connection connected")
        yield sandbox, process

"""A process that serves calls, the sandbox that it serves, and the people who call: what happens to whole processes."""

from __future__ import annotations

import re
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import gevent

from proof.started import children, end_group, start
from relay_runtime.sandbox import Caller, Run, Sandbox

__all__ = ["FORKS", "LIMIT", "Scene"]

LIMIT = 60.0  # seconds that anything may take; a limit, and no clock
_DRAIN = 2.0  # the drain timeout of the processes, in seconds
_BLOCKS, FORKS = "+15550100098", "+15550100099"  # whose calls have code that never returns, and that forks
_APP = f"""
import os
import time

from relay_runtime import CallActor


class Guest(CallActor):
    def run(self):
        self.answer()
        self.wait_for_answered(30)
        if self.from_number == {_BLOCKS!r}:
            self.command("calling.user_event", {{"event": {{"name": "blocks"}}}})
            while True:
                pass
        if self.from_number == {FORKS!r} and os.fork() == 0:
            time.sleep(3600)
        self.wait_for_ended()
"""


class Scene:
    """A process, its sandbox and its callers; use it as a context manager, which ends all three.

    Attributes:
        sandbox: the server.
        process: the process, or the workers' parent.
        before: how many callers were answered before the fault.
        afterwards: how many were answered behind it, of how many: ``5/5``; ``-`` where nobody called.
        code: its exit code; None while it runs, and when it did not end by itself.
        seconds: from SIGTERM to its end.
        left_up: how many calls were up at the server when it had ended.
    """

    def __init__(self, arguments: Sequence[str], *, workers: int, resume_window: float) -> None:
        self.sandbox = Sandbox(control_port=None, resume_window=resume_window, time_scale=0.01, seed=7)
        self.before = 0
        self.afterwards = "-"
        self.code: int | None = None
        self.seconds: float | None = None
        self.left_up = 0
        self._arguments = [*arguments, *(("--workers", str(workers)) if workers else ())]
        self._sessions = max(1, workers)
        self._runs: list[Run] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self.sandbox)
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="rr-")))
        (self.folder / "app.py").write_text(_APP)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # The process

    def start(self, stderr: Any = None) -> None:
        """Start the process; returns when all of it serves calls.

        Args:
            stderr: a descriptor; None for a file, which `log` reads.
        """
        drain = ["--drain-timeout", str(_DRAIN)]
        self.process = start(
            self.sandbox,
            self.folder,
            ["app:Guest", "-c", "office", *drain, *self._arguments],
            stderr=(self.folder / "log").open("wb") if stderr is None else stderr,
        )
        self._stack.callback(end_group, self.process)
        self.until(lambda: len(self.sandbox.sessions()) == self._sessions, "not all of the process has logged in")
        self.call(1)

    def children(self) -> list[int]:
        """Return the process ids of the workers (Linux)."""
        return children(self.process.pid)

    @property
    def log(self) -> str:
        """What the process has logged."""
        return (self.folder / "log").read_text(errors="replace")

    def http_port(self) -> int:
        """Return the port of probes and metrics."""
        found = re.search(r"http://[^/ ]*:([0-9]+)", self.log)
        assert found, "the log names no port of probes"
        return int(found[1])

    def terminate(self) -> None:
        """Send SIGTERM, wait for the end, and count the calls that are up then."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.wait(begun)

    def wait(self, begun: float) -> None:
        """Wait for the end of the process, and count the calls that are up then."""
        code = self.process.wait(LIMIT)
        assert code is not None, f"the process did not end within {LIMIT:g} s"
        self.code, self.seconds = code, time.monotonic() - begun
        self.count()

    def count(self) -> None:
        """Count the calls that are up."""
        self.left_up = sum(run.outcome is None for run in self._runs)

    # The callers

    def place(self, number: str) -> Run:
        """Have somebody call who stays on the line."""
        run = self.sandbox.place(Caller(number).dials("office").waits_for_hangup(timeout=360_000))
        self._runs.append(run)
        return run

    def block(self) -> None:
        """Have somebody call whose call's code blocks its process for ever; returns when it is about to."""
        self.place(_BLOCKS)

        def told() -> bool:
            frames = [entry["frame"] for each in self.sandbox.sessions() for entry in each.journal.read()]
            return any(frame.get("method") == "calling.user_event" for frame in frames)

        self.until(told, "no code blocks")

    def call(self, people: int) -> None:
        """Have people call before the fault; returns when all are answered."""
        runs = [self.place(f"+1555010{self.before + number:04}") for number in range(people)]
        self.until(lambda: all(run.status == "answered" for run in runs), "not every caller was answered")
        self.before += people

    def call_afterwards(self, people: int) -> None:
        """Have people call behind the fault; returns when all are answered."""
        runs = [self.place(f"+1555020{number:04}") for number in range(people)]

        def answered() -> int:
            return sum(run.status == "answered" for run in runs)

        try:
            self.until(lambda: answered() == people, "not every caller was answered behind the fault")
        finally:
            self.afterwards = f"{answered()}/{people}"

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for something.

        Raises:
            AssertionError: saying ``what``, when it does not come true within the limit.
        """
        with gevent.Timeout(LIMIT, AssertionError(what)):
            while not condition():
                gevent.sleep(0.02)

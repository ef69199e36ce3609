"""The processes of the orphans' proof: how many there are, which one is killed, and who is started again."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import gevent
from gevent import subprocess

from proof.started import children, end_group, start
from relay_runtime.sandbox import Sandbox
from relay_runtime.sandbox.calls.session import Session

__all__ = ["ANSWERS", "BUSY", "CREWS", "LIMIT", "RINGS", "Crew", "Kind", "until"]

LIMIT = 60.0  # seconds that a process may take for anything; a limit, and no clock
_APP = f"{Path(__file__).with_name('orphans_app.py')}:client"
ANSWERS, BUSY, RINGS = "+15550120001", "+15550120002", "+15550120003"  # numbers that the app dials
_DIALS = 30.0  # a second, by all of them together


@dataclass(frozen=True)
class Kind:
    """One way to run an app.

    Attributes:
        name: what the report calls it.
        processes: how many are started.
        workers: how many workers each of them has; 0: none.
        kills: how many of those that serve are killed, shortly one after another.
    """

    name: str
    processes: int
    workers: int = 0
    kills: int = 1

    @property
    def serving(self) -> int:
        """How many processes serve calls."""
        return self.processes * (self.workers or 1)


CREWS = (
    Kind("a parent with two workers, one worker killed", 1, 2),
    Kind("two processes, one killed", 2),
    Kind("one process, killed and started again at once", 1),
    Kind("two processes, both killed, one started again at once", 2, kills=2),
)


class Crew:
    """Processes of one app in one directory; use it as a context manager, which ends them.

    Args:
        kind: how the app is run.
        sandbox: where it logs in.
        chance: chooses who is killed, and when.
        app: what they serve.

    Attributes:
        orphaned: sessions whose processes were killed; whoever resumes one has another of its own.
    """

    def __init__(self, kind: Kind, sandbox: Sandbox, chance: random.Random, app: str = _APP) -> None:
        self.kind = kind
        self._app = app
        self._sandbox = sandbox
        self.chance = chance
        self._stack = ExitStack()
        self._processes: list[subprocess.Popen[bytes]] = []
        self.orphaned: set[Session] = set()

    def __enter__(self) -> Self:
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="rr-")))
        self._log = self._stack.enter_context((self._folder / "log").open("ab"))
        self.complete()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            end_group(process)
        self._stack.close()

    def complete(self) -> None:
        """Start what is missing, and wait until all serve calls; workers are started again by their parent."""
        while len(self._processes) < self.kind.processes:
            self._start()
        until(lambda: self._serving() == self.kind.serving, lambda: f"not all serve calls:\n{self.log[-3000:]}")

    def _start(self) -> None:
        workers = ["--workers", str(self.kind.workers)] if self.kind.workers else []
        environ = {"DIALS": str(_DIALS / self.kind.serving), "CALLED": f"{ANSWERS} {BUSY} {RINGS}"}
        self._processes.append(
            start(self._sandbox, self._folder, [self._app, *workers], stderr=self._log, environ=environ)
        )

    def _serving(self) -> int:
        live = [each for each in self._sandbox.sessions() if each.peer is not None and each.contexts]
        return len(set(live) - self.orphaned)

    @property
    def log(self) -> str:
        """What the processes have logged."""
        return (self._folder / "log").read_text(errors="replace")

    def pids(self) -> list[int]:
        """Return the process ids of those that serve calls, or are about to."""
        parents = [process.pid for process in self._processes]
        return [child for pid in parents for child in children(pid)] if self.kind.workers else parents

    def everybody(self) -> list[int]:
        """Return the process ids of all that runs, parents included."""
        return sorted({*self.pids(), *(process.pid for process in self._processes)})

    def kill(self) -> bool:
        """Kill one of those that serve calls; if it was the last one, start another at once, and return False."""
        victim = self.chance.choice(self.pids())
        os.kill(victim, signal.SIGKILL)
        for process in [each for each in self._processes if each.pid == victim]:
            process.wait()
            self._processes.remove(process)
        if self._processes:
            return True
        self._start()
        return False


def until(condition: Callable[[], Any], what: Callable[[], str]) -> None:
    """Wait for something.

    Raises:
        AssertionError: saying ``what``, when it does not come true within the limit.
    """
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, what()
        gevent.sleep(0.02)

"""The two processes of a run, each on a core of its own: the load server and the client under test."""

import json
import os
import re
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

ROOT = Path(__file__).parent.parent
START_LIMIT_S = 30.0
GRACE_S = 10.0


class RunFailed(Exception):
    """A process ended, fell silent or reported an error; the message says which and why."""


@dataclass(frozen=True)
class Cores:
    """Which core serves and which is measured.

    Attributes:
        server: The load server's.
        client: The client's; the same one if the machine has no second.
    """

    server: int
    client: int

    @classmethod
    def choose(cls) -> "Cores":
        """Take the first and the last of the cores that this process may use."""
        if not hasattr(os, "sched_getaffinity"):
            raise SystemExit("The benchmarks pin processes and read /proc: they run on Linux only.")
        available = sorted(os.sched_getaffinity(0))
        return cls(available[0], available[-1])

    @property
    def shared(self) -> bool:
        """True if both have to share one core, so that no figure means much."""
        return self.server == self.client


class LineProcess:
    """A Python module run as a process that talks in lines of JSON, and is killed by its own handle.

    Args:
        arguments: What follows `python -m`.
        python: Which Python runs it; this one if none is given.
        environ: Its environment; None for that of this process.
    """

    def __init__(self, *arguments: str, python: str = sys.executable, environ: Mapping[str, str] | None = None) -> None:
        self._name = arguments[0]
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self._buffer = b""
        self._process = subprocess.Popen(
            [python, "-m", *arguments],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        with suppress(OSError), self._process:
            pass
        self._stderr.close()

    def first_line(self) -> dict[str, Any]:
        """Return the line that says that the process is ready; a process that is not is ended."""
        try:
            return self.read(START_LIMIT_S)
        except RunFailed:
            self.__exit__()
            raise

    def read(self, limit_s: float) -> dict[str, Any]:
        """Return the next line's JSON.

        Args:
            limit_s: Longest time to wait, in seconds.

        Raises:
            RunFailed: Nothing came in time, or the process ended.
        """
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        deadline = time.monotonic() + limit_s
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([pipe], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                raise RunFailed(f"{self._name} said nothing for {limit_s:.0f} s{self._tail()}")
            data = os.read(pipe, 65536)
            if not data:
                raise RunFailed(f"{self._name} ended{self._tail()}")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        content: dict[str, Any] = json.loads(line)
        return content

    def write(self, content: dict[str, Any]) -> None:
        """Write one line of JSON to the process."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(content).encode() + b"\n")
        self._process.stdin.flush()

    def _tail(self) -> str:
        """Return the last line of the process's stderr; paths of this machine have no business in a report."""
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()[-1:]
        return "".join(f": {re.sub(r' [(]/[^ )]*[)]', '', line)}" for line in lines)


class LoadServer(LineProcess):
    """The load server; `port` is where it listens.

    Args:
        core: The core to stay on; None for any.
        sessions: How many clients connect.
    """

    def __init__(self, core: int | None, sessions: int = 1) -> None:
        pinned = () if core is None else ("--core", str(core))
        super().__init__("benchmarks.load_server", *pinned, "--sessions", str(sessions))
        self.port: int = self.first_line()["port"]

    def ask(self, do: str, limit_s: float, **options: Any) -> dict[str, Any]:
        """Have a command carried out and return its figures.

        Args:
            do: The command.
            limit_s: When the server gives the command up, in seconds.
            options: What the command takes.

        Raises:
            RunFailed: The command failed, or there was no answer.
        """
        self.write({"do": do, "limit_s": limit_s, **options})
        answer = self.read(limit_s + GRACE_S)
        if "error" in answer:
            left = f"{answer.get('calls_left')} calls up, {answer.get('unacked')} events not acked"
            raise RunFailed(f"{do}: {answer['error']} ({left})")
        return answer


class Client(LineProcess):
    """A client; `startup` holds its import and connect times once it is connected."""

    def __init__(self, driver: str, port: int, core: int, python: str = sys.executable) -> None:
        began = time.perf_counter()
        super().__init__("benchmarks.clients", driver, "--port", str(port), "--core", str(core), python=python)
        self.startup = self.first_line()
        self.startup["process_s"] = time.perf_counter() - began

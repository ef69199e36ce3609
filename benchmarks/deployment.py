"""The process under test as an operator starts it: `relay-runtime start`, with one worker or with several."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress

from benchmarks.clients.launch import CONTEXT, MAX_ACTIVE_CALLS, PROJECT, TOKEN
from benchmarks.processes import LineProcess

END_LIMIT_S = 5.0
APART_S = 0.5  # of two signals that are pending at the same time, a process sees one


class Deployment(LineProcess):
    """A process that serves the benchmarks' app, or the parent of several.

    It writes its calls down in a ledger, as any does, and logs errors only, as the other clients do.

    Args:
        port: The load server's loopback port.
        cores: The CPU cores that it and its workers may use.
        workers: How many.

    Attributes:
        startup: What the first worker said when it was connected.
        pids: The processes that serve calls.
    """

    def __init__(self, port: int, cores: Iterable[int], workers: int = 1) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True)
        super().__init__(
            "relay_runtime",
            *("start", "benchmarks.process_app:Receptionist", "--context", CONTEXT),
            *("--host", f"ws://127.0.0.1:{port}", "--max-active-calls", str(MAX_ACTIVE_CALLS)),
            *("--ledger", f"{self._folder.name}/ledger", "--log-level", "error"),
            *("--workers", str(workers)),
            environ=environment(self._folder.name),
        )
        os.sched_setaffinity(self.pid, cores)
        self.pids: list[int] = []
        self.startup = self.first_line()
        self.pids.append(self.startup["pid"])
        self.pids += [self.first_line()["pid"] for _ in range(workers - 1)]

    @property
    def parent(self) -> int | None:
        """The process that watches over the workers; None if there is one process only."""
        return None if self.pids == [self.pid] else self.pid

    def __exit__(self, *error: object) -> None:
        """End the workers by their parent, who would leave them behind when killed; then whoever is left."""
        if self.pids != [self.pid]:
            for _ in range(2):
                self._ask_to_end()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(END_LIMIT_S)
            for pid in self.pids if self._process.poll() is None else ():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        super().__exit__(*error)
        self._folder.cleanup()

    def _ask_to_end(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(APART_S)


def environment(folder: str) -> dict[str, str]:
    """Return the environment of such a process: its settings, none of whoever measures, its sockets in a folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SIGNALWIRE_", "RELAY_"))}
    return {**kept, "SIGNALWIRE_PROJECT_ID": PROJECT, "SIGNALWIRE_API_TOKEN": TOKEN, "XDG_RUNTIME_DIR": folder}

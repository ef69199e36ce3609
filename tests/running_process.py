"""A real process of ours, watched: its lines as they come, its end within a limit, never left behind."""

from __future__ import annotations

import io
import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import gevent
import msgspec
from gevent import subprocess
from gevent.event import Event
from gevent.hub import get_hub

LIMIT = 60.0  # seconds that anything of a process may take; a limit, and no clock
OURS = ("SIGNALWIRE_", "RELAY_")


def take_signals(ignored: signal.Signals | None = None) -> None:
    """Take the signals of a terminal as a process in its foreground does, whatever these tests were told to ignore."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN if number == ignored else signal.SIG_DFL)


def clean_environ(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of these tests without settings of ours, and with some more."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**clean, **(environ or {})}


class RunningProcess:
    """A Python process; use it as a context manager, which ends it. It may ignore a signal, as nohup has it do."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path,
        environ: Mapping[str, str] | None = None,
        ignores: signal.Signals | None = None,
    ) -> None:
        self.lines: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._changed = Event()
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=cwd,
            env=clean_environ({"PYTHONUNBUFFERED": "1", **(environ or {})}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: take_signals(ignores),
        )
        self._readers = [gevent.spawn(self._read, name, getattr(self.process, name)) for name in ("stdout", "stderr")]

    def _read(self, name: str, stream: Any) -> None:
        for line in stream:
            self.lines[name].append(line.decode().rstrip("\n"))
            self._changed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(LIMIT)
        gevent.joinall(self._readers, LIMIT)

    def wait_for_line(self, pattern: str, stream: str = "stderr") -> re.Match[str]:
        """Return the first line that a pattern is found in."""
        with gevent.Timeout(LIMIT, False):
            while True:
                self._changed.clear()
                for line in self.lines[stream]:
                    match = re.search(pattern, line)
                    if match:
                        return match
                self._changed.wait()
        raise AssertionError(f"no line with {pattern!r} in {stream}:\n{self.last_lines}")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def exit_code(self) -> int:
        """Wait for the end and return the exit code; every line has been read then."""
        code = self.process.wait(LIMIT)
        assert code is not None, f"the process is still running:\n{self.last_lines}"
        gevent.joinall(self._readers, LIMIT)
        return code

    @property
    def last_lines(self) -> str:
        """What the process wrote last, for the message of a failure."""
        return "\n".join(f"{name}: {line}" for name, lines in self.lines.items() for line in lines[-10:])

    @property
    def stdout(self) -> str:
        return "\n".join(self.lines["stdout"])

    @property
    def stderr(self) -> str:
        return "\n".join(self.lines["stderr"])


def relay_runtime(
    *arguments: str,
    cwd: Path,
    environ: Mapping[str, str] | None = None,
    ignores: signal.Signals | None = None,
) -> RunningProcess:
    """Start the command line as a process."""
    return RunningProcess(["-m", "relay_runtime", *arguments], cwd=cwd, environ=environ, ignores=ignores)


def ask(*arguments: str, environ: Mapping[str, str], code: int = 0) -> str:
    """Run a command in this process; return what it printed, or its complaint."""
    from clean_process import clean_process  # not loaded by the processes of connect_proxy and others

    from relay_runtime.cli import run

    printed, complaint = io.StringIO(), io.StringIO()
    with gevent.Timeout(LIMIT), clean_process(), redirect_stdout(printed), redirect_stderr(complaint):
        os.environ.update(environ)
        ended = run(arguments)
    assert ended == code, (printed.getvalue(), complaint.getvalue())
    return (complaint if code else printed).getvalue().rstrip("\n")


def http(url: str, body: Any = None) -> tuple[int, Any]:
    """Return status and decoded JSON of a GET, or of a POST when there is a body; blocks only this greenlet."""
    return get_hub().threadpool.apply(_request, (url, body))


def _request(url: str, body: Any) -> tuple[int, Any]:
    data = None if body is None else msgspec.json.encode(body)
    request = Request(url, data, {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=LIMIT) as answer:
            return answer.status, msgspec.json.decode(answer.read())
    except HTTPError as error:
        return error.code, msgspec.json.decode(error.read())


def http_text(url: str, token: str = "") -> tuple[int, str]:
    """Return status and text of a GET, with a bearer token if there is one; blocks only this greenlet."""
    return get_hub().threadpool.apply(_text, (url, token))


def _text(url: str, token: str) -> tuple[int, str]:
    request = Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urlopen(request, timeout=LIMIT) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()

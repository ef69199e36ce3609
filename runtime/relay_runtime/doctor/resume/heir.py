"""Resumes a session in a process of its own, as the successor of a killed process does."""

from __future__ import annotations

import sys
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import gevent
import msgspec
from gevent import subprocess

from relay_actors.session.state import Session
from relay_runtime.doctor.resume.visit import Outcome, Visit
from relay_runtime.settings.client import resolve

__all__ = ["Heir", "HeirFailed", "main"]

_PROGRAM: Final = f"from {__name__} import main; main()"
_READY: Final = b"ready\n"
_PATIENCE: Final = 60.0  # seconds for a fresh interpreter to load the client


class HeirFailed(Exception):
    """The other process could not do what it was asked; the text says why."""


class _Errand(msgspec.Struct, frozen=True):
    session: Session
    timeout: float


class _Answer(msgspec.Struct, frozen=True):
    outcome: Outcome | None = None
    problem: str = ""


class Heir:
    """Another process, which takes its credentials from the environment; use it as a context manager, which ends it.

    Raises:
        OSError: it can't be started.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asked, self._answers = self._process.stdin, self._process.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._answers.close()
        with suppress(OSError):  # what it never took
            self._asked.close()

    def wait_until_ready(self) -> None:
        """Return when it can log in at once. Blocks the current greenlet.

        Raises:
            HeirFailed: it has ended, or takes too long.
        """
        while self._line(_PATIENCE) != _READY:
            pass  # what else Python writes when it starts, by a .pth file say

    def resume(self, session: Session, timeout: float) -> Outcome:
        """Return what its login has brought, once it was ready; then its process ends without a word.

        Blocks the current greenlet.

        Args:
            session: what it resumes; goes by a pipe that nobody else reads.
            timeout: seconds for its connection, and again for its login.

        Raises:
            HeirFailed: it could not log in, or has ended.
        """
        try:
            self._asked.write(msgspec.json.encode(_Errand(session, timeout)) + b"\n")
            self._asked.flush()
        except OSError as error:
            raise HeirFailed(f"another process takes nothing: {error.strerror}") from error
        answer = msgspec.json.decode(self._line(2 * timeout + _PATIENCE), type=_Answer)
        if answer.outcome is None:
            raise HeirFailed(answer.problem)
        return answer.outcome

    def _line(self, limit: float) -> bytes:
        with gevent.Timeout(limit, HeirFailed(f"another process said nothing within {limit:g} s")):
            line: bytes = self._answers.readline()
        if not line:
            raise HeirFailed(f"another process ended with exit code {self._process.wait()}")
        return line


def main() -> None:
    """Be the other process: resume the session that comes by stdin, and write to stdout what came of it."""
    sys.stdout.write(_READY.decode())
    sys.stdout.flush()
    asked = sys.stdin.readline()
    if asked:
        errand = msgspec.json.decode(asked, type=_Errand)
        sys.stdout.write(msgspec.json.encode(_answer(errand)).decode() + "\n")


def _answer(errand: _Errand) -> _Answer:
    try:
        return _Answer(Visit(resolve(), errand.session, errand.timeout).outcome)
    except Exception as error:  # noqa: BLE001 - told by who has asked
        return _Answer(problem=str(error))

"""A file that says under which process id this process runs, for those who send it signals."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

__all__ = ["PidFileError", "pid_file"]

_LONGEST: Final = 20  # digits of a process id, and more


class PidFileError(Exception):
    """The file can't be had; the text says why and what to do."""


@contextmanager
def pid_file(path: Path) -> Iterator[None]:
    """Write the id of this process to a file, as a line of digits, and remove the file at the end.

    The file is locked meanwhile: so one that a process has left that was killed is told from that of one that runs.

    Raises:
        PidFileError: another process has it, or it can't be written.
    """
    path, pid = path.absolute(), os.getpid()  # the app may change the directory, and fork
    try:
        file = _locked(path)
    except OSError as error:
        raise PidFileError(f"{path} can't be written: {error.strerror}") from None
    try:
        os.ftruncate(file, 0)
        os.pwrite(file, b"%d\n" % pid, 0)
        yield
    finally:
        with suppress(OSError):  # what stays behind is locked by nobody
            if os.getpid() == pid and _is_at(file, path):
                path.unlink()
        os.close(file)


def _locked(path: Path) -> int:
    """Return the descriptor of a file that this process alone has locked.

    Raises:
        PidFileError: another process has, or it is no such file.
        OSError: it can't be opened.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _claim(file, path)
        if _is_at(file, path):
            return file
    except BaseException:
        os.close(file)
        raise
    os.close(file)  # the one that had it has removed it since
    return _locked(path)


def _claim(file: int, path: Path) -> None:
    found = os.pread(file, _LONGEST + 1, 0).decode(errors="replace")
    if len(found) > _LONGEST or found.strip().strip("0123456789"):
        raise PidFileError(f"{path} exists and holds something else than a process id; give another file")
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PidFileError(f"process {found.strip()} has {path}, and runs; stop it, or give another file") from None


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False

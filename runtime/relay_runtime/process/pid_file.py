"""A file that says under which process id this process runs, for those who send it signals."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
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
        PidFileError: another process has it, it is no such file, or it can't be written.
    """
    pid = os.getpid()
    path = Path(os.path.realpath(path))  # the app may change the directory, and a link stays a link
    try:
        file = _locked(path)
    except OSError as error:
        raise PidFileError(f"{path} can't be written: {error.strerror}") from None
    os.register_at_fork(after_in_child=file.close)  # or a child would keep the lock
    with file:
        file.truncate(0)
        file.write(b"%d\n" % pid)
        try:
            yield
        finally:
            with suppress(OSError):  # what stays behind is locked by nobody
                if os.getpid() == pid and _is_at(file, path):
                    path.unlink()


def _locked(path: Path) -> FileIO:
    """Return a file that this process alone has locked.

    Raises:
        PidFileError: another process has, or it is no such file.
        OSError: it can't be opened.
    """
    file = FileIO(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o644), "r+")
    try:
        _claim(file, path)
        if _is_at(file, path):
            return file
    except BaseException:
        file.close()
        raise
    file.close()  # the one that had it has removed it since
    return _locked(path)


def _claim(file: FileIO, path: Path) -> None:
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise PidFileError(f"{path} is no file that can hold a process id; give another one")
    found = os.pread(file.fileno(), _LONGEST + 1, 0).decode(errors="replace")
    if len(found) > _LONGEST or found.strip().strip("0123456789"):
        raise PidFileError(f"{path} exists and holds something else than a process id; give another file")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # lockf() loses it when the app reads the file
    except BlockingIOError:
        raise PidFileError(f"process {found.strip()} has {path}, and runs; stop it, or give another file") from None


def _is_at(file: FileIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False

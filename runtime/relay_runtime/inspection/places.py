"""Where the control sockets of this user's processes are."""

from __future__ import annotations

import os
import re
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from gevent import socket

from relay_runtime.settings import directories as of_user
from relay_runtime.settings.private_directory import PlaceError, private_directory

__all__ = [
    "default_path",
    "is_answered",
    "listen_on",
    "running_sockets",
]

_OF_PROCESS: Final = re.compile(r"(\d+)\.(?:sock|workers)")
_PATIENCE: Final = 1.0  # seconds for a local connect


def default_path(pid: int | None = None) -> Path:
    """Return where a process listens unless it is told otherwise; the directory is there then.

    Raises:
        PlaceError: there can be none.
    """
    return private_directory() / f"{os.getpid() if pid is None else pid}.sock"


def running_sockets() -> dict[int, Path]:
    """Return the sockets of this user's running processes by process id; those of dead ones are removed.

    Blocks the current greenlet for a moment.
    """
    found: dict[int, Path] = {}
    for directory in filter(of_user.is_private, of_user.directories()):
        _clear(directory)
        found.update((pid, path) for pid, path in of_user.sockets_in(directory) if is_answered(path))
    return found


def is_answered(path: Path) -> bool:
    """Return whether somebody listens on a socket. Blocks the current greenlet for a moment."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PATIENCE)
        try:
            probe.connect(str(path))
        except TimeoutError:
            return True  # full or stopped, but alive
        except OSError:
            return False
        return True


def listen_on(path: Path) -> socket.socket:
    """Return a listening socket that only this user can open; one that nobody listens on is replaced.

    Raises:
        PlaceError: it can't be had.
    """
    if len(os.fsencode(path)) > of_user.LONGEST:
        raise PlaceError(f"{path} is too long for a socket: {of_user.LONGEST} bytes are allowed; choose a shorter path")
    try:
        _make_private(path)
        _remove_stale(path)
        return _bind(path)
    except OSError as error:
        raise PlaceError(f"{path} can't be made: {error.strerror or error}") from None


def _make_private(path: Path) -> None:
    """Make the directory of a socket, if it is to be made; that of this user's sockets must be nobody else's."""
    directory = path.parent
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory in of_user.directories():
        if not of_user.is_private(directory):
            raise PlaceError(
                f"{directory} is not a directory that only you can open; give --control-socket another path"
            )
        _clear(directory)


def _clear(directory: Path) -> None:
    """Remove what dead processes have left: their sockets, and the directories of their workers' sockets."""
    for path in directory.iterdir():
        match = _OF_PROCESS.fullmatch(path.name)
        if match is None or not _is_dead(int(match[1])):
            continue
        with suppress(OSError):  # another process clears it at the same time
            if any(map(is_answered, path.iterdir() if path.is_dir() else (path,))):
                continue  # workers that outlive their parent, or processes of another container
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_dead(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        pass
    return False


def _remove_stale(path: Path) -> None:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise PlaceError(f"{path} exists and is no socket; remove it, or give --control-socket another path")
    if is_answered(path):
        raise PlaceError(f"another process listens on {path}; stop it, or give --control-socket another path")
    path.unlink()


def _bind(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # By umask and not by a chmod after the fact: there is no moment at which others can open it.
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener

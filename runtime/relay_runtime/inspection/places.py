"""Where the control sockets of this user's processes are."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gevent import socket

__all__ = [
    "PlaceError",
    "control_directory",
    "default_path",
    "is_answered",
    "listen_on",
    "private_directory",
    "running_sockets",
]

_NAME: Final = re.compile(r"(\d+)\.sock")
_LONGEST: Final = 100
"""Bytes of a path that every system takes for a socket (Linux: 107, macOS: 103)."""
_PATIENCE: Final = 1.0  # seconds for a local connect


class PlaceError(Exception):
    """A control socket can't be made there; the text says why and what to do."""


def control_directory(environ: Mapping[str, str] | None = None) -> Path:
    """Return the directory of this user's control sockets; it need not exist."""
    variables = os.environ if environ is None else environ
    runtime = variables.get("XDG_RUNTIME_DIR")
    if runtime:
        return Path(runtime) / "relay-runtime"
    return Path("/tmp") / f"relay-runtime-{os.getuid()}"  # noqa: S108 - checked by _make_private before it is used


def default_path(pid: int | None = None) -> Path:
    """Return where a process listens unless it is told otherwise."""
    return control_directory() / f"{os.getpid() if pid is None else pid}.sock"


def running_sockets() -> dict[int, Path]:
    """Return the sockets of this user's running processes by process id; those nobody listens on are left out.

    Blocks the current greenlet for a moment.
    """
    directory = control_directory()
    try:
        _check_private(directory)
        names = sorted(os.listdir(directory))
    except (OSError, PlaceError):
        return {}
    matches = {name: match for name in names if (match := _NAME.fullmatch(name))}
    return {int(match[1]): directory / name for name, match in matches.items() if is_answered(directory / name)}


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
    if len(os.fsencode(path)) > _LONGEST:
        raise PlaceError(f"{path} is too long for a socket: {_LONGEST} bytes are allowed; choose a shorter path")
    try:
        _make_private(path)
        _remove_stale(path)
        return _bind(path)
    except OSError as error:
        raise PlaceError(f"{path} can't be made: {error.strerror or error}") from None


def private_directory() -> Path:
    """Return this user's directory of control sockets; make it if need be.

    Raises:
        PlaceError: it is open to others.
        OSError: it can't be made.
    """
    directory = control_directory()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_private(directory)
    return directory


def _make_private(path: Path) -> None:
    """Make the directory of a socket, if it is to be made; the shared default must be nobody else's."""
    if path.parent == control_directory():
        private_directory()
    else:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def _check_private(directory: Path) -> None:
    found = os.lstat(directory)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise PlaceError(
            f"{directory} is not a directory that only you can open; remove it, or give --control-socket another path"
        )


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

"""Lines of the local engine: files that are locked for as long as their processes live."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from relay_actors.kit.fork import epoch, in_child
from relay_runtime.ledger.file import is_in_place, is_locked_by_another

__all__ = ["LocalLine", "open_lines"]

_SUFFIX: Final = ".line"
_NUMBER: Final = re.compile(r"\d{1,20}")
_BITS: Final = 63

_open_here: Final[set[Path]] = set()
"""Those of this process, also while they are made: to open and close one a second time would lose its lock."""
in_child(_open_here.clear)


class LocalLine:
    """A file with a name of its own, which this process holds locked. Others see by that whether it lives.

    Args:
        directory: where it is made. The files of processes that are dead are removed from there.

    Attributes:
        number: its name, which no other line ever has.

    Raises:
        OSError: it can't be made.
    """

    def __init__(self, directory: Path) -> None:
        _remove_dead(directory)
        self._epoch = epoch()
        while True:
            self.number = str(secrets.randbits(_BITS))
            self._path = directory / f"{self.number}{_SUFFIX}"
            _open_here.add(self._path)
            try:
                descriptor = _made_locked(self._path)
            except BaseException:
                _open_here.discard(self._path)
                raise
            if descriptor is not None:
                break
            _open_here.discard(self._path)
        self._descriptor = descriptor

    @property
    def is_open(self) -> bool:
        """Whether others see it: it is not, once it was closed or its file removed, nor in a forked child."""
        return self._descriptor >= 0 and not self._epoch.over and is_in_place(self._descriptor, self._path)

    def close(self) -> None:
        """Give it up. Never blocks; the line of a parent stays."""
        if self._descriptor < 0:
            return
        if not self._epoch.over:
            with suppress(OSError):
                self._path.unlink()
            _open_here.discard(self._path)
        os.close(self._descriptor)
        self._descriptor = -1


def open_lines(directory: Path, numbers: Iterable[str]) -> set[str]:
    """Return which lines are held by processes that live.

    Args:
        directory: where they are.
        numbers: of the lines.

    Raises:
        OSError: there is no telling.
    """
    return {each for each in numbers if _NUMBER.fullmatch(each) and _is_held(directory / f"{each}{_SUFFIX}")}


def _made_locked(path: Path) -> int | None:
    """Make a file and lock it; return its descriptor, or None if somebody has taken it for one of the dead."""
    made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if not is_locked_by_another(made) and is_in_place(made, path):
            return made
        with suppress(FileNotFoundError):
            path.unlink()
    except BaseException:
        os.close(made)
        raise
    os.close(made)
    return None


def _is_held(path: Path, *, remove: bool = False) -> bool:
    """Return whether a process holds a file, and remove it if none does and it is asked for.

    The lock that is tried is a shared one: of two who look at the same time, neither takes the other for the holder.
    """
    if path in _open_here:
        return True
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if remove:
            with suppress(FileNotFoundError):
                path.unlink()
    except (BlockingIOError, PermissionError):
        return True
    finally:
        os.close(descriptor)
    return False


def _remove_dead(directory: Path) -> None:
    for path in directory.glob(f"*{_SUFFIX}"):
        with suppress(OSError):
            _is_held(path, remove=True)

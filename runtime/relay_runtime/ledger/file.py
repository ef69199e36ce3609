"""One ledger on the disk: appended to, written anew when it has grown, and locked for as long as its process lives."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from gevent.hub import get_hub

from relay_actors.kit.fork import epoch, in_child
from relay_actors.kit.log import ThrottledLogger, logger
from relay_runtime.ledger.copy import NO_COPY, Copy
from relay_runtime.ledger.records import Book, ForeignFile, Opened, encode, shortened
from relay_runtime.settings.directories import is_private

__all__ = ["NEW", "TAKEN", "LedgerFile", "is_in_place", "is_locked_by_another", "is_open_here", "is_private_file"]

_MODE: Final = 0o600
_SMALL: Final = 256 * 1024  # bytes that are not worth writing anew
_GROWTH: Final = 4
_AT_ONCE: Final = 1024 * 1024  # bytes of which the lines are looked at in the hub
_MOST_HELD: Final = 4 * 1024 * 1024  # bytes that wait for room on the disk
NEW: Final = ".new"
"""Stands behind the name of a file that is to replace one."""
TAKEN: Final = b'\n["taken"]\n'
"""What is written into a ledger before it is taken over: so its process, if it lives, can tell that from a removal."""

_open_here: Final[set[Path]] = set()
in_child(_open_here.clear)


def is_locked_by_another(descriptor: int) -> bool:
    """Lock a file for this process, and return False; or return True if another process has it locked.

    By `lockf`: a forked child does not keep it. It is lost when this process closes any descriptor of the file.
    """
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return True
    return False


def is_open_here(path: Path) -> bool:
    """Return whether this process has a ledger there: opening and closing it a second time would lose its lock."""
    return path.with_name(path.name.removesuffix(NEW)) in _open_here


def is_in_place(descriptor: int, path: Path) -> bool:
    """Return whether an open file is the one that stands there."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False


def _make_locked(path: Path) -> int:
    """Make a file and lock it; return its descriptor.

    Who looks at the folder between the two takes it for the rest of a dead process, and removes it: it is made again.
    """
    while True:
        with suppress(FileNotFoundError):
            path.unlink()
        made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
        try:
            if not is_locked_by_another(made) and is_in_place(made, path):
                return made
        except BaseException:
            os.close(made)
            raise
        os.close(made)


def _shortened(data: bytes) -> bytes | None:
    """Return the lines that are still of use; None if there is no telling. Raises nothing: gevent would print it."""
    try:
        return shortened(data)
    except ForeignFile:
        return None


class LedgerFile:
    """A file that this process has made and locked, and opened once.

    Args:
        path: where; nothing is there yet, or what is there is replaced.
        opened: its first line.
        book: what else stands in it from the beginning.
        copy: where else it stands.

    Attributes:
        path: see above.
        opened: see above.
        copy: see above.

    Raises:
        OSError: it can't be made.
    """

    def __init__(self, path: Path, opened: Opened, book: Book | None = None, copy: Copy = NO_COPY) -> None:
        self.path = path
        self.opened = opened
        self.copy = copy
        self._held = b""  # what waits for room
        self._throttle = ThrottledLogger()
        self._epoch = epoch()
        self._descriptor = -1
        _open_here.add(path)
        try:
            self._descriptor = self._write_anew(
                b"".join(map(encode, (opened, *(() if book is None else book.records()))))
            )
        except BaseException:
            _open_here.discard(path)
            raise
        self._size = self._size_anew = os.fstat(self._descriptor).st_size
        copy.put(self._read)

    def _read(self) -> bytes:
        return os.pread(self._descriptor, self._size, 0) + self._held if self._descriptor >= 0 else b""

    def _write_anew(self, lines: bytes) -> int:
        """Put a file with these lines in the place, locked from the beginning; return its descriptor.

        Raises:
            FileNotFoundError: it was taken over meanwhile.
            OSError: it can't be made.
        """
        beside = self.path.with_name(self.path.name + NEW)
        made = _make_locked(beside)
        try:
            if os.write(made, lines) < len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if self._descriptor >= 0 and not self.is_ours:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            beside.rename(self.path)
        except BaseException:
            os.close(made)
            with suppress(OSError):
                beside.unlink()
            raise
        return made

    @property
    def is_ours(self) -> bool:
        """Whether nobody has taken it over; a file that was merely removed is ours, and written anew."""
        if self.copy.taken:
            return False
        if is_in_place(self._descriptor, self.path):
            return True
        try:
            return TAKEN not in os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)
        except OSError:
            return False

    def append(self, lines: bytes) -> None:
        """Write lines down; never raises. What finds no room is held, and written when there is some."""
        if self._epoch.over:
            return  # a forked child has a copy of what its parent was about to write
        held = self._held + lines
        try:
            written = os.write(self._descriptor, held)
        except OSError as error:
            written = 0
            self._complain(error)
        self._size += written
        self._held = held[written:]
        self.copy.append(lines)
        if len(self._held) > _MOST_HELD:
            self._held = b"\n"  # what follows is no part of a line that was begun
        if not self._held and self._size > max(_SMALL, _GROWTH * self._size_anew):
            if self._size <= _AT_ONCE:
                self._compact()
            else:
                self._compact_in_thread()

    def _complain(self, error: OSError) -> None:
        self._throttle.error(
            "the ledger {} can't be written: {}; what it does not know, a successor can't go on with",
            self.path,
            error.strerror,
        )

    def beat(self) -> None:
        """Show that this process is not stopped; write what is held, and a file that was removed. Never raises."""
        if self._held:
            self.append(b"")
        if not is_in_place(self._descriptor, self.path):
            self._put_back()
        with suppress(OSError):
            os.utime(self._descriptor)

    def _put_back(self) -> None:
        """Write the file anew where somebody has removed it, with its directory or without."""
        folder = self.path.parent
        with suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_private(folder):  # else somebody else may have made it meanwhile
            self._compact()
        if is_in_place(self._descriptor, self.path):
            self._throttle.warning("the ledger {} was removed, and is written anew", self.path)
        else:
            self._complain(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))

    def _compact(self) -> None:
        """Write the file anew, with the lines that are still of use."""
        self._replace(_shortened(os.pread(self._descriptor, self._size, 0)))

    def _compact_in_thread(self) -> None:
        """Do so with a large file, of which the lines are found in a thread: the hub goes on."""
        of, size = self._descriptor, self._size
        self._size_anew = size  # not again meanwhile

        def found(result: Any) -> None:  # in the hub
            if self._descriptor == of:  # else it is another file by now
                lines = result.value
                self._replace(lines and lines + os.pread(of, self._size - size, size))

        get_hub().threadpool.spawn(_shortened, os.pread(of, size, 0)).rawlink(found)

    def _replace(self, lines: bytes | None) -> None:
        """Put a file with these lines in the place, unless it was taken over; None: it is damaged, and stays."""
        try:
            if lines is not None and self.is_ours:
                former, self._descriptor = self._descriptor, self._write_anew(lines)
                os.close(former)
                self._size = os.fstat(self._descriptor).st_size
                self.copy.put(self._read)
        except FileNotFoundError:
            pass  # it was taken over
        except OSError as error:
            self._complain(error)
        self._size_anew = self._size  # also if it has failed: not again at once

    def close(self, *, keep: bool) -> None:
        """Give the file up: it is removed, or left to a successor."""
        if self._descriptor < 0 or self._epoch.over:
            return
        _open_here.discard(self.path)
        self.copy.close(keep=keep)
        if not keep and is_in_place(self._descriptor, self.path):  # also if another host has taken the copy over
            with suppress(OSError):
                self.path.unlink()
        elif keep:
            logger.info("the ledger {} is left to a successor", self.path)
        os.close(self._descriptor)
        self._descriptor = -1


def is_private_file(descriptor: int) -> bool:
    """Return whether an open file is a plain one of this user, which nobody else can read."""
    found = os.fstat(descriptor)
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077

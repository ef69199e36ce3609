"""One ledger on the disk: appended to, written anew when it has grown, and locked for as long as its process lives."""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from relay_actors.kit.log import ThrottledLogger, logger
from relay_runtime.ledger.records import Book, Opened, encode, shortened

__all__ = ["LedgerFile", "is_locked_by_another", "is_private_file"]

_MODE: Final = 0o600
_SMALL: Final = 256 * 1024  # bytes that are not worth writing anew
_GROWTH: Final = 4
_MOST_HELD: Final = 4 * 1024 * 1024  # bytes that wait for room on the disk


def is_locked_by_another(descriptor: int) -> bool:
    """Lock a file for this process, and return False; or return True if another process has it locked.

    By `lockf`: a forked child does not keep it. It is lost when this process closes any descriptor of the file.
    """
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return True
    return False


class LedgerFile:
    """A file that this process has made and locked, and opened once.

    Args:
        path: where; nothing is there yet, or what is there is replaced.
        opened: its first line.
        book: what else stands in it from the beginning.

    Attributes:
        path: see above.
        opened: see above.

    Raises:
        OSError: it can't be made.
    """

    def __init__(self, path: Path, opened: Opened, book: Book | None = None) -> None:
        self.path = path
        self.opened = opened
        self._held = b""  # what waits for room
        self._throttle = ThrottledLogger()
        lines = b"".join(map(encode, (opened, *(() if book is None else book.records()))))
        self._descriptor = self._write_anew(lines)
        self._size = self._size_anew = os.fstat(self._descriptor).st_size

    def _write_anew(self, lines: bytes) -> int:
        """Put a file with these lines in the place, locked from the beginning; return its descriptor."""
        beside = self.path.with_name(f"{self.path.name}.new")
        with suppress(FileNotFoundError):
            beside.unlink()
        made = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
        try:
            is_locked_by_another(made)
            if os.write(made, lines) < len(lines):
                raise OSError(28, "No space left on device")
            beside.rename(self.path)
        except BaseException:
            os.close(made)
            with suppress(OSError):
                beside.unlink()
            raise
        return made

    @property
    def is_ours(self) -> bool:
        """Whether the file is still in its place: nobody has taken it over."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), os.stat(self.path))
        except OSError:
            return False

    def append(self, lines: bytes) -> None:
        """Write lines down; never raises. What finds no room is held, and written when there is some."""
        held = self._held + lines
        try:
            written = os.write(self._descriptor, held)
        except OSError as error:
            written = 0
            self._complain(error)
        self._size += written
        self._held = held[written:]
        if len(self._held) > _MOST_HELD:
            self._held = b""
        if not self._held and self._size > max(_SMALL, _GROWTH * self._size_anew):
            self._compact()

    def _complain(self, error: OSError) -> None:
        self._throttle.error(
            "the ledger {} can't be written: {}; what it does not know, a successor can't go on with",
            self.path,
            error.strerror,
        )

    def beat(self) -> None:
        """Show that this process is not stopped; write what is held. Never raises."""
        if self._held:
            self.append(b"")
        with suppress(OSError):
            os.utime(self._descriptor)

    def _compact(self) -> None:
        """Write the file anew, with the lines that are still of use."""
        try:
            if self.is_ours:
                lines = shortened(os.pread(self._descriptor, self._size, 0))
                former, self._descriptor = self._descriptor, self._write_anew(lines)
                os.close(former)
                self._size = os.fstat(self._descriptor).st_size
        except OSError as error:
            self._complain(error)
        self._size_anew = self._size  # also if it has failed: not again at once

    def close(self, *, keep: bool) -> None:
        """Give the file up: it is removed, or left to a successor."""
        if self._descriptor < 0:
            return
        if not keep and self.is_ours:
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

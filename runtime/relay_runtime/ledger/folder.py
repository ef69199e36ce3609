"""The folder of this user's ledgers: making one, and taking those over whose processes have died."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from relay_actors.kit import clock
from relay_actors.kit.log import logger
from relay_runtime.ledger.copy import NO_COPIES, Copies, Copy, NotYet
from relay_runtime.ledger.file import (
    NEW,
    TAKEN,
    LedgerFile,
    is_in_place,
    is_locked_by_another,
    is_open_here,
    is_private_file,
)
from relay_runtime.ledger.records import VERSION, Book, ForeignFile, Opened, read_book

__all__ = ["Claim", "Folder", "key_of"]

_NAME: Final = re.compile(r"[0-9a-f]{16}-\d+-[0-9a-f]{8}\.ledger(\.new)?")
_AS_IT_IS: Final = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # follows no link, waits for no other end
_LONGEST: Final = 32 * 1024 * 1024  # bytes of a file that is read at all: those of 50,000 calls
_OLD: Final = 24 * 3600.0  # seconds after which no server keeps a session
_ASLEEP: Final = 5.0  # seconds between two looks after which the one who looks has been stopped himself


def key_of(project: str, server: str, app: str) -> str:
    """Return what processes have in common that may adopt each other's calls."""
    return hashlib.sha256("\0".join((project, server, app)).encode()).hexdigest()[:16]


def _made(path: Path, opened: Opened, book: Book | None, copy: Copy) -> LedgerFile:
    """Make a ledger; if it can't be made, its copy is left to others, so that it is not this process's for ever."""
    try:
        return LedgerFile(path, opened, book, copy)
    except OSError:
        copy.close(keep=book is not None)
        raise


class Claim:
    """A ledger that was another process's, and is this one's now.

    Attributes:
        file: the ledger, under a new name.
        book: what stands in it.
        stopped: whether its process lives, and was silent for too long.
    """

    def __init__(self, file: LedgerFile, book: Book, *, stopped: bool) -> None:
        self.file = file
        self.book = book
        self.stopped = stopped


class Folder:
    """Where the ledgers of this user are.

    Args:
        path: the folder, which nobody else can open.
        key: of the processes that may adopt each other's calls; see `key_of`.
        limit: how many active calls this process is allowed.
        takeover_after: seconds for which a process that lives may show nothing of it; None: for ever.
        copies: where else they stand.
    """

    def __init__(
        self, path: Path, key: str, limit: int, takeover_after: float | None, copies: Copies = NO_COPIES
    ) -> None:
        self.path = path.resolve()  # one name for one folder: see `is_open_here`
        self._copies = copies
        self._key = key
        self._limit = limit
        self._takeover_after = takeover_after
        self._seen: dict[str, tuple[int, float]] = {}  # by name: when it was touched, and when that was first seen
        self._looked = clock.monotonic()
        self._refused: set[str] = set()
        self._given_up: set[str] = set()

    def make(self) -> LedgerFile:
        """Make a ledger of this process.

        Raises:
            OSError: it can't be made.
        """
        opened = self._copies.marked(self._opened(self._limit))
        return _made(self._new_path(), opened, None, self._copies.begin(opened))

    def _new_path(self) -> Path:
        return self.path / f"{self._key}-{os.getpid()}-{secrets.token_hex(4)}.ledger"

    def _opened(self, limit: int, ledger: str = "") -> Opened:
        return Opened(VERSION, self._key, os.getpid(), limit, ledger)

    def _gone_on_with(self, path: Path, book: Book, token: int) -> LedgerFile:
        """Make a ledger of this process of what was another's."""
        opened = self._copies.marked(self._opened(book.opened.limit, book.opened.ledger))
        return _made(path, opened, book, self._copies.go_on(book.opened, opened, token))

    def claims(self) -> Iterator[Claim]:
        """Take over, one after another, the ledgers whose processes have died or are stopped. Never raises."""
        now, before = clock.monotonic(), self._looked
        self._looked = now
        if now - before > _ASLEEP:
            self._seen.clear()  # what has stopped this process may have stopped the others: they get their time again
        names = self._names(self._key)
        for name in names:
            if name in self._given_up:
                continue
            try:
                claim = self._claim(name)
            except OSError as error:
                self._refuse(name, error.strerror or type(error).__name__)
                continue
            if claim is not None:
                yield claim
        self._seen = {name: seen for name, seen in self._seen.items() if name in names}
        for book, token in self._copies.claims():
            try:
                yield Claim(self._gone_on_with(self._new_path(), book, token), book, stopped=False)
            except OSError as error:
                self._refuse(f"of process {book.opened.pid} on another host", error.strerror or type(error).__name__)

    def _names(self, key: str = "") -> list[str]:
        """Return the ledgers of all other processes, of one key or of any."""
        with suppress(OSError):  # the key first: others may have many there, and this is done all the time
            return sorted(name for name in os.listdir(self.path) if name.startswith(key) and self._is_of_others(name))
        return []

    def _is_of_others(self, name: str) -> bool:
        return _NAME.fullmatch(name) is not None and not is_open_here(self.path / name)

    def leave_to_others(self, claim: Claim) -> None:
        """Give a ledger up that this process can't go on with. Never raises."""
        self._given_up.add(claim.file.path.name)
        claim.file.close(keep=True)

    def clear(self) -> None:
        """Remove what dead processes have left long ago, of any key. Never raises."""
        for name in self._names():
            path = self.path / name
            with suppress(OSError):
                if clock.real_wall() - path.lstat().st_mtime > _OLD:
                    descriptor = os.open(path, _AS_IT_IS)
                    try:
                        if is_private_file(descriptor) and not is_locked_by_another(descriptor):
                            path.unlink()
                    finally:
                        os.close(descriptor)

    def _claim(self, name: str) -> Claim | None:
        try:
            descriptor = os.open(self.path / name, _AS_IT_IS)
        except FileNotFoundError:
            return None
        try:
            if not is_private_file(descriptor):
                self._refuse(name, "it is no file that only this user can open")
                return None
            stopped = is_locked_by_another(descriptor)
            if stopped and not self._is_silent(name, descriptor):
                return None
            if not is_in_place(descriptor, self.path / name):
                return None  # it was written anew, or somebody else has it: the next look sees
            return self._taken_over(name, descriptor, stopped=stopped)
        finally:
            os.close(descriptor)

    def _is_silent(self, name: str, descriptor: int) -> bool:
        """Return whether a process that lives has shown nothing of it for too long, by the clock of this one."""
        now, touched = clock.monotonic(), os.fstat(descriptor).st_mtime_ns
        before = self._seen.get(name)
        if before is None or before[0] != touched:
            self._seen[name] = touched, now
            return False
        return self._takeover_after is not None and now - before[1] > self._takeover_after

    def _taken_over(self, name: str, descriptor: int, *, stopped: bool) -> Claim | None:
        """Put a ledger under a name of this process: from then on it is ours, whatever its process does.

        Raises:
            OSError: it can't be written; it is back in its place.
        """
        if name.endswith(NEW):  # its process died while it was written, and the former one is still there
            (self.path / name).unlink()
            return None
        book = self._read(name, descriptor)
        if book is None:
            return None
        # One that has never logged in has nothing at the server; and another host may have been faster.
        try:
            token = None if book.session is None else self._copies.take_over(book.opened, stopped=stopped)
        except NotYet:
            return None
        if token is None:
            self._given_up.add(name)  # nor when the fleet can't be asked any more
            if not stopped:
                (self.path / name).unlink()
            return None
        mine = self._new_path()
        os.pwrite(descriptor, TAKEN, os.fstat(descriptor).st_size)
        try:
            (self.path / name).rename(mine)
        except FileNotFoundError:
            return None  # somebody else was faster
        try:
            if not is_in_place(descriptor, mine):  # its process lives after all, and has written it anew just then
                mine.rename(self.path / name)
                return None
            if stopped:  # with what it may have written since
                book = read_book(os.pread(descriptor, os.fstat(descriptor).st_size, 0))
            file = self._gone_on_with(mine, book, token)
        except OSError:
            mine.rename(self.path / name)
            raise
        if book.damaged:
            logger.warning("the ledger of process {} has lines that can't be read: {}", book.opened.pid, book.damaged)
        return Claim(file, book, stopped=stopped)

    def _read(self, name: str, descriptor: int) -> Book | None:
        """Return what stands in a ledger; None: it is none that this runtime goes on with."""
        size = os.fstat(descriptor).st_size
        try:
            if size > _LONGEST:
                raise ForeignFile(f"it has {size:,} bytes")
            return read_book(os.pread(descriptor, size, 0))
        except ForeignFile as error:
            self._refuse(name, str(error))
            return None

    def _refuse(self, name: str, why: str) -> None:
        if name not in self._refused:
            self._refused.add(name)
            logger.warning("the ledger {} is left alone: {}", self.path / name, why)

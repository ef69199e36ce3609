"""The file of the local engine: SQLite, opened when it is used, and anew when it was removed.

A transaction never waits with the hub blocked: while another process writes, it is tried again and again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import gevent

from relay_actors.kit import clock
from relay_actors.kit.fork import epoch, keep
from relay_runtime.fleet.engine import LAYOUT, EngineDown, EngineError, EngineRefused
from relay_runtime.settings.private_directory import PlaceError, own_directory, private_directory

__all__ = ["FILE", "LocalStore"]

T = TypeVar("T")

FILE: Final = "fleet.db"
_FOLDER: Final = "fleet"  # in the directory that all that is this user's shares
_AGAIN: Final = 0.002  # seconds until a transaction is tried again while another process writes
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})

_TABLES: Final = (
    "CREATE TABLE token (last INTEGER NOT NULL)",
    "CREATE TABLE members (id TEXT PRIMARY KEY, host TEXT NOT NULL, machine TEXT NOT NULL, told BLOB NOT NULL,"
    " line TEXT NOT NULL, beat INTEGER NOT NULL)",
    "CREATE TABLE ledgers (id TEXT PRIMARY KEY, token INTEGER NOT NULL, member TEXT NOT NULL, former TEXT,"
    " key TEXT NOT NULL, size INTEGER NOT NULL, until REAL NOT NULL)",
    "CREATE INDEX ledgers_by_key ON ledgers (key)",
    "CREATE TABLE parts (ledger TEXT NOT NULL, at INTEGER NOT NULL, lines BLOB NOT NULL)",
    "CREATE UNIQUE INDEX parts_in_order ON parts (ledger, at)",
    "CREATE TABLE calls (id TEXT PRIMARY KEY, ledger TEXT NOT NULL)",
    "CREATE INDEX calls_by_ledger ON calls (ledger)",
    "CREATE TABLE boxes (id TEXT PRIMARY KEY, until REAL NOT NULL)",
    "CREATE TABLE mail (at INTEGER PRIMARY KEY, box TEXT NOT NULL, body BLOB NOT NULL)",
    "CREATE INDEX mail_by_box ON mail (box, at)",
    "CREATE TABLE mailed (id TEXT PRIMARY KEY, until REAL NOT NULL)",
    "CREATE INDEX mailed_until ON mailed (until)",
    "CREATE TABLE drained (host TEXT PRIMARY KEY)",
)


class LocalStore:
    """What the processes of a user on one host know of each other. For one thread at a time.

    Args:
        place: its directory, or an empty string for the private one of this user.
        timeout: seconds for which a transaction is tried while others write.
    """

    def __init__(self, place: str, timeout: float) -> None:
        self._place = place
        self._timeout = timeout
        self._directory = Path()
        self._connection: sqlite3.Connection | None = None
        self._file = (0, 0)  # tells it from one that was put into its place
        self._epoch = epoch()

    @property
    def directory(self) -> Path:
        """Its directory, where it was opened."""
        return self._directory

    def open(self) -> None:
        """Open it, unless it is open. Blocks the current greenlet as a transaction does, and raises the same."""
        self.read(lambda _: None)

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what is looked up in one transaction; see `write`."""
        return self._run("BEGIN", work)

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what comes of changes in one transaction. Blocks the current greenlet while others write.

        Args:
            work: makes the changes; must not switch greenlets. What it raises undoes them.

        Raises:
            EngineDown: others have written for too long, or the disk is full or broken.
            EngineRefused: it is no such file, or it can't be made there.
        """
        return self._run("BEGIN IMMEDIATE", work)

    def close(self) -> None:
        """Close it. Never blocks; that of a parent stays as it is."""
        connection, self._connection = self._connection, None
        if self._epoch.over:
            self._epoch = epoch()
            keep(connection)  # SQLite lets nobody close in a child what its parent has opened
        elif connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _run(self, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
        end = clock.real_monotonic() + self._timeout
        while True:
            try:
                return _done(self._opened(), begin, work)
            except sqlite3.Error as error:
                code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
                if code not in _BUSY:
                    self.close()
                    raise self._translated(error, code) from None
            if clock.real_monotonic() >= end:
                raise EngineDown(f"other processes have had the file {self._path} locked for {self._timeout:g} s")
            gevent.sleep(_AGAIN)

    def _translated(self, error: sqlite3.Error, code: int) -> EngineError:
        if code in _DAMAGED:
            return EngineRefused(
                f"the file {self._path} can't be used: {error}; remove it and what stands beside it, {FILE}-wal and "
                f"{FILE}-shm: it is made anew, and its processes join again"
            )
        return EngineDown(f"the file {self._path} can't be used: {error}")

    @property
    def _path(self) -> Path:
        return self._directory / FILE

    def _identity(self) -> tuple[int, int]:
        """Tell the file that stands there from others; never by opening it, which would end locks of SQLite."""
        try:
            found = os.stat(self._path)
        except OSError:
            return (0, 0)
        return found.st_dev, found.st_ino

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None and (self._epoch.over or self._identity() != self._file):
            self.close()
        if self._connection is None:
            self._directory = _directory(self._place)
            connection = sqlite3.connect(self._path, timeout=0.0, isolation_level=None, check_same_thread=False)
            try:
                self._file = self._identity()
                connection.execute("PRAGMA synchronous = OFF")
                connection.execute("PRAGMA journal_mode = WAL")
                _done(connection, "BEGIN IMMEDIATE", self._check)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _check(self, connection: sqlite3.Connection) -> None:
        """Make the tables of a new file; raise `EngineRefused` if they are not ours."""
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found == int(LAYOUT):
            return
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise EngineRefused(
                f"the file {self._path} holds a fleet of layout {found}, and this runtime knows layout {LAYOUT}: let "
                "all processes of a fleet have one version, or give each fleet a directory"
            )
        for table in _TABLES:
            connection.execute(table)
        connection.execute("INSERT INTO token VALUES (?)", (int(clock.real_wall() * 1_000_000),))
        connection.execute(f"PRAGMA user_version = {LAYOUT}")


def _directory(place: str) -> Path:
    try:
        return own_directory(Path(place) if place else private_directory() / _FOLDER, _FOLDER)
    except (PlaceError, ValueError) as error:
        raise EngineRefused(f"the engine has no place: {error}") from None


def _done(connection: sqlite3.Connection, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute(begin)
    try:
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        raise
    return result

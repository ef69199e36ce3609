"""The engine for the processes of one host and one user: a file, and no server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from sqlite3 import Connection
from typing import Any, Final

import gevent
import msgspec

from relay_actors.kit import clock
from relay_runtime.fleet.engine import (
    Claimed,
    EngineDown,
    EngineRefused,
    Fenced,
    Held,
    HostTaken,
    Lost,
    Member,
    NotThere,
    Seen,
    Standing,
)
from relay_runtime.fleet.local_line import LocalLine, open_lines
from relay_runtime.fleet.local_store import LocalStore
from relay_runtime.fleet.local_text import add_text, forget_text, text_of
from relay_runtime.settings.engine_address import EngineAddress

__all__ = ["LocalEngine"]

_MOST_FOUND: Final = 5
_MAIL_KEPT: Final = 60.0  # seconds
_MOST_MAIL: Final = 1_000  # that waits in one box
_LEDGER_KEPT: Final = 86_400.0  # seconds without a sign of life of its owner
_POLL: Final = 0.02  # seconds between two looks into a box


class LocalEngine:
    """See `Engine`. For one thread at a time.

    Times in the file are of the machine's monotonic clock, which all its processes share. After a restart of the
    machine that begins anew: what should have expired then stays for longer.

    Args:
        address: whose directory it is in.
        timeout: seconds for which an operation waits while other processes write.
    """

    def __init__(self, address: EngineAddress, timeout: float = 1.0) -> None:
        self._store = LocalStore(address.path, timeout)
        self._line: LocalLine | None = None

    def connect(self) -> str:
        """See `Engine.connect`."""
        self._store.open()
        if self._line is None or not self._line.is_open:
            self._hang_up()
            try:
                self._line = LocalLine(self._store.directory)
            except OSError as error:
                raise EngineDown(f"no file can be made in {self._store.directory}: {error.strerror}") from None
        return self._line.number

    @property
    def ending(self) -> None:
        """See `Engine.ending`: a file has no other end."""
        return None

    def join(self, member: Member, line: str) -> None:
        """See `Engine.join`.

        A member of another machine is one from before a restart of this one, or in a container that shares the
        directory: of account is who lives.
        """

        def work(db: Connection) -> None:
            others = db.execute(
                "SELECT line FROM members WHERE host = ? AND machine <> ? AND id <> ?",
                (member.host, member.machine, member.id),
            )
            if self._open({each for (each,) in others}):
                raise HostTaken(
                    f"another machine serves under the name {member.host!r}: give each host a name of its own"
                )
            db.execute(
                "INSERT INTO members VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT (id) DO UPDATE SET"
                " host = excluded.host, machine = excluded.machine, told = excluded.told, line = excluded.line",
                (member.id, member.host, member.machine, msgspec.json.encode(member), line),
            )

        self._store.write(work)

    def renew(self, member: str, ledgers: Iterable[str]) -> Mapping[str, Standing]:
        """See `Engine.renew`."""
        asked = list(ledgers)

        def work(db: Connection) -> Mapping[str, Standing]:
            if not db.execute("UPDATE members SET beat = beat + 1 WHERE id = ?", (member,)).rowcount:
                raise Lost("the engine does not know this process")
            return _standing(db, asked)

        return self._store.write(work)

    def standing(self, ledgers: Iterable[str]) -> Mapping[str, Standing]:
        """See `Engine.standing`."""
        asked = list(ledgers)
        return self._store.write(lambda db: _standing(db, asked))

    def leave(self, member: str, beat: int | None = None) -> None:
        """See `Engine.leave`."""

        def work(db: Connection) -> None:
            if beat is None or _beat(db, member) == beat:
                db.execute("DELETE FROM members WHERE id = ?", (member,))
                db.execute("DELETE FROM mail WHERE box = ?", (member,))
                db.execute("DELETE FROM boxes WHERE id = ?", (member,))

        self._store.write(work)

    def members(self) -> list[tuple[Member, int]]:
        """See `Engine.members`."""
        found = []
        for told, beat in self._store.read(lambda db: db.execute("SELECT told, beat FROM members").fetchall()):
            try:
                found.append((msgspec.json.decode(told, type=Member), int(beat)))
            except msgspec.DecodeError:
                continue  # of another version: it is nobody whom we could ask
        return sorted(found, key=lambda each: (each[0].host, each[0].pid))

    def put(self, ledger: str, token: int, member: str, key: str, text: bytes) -> int:
        """See `Engine.put`."""

        def work(db: Connection) -> int:
            _forget_old(db)
            there, owner = _ledger(db, ledger, "token, member") or (0, "")
            wanted = there if token == 0 and owner == member else token  # put before, and who has asked was not told
            if there > wanted:
                raise Fenced("the ledger was taken over")
            wanted = wanted or _next_token(db)
            db.execute("UPDATE token SET last = max(last, ?)", (wanted,))  # which may be of a former file
            db.execute(
                "INSERT INTO ledgers (id, token, member, key, size, until) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET token = excluded.token, member = excluded.member, key = excluded.key,"
                " size = excluded.size, until = excluded.until",
                (ledger, wanted, member, key, len(text), _now() + _LEDGER_KEPT),
            )
            forget_text(db, ledger)
            add_text(db, ledger, 0, text)
            return wanted

        return self._store.write(work)

    def append(self, ledger: str, token: int, at: int, lines: bytes) -> None:
        """See `Engine.append`."""

        def work(db: Connection) -> None:
            there, size = _ledger(db, ledger, "token, size") or (0, 0)
            if there > token:
                raise Fenced("the ledger was taken over")
            if not there or there < token or size < at or at < size < at + len(lines):
                raise Lost("the engine does not know the ledger, or not all of it")
            if size == at:  # else it was appended before
                add_text(db, ledger, at, lines)
                db.execute("UPDATE ledgers SET size = ? WHERE id = ?", (at + len(lines), ledger))

        self._store.write(work)

    def drop(self, ledger: str, token: int) -> None:
        """See `Engine.drop`."""

        def work(db: Connection) -> None:
            if _is_there(db, ledger, token):  # its token stays: a former owner who comes late is refused by it
                forget_text(db, ledger)
                db.execute("UPDATE ledgers SET member = '-', key = '', size = 0 WHERE id = ?", (ledger,))
                _keep(db, ledger)

        self._store.write(work)

    def release(self, ledger: str, token: int) -> None:
        """See `Engine.release`."""

        def work(db: Connection) -> None:
            if _is_there(db, ledger, token):
                db.execute("UPDATE ledgers SET member = '' WHERE id = ?", (ledger,))

        self._store.write(work)

    def look(self, key: str) -> list[Seen]:
        """See `Engine.look`."""

        def work(db: Connection) -> list[Seen]:
            found = db.execute(
                "SELECT ledgers.id, ledgers.member, coalesce(members.beat, -1), coalesce(members.line, '')"
                " FROM ledgers LEFT JOIN members ON members.id = ledgers.member"
                " WHERE ledgers.key = ? AND ledgers.until >= ?",
                (key, _now()),
            )
            return [Seen(*each) for each in found]

        return self._store.read(work)

    def claim(self, seen: Seen, member: str, *, dead: bool) -> Claimed:
        """See `Engine.claim`."""

        def work(db: Connection) -> Claimed:
            found = _ledger(db, seen.ledger, "token, member, former")
            if found is None:
                raise Lost("the engine does not know the ledger")
            token, owner, former = found
            if owner == member and former == seen.owner:  # it was claimed before, and who has asked was not told
                return Claimed(token, text_of(db, seen.ledger))
            if owner not in {seen.owner, ""}:
                raise NotThere("another member was faster")
            if not dead and _beat(db, seen.owner) != seen.beat:
                raise Held("its owner has shown itself")
            token = _next_token(db)
            db.execute(
                "UPDATE ledgers SET token = ?, member = ?, former = ? WHERE id = ?",
                (token, member, seen.owner, seen.ledger),
            )
            _keep(db, seen.ledger)
            return Claimed(token, text_of(db, seen.ledger))

        return self._store.write(work)

    def lines(self, lines: Iterable[str]) -> set[str]:
        """See `Engine.lines`."""
        asked = set(lines)
        if not asked:
            return set()
        self._store.open()
        return self._open(asked)

    def _open(self, lines: set[str]) -> set[str]:
        try:
            return open_lines(self._store.directory, lines)
        except OSError as error:
            raise EngineDown(f"it can't be seen which processes live: {error.strerror}") from None

    def is_connected(self, member: str) -> bool:
        """See `Engine.is_connected`."""
        found = self._store.read(lambda db: db.execute("SELECT line FROM members WHERE id = ?", (member,)).fetchone())
        return found is not None and bool(self._open({found[0]}))

    def find(self, prefix: str) -> dict[str, str]:
        """See `Engine.find`."""

        def work(db: Connection) -> dict[str, str]:
            found = (
                "SELECT calls.id, ledgers.member FROM calls JOIN ledgers ON ledgers.id = calls.ledger"
                " WHERE ledgers.until >= ? AND "
            )
            whole = db.execute(found + "calls.id = ?", (_now(), prefix)).fetchall()
            return dict(
                whole
                or db.execute(
                    found + "calls.id >= ? AND calls.id < ? ORDER BY calls.id LIMIT ?",
                    (_now(), prefix, prefix + "\U0010ffff", _MOST_FOUND),
                ).fetchall()
            )

        return self._store.read(work)

    def post(self, box: str, mail: str, body: bytes, *, of_member: bool = True) -> None:
        """See `Engine.post`."""

        def work(db: Connection) -> None:
            if of_member and not db.execute("SELECT 1 FROM members WHERE id = ?", (box,)).fetchone():
                raise NotThere("is gone")
            _forget_old_mail(db)
            until = _now() + _MAIL_KEPT
            if not db.execute("INSERT OR IGNORE INTO mailed VALUES (?, ?)", (mail, until)).rowcount:
                return  # it was sent before, and who has sent it was not told
            if db.execute("SELECT count(*) FROM mail WHERE box = ?", (box,)).fetchone()[0] >= _MOST_MAIL:
                raise EngineRefused(f"{_MOST_MAIL} questions wait for that process already: it does not answer")
            db.execute("INSERT INTO mail (box, body) VALUES (?, ?)", (box, body))
            db.execute("INSERT OR REPLACE INTO boxes VALUES (?, ?)", (box, until))

        self._store.write(work)

    def take(self, box: str, timeout: float) -> bytes | None:
        """See `Engine.take`."""
        end = _now() + timeout
        while True:
            if self._store.read(lambda db: _first(db, box)) is not None:
                body = self._store.write(lambda db: _taken(db, box))
                if body is not None:
                    return body
            left = end - _now()
            if left <= 0:
                return None
            gevent.sleep(min(_POLL, left))

    def drain(self, host: str, *, drained: bool) -> None:
        """See `Engine.drain`."""
        change = "INSERT OR IGNORE INTO drained VALUES (?)" if drained else "DELETE FROM drained WHERE host = ?"
        self._store.write(lambda db: db.execute(change, (host,)))

    def drained(self) -> set[str]:
        """See `Engine.drained`."""
        return {host for (host,) in self._store.read(lambda db: db.execute("SELECT host FROM drained").fetchall())}

    def close(self) -> None:
        """Close the file, and give up the line. Never blocks."""
        self._hang_up()
        self._store.close()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def _now() -> float:
    return clock.real_monotonic()


# Inside a transaction


def _standing(db: Connection, ledgers: Iterable[str]) -> Mapping[str, Standing]:
    standing = {}
    for each in ledgers:
        found = _ledger(db, each, "token, size")
        standing[each] = Standing(*found) if found else Standing(0, 0)
        if found:
            _keep(db, each)
    return standing


def _ledger(db: Connection, ledger: str, columns: str) -> Any:
    """Return what is noted of a ledger, or None: the engine does not know it."""
    return db.execute(
        f"SELECT {columns} FROM ledgers WHERE id = ? AND until >= ?",  # noqa: S608 - names of ours
        (ledger, _now()),
    ).fetchone()


def _is_there(db: Connection, ledger: str, token: int) -> bool:
    found = _ledger(db, ledger, "token")
    if found and found[0] > token:
        raise Fenced("the ledger was taken over")
    return found is not None


def _next_token(db: Connection) -> int:
    db.execute("UPDATE token SET last = last + 1")
    return int(db.execute("SELECT last FROM token").fetchone()[0])


def _beat(db: Connection, member: str) -> int:
    found = db.execute("SELECT beat FROM members WHERE id = ?", (member,)).fetchone()
    return found[0] if found else -1


def _keep(db: Connection, ledger: str) -> None:
    db.execute("UPDATE ledgers SET until = ? WHERE id = ?", (_now() + _LEDGER_KEPT, ledger))


def _forget(db: Connection, ledger: str) -> None:
    forget_text(db, ledger)
    db.execute("DELETE FROM ledgers WHERE id = ?", (ledger,))


def _forget_old(db: Connection) -> None:
    for (ledger,) in db.execute("SELECT id FROM ledgers WHERE until < ?", (_now(),)).fetchall():
        _forget(db, ledger)


def _forget_old_mail(db: Connection) -> None:
    now = _now()
    db.execute("DELETE FROM mailed WHERE until < ?", (now,))
    db.execute("DELETE FROM mail WHERE box IN (SELECT id FROM boxes WHERE until < ?)", (now,))
    db.execute("DELETE FROM boxes WHERE until < ?", (now,))


def _first(db: Connection, box: str) -> Any:
    return db.execute(
        "SELECT mail.at, mail.body FROM mail JOIN boxes ON boxes.id = mail.box"
        " WHERE mail.box = ? AND boxes.until >= ? ORDER BY mail.at LIMIT 1",
        (box, _now()),
    ).fetchone()


def _taken(db: Connection, box: str) -> bytes | None:
    found = _first(db, box)
    if found is None:
        return None  # another reader was faster
    db.execute("DELETE FROM mail WHERE at = ?", (found[0],))
    return bytes(found[1])

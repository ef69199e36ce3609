"""This process in its fleet: it shows that it lives, has its ledgers copied, and takes over those of the dead."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

import msgspec
from gevent.event import Event
from gevent.ssl import SSLContext

from relay_actors.kit import clock
from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.fork import spawn
from relay_actors.kit.log import ThrottledLogger, logger
from relay_actors.kit.recent import Recent
from relay_actors.telemetry.status import FleetStatus
from relay_runtime.fleet.engine import (
    Claimed,
    Engine,
    EngineDown,
    EngineError,
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
from relay_runtime.fleet.engines import open_engine, open_stream
from relay_runtime.fleet.judgement import Judgement
from relay_runtime.fleet.mail import Correspondence, Letter, new_id
from relay_runtime.fleet.mirror import Mirror, MirroredLedger
from relay_runtime.fleet.presence import Presence, Told
from relay_runtime.fleet.sealing import Seal, SealError
from relay_runtime.fleet.settings import FleetSettings, checked_host, machine_id
from relay_runtime.ledger.copy import NotYet
from relay_runtime.ledger.records import Book, ForeignFile, Opened, read_book
from relay_runtime.version import VERSION
from relay_runtime.websocket.tls import client_context

__all__ = ["Desk", "Membership"]

_LOOK: Final = 0.25  # seconds between two looks at what others have left
_SELDOM: Final = 4  # looks between two looks at members and hosts
_TIMEOUT: Final = 1.0  # seconds for a reply of the engine
_TIMEOUT_OF_CALLERS: Final = 0.25  # the same where callers wait for it
_BEATS: Final = 5  # signs of life in a lease
_WANTED: Final = 2.0  # seconds without a question for what was claimed, after which nobody goes on with it
_REMEMBERED: Final = 1_000
_TOLD_AGAIN: Final = 2.0  # seconds in which whoever has a ledger tells an engine that was emptied of it
_LEAVING: Final = 2.0  # seconds to take leave of the engine


class Desk(Protocol):
    """What is asked of the client of this process."""

    def answer(self, letter: Letter) -> object:
        """Answer a question; see `Correspondence`."""

    def stay_away(self, away: bool) -> None:  # noqa: FBT001 - one word
        """Get no new calls, or get them again. Never blocks."""


class Membership:
    """Takes part in a fleet; `Copies` of this process's ledgers.

    Args:
        settings: of the fleet.
        key: of the processes that may adopt each other's calls; see `key_of`.
        app: what serves the calls, as it was named.
        secret: from what the key of the seal follows, if the settings don't say.
        silence: seconds for which the hub may not run before others go on; None: for ever.
        desk: answers questions of other processes.
        brought: called when there is something to claim; see `claims`.

    Attributes:
        status: what it looks like.
        member: this process, as the fleet knows it.

    Raises:
        ValueError: the host can't be named so, or there is no secret.
        CaFileError: the authorities can't be read.
    """

    def __init__(
        self,
        settings: FleetSettings,
        key: str,
        app: str,
        secret: str,
        silence: float | None,
        desk: Desk,
        brought: Callable[[], object],
    ) -> None:
        host = checked_host(settings.host)
        self.status = FleetStatus(host=host)
        self._settings = settings
        self._desk = desk
        self._context: SSLContext | None = client_context(settings.address.ca_file) if settings.address.secure else None
        secret = settings.secret or secret
        if not secret:
            raise ValueError("a fleet needs a secret to hide sessions by: give RELAY_FLEET_KEY, or log in with a token")
        seal = Seal(secret)
        self.member = Member(
            id=new_id(),
            host=host,
            machine=machine_id(),
            pid=os.getpid(),
            key=f"{key}-{seal.fingerprint}",
            app=app,
            version=VERSION,
        )
        self._engine = self.make_engine()
        self._hasty = open_engine(settings.address, self._context, _TIMEOUT_OF_CALLERS)
        stream = open_stream(settings.address, self._context, _TIMEOUT)
        self._mirror = Mirror(self._engine, stream, seal, self.member.id, self.member.key, settings.lease)
        self._told = Told()
        self._presence = Presence(
            self.make_engine, self.member, self._told, settings.lease / _BEATS, settings.lease, silence, self._heard
        )
        self._mail = Correspondence(self.make_engine, self.member.id, desk.answer)
        self._judgement = Judgement(settings.lease)
        self._of_members = Judgement(settings.lease)
        self._brought: list[tuple[Book, int]] = []
        self._claiming: set[str] = set()  # ledgers, until their copies begin: a host's folder has some of them too
        self._tell_brought = brought
        self._asked_for_claims = -_WANTED  # when somebody was there to go on with them
        self._seen: Recent[str] = Recent(_REMEMBERED)  # members: what people call them
        self._doubted: dict[str, float] = {}  # ledgers of stopped processes, since the engine said nothing of them
        self._silent_until = 0.0
        self._look = Event()
        self._keeping: Any = None
        self._throttle = ThrottledLogger()

    def make_engine(self) -> Engine:
        """Return a connection of its own. Never blocks."""
        return open_engine(self._settings.address, self._context, _TIMEOUT)

    def start(self) -> None:
        """Begin. Never blocks: an engine that does not answer is tried again and again."""
        self._presence.start()
        self._mail.start()
        self._keeping = spawn(self._keep)
        self._keeping.name = "fleet"

    def stop(self) -> None:
        """Take leave. Blocks the current greenlet for some seconds at most."""
        if self._keeping is None:
            return
        keeping, self._keeping = self._keeping, None
        keeping.kill()
        self._mail.stop()
        if self.status.connected:
            with suppress(EngineError):
                self._give_back()
        self._mirror.finish(_LEAVING if self.status.connected else 0.0)
        self._presence.stop(_LEAVING if self.status.connected else 0.0)
        self._mirror.close()
        self._engine.close()
        self._hasty.close()

    def ways(self) -> tuple[Engine, Correspondence]:
        """Return what reaches the others. Never blocks."""
        return self._engine, self._mail

    def look(self) -> None:
        """Look at once for what others have left. Never blocks."""
        self._look.set()

    def _note(self, **changes: Any) -> None:
        self.status = msgspec.structs.replace(self.status, **changes)

    # What the thread tells; in the hub

    def _heard(self, error: EngineError | None, asked: float, standing: Mapping[str, Standing]) -> None:
        status = self.status
        if error is not None:
            self._note(failures=status.failures + 1, problem=str(error), connected=False)
            self._mirror.admit(False)
            self._forget()
            if status.connected or not status.failures or isinstance(error, HostTaken | EngineRefused):
                self._throttle.warning("out of the fleet: {}; calls go on", error)
            return
        self._mirror.admit(True)
        self._mirror.heard(standing, asked)
        if not status.connected:
            self._note(connected=True, problem="")
            logger.info("in the fleet as {} of host {}", self.member.id, self.member.host)
            self._look.set()

    def _forget(self) -> None:
        self._judgement.forget()
        self._of_members.forget()

    # What is done again and again

    def _keep(self) -> None:
        rounds = 0
        while True:
            self._look.clear()
            self._told.touched = clock.real_monotonic()
            self._told.ledgers = tuple(self._mirror.copies)
            if self.status.connected:
                try:
                    self._keep_up(seldom=rounds % _SELDOM == 0)
                except EngineError as error:
                    self._forget()
                    self._throttle.warning("the engine of the fleet: {}", error)
                except Exception as error:  # noqa: BLE001 - to look no more would be taken for this process's death
                    log_crash(error, "the fleet could not be looked at")
                rounds += 1
            self._look.wait(_LOOK)

    def _keep_up(self, *, seldom: bool) -> None:
        if not self._mirror.is_open:
            self._mirror.open()
        self._note(losses=self._mirror.losses)
        seen = [each for each in self._engine.look(self.member.key) if self._is_of_another(each)]
        open_lines = self._engine.lines({each.line for each in seen if each.line})
        now = clock.real_monotonic()
        if now - self._asked_for_claims > _WANTED:  # there is no login yet, no folder, or the process is about to end
            self._give_back()
        for dead in self._judgement.of(seen, open_lines, now):
            if now - self._asked_for_claims <= _WANTED:
                self._claim(dead)
        if seldom:
            self._look_at_members()
            away = self.member.host in self._engine.drained()
            if away != self.status.away:
                logger.warning("host {} is {} in its fleet", self.member.host, "drained" if away else "drained no more")
            self._note(away=away)
            self._desk.stay_away(away)

    def _is_of_another(self, seen: Seen) -> bool:
        return seen.owner != self.member.id and not (self._has(seen.ledger) or seen.ledger in self._mirror.released)

    def _has(self, ledger: str) -> bool:
        return ledger in self._mirror.copies or ledger in self._claiming

    def _look_at_members(self) -> None:
        members = self._engine.members()
        self._note(members=len(members))
        for each, _ in members:
            self._seen.add(each.id, f"{each.pid} of host {each.host}")
        others = [Seen(each.id, each.id, beat, "") for each, beat in members if each.id != self.member.id]
        for dead in self._of_members.of(others, set(), clock.real_monotonic()):
            self._engine.leave(dead.owner, dead.beat)

    def _claim(self, seen: Seen) -> None:
        if self._has(seen.ledger):  # since it was looked at
            return
        self._claiming.add(seen.ledger)
        kept = False
        try:
            claimed = self._engine.claim(seen, self.member.id, dead=False)
            kept = self._take(seen, claimed)
        except (Held, NotThere, Lost):
            return
        finally:
            if not kept:
                self._claiming.discard(seen.ledger)

    def _take(self, seen: Seen, claimed: Claimed) -> bool:
        """Have what was claimed gone on with; return whether it is to be."""
        self._note(claims=self.status.claims + 1)
        logger.info("taking over what process {} has left", self._seen.get(seen.owner) or f"{seen.owner} of the fleet")
        try:
            book = self._opened(seen, claimed)
        except (SealError, ForeignFile) as error:
            logger.warning("the ledger {} of the fleet is left alone: {}", seen.ledger, error)
            self._mirror.released.add(seen.ledger)
            self._engine.release(seen.ledger, claimed.token)
            return False
        if book.session is None:  # it has never logged in: nothing of it is at the server
            self._engine.drop(seen.ledger, claimed.token)
            return False
        self._brought.append((book, claimed.token))
        self._tell_brought()
        return True

    def _give_back(self) -> None:
        """Leave to others what was claimed, and nobody here goes on with."""
        while self._brought:
            book, token = self._brought.pop(0)
            self._claiming.discard(book.opened.ledger)
            with suppress(Fenced):
                self._engine.release(book.opened.ledger, token)

    def _opened(self, seen: Seen, claimed: Claimed) -> Book:
        book = read_book(self._mirror.seal.unseal(claimed.text, seen.ledger))
        book.opened = msgspec.structs.replace(book.opened, ledger=seen.ledger, member=self.member.id)
        return book

    # The ledgers of this process: see `Copies`

    def marked(self, opened: Opened) -> Opened:
        """See `Copies.marked`."""
        return msgspec.structs.replace(opened, ledger=opened.ledger or secrets.token_hex(8), member=self.member.id)

    def begin(self, opened: Opened) -> MirroredLedger:
        """See `Copies.begin`."""
        return self._mirror.begin(opened.ledger)

    def take_over(self, former: Opened, *, stopped: bool) -> int | None:
        """See `Copies.take_over`."""
        name = former.ledger
        if not name:
            return 0
        if self._has(name):  # this process was faster, by the engine
            return None
        self._claiming.add(name)
        try:
            token = self._claimed(former)
            if not token and stopped:
                self._doubt(name)
        except (Fenced, NotYet) as error:
            self._claiming.discard(name)
            if isinstance(error, NotYet):
                raise
            return None
        return token

    def _claimed(self, former: Opened) -> int:
        """Return the token of a ledger that a host's folder has too; 0: the engine says nothing of it.

        Raises:
            Fenced: another process was faster.
        """
        if not self.status.connected or clock.real_monotonic() < self._silent_until:
            return 0
        for _ in range(2):  # a connection may be one to an engine that is gone
            try:
                return self._mirror.claim(former.ledger, former.member, self._hasty)
            except EngineDown:
                continue
            except Fenced:
                raise
            except EngineError:
                return 0
        self._silent_until = clock.real_monotonic() + _TIMEOUT  # callers of further ledgers do not wait as well
        return 0

    def _doubt(self, name: str) -> None:
        """Wait for whoever has the ledger of a stopped process to tell an engine that has come back.

        Raises:
            NotYet: the time for that is not over.
        """
        now = clock.real_monotonic()
        if now - self._doubted.setdefault(name, now) < _TOLD_AGAIN:
            raise NotYet(name)

    def go_on(self, former: Opened, opened: Opened, token: int) -> MirroredLedger:
        """See `Copies.go_on`."""
        self._claiming.discard(former.ledger)
        return self._mirror.begin(opened.ledger, token, former.member)

    def claims(self) -> Iterator[tuple[Book, int]]:
        """See `Copies.claims`."""
        self._asked_for_claims = clock.real_monotonic()
        while self._brought:
            yield self._brought.pop(0)

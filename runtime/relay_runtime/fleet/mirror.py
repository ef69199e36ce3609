"""Copies of this process's ledgers in the engine.

What a ledger takes down is handed to the system for the engine before the next frame leaves for the server: a process
that is killed then has told the engine as much as its own disk. To hand it over costs no wait (see `Stream`). How the
copies stand is asked on another connection, with every sign of life.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

import gevent
from gevent.event import Event
from gevent.pool import Group

from relay_actors.kit import clock
from relay_actors.kit.fork import spawn
from relay_runtime.fleet.engine import Engine, EngineDown, EngineError, Fenced, Lost, NotThere, Seen, Standing
from relay_runtime.fleet.sealing import Seal
from relay_runtime.fleet.stream import Stream

__all__ = ["Mirror", "MirroredLedger"]

_AGAIN: Final = 0.25  # seconds until what has failed is tried again
_TRIES: Final = 3
_WHOLE: Final = 1.0  # seconds in which an engine that was emptied is told all again
_STEP: Final = 8  # see `MirroredLedger.told_anew`


class MirroredLedger:
    """The copy of one ledger; see `Copy`.

    Args:
        mirror: all copies.
        name: by which the fleet knows the ledger.
        token: of its owner; 0: it has none yet.
        former: the member, dead since, whose it was when the engine could not be told of that; or an empty string.
    """

    def __init__(self, mirror: Mirror, name: str, token: int, former: str = "") -> None:
        self.name = name
        self.former = former
        self.token = token
        self.taken = False
        self.size = 0  # bytes that the engine was told
        self.size_before = 0  # and of those, what it was told before it was asked the last time how copies stand
        self._mirror = mirror
        self._read: Callable[[], bytes] | None = None
        self._live = False
        self._live_since = 0.0  # before when nobody's word of it counts
        self._turn = 0  # see `told_anew`
        self._again = False  # whether it is to be told anew, though it is being told
        self.putting: Any = None
        self._since: list[bytes] | None = None  # what was appended since it was read to be told

    @property
    def doubtful(self) -> bool:
        """Whether there was no word of it for longer than others wait before they take a ledger over."""
        return not self.taken and self._mirror.is_doubtful

    def confirm(self) -> None:
        """Find out who has the ledger. Blocks the current greenlet for a moment."""
        self._mirror.confirm()

    def give_up(self) -> None:
        """Take it that another process has the ledger. Never blocks."""
        self.lose()

    def put(self, read: Callable[[], bytes]) -> None:
        """Note the whole ledger anew. Never blocks."""
        self._read = read
        self.renew()

    def renew(self) -> None:
        """Tell the engine the whole ledger. Never blocks."""
        if self.taken or self._read is None:
            return
        self._live, self._again = False, True
        if self.putting is None:
            self.putting = spawn(self._put)
            self.putting.name = "copy of a ledger"

    def append(self, lines: bytes) -> None:
        """Note lines. Never blocks."""
        if self._live:
            self._send(lines)
        elif self._since is not None:
            self._since.append(lines)

    def _put(self) -> None:
        try:
            while not self.taken and not self._live and self._read is not None:
                if not self._mirror.is_admitted(_AGAIN):
                    continue
                self._again, self._since = False, []
                self._put_once(self.told_anew(self._read()))
        finally:
            self.putting = self._since = None

    def _put_once(self, text: bytes) -> None:
        begun = clock.real_monotonic()
        try:
            self.token = self._mirror.put(self, text)
        except Fenced:
            self.lose()
        except EngineError:
            gevent.sleep(_AGAIN)
        else:
            if self._again or self.taken or self._read is None:
                return  # what was put is not all by now, or nobody's business any more
            if self._mirror.is_open:
                self._go_live(len(text), begun)
            else:
                gevent.sleep(_AGAIN)

    def told_anew(self, text: bytes) -> bytes:
        """Return the whole ledger as the engine is to have it.

        Lines that are still on their way belong to what it had before. The size says which lines belong to what: each
        time that the whole is told it leaves another remainder, and lines keep it, by empty ones at their end.
        """
        self._turn = (self._turn + 1) % _STEP
        sealed = self._mirror.seal.seal(text, self.name)
        return sealed + b"\n" * ((self._turn - len(sealed)) % _STEP)

    def _go_live(self, size: int, begun: float) -> None:
        self.size = self.size_before = size
        self._live, self._live_since = True, begun
        if self._since:
            self._send(b"".join(self._since))

    def _send(self, lines: bytes) -> None:
        sealed = self._mirror.seal.seal(lines, self.name)
        sealed += b"\n" * (-len(sealed) % _STEP)
        at, self.size = self.size, self.size + len(sealed)
        self._mirror.send(self, at, sealed)

    def stands(self, standing: Standing, asked: float) -> None:
        """Take how the engine had it when it was asked. Never blocks."""
        if standing.token > self.token:
            self.lose()
        elif self._live and asked > self._live_since and not self._is_whole(standing):
            self.renew()
        self.size_before = self.size

    def _is_whole(self, standing: Standing) -> bool:
        return (
            standing.token == self.token
            and self.size_before <= standing.size <= self.size
            and standing.size % _STEP == self._turn
        )

    def lose(self) -> None:
        """Note that another process has it. Never blocks."""
        if not self.taken:
            self.taken = True
            self._live = False
            self._mirror.lost(self)

    def end(self) -> None:
        """Tell nothing more. Never blocks."""
        self._live, self._read = False, None

    def close(self, *, keep: bool) -> None:
        """End; the engine forgets it, or a successor gets it. Never blocks."""
        if self.taken:
            return
        told = self._read is not None
        last = self._read() if keep and self._read is not None else None
        self.end()
        self._mirror.closed(self, told=told, last=last, keep=keep)


class Mirror:
    """The connection on which copies are told, and which copies there are.

    Args:
        engine: for what needs an answer.
        stream: by what lines are handed over.
        seal: hides what is nobody's business.
        member: this process, in the fleet.
        key: of its ledgers.
        lease: seconds without a word, after which others take a ledger over.

    Attributes:
        copies: by name.
        seal: see above.
        losses: how many ledgers others have taken over.
        released: names of those that were left to others.
    """

    def __init__(self, engine: Engine, stream: Stream, seal: Seal, member: str, key: str, lease: float) -> None:
        self.copies: dict[str, MirroredLedger] = {}
        self.seal = seal
        self.losses = 0
        self.released: set[str] = set()
        self._endings = Group()
        self._engine = engine
        self._stream = stream
        self._member = member
        self._key = key
        self._lease = lease
        self._admitted = Event()
        self._heard = clock.real_monotonic()

    # The way to the engine

    @property
    def is_open(self) -> bool:
        """Whether what is sent reaches the engine, as far as is known."""
        return self._stream.is_open

    def open(self) -> None:
        """Connect, and tell all copies. Blocks the current greenlet for a bounded time.

        Raises:
            EngineError: the engine does not answer, or does not let us.
        """
        self._stream.open()
        for each in list(self.copies.values()):
            each.renew()

    def send(self, copy: MirroredLedger, at: int, lines: bytes) -> None:
        """Hand lines over. Never blocks or raises."""
        self._stream.send(copy.name, copy.token, at, lines)

    def close(self) -> None:
        """Tell no more. Never blocks."""
        self._admitted.clear()
        self._endings.kill(block=False)
        for each in list(self.copies.values()):
            each.end()
            if each.putting is not None:
                each.putting.kill(block=False)
        self._stream.close()

    # The copies

    def begin(self, name: str, token: int = 0, former: str = "") -> MirroredLedger:
        """Return a new copy. Never blocks."""
        if name in self.copies:  # it was lost, and has come back: those who had it then shall hear of it
            self.copies[name].lose()
        copy = self.copies[name] = MirroredLedger(self, name, token, former)
        return copy

    def put(self, copy: MirroredLedger, text: bytes) -> int:
        """Tell the engine a whole ledger; see `Engine.put`."""
        if not copy.token and copy.former:
            with suppress(Lost):
                copy.token = self.claim(copy.name, copy.former)
        return self._engine.put(copy.name, copy.token, self._member, self._key, text)

    def claim(self, name: str, former: str, engine: Engine | None = None) -> int:
        """Take over what a dead member had, and return its token. Blocks the current greenlet for a moment.

        Args:
            name: of the ledger.
            former: that member.
            engine: a connection for those who can't wait for long.

        Raises:
            Fenced: another member was faster.
            EngineError: the engine does not know it, or can't be asked.
        """
        try:
            return (engine or self._engine).claim(Seen(name, former, -1, ""), self._member, dead=True).token
        except NotThere as error:
            raise Fenced(str(error)) from None

    def lost(self, copy: MirroredLedger) -> None:
        """Note that another process has it."""
        self.losses += 1
        if self.copies.get(copy.name) is copy:
            del self.copies[copy.name]

    def closed(self, copy: MirroredLedger, *, told: bool, last: bytes | None, keep: bool) -> None:
        """Have the engine forget it, unless it is kept. Never blocks.

        Args:
            copy: which.
            told: whether there was anything to tell of it.
            last: all that stands in it, if it is kept.
            keep: whether a successor gets it.
        """
        if self.copies.get(copy.name) is copy:
            del self.copies[copy.name]
        if not told and not copy.token:
            return
        if keep:
            self.released.add(copy.name)
        ending = spawn(partial(self._end, copy, last, keep=keep))
        ending.name = "end of a copy"
        self._endings.add(ending)

    def _end(self, copy: MirroredLedger, last: bytes | None, *, keep: bool) -> None:
        if copy.putting is not None:
            copy.putting.join()  # what it tells, it tells once more at most
        for _ in range(_TRIES):
            try:
                if last is not None or not copy.token:
                    copy.token = self.put(copy, copy.told_anew(last or b""))
                (self._engine.release if keep else self._engine.drop)(copy.name, copy.token)
            except EngineDown:
                gevent.sleep(_AGAIN)  # what stays is claimed by somebody, who finds that nothing is left
            except EngineError:
                return
            else:
                return

    def finish(self, timeout: float) -> None:
        """Wait until the ends of copies are told. Blocks the current greenlet, so many seconds at most."""
        self._endings.join(timeout)
        self._endings.kill()  # before its connection is closed

    # How they stand

    def admit(self, admitted: bool) -> None:  # noqa: FBT001 - one word
        """Note whether the engine knows this process. Never blocks.

        The ledgers of a process that it does not know, whose host has another's name, say, would be taken for a dead
        one's.
        """
        if admitted:
            self._admitted.set()
        else:
            self._admitted.clear()

    def is_admitted(self, timeout: float) -> bool:
        """Wait until the engine knows this process, and return whether it does. Blocks the current greenlet."""
        return bool(self._admitted.wait(timeout))

    @property
    def is_doubtful(self) -> bool:
        """Whether there was no word of the engine for as long as others wait."""
        return clock.real_monotonic() - self._heard > self._lease

    def heard(self, standing: Mapping[str, Standing], asked: float) -> None:
        """Take how the copies stand, as the engine had them when it was asked. Never blocks."""
        self._heard = max(self._heard, asked)
        for name, each in standing.items():
            copy = self.copies.get(name)
            if copy is not None and copy.token:
                copy.stands(each, asked)

    def confirm(self) -> None:
        """Ask how they stand. Blocks the current greenlet for a moment; an engine that does not answer says nothing.

        One that was emptied does not know either: whoever has what is asked for tells it within a second.
        """
        known = [copy.name for copy in self.copies.values() if copy.token]
        end: float | None = None
        while True:
            asked = clock.real_monotonic()
            try:
                standing = self._standing(known)
            except EngineError:
                return  # it can't have told others either, as far as we can see; a claim needs it
            self.heard(standing, asked)
            if end is None:
                end = asked if all(each.token for each in standing.values()) else asked + _WHOLE
            if asked >= end:
                return
            gevent.sleep(_AGAIN)

    def _standing(self, names: list[str]) -> Mapping[str, Standing]:
        try:
            return self._engine.standing(names)
        except EngineDown:  # the connection may be one that an engine had which is gone
            return self._engine.standing(names)

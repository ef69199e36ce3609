"""Shows the engine that this process lives: a thread of its own, so that a hub that is blocked loses nothing.

It shows it no longer than the hub may be silent: a process whose hub never comes back is one that has died.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from gevent import get_hub, select
from gevent.event import Event

from relay_actors.kit import clock
from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.fork import epoch
from relay_actors.kit.native import start_thread
from relay_runtime.fleet.engine import (
    Engine,
    EngineDown,
    EngineError,
    EngineRefused,
    HostTaken,
    Lost,
    Member,
    Seen,
    Standing,
)
from relay_runtime.fleet.judgement import Judgement

__all__ = ["Presence", "Told"]

_AGAIN: Final = 0.2  # seconds until the engine is tried again
_WHILE_REFUSED: Final = 1.0  # the same while it does not let us, or another machine has the name of this host


class Told:
    """What the thread is told, and what it tells: each attribute is set by one side alone.

    Attributes:
        ledgers: the names of the copies; the hub's.
        touched: when the hub ran last, by the machine's clock; the hub's.
        stopped: whether it is to end; the hub's.
    """

    def __init__(self) -> None:
        self.ledgers: tuple[str, ...] = ()
        self.touched = clock.real_monotonic()
        self.stopped = False


class Presence:
    """Joins, shows signs of life, joins again.

    Args:
        make_engine: makes a connection for the thread.
        member: this process.
        told: what the hub says.
        period: seconds between two signs of life.
        lease: seconds without one, after which a process is taken for dead.
        silence: seconds for which the hub may not run; None: for ever.
        hear: called in the hub with what the thread has to say: ``(None, asked, standing)`` when the engine has
            answered, ``(error, asked, {})`` when it has not.
    """

    def __init__(
        self,
        make_engine: Callable[[], Engine],
        member: Member,
        told: Told,
        period: float,
        lease: float,
        silence: float | None,
        hear: Callable[[EngineError | None, float, Mapping[str, Standing]], object],
    ) -> None:
        self._make_engine = make_engine
        self._member = member
        self._told = told
        self._period = period
        self._namesakes = Judgement(lease)
        self._silence = silence
        self._silent = False  # whether the hub has been told that it was
        self._hear = hear
        self._line = ""  # the connection by which the engine knows this process
        self._hub = get_hub()
        self._over = Event()
        self._epoch = epoch()
        self._bell, self._rope = os.pipe()  # numbers, which belong to no hub; the thread closes them

    def start(self) -> None:
        """Begin. Never blocks."""
        start_thread(self._run, ())

    def stop(self, timeout: float) -> None:
        """End, and have the engine forget this process. Blocks the current greenlet, so many seconds at most.

        To be called once, behind `start`.
        """
        if self._epoch.over:
            return  # the thread is the parent's
        self._told.stopped = True
        with suppress(OSError):  # it has ended
            os.write(self._rope, b"x")
        self._over.wait(timeout)

    # In the thread

    def _run(self) -> None:
        engine = self._make_engine()
        try:
            while not self._told.stopped:
                self._show_guarded(engine)
            with suppress(EngineError):
                engine.leave(self._member.id)
        finally:
            engine.close()
            hub = get_hub()
            rope, self._rope = self._rope, -1
            os.close(rope)
            os.close(self._bell)
            hub.destroy(destroy_loop=True)
            self._tell(self._over.set)  # last: the interpreter may end then, and must not find this thread in gevent

    def _show_guarded(self, engine: Engine) -> None:
        asked = clock.real_monotonic()
        try:
            self._show(engine, asked)
        except (HostTaken, EngineRefused) as error:
            self._tell(self._hear, error, asked, {})
            if isinstance(error, HostTaken):
                with suppress(EngineError):
                    self._look_at_namesakes(engine)
            engine.close()  # and is asked again as one that comes anew
            self._wait(_WHILE_REFUSED, None)
        except EngineError as error:
            self._tell(self._hear, error, asked, {})
            self._wait(_AGAIN, None)
        except Exception as error:  # noqa: BLE001 - without this thread the process would be taken for dead
            log_crash(error, "the sign of life to the fleet failed; it goes on")
            self._tell(self._hear, EngineDown(f"the sign of life failed: {type(error).__name__}"), asked, {})
            engine.close()
            self._wait(_WHILE_REFUSED, None)

    def _show(self, engine: Engine, asked: float) -> None:
        """Show one sign of life, and wait for the time of the next, or until the connection breaks."""
        if self._silence is not None and asked - self._told.touched > self._silence:
            engine.close()  # whoever looks shall see that nobody is here
            if not self._silent:  # until it is let in again, it tells of no ledger: that would be a dead one's
                self._silent = True
                self._tell(self._hear, Lost("this process has stood still for too long"), asked, {})
            self._wait(_AGAIN, None)
            return
        self._silent = False
        if engine.connect() != self._line:
            self._join(engine)
        standing = self._renewed(engine)
        self._tell(self._hear, None, asked, standing)
        self._wait(self._period, engine)

    def _look_at_namesakes(self, engine: Engine) -> None:
        """Have the engine forget those that are dead: this host, before it was started anew, and nobody else looks."""
        mine = self._member
        members = [(each, beat) for each, beat in engine.members() if each.host == mine.host]
        others = [Seen(each.id, each.id, beat, "") for each, beat in members if each.machine != mine.machine]
        for dead in self._namesakes.of(others, set(), clock.real_monotonic()):
            engine.leave(dead.owner, dead.beat)

    def _join(self, engine: Engine) -> None:
        line = engine.connect()
        engine.join(self._member, line)
        self._line = line

    def _renewed(self, engine: Engine) -> Mapping[str, Standing]:
        ledgers = self._told.ledgers
        try:
            return engine.renew(self._member.id, ledgers)
        except Lost:
            self._join(engine)
            return engine.renew(self._member.id, ledgers)

    def _wait(self, seconds: float, engine: Engine | None) -> None:
        ending = None if engine is None else engine.ending
        watched = [self._bell] if ending is None else [self._bell, ending]
        with suppress(OSError, ValueError):
            readable = select.select(watched, (), (), seconds)[0]
            if engine is not None and ending in readable:
                engine.close()  # nothing but an end comes unasked

    def _tell(self, function: Callable[..., object], *args: Any) -> None:
        with suppress(Exception):  # the hub may be gone
            self._hub.loop.run_callback_threadsafe(function, *args)

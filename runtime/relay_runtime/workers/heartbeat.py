"""The heartbeat of a worker, as its parent takes it: a question again and again, which the worker's watchdog answers.

The watchdog is a thread, so that it answers for a hub that is blocked, and tells where that stands. What does not
answer at all is sent SIGQUIT, at which the interpreter writes down its stacks even while C code holds it.
"""

from __future__ import annotations

import math
import re
import sysconfig
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import gevent
import msgspec
from gevent.event import Event

from relay_actors.kit import clock

__all__ = ["Heartbeat", "Pulse", "period", "place_in_dump"]

_MOMENT: Final = 1.0
"""Seconds for one that was late already: who slept because the whole machine did wakes together with the parent."""
_QUESTIONS: Final = 10  # in the time of silence that ends a worker
_LONGEST_PERIOD: Final = 1.0
_FRAME: Final = re.compile(r'^  File "(.+)", line (\d+) in (.+)$', re.MULTILINE)
Frame = tuple[str, str, str]
"""Path, line and function."""
_NOT_OWN: Final = (
    "/relay_actors/",
    "/relay_runtime/",
    "/site-packages/",
    "/dist-packages/",
    f"{sysconfig.get_path('stdlib')}/",
)


class Pulse(msgspec.Struct, frozen=True):
    """What a watchdog answers.

    Attributes:
        silent: for how long the worker's hub, or the loop of asyncio of its app, has not gone round, in seconds.
        where: where that stands, in words.
    """

    silent: float
    where: str = ""


def period(timeout: float) -> float:
    """Return how many seconds are between two questions, and between two beats of a hub."""
    return min(_LONGEST_PERIOD, timeout / _QUESTIONS) if timeout else _LONGEST_PERIOD


class Heartbeat:
    """Finds out whether a worker is silent for too long, in a greenlet of its own.

    Args:
        line: the socket to the worker's watchdog.
        timeout: seconds of silence that are too many; 0: none are.
        interrupt: sends the worker SIGQUIT.
        tell: called once, when it was silent for too long, with for how long and where it stands, in words; must not
            block.

    Attributes:
        went_round: when the worker's hub, or its loop, went round last, as far as is known, by the monotonic clock.
    """

    def __init__(
        self, line: Any, timeout: float, interrupt: Callable[[], object], tell: Callable[[str], object]
    ) -> None:
        self._line = line
        self._period = period(timeout)
        self._timeout = timeout or math.inf
        self._interrupt = interrupt
        self._tell = tell
        self._waits = False  # whether a question is without an answer
        self._rest = b""
        self._heard = self.went_round = clock.real_monotonic()
        self._asker = gevent.spawn(self._run)
        self._asker.name = "heartbeat"

    def stop(self) -> None:
        """Ask no more. Never blocks."""
        self._asker.kill(block=False)

    def _run(self) -> None:
        while True:
            gevent.sleep(self._period)
            pulse = self._ask(self._timeout - (clock.real_monotonic() - self._heard))
            if not self._lives(pulse):
                gevent.sleep(_MOMENT)
                pulse = self._ask(_MOMENT)
                if not self._lives(pulse):
                    break
        if pulse is not None:
            silent, where = pulse.silent, pulse.where
        else:
            where = self._held_up()
            silent = clock.real_monotonic() - self._heard
        self._tell(f"{silent:.1f} s: {where}")

    def _lives(self, pulse: Pulse | None) -> bool:
        if pulse is not None:
            self.went_round = clock.real_monotonic() - pulse.silent
        if pulse is None or pulse.silent > self._timeout:
            return False
        self._heard = clock.real_monotonic()
        return True

    def _ask(self, patience: float) -> Pulse | None:
        """Return the worker's answer, or None when there is none in time."""
        seconds = None if math.isinf(patience) else max(0.0, patience)
        answered: Pulse | None = gevent.with_timeout(seconds, self._answer, timeout_value=None)
        return answered

    def _answer(self) -> Pulse:
        if not self._waits:
            self._waits = True
            with suppress(OSError):  # the other end is closed, as reading finds out
                self._line.sendall(b"?")
        while True:
            while b"\n" not in self._rest:
                self._receive()
            line, _, self._rest = self._rest.partition(b"\n")
            with suppress(msgspec.DecodeError):  # a stack that somebody else has asked for, by kill -QUIT
                pulse = msgspec.json.decode(line, type=Pulse)
                self._waits = False
                return pulse

    def _receive(self) -> None:
        try:
            data = self._line.recv(65536)
        except OSError:
            data = b""
        if not data:
            Event().wait()  # closed: nothing comes any more, until the patience of who waits is over
        self._rest += data

    def _held_up(self) -> str:
        """Return where a worker stands whose threads don't answer."""
        self._interrupt()
        gevent.with_timeout(_MOMENT, self._listen, timeout_value=None)
        place = place_in_dump(self._rest.decode(errors="replace"))
        if place:
            return f"its interpreter is held by C code that was called at {place}"
        return "no thread of it answers where it stands; the process is stopped, or gets no time from the system"

    def _listen(self) -> None:
        while True:
            self._receive()


def place_in_dump(dump: str) -> str:
    """Return ``FILE:LINE in FUNCTION`` of the code that a dump of `faulthandler` is about, or an empty text.

    That is the innermost frame of the app's own code in the thread that took the signal. If this thread has none, it
    waits, and each other thread with app code is named: any may hold the interpreter.
    """
    current: list[list[Frame]] = []
    others: list[list[Frame]] = []
    for thread in dump.split("\n\n"):
        (current if "Current thread" in thread else others).append(_FRAME.findall(thread))
    own = _innermost(current, own=True) or _innermost(others, own=True)
    places = own or (_innermost(current) or _innermost(others))[:1]
    return ", or at ".join(f"{path}:{line} in {function}" for path, line, function in places)


def _innermost(threads: list[list[Frame]], *, own: bool = False) -> list[Frame]:
    """Return the innermost frame of each thread, or that of the app's own code."""
    wanted = [
        [each for each in frames if not (own and any(part in each[0] for part in _NOT_OWN))] for frames in threads
    ]
    return [frames[0] for frames in wanted if frames]

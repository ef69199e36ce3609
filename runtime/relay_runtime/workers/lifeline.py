"""A worker's line to its parent: what it says of its life, when it may serve, and whether the parent still lives."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import gevent
import msgspec
from gevent import socket
from gevent.event import Event

__all__ = ["DIED", "GO", "Errand", "Lifeline"]

GO: Final = b"go\n"
"""A parent lets its worker serve."""
DIED: Final = b"died\n"
"""Another worker has died: its ledger is to be taken over."""

_VARIABLE: Final = "RELAY_RUNTIME_WORKER"


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What a parent tells the worker that it starts. It goes by the environment: others can't read that.

    Attributes:
        number: the worker's place, from 1.
        workers: how many there are.
        channel: file descriptor of the socket to the parent.
        watchdog: file descriptor of the socket by which the parent asks the watchdog.
        tally: file descriptor of the file in which the worker writes its calls down.
        control_socket: where the worker is to be inspected by its parent.
        timeout: seconds for which it may be silent; 0: for ever.
        kill_after: seconds that it may take to end, beyond its drain timeout.
        settings: settings that go before all others, by option name.
        contexts: the contexts of an app that names none.
    """

    number: int
    workers: int
    channel: int
    watchdog: int
    tally: int
    control_socket: str
    timeout: float
    kill_after: float
    settings: dict[str, str] = {}
    contexts: tuple[str, ...] = ()

    def variable(self) -> dict[str, str]:
        """Return the environment variable that carries it."""
        return {_VARIABLE: msgspec.json.encode(self).decode()}

    @classmethod
    def from_environment(cls) -> Errand | None:
        """Return the errand of this process, or None when it is no worker.

        Neither the variable nor what was opened for it is passed on: programs that the app starts are no workers.
        """
        text = os.environ.pop(_VARIABLE, "")
        errand = msgspec.json.decode(text, type=cls) if text else None
        if errand is not None:
            for shared in (errand.channel, errand.watchdog, errand.tally):
                os.set_inheritable(shared, False)
        return errand

    def __repr__(self) -> str:
        """Leave the settings out, which hold secrets."""
        return f"<Errand of worker {self.number} of {self.workers}>"


class Lifeline:
    """The worker's end of the line; it belongs to the hub of the thread that makes it.

    Args:
        errand: what the parent told.
    """

    def __init__(self, errand: Errand) -> None:
        self.errand = errand
        self._sock = socket.socket(fileno=errand.channel)
        self._may_serve = Event()
        self.orphaned = False
        self._on_orphaned: Callable[[], object] = lambda: None
        self._on_death: Callable[[], object] = lambda: None
        self._reader = gevent.spawn(self._read)
        self._reader.name = "lifeline"

    def say(self, said: str, **facts: Any) -> None:
        """Tell the parent something; blocks the current greenlet for a moment, and never raises."""
        with suppress(OSError):  # the parent has died; the reader finds out
            self._sock.sendall(msgspec.json.encode({"said": said, **facts}) + b"\n")

    def wait_until_wanted(self) -> bool:
        """Wait until the parent wants this worker to serve; return False when it has died. Blocks the greenlet."""
        self._may_serve.wait()
        return not self.orphaned

    def on_orphaned(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` once when the parent has died, in a greenlet of its own."""
        self._on_orphaned = callback
        if self.orphaned:
            gevent.spawn(callback)

    def on_death(self, callback: Callable[[], object]) -> None:
        """Call ``callback``, which must not block, when another worker has died, and this one is to go on for it."""
        self._on_death = callback

    def _read(self) -> None:
        try:
            while data := self._sock.recv(64):
                if GO in data:
                    self._may_serve.set()
                if DIED in data:
                    self._on_death()
        except OSError:
            pass  # the parent has died with something unread in its end
        self.orphaned = True
        self._may_serve.set()
        self._on_orphaned()

"""Telling systemd how the process is: the protocol of ``sd_notify``, a datagram to the socket that it names.

The pings of the watchdog are sent by the hub itself, while the loop of asyncio goes round too, if the app has one: a
process that is blocked sends none, and systemd starts it again. The one package for this, sdnotify, would block the hub
with a socket of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from gevent import socket

from relay_actors.kit.log import logger
from relay_actors.kit.timer import Timer

__all__ = ["Systemd"]

_PINGS: Final = 3
"""Pings in the time in which the watchdog wants one."""


class Systemd:
    """The service manager, if there is one; without one, every method does nothing. Nothing here blocks or raises.

    Args:
        environ: the environment of the process.
        live: whether another loop goes round that a ping of the hub says nothing about.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ, live: Callable[[], bool] = lambda: True) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address  # an abstract one
        self._live = live
        self._period = _watchdog_seconds(environ)
        self._socket: Any = None
        self._timer = Timer()
        self._failed = False
        if self._address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)

    def ready(self) -> None:
        """Say that the process serves calls, and begin with the watchdog's pings."""
        self._tell("READY=1", "STATUS=serving calls")
        if self._socket is not None and self._period and not self._timer.started:
            seconds = self._period / _PINGS
            self._timer.call_after(seconds, self._ping, repeat=True, ref=False)

    def stopping(self, why: str) -> None:
        """Say that the process lets its calls end and stops."""
        self._tell("STOPPING=1", f"STATUS=stopping: {why}")

    def close(self) -> None:
        """Say nothing more."""
        self._timer.cancel()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ping(self) -> None:
        if self._live():
            self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            if not self._failed:
                logger.warning("systemd could not be told {}: {}", lines[0], error)
            self._failed = True
        else:
            self._failed = False


def _watchdog_seconds(environ: Mapping[str, str]) -> float:
    """Return the time in which the watchdog wants a ping; 0.0 when it wants none of this process."""
    microseconds, process = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not microseconds.isdecimal() or (process and process != str(os.getpid())):
        return 0.0
    return int(microseconds) / 1_000_000

"""A command in flight: performed by the server, its reply held back until something has happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent

from relay_runtime.sandbox.faults.arms import Arm
from relay_runtime.sandbox.ground import frames

__all__ = ["InFlight"]


@dataclass(slots=True, kw_only=True)
class InFlight(Arm):
    """Holds back the reply to the next request of a method, and its events.

    Attributes:
        meanwhile: is called with the connection when the request has been performed; the reply goes out once it
            returns. It may block, and runs in a greenlet of its own.
    """

    meanwhile: Callable[[Any], object]

    def send(self, peer: Any, reply: bytes, events: list[str], request: frames.Frame) -> None:
        def hold() -> None:
            self.meanwhile(peer)
            self._send(peer, reply, events, request)

        gevent.spawn(hold)

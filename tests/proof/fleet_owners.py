"""Who has which session, as the server sees it: processes name themselves at each login.

The connection of a process that was displaced is closed in one direction alone here: what it sends all the same is
read, noted and not performed.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import Any
from unittest import mock
from weakref import WeakKeyDictionary

from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.ground import frames
from relay_runtime.sandbox.server.peer import Peer

__all__ = ["Owners"]

_connect, _requested, _drop = Peer._connect, Peer._requested, Peer.drop


class Owners:
    """Notes logins and displacements.

    Attributes:
        late: what came for calls from processes that had lost them: each one's process id and method.
    """

    def __init__(self) -> None:
        self.late: list[tuple[float, int, str]] = []
        self._logins: dict[Session, list[tuple[float, int]]] = {}
        self._processes: WeakKeyDictionary[Peer, int] = WeakKeyDictionary()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note what the sandboxes of this process see meanwhile."""
        with ExitStack() as stack:
            for name, function in (("_connect", self._connect), ("_requested", self._requested), ("drop", self._drop)):
                stack.enter_context(mock.patch.object(Peer, name, _method(function)))
            yield

    def _connect(self, peer: Peer, request_id: Any, params: frames.Frame, arm: Any = None) -> None:
        was = peer.session
        _connect(peer, request_id, params, arm)
        if was is None and peer.session is not None:
            process = int(str(params["agent"]).rpartition(" ")[2])
            self._processes[peer] = process
            self._logins.setdefault(peer.session, []).append((time.monotonic(), process))

    def _requested(self, peer: Peer, frame: frames.Frame) -> None:
        params, session = frame.get("params"), peer.session
        if session is not None and isinstance(params, dict) and "call_id" in params:
            call = peer.exchange.calls.get(params["call_id"])
            if session.peer is not peer or (call is not None and call.session is not session):
                self.late.append((time.monotonic(), self._processes[peer], str(frame["method"])))
        if session is None or session.peer is peer:
            _requested(peer, frame)

    def _drop(self, peer: Peer, *, reset: bool = False, flush: bool = False) -> None:
        if peer.session is None or peer.session.peer is peer:
            _drop(peer, reset=reset, flush=flush)
            return
        ending = peer.link._socket
        ending._ending = True
        ending._outbox.clear()
        ending._shutdown(socket.SHUT_WR)

    def owner(self, session: Session) -> int:
        """Return the process that logged in to a session last."""
        return self._logins[session][-1][1]

    def has_one(self, session: Session) -> bool:
        """Return whether a session was one process's from its beginning."""
        return len({process for _, process in self._logins[session]}) == 1

    def changes(self) -> Iterator[tuple[float, int, int]]:
        """Give each change of owner: when it was in monotonic seconds, the former and the next."""
        for logins in self._logins.values():
            for (_, former), (when, process) in pairwise(logins):
                if process != former:
                    yield when, former, process


def _method(function: Any) -> Any:
    """Return a function that finds the object of its call as its first argument."""
    return lambda self, *args, **kwargs: function(self, *args, **kwargs)

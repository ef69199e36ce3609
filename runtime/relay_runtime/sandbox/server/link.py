"""The way between a connection and its socket: the place where faults of the network happen."""

from __future__ import annotations

from collections import deque
from typing import Final

import gevent
from gevent.event import Event

from relay_runtime.sandbox.faults.disturbance import CALM
from relay_runtime.sandbox.faults.faults import Faults
from relay_runtime.sandbox.ground.clock import Clock, now
from relay_runtime.sandbox.ground.websocket_frames import server_frame
from relay_runtime.sandbox.server.websocket import GuardedWebSocket

__all__ = ["Link"]

_LONGEST_SWAP: Final = 0.05  # real seconds that a frame waits for another one to overtake it


class Link:
    """Passes frames on, as far as the faults of the moment let them through.

    Args:
        socket: the connection.
        clock: what it waits by.
        faults: what happens on the way.
    """

    def __init__(self, socket: GuardedWebSocket, clock: Clock, faults: Faults) -> None:
        self._socket = socket
        self._clock = clock
        self._faults = faults
        self._moving = Event()
        self._moving.set()
        self._deaf = False
        self._truncates = False
        self._waiting: list[bytes] = []
        self._overtaken: bytes | None = None
        self._late: deque[bytes] = deque()
        self._due = 0.0

    @property
    def deaf(self) -> bool:
        """Whether the connection only looks alive."""
        return self._deaf

    def receive(self) -> str | bytes | None:
        """Return the next message, or None once the connection is over; blocks the connection's greenlet."""
        while True:
            rest = self._faults.disturbance.slow_reader
            if rest:
                gevent.sleep(rest)
            message = self._socket.receive()
            self._moving.wait()
            if message is None or not self._deaf:
                return message

    @property
    def state(self) -> str:
        """How it is: ``fine``, ``stalled``, or ``half-open``."""
        return "half-open" if self._deaf else "fine" if self._moving.is_set() else "stalled"

    def send(self, frame: bytes) -> None:
        """Queue a text frame; never blocks."""
        if self._deaf:
            return
        if self._truncates:
            whole = server_frame(frame)
            self._socket.send_raw(whole[: max(1, len(whole) // 2)])
            self._socket.cut_after_flush()
        elif not self._moving.is_set():
            self._waiting.append(frame)
        elif self._faults.disturbance is CALM and not self._late:
            self._socket.send(frame)
        else:
            self._send_disturbed(frame)

    def _send_disturbed(self, frame: bytes) -> None:
        how, chance = self._faults.disturbance, self._faults.random.random
        if chance() < how.lose:
            return
        copies = [frame, frame] if chance() < how.duplicate else [frame]
        overtakes = self._overtaken is None and chance() < how.reorder
        if overtakes:
            self._overtaken = copies.pop()
            self._clock.after_real(_LONGEST_SWAP, self._let_go)
        for copy in copies:
            self._send_late(copy, how.delay + how.jitter * chance())
        if not overtakes:
            self._let_go()

    def _let_go(self) -> None:
        """Send the frame that was to be overtaken."""
        frame, self._overtaken = self._overtaken, None
        if frame is not None:
            self._send_late(frame, 0.0)

    def _send_late(self, frame: bytes, delay: float) -> None:
        """Send in so many seconds, and after every frame that was given earlier."""
        if not delay and not self._late:
            self._socket.send(frame)
            return
        self._due = max(self._due, now() + delay)
        self._late.append(frame)
        self._clock.after_real(self._due - now(), self._send_next)

    def _send_next(self) -> None:
        if self._late:
            self._socket.send(self._late.popleft())

    def send_raw(self, data: bytes) -> None:
        """Queue bytes as they are."""
        self._socket.send_raw(data)

    def stall(self, seconds: float) -> None:
        """Stand still in both directions for some real seconds."""
        self._moving.clear()
        self._clock.after_real(seconds, self._go_on)

    def _go_on(self) -> None:
        self._moving.set()
        waiting, self._waiting = self._waiting, []
        for frame in waiting:
            self.send(frame)

    def go_deaf(self) -> None:
        """Throw away what comes, and send nothing any more."""
        self._deaf = True

    def truncate_next(self) -> None:
        """Cut in the middle of the next frame."""
        self._truncates = True

    def close(self, code: int, reason: str) -> None:
        """Close with a code and a reason."""
        self._socket.close(code, reason)

    def abort(self, *, reset: bool = False) -> None:
        """End the transport at once."""
        self._moving.set()
        self._socket.abort(reset=reset)

    def cut_after_flush(self) -> None:
        """End the transport when what is queued has been sent."""
        self._moving.set()
        self._socket.cut_after_flush()

    def end(self) -> None:
        """Let go of what waits here; the connection is over."""
        self._waiting.clear()
        self._late.clear()
        self._overtaken = None

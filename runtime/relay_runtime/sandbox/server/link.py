"""The way between a connection and its socket: the place where faults of the network happen."""

import time
from collections import deque
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event

from relay_runtime.sandbox.server.websocket import server_frame

if TYPE_CHECKING:
    from relay_runtime.sandbox.calls.exchange import Exchange
    from relay_runtime.sandbox.server.websocket import GuardedWebSocket

_LONGEST_SWAP = 0.05  # real seconds that a frame waits for another one to overtake it


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """What happens to frames on their way to the client, and to the reading of those from it.

    Attributes:
        delay: Real seconds by which every frame is late; order is kept.
        jitter: Real seconds of delay by chance on top of it; order is kept.
        duplicate: Probability that a frame is sent twice.
        reorder: Probability that a frame is overtaken by the next one.
        lose: Probability that a frame is never sent.
        slow_reader: Real seconds for which the server rests after each frame it reads.
    """

    delay: float = 0.0
    jitter: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    lose: float = 0.0
    slow_reader: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no time or no probability.

        Raises:
            ValueError: The text says which one.
        """
        for each in fields(self):
            value, most = getattr(self, each.name), 1.0 if each.name in _CHANCES else 3600.0
            if not isinstance(value, int | float) or not 0 <= value <= most:
                raise ValueError(f"{each.name} must be a number from 0 to {most:g}, not {value!r}")


_CHANCES = frozenset({"duplicate", "reorder", "lose"})
CALM = Disturbance()


class Link:
    """Passes frames on, as far as the faults of the moment let them through.

    Args:
        socket: The connection.
        exchange: For its clock and faults.
    """

    def __init__(self, socket: "GuardedWebSocket", exchange: "Exchange") -> None:
        self._socket = socket
        self._exchange = exchange
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

    # -- receiving -----------------------------------------------------------------------------------------

    def receive(self) -> str | bytes | None:
        """Return the next message, or None once the connection is over; blocks the connection's greenlet."""
        while True:
            rest = self._exchange.faults.disturbance.slow_reader
            if rest:
                gevent.sleep(rest)
            message = self._socket.receive()
            self._moving.wait()
            if message is None or not self._deaf:
                return message

    # -- sending -------------------------------------------------------------------------------------------

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
        elif self._exchange.faults.disturbance is CALM and not self._late:
            self._socket.send(frame)
        else:
            self._send_disturbed(frame)

    def _send_disturbed(self, frame: bytes) -> None:
        how, chance = self._exchange.faults.disturbance, self._exchange.faults.random.random
        if chance() < how.lose:
            return
        copies = [frame, frame] if chance() < how.duplicate else [frame]
        overtakes = self._overtaken is None and chance() < how.reorder
        if overtakes:
            self._overtaken = copies.pop()
            self._exchange.clock.after_real(_LONGEST_SWAP, self._let_go)
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
        now = time.monotonic()
        self._due = max(self._due, now + delay)
        self._late.append(frame)
        self._exchange.clock.after_real(self._due - now, self._send_next)

    def _send_next(self) -> None:
        if self._late:
            self._socket.send(self._late.popleft())

    def send_raw(self, data: bytes) -> None:
        """Queue bytes as they are."""
        self._socket.send_raw(data)

    # -- faults --------------------------------------------------------------------------------------------

    def stall(self, seconds: float) -> None:
        """Stand still in both directions for some real seconds."""
        self._moving.clear()
        self._exchange.clock.after_real(seconds, self._go_on)

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

    # -- the end -------------------------------------------------------------------------------------------

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

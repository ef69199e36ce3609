"""Text messages: the client is asked by a message to send some, and reports by a message what it saw delivered."""

import asyncio
import time
from collections import deque
from itertools import count

from benchmarks.clients.launch import REPORT_PREFIX
from benchmarks.load import frames
from benchmarks.load.flow import Flow
from benchmarks.load.meter import Meter
from benchmarks.load.switchboard import Switchboard

DELIVERY_S = 0.05

_orders = count(1)


class Exchange(Flow):
    """Accepts messages, delivers each some time later, and keeps the client's report."""

    def __init__(self, board: Switchboard) -> None:
        super().__init__(board)
        self.sent = 0
        self.delivered = 0
        self.report: str | None = None
        self.first_at = 0.0
        self.last_at = 0.0
        self._due: deque[tuple[float, bytes]] = deque()

    def ask(self, body: str) -> None:
        """Send the client a text message."""
        self.report = None
        self.board.event(frames.MESSAGE_RECEIVED, b"%08x-1b2c-4c3d-8e2f-1a0b9c8d7e6f" % next(_orders), body.encode())
        self.board.flush()

    def message(self, body: str) -> bytes | None:
        if body.startswith(REPORT_PREFIX):
            self.report = body.removeprefix(REPORT_PREFIX)
            return None
        now = time.perf_counter()
        self.sent += 1
        self.first_at = self.first_at or now
        message_id = b"%08x-6a5b-4c3d-8e2f-1a0b9c8d7e6f" % self.sent
        self._due.append((now + DELIVERY_S, message_id))
        if len(self._due) == 1:
            self._wake_in(DELIVERY_S)
        return message_id

    def _wake_in(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._deliver_due)

    def _deliver_due(self) -> None:
        # What falls due within a millisecond goes with it: a timer for each would cost more than the frames.
        horizon = time.perf_counter() + 0.001
        while self._due and self._due[0][0] <= horizon:
            _, message_id = self._due.popleft()
            self._deliver(message_id)
        self.board.flush()
        if self._due:
            self._wake_in(max(self._due[0][0] - time.perf_counter(), 0))

    def _deliver(self, message_id: bytes) -> None:
        *progress, delivered = frames.MESSAGE_STATES
        for state in progress:
            self.board.event(state, message_id, b"bench")
        self.board.event(delivered, message_id, b"bench", on_ack=self._on_delivered)

    def _on_delivered(self) -> None:
        self.delivered += 1
        self.last_at = time.perf_counter()


async def messages(board: Switchboard, meter: Meter, number: int, window: int) -> dict[str, float]:
    """Have the client send messages, `window` at a time not yet accepted, and measure until the last is delivered.

    Args:
        board: The connection.
        meter: The client's process.
        number: How many.
        window: How many senders the client uses; each waits for the reply before it sends again.
    """
    exchange = Exchange(board)
    cpu, server_cpu = meter.cpu_seconds(), time.process_time()
    exchange.ask(f"send {number} {window}")
    await exchange.until(lambda: exchange.delivered >= number)
    took = exchange.last_at - exchange.first_at
    server_share = (time.process_time() - server_cpu) / took
    await exchange.until(lambda: exchange.report is not None)
    return {
        "number": number,
        "seconds": took,
        "messages_per_s": number / took,
        "cpu_us_per_message": (meter.cpu_seconds() - cpu) / number * 1e6,
        "seen_delivered": int(exchange.report or 0),
        "server_cpu_share": server_share,
    }


async def status(board: Switchboard) -> dict[str, float]:
    """Ask the client for its status; it reports how long that took, or `none` if it has no status.

    Args:
        board: The connection.
    """
    exchange = Exchange(board)
    exchange.ask("status")
    await exchange.until(lambda: exchange.report is not None)
    assert exchange.report is not None
    return {} if exchange.report == "none" else {"status_ms": float(exchange.report) * 1000}

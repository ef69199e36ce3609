"""Held calls: parked in a prompt by the thousand, poked with events, cut off and resumed."""

import asyncio
import time

from benchmarks.load import frames
from benchmarks.load.flow import Flow, WorkloadFailed
from benchmarks.load.meter import Meter
from benchmarks.load.switchboard import LoadCall, OnAck, Switchboard

IN_SET_UP = 200
SETTLE_S = 0.5
CHUNK = 1000
CHUNKS_IN_FLIGHT = 2


class Holding(Flow):
    """Calls on hold; tells who has answered a roll call."""

    parks_calls = True

    def __init__(self, board: Switchboard) -> None:
        super().__init__(board)
        self.to_offer = 0
        self.in_set_up = 0
        self.absent: set[bytes] = set()
        self.connected_at: float | None = None
        self.expects_cut = False

    def offer_more(self) -> None:
        """Offer calls as long as there are some to offer and not too many are being set up."""
        while self.to_offer and self.in_set_up < IN_SET_UP:
            self.board.offer()
            self.to_offer -= 1
            self.in_set_up += 1

    def parked(self, call: LoadCall) -> None:  # noqa: ARG002
        self.in_set_up -= 1
        self.offer_more()

    def commanded(self, call: LoadCall) -> None:
        self.absent.discard(call.id)

    def connected(self) -> None:
        self.connected_at = time.perf_counter()

    def disconnected(self) -> None:
        if not self.expects_cut:
            super().disconnected()

    def ended(self, call: LoadCall) -> None:  # noqa: ARG002
        self.problem = "the client hung up a call that was to be held"

    async def roll_call(self) -> None:
        """Send each call an event that its app answers with a command; wait until all have."""
        self.absent = {call.id for call in self.board.calls.values()}
        for call_id in list(self.absent):
            self.board.event(frames.ROLL_CALL, call_id)
        self.board.flush()
        await self.until(lambda: not self.absent)


async def hold(board: Switchboard, meter: Meter, calls: int) -> dict[str, float]:
    """Offer calls until `calls` of them are answered and parked; measure time and memory.

    Memory per call is what the process has grown by since it held none.

    Args:
        board: The calls; those already on hold count.
        meter: The client's process.
        calls: How many to hold in the end.
    """
    holding = Holding(board)
    added = calls - len(board.calls)
    if not board.calls:
        meter.mark()
    holding.to_offer = added
    start = time.perf_counter()
    holding.offer_more()
    board.flush()
    await holding.until(lambda: not holding.to_offer and not holding.in_set_up and not board.unacked)
    took = time.perf_counter() - start
    await asyncio.sleep(SETTLE_S)
    return {
        "calls": len(board.calls),
        "seconds": took,
        "set_up_per_s": added / took,
        "rss_bytes": meter.rss_bytes(),
        "bytes_per_call": meter.grown_bytes() / len(board.calls),
    }


async def churn(board: Switchboard, meter: Meter, events: int) -> dict[str, float]:
    """Send the held calls events in turn, at most 2,000 of them not yet acked; then have every call answer a roll call.

    The roll call is part of the time, since a client may ack what it has not yet handled.

    Args:
        board: The calls on hold.
        meter: The client's process.
        events: How many to send.
    """
    holding = Holding(board)
    start, cpu, server_cpu = time.perf_counter(), meter.cpu_seconds(), time.process_time()
    _Churn(holding, events).start()
    await holding.until(lambda: not board.unacked)
    acked = time.perf_counter() - start
    await holding.roll_call()
    took = time.perf_counter() - start
    handled = events + len(board.calls)
    return {
        "events": events,
        "acked_s": acked,
        "seconds": took,
        "events_per_s": handled / took,
        "cpu_us_per_event": (meter.cpu_seconds() - cpu) / handled * 1e6,
        "server_cpu_share": (time.process_time() - server_cpu) / took,
    }


class _Churn:
    """Sends events in chunks; the ack of a chunk's last event sends the next chunk."""

    def __init__(self, holding: Holding, events: int) -> None:
        self._board = holding.board
        self._calls = list(holding.board.calls.values())
        self._left = events
        self._next = 0

    def start(self) -> None:
        for _ in range(CHUNKS_IN_FLIGHT):
            self._send_chunk()
        self._board.flush()

    def _send_chunk(self) -> None:
        size = min(CHUNK, self._left)
        self._left -= size
        for _ in range(size - 1):
            self._send_one(None)
        if size:
            self._send_one(self._send_chunk)

    def _send_one(self, on_ack: OnAck) -> None:
        turn, index = divmod(self._next, len(self._calls))
        self._next += 1
        call = self._calls[index]
        if turn % 3 == 2:
            self._board.event(frames.TICK, call.id, on_ack=on_ack)
        else:
            template = frames.PLAYING if turn % 3 else frames.PAUSED
            self._board.event(template, call.id, call.control_id, on_ack=on_ack)


async def reconnect(board: Switchboard, meter: Meter) -> dict[str, float]:
    """Cut the socket under the held calls, accept the resume, and wait until each call has sent a command again.

    Args:
        board: The calls on hold.
        meter: The client's process.
    """
    holding = Holding(board)
    if board.link is None:
        raise WorkloadFailed("there is no connection to cut")
    holding.expects_cut = True
    cut_at, cpu = time.perf_counter(), meter.cpu_seconds()
    board.link.cut()
    await holding.until(lambda: holding.connected_at is not None)
    assert holding.connected_at is not None
    back = holding.connected_at
    holding.expects_cut = False
    if not board.restored:
        raise WorkloadFailed("the client came back without resuming its session: its calls are lost")
    await holding.roll_call()
    ready = time.perf_counter()
    return {
        "calls": len(board.calls),
        "back_s": back - cut_at,
        "all_sent_s": ready - back,
        "seconds": ready - cut_at,
        "cpu_us_per_call": (meter.cpu_seconds() - cpu) / max(len(board.calls), 1) * 1e6,
    }


async def release(board: Switchboard) -> dict[str, float]:
    """Finish the prompt of all held calls, and wait until their apps have hung up.

    Args:
        board: The calls on hold.
    """
    flow = Flow(board)
    start, calls = time.perf_counter(), list(board.calls.values())
    for call in calls:
        board.event(frames.FINISHED, call.id, call.control_id)
    board.flush()
    await flow.drain()
    took = time.perf_counter() - start
    return {"calls": len(calls), "seconds": took, "released_per_s": len(calls) / took}

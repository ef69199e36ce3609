"""A deployment's day: many calls in prompts of seconds, and new ones at random moments, over one session or several."""

import asyncio
import heapq
import random
import time
from collections.abc import Sequence
from itertools import count, cycle
from statistics import fmean

from benchmarks.load import frames
from benchmarks.load.flow import SEED, Flow, Reading, WorkloadFailed, delays_ms
from benchmarks.load.meter import Meter, Meters
from benchmarks.load.switchboard import LoadCall, Switchboard

IN_SET_UP = 200
LONGEST_NAP_S = 0.02


class Deployed(Flow):
    """Calls whose prompts last for a while; new ones go to the sessions in turn."""

    parks_calls = True

    def __init__(self, boards: Sequence[Switchboard], prompt_s: float) -> None:
        super().__init__(boards[0])
        self.boards = boards
        for board in boards:
            board.workload = self
        self._prompt_s = prompt_s
        self._turn = cycle(boards)
        self._chance = random.Random(SEED)
        self._to_fill = self._in_set_up = 0
        self._lasts: dict[bytes, tuple[Switchboard, float]] = {}  # by call: whose it is, how long its prompt lasts
        self._begun = False
        self._waiting: list[tuple[LoadCall, Switchboard, float]] = []  # calls whose prompts begin with all the others
        self._order = count()
        self._playing: list[tuple[float, int, Switchboard, LoadCall]] = []  # a heap, by when the prompt is over

    @property
    def acks(self) -> int:
        return sum(board.acks for board in self.boards)

    @property
    def calls(self) -> int:
        """How many calls are up."""
        return sum(len(board.calls) for board in self.boards)

    @property
    def filled(self) -> bool:
        return not self._to_fill and not self._in_set_up

    def offer(self, prompt_s: float) -> None:
        board = next(self._turn)
        self._lasts[board.offer().id] = board, prompt_s
        board.flush()

    def fill(self, calls: int) -> None:
        """Offer calls that have a part of their prompt behind them, a random one."""
        self._to_fill = calls
        self._fill_more()

    def _fill_more(self) -> None:
        while self._to_fill and self._in_set_up < IN_SET_UP:
            self._to_fill -= 1
            self._in_set_up += 1
            self.offer(self._chance.uniform(0, self._prompt_s))

    def begin(self) -> None:
        """Have the prompts of the calls that are up begin now."""
        now = time.perf_counter()
        self._begun = True
        for call, board, lasts in self._waiting:
            self._play(call, board, now + lasts)
        self._waiting.clear()

    def parked(self, call: LoadCall) -> None:
        board, lasts = self._lasts.pop(call.id)
        if self._begun:
            self._play(call, board, time.perf_counter() + lasts)
            return
        self._waiting.append((call, board, lasts))
        self._in_set_up -= 1
        self._fill_more()

    def _play(self, call: LoadCall, board: Switchboard, until: float) -> None:
        heapq.heappush(self._playing, (until, next(self._order), board, call))

    def finish_due(self, now: float) -> None:
        """End the prompts that are over by now."""
        while self._playing and self._playing[0][0] <= now:
            _, _, board, call = heapq.heappop(self._playing)
            board.event(frames.FINISHED, call.id, call.control_id)
            board.flush()

    def next_due(self) -> float:
        """Return when the next prompt is over."""
        return self._playing[0][0] if self._playing else float("inf")

    async def drain(self) -> None:
        await self.until(self._is_over)

    def _is_over(self) -> bool:
        """End all prompts, those too that have begun since the last look; return whether nobody is left."""
        self.finish_due(float("inf"))
        return not any(board.calls or board.unacked for board in self.boards)


async def deployed(
    boards: Sequence[Switchboard],
    meters: Meters,
    parent: Meter | None,
    *,
    held: int,
    rate: float,
    settle_s: float,
    seconds: float,
) -> dict[str, float | list[int]]:
    """Hold so many calls on average while new ones come and prompts end; measure a window of it.

    A prompt lasts `held / rate` seconds, so that as many calls end as begin (Little's law). The calls that are up at
    the beginning have a random part of it behind them, as in a process that has served for long: what follows is steady
    from its first second. New calls come as a Poisson process.

    Args:
        boards: The sessions.
        meters: The processes that serve calls.
        parent: The process that watches over these, or None.
        held: Calls that are up.
        rate: Calls offered a second.
        settle_s: How long that goes on before the window.
        seconds: How long the window is.
    """
    flow = Deployed(boards, held / rate)
    flow.fill(held)
    await flow.until(lambda: flow.filled)
    flow.begin()
    arrivals = _Arrivals(flow, rate, held / rate)
    await arrivals.go_on(settle_s)
    flow.delays.clear()
    arrivals.up.clear()
    opened, parent_cpu = Reading.take(flow, meters), parent.cpu_seconds() if parent else 0.0
    await arrivals.go_on(seconds)
    closed, sizes = Reading.take(flow, meters), meters.rss_bytes_each()
    figures = {**opened.until(closed), **delays_ms(flow.delays), "held": fmean(arrivals.up), "rss_bytes_each": sizes}
    if parent is not None:
        figures["parent_cpu_share"] = (parent.cpu_seconds() - parent_cpu) / (closed.at - opened.at)
        figures["parent_rss_bytes"] = parent.rss_bytes()
    await flow.drain()
    return figures


class _Arrivals:
    """Offers new calls at random moments.

    Attributes:
        up: How many calls were up at each of them.
    """

    def __init__(self, flow: Deployed, rate: float, prompt_s: float) -> None:
        self.up: list[int] = []
        self._flow = flow
        self._rate = rate
        self._prompt_s = prompt_s
        self._gaps = random.Random(SEED + 1)
        self._due = time.perf_counter()

    async def go_on(self, seconds: float) -> None:
        """Let calls come for so long."""
        end = time.perf_counter() + seconds
        while (now := time.perf_counter()) < end:
            while self._due <= now:
                self._flow.offer(self._prompt_s)
                self.up.append(self._flow.calls)
                self._due += self._gaps.expovariate(self._rate)
            await _nap(self._flow, min(self._due, end))


async def _nap(flow: Deployed, until: float) -> None:
    """End the prompts that are over; sleep until the next one, or until a moment that comes before."""
    if flow.problem:
        raise WorkloadFailed(flow.problem)
    now = time.perf_counter()
    flow.finish_due(now)
    await asyncio.sleep(max(min(until, flow.next_due(), now + LONGEST_NAP_S) - now, 0))

"""A hunt: groups of legs rung one group after another, the legs of a group together, until one answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.ground.clock import Timer
from relay_runtime.sandbox.ground.devices import Connectable, address_of, on_wire, ring_seconds_of
from relay_runtime.sandbox.script.script import Callee

__all__ = ["Hunt"]


class Hunt:
    """Rings devices for a dial or a connect.

    Args:
        session: whose legs they are.
        groups: outer in turn, inner at the same time (protocol 5).
        ring_seconds: line seconds to ring a device that says nothing of its own.
        prepare: called with each leg before it rings.
        won: called with the leg that answered, when the losers have ended.
        failed: called with the reason and the source when nobody answered.
        max_duration: line seconds that the answered call may last.
        won_first: tell who won before the states of the legs that it leads to.
    """

    def __init__(
        self,
        session: Session,
        groups: Sequence[Sequence[Connectable]],
        *,
        ring_seconds: float,
        prepare: Callable[[Call], None],
        won: Callable[[Call], None],
        failed: Callable[[str, str], None],
        max_duration: float | None = None,
        won_first: bool = False,
    ) -> None:
        self._session = session
        self._groups = [group for group in groups if group]
        self._ring_seconds = ring_seconds
        self._prepare = prepare
        self._won = won
        self._failed = failed
        self._max_duration = max_duration
        self._won_first = won_first
        self._ringing: dict[Call, list[Timer]] = {}
        self._last = ("noAnswer", "inbound")
        self.over = False

    def start(self) -> None:
        """Ring the next group; when there is none the hunt has failed."""
        if self.over:
            return
        if not self._groups or self._session.over:
            self.over = True
            self._failed(*self._last)
            return
        for device in self._groups.pop(0):
            self._ring(device)

    def give_up(self) -> None:
        """End every leg that rings, and ring no more."""
        self.over = True
        for leg in list(self._ringing):
            leg.end("cancel", "none")

    def _ring(self, device: Connectable) -> None:
        exchange, clock = self._session.exchange, self._session.ground.clock
        leg = exchange.leg(self._session, on_wire(device), address_of(device))
        leg.on_answered, leg.on_ended = self._leg_answered, self._leg_ended
        self._prepare(leg)
        leg.announce()
        leg.move("ringing")
        callee = exchange.callee(address_of(device))
        limit = ring_seconds_of(device, self._ring_seconds)
        timers = [clock.after(limit, leg.end, "noAnswer", "inbound")]
        if callee.verdict != "noAnswer":
            timers.append(clock.after(callee.ring_seconds, self._verdict, leg, callee))
        self._ringing[leg] = timers
        leg.pick_up = partial(self._answer, leg)

    def _verdict(self, leg: Call, callee: Callee) -> None:
        if callee.verdict == "answered":
            self._answer(leg)
        else:
            leg.end(callee.verdict, "inbound")

    def _answer(self, leg: Call) -> None:
        leg.winner = True
        leg.answered(self._max_duration, told_last=self._won_first)

    def _leg_answered(self, leg: Call) -> None:
        self.over = True
        self._forget(leg)
        if self._won_first:
            self._won(leg)
        for loser in list(self._ringing):
            loser.end("cancel", "none")
        if not self._won_first:
            self._won(leg)

    def _leg_ended(self, leg: Call) -> None:
        if leg not in self._ringing:
            return
        self._forget(leg)
        self._last = (leg.end_reason, leg.end_source)
        if not self._ringing and not self.over:
            self.start()

    def _forget(self, leg: Call) -> None:
        leg.pick_up = None
        for timer in self._ringing.pop(leg):
            timer.cancel()

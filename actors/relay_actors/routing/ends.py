"""Takes the ends of calls: each is counted once, and gives back what the call held.

A call ends twice: it is *over* when nobody is on the line any more, and *closed* when its actor has nothing left to do.
Code that goes on for too long between the two is found by a timer, which runs only while there are such calls.

Part of the subscription actor, in its greenlet; never blocks.
"""

from __future__ import annotations

from typing import Final

from relay_actors.call.messages import CallOver, EndCode, HangUp, OfferExpired, OfferLeft, OfferTaken
from relay_actors.kit import clock
from relay_actors.kit.log import logger
from relay_actors.kit.timer import Timer
from relay_actors.routing.desk import Desk
from relay_actors.routing.messages import SweepCode
from relay_actors.routing.spawn import UnmadeCall

__all__ = ["Ends"]

_LOOKS: Final = 2  # per `code_linger`: what is seen at one more of them has been over for the whole of it


class Ends:
    """Notes which calls are over and which are closed, and ends the code that outlives its call."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._roster = desk.roster
        self._timer = Timer()
        self._seen: dict[str, int] = {}  # from a call that is over to the looks that found its actor live
        if self._roster.over:
            self._watch()

    def take(self, message: CallOver) -> None:
        """Note that a call is over, as its actor says: the server has not."""
        self._forget(message.call_id)
        self.over(message.call_id, message.reason)

    def _forget(self, call_id: str) -> None:
        """Take a call off the ledger, unless it is to be hung up still."""
        if not self._roster.is_to_be_ended(call_id):
            self._desk.link.ledger.forget_call(call_id)

    def over(self, call_id: str, reason: str) -> None:
        """Note that nobody is on the line any more."""
        roster, stats = self._roster, self._desk.stats
        self._desk.admission.slots.release(call_id)
        if call_id in roster.over:
            return
        roster.over.add(call_id)
        self._watch()
        stats.call_ended(reason)
        live = roster.calls.get(call_id)
        if live is None:
            return
        stats.call_seconds.add(clock.monotonic() - live.facts.born)
        if isinstance(live, UnmadeCall):
            live.over = reason  # observers are told once they know of the call
        elif roster.observer is not None:
            roster.observer.call_over(call_id, reason)

    def left(self, message: OfferLeft) -> None:
        """Note that nobody here has touched an offer: others may take it, and its slot is free."""
        call_id, roster = message.call_id, self._roster
        live = roster.calls.get(call_id)
        if live is None or call_id in roster.over:
            return
        roster.apart.add(call_id)
        self._desk.admission.slots.release(call_id)
        self._desk.stats.offers_left += 1
        logger.bind(call_id=call_id).debug("call {} was left to others: its handler did not touch it", call_id)
        if roster.draining or roster.stopping:
            live.ref.offer(OfferExpired())

    def taken(self, message: OfferTaken) -> None:
        """Note that an offer that was left is served here after all."""
        call_id, roster = message.call_id, self._roster
        if call_id not in roster.calls or call_id in roster.over:
            return
        if not roster.calls[call_id].facts.hung_up:
            roster.apart.discard(call_id)
        self._desk.admission.slots.take(call_id, beyond=True)
        if roster.stopping:  # too late for the hang-ups of the others
            self._desk.address.offer(HangUp(call_id, roster.calls[call_id].facts.node_id, "hangup"))

    def closed(self, call_id: str) -> None:
        """Note that a call's actor has nothing left to do; a call that was not over has lost it by a failure."""
        roster = self._roster
        if call_id not in roster.over:
            self._forget(call_id)
            self.over(call_id, "error")
        roster.over.discard(call_id)
        roster.calls.pop(call_id, None)
        roster.apart.discard(call_id)
        roster.former.add(call_id)

    def _watch(self) -> None:
        linger = self._desk.timing.code_linger
        if linger is not None and not self._timer.started:
            self._timer.send_after(linger / _LOOKS, self._desk.address, SweepCode(), ref=False)  # nobody waits for it

    def sweep(self, _message: SweepCode) -> None:
        """End the code of calls that have been over for the whole limit; look again while any are over."""
        self.stop()
        calls, over = self._roster.calls, self._roster.over
        self._seen = {call_id: self._seen.get(call_id, 0) + 1 for call_id in calls if call_id in over}
        if over:
            self._watch()
        for call_id, looks in self._seen.items():
            if looks > _LOOKS and looks % _LOOKS == 1:
                calls[call_id].ref.offer(EndCode())

    def stop(self) -> None:
        """Look no more."""
        self._timer.cancel()

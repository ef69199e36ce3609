"""Ends calls that nobody serves, or gives offers back to routing, each for sure.

A hang-up that nobody waits for can be lost in flight, time out or be refused; it is sent again until the server has
taken it, or does not know the call, or the session is gone. `calling.end` may be sent twice without harm.

Part of the subscription actor, in its greenlet; never blocks.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from relay_actors.call.messages import PASS, HangUp
from relay_actors.errors import GONE, ConnectionLost, NotConnected, RelayError, RequestTimeout
from relay_actors.kit.backoff import backoff_ceiling
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.log import logger
from relay_actors.kit.timer import Timer
from relay_actors.routing.desk import Desk
from relay_actors.routing.messages import HangUpAnswered, SweepHangUps

__all__ = ["Hangups", "refusal"]

_TRIES: Final = 8  # refusals, after which the server is believed


def refusal(future: GreenletFuture[Any]) -> RelayError | None:
    """Return why a hang-up that has its outcome was not taken; None: it was, or the server does not know the call."""
    try:
        future.get(timeout=0)
    except RelayError as error:
        return None if error.code in GONE else error
    return None


class Hangups:
    """Hang-ups whose outcome is not known yet; what is to be ended outlives the actor."""

    def __init__(self, desk: Desk) -> None:
        self._link = desk.link
        self._open = desk.roster.unserved
        self._abandoned = desk.roster.abandoned
        self._address = desk.address
        self._refusals: dict[str, int] = {}
        self._resting: dict[str, None] = {}  # in order
        self._timer = Timer()

    def end(self, call_id: str, node_id: str, reason: str) -> None:
        """Have a call ended, unless that is under way."""
        self.take(HangUp(call_id, node_id, reason))

    def pass_on(self, call_id: str, node_id: str) -> None:
        """Have an offer given back to routing; one that can't be any more is ended."""
        self.take(HangUp(call_id, node_id, PASS))

    def go_on(self) -> None:
        """Try again what an earlier incarnation of the actor has left."""
        for wanted in self._open.values():
            self._send(wanted)

    def take(self, message: HangUp) -> None:
        """Have a call ended, unless that is under way."""
        if message.call_id not in self._open:
            self._open[message.call_id] = message
            self._link.ledger.note_unserved(message.call_id, message.node_id)
            self._send(message)

    def _send(self, wanted: HangUp) -> None:
        address = {"node_id": wanted.node_id, "call_id": wanted.call_id}
        if wanted.reason == PASS:
            future = self._link.submit("calling.pass", address)
        else:
            future = self._link.submit("calling.end", {**address, "reason": wanted.reason})
        future.add_done_callback(partial(self._tell, wanted.call_id, future))

    def _tell(self, call_id: str, future: GreenletFuture[Any]) -> None:
        """Bring the outcome to the actor; runs in the greenlet that has it."""
        self._address.offer(HangUpAnswered(call_id, refusal(future)))

    def answered(self, message: HangUpAnswered) -> None:
        """Take the outcome of a try: the call is ended, or it is tried again."""
        call_id, error = message.call_id, message.error
        wanted = self._open.get(call_id)
        if wanted is None:
            return
        if error is None:
            self._forget(call_id)
        elif isinstance(error, ConnectionLost | RequestTimeout):
            self._send(wanted)  # it waits for the next connection, if there is none
        elif wanted.reason == PASS and not isinstance(error, NotConnected):
            self._open[call_id] = instead = HangUp(call_id, wanted.node_id, "error")
            self._send(instead)
        else:
            self._rest(wanted, error)

    def _rest(self, wanted: HangUp, error: RelayError) -> None:
        """Try a refused hang-up again a little later, some times."""
        call_id = wanted.call_id
        refused = not isinstance(error, NotConnected)  # that is no answer of the server's
        tries = self._refusals[call_id] = self._refusals.get(call_id, 0) + refused
        if tries >= _TRIES:
            logger.bind(call_id=call_id).error("call {} can't be ended: {}", call_id, error)
            self._abandoned[call_id] = wanted.node_id  # it is tried again with the next connection, and at the end
            self._forget(call_id)
            return
        self._resting[call_id] = None
        if not self._timer.started:
            timing = self._link.timing
            delay = backoff_ceiling(tries, first=timing.backoff_first, limit=timing.backoff_limit)
            self._timer.send_after(delay, self._address, SweepHangUps())

    def sweep(self, _message: SweepHangUps | None = None) -> None:
        """Try again what was refused a while ago, or found no room while there was no connection."""
        self.stop()
        resting, self._resting = self._resting, {}
        for call_id in resting:
            wanted = self._open.get(call_id)
            if wanted is not None:
                self._send(wanted)

    def _forget(self, call_id: str) -> None:
        self._open.pop(call_id, None)
        self._refusals.pop(call_id, None)
        self._resting.pop(call_id, None)
        if call_id not in self._abandoned:
            self._link.ledger.forget_call(call_id)

    def ended(self, call_id: str) -> None:
        """Note that a call has ended, as the server says."""
        if self._abandoned.pop(call_id, None) is not None or call_id in self._open:
            self._forget(call_id)

    def session_lost(self) -> None:
        """Forget all of it: the server has forgotten the calls, or will have."""
        self._open.clear()
        self._refusals.clear()
        self._resting.clear()
        self.stop()

    def stop(self) -> None:
        """Try nothing again."""
        self._timer.cancel()

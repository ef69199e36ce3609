"""Calls that nobody serves: each is ended for sure.

A hang-up that nobody waits for can be lost in flight, time out or be refused; it is sent again until the server has
taken it, or does not know the call, or the session is gone. `calling.end` may be sent twice without harm.

Part of the subscription actor, in its greenlet; never blocks.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final, cast

from gevent.hub import get_hub
from loguru import logger

from relay_actors.call.messages import HangUp
from relay_actors.errors import GONE, ConnectionLost, NotConnected, RelayError, RequestTimeout
from relay_actors.kit.actor import GreenletRef
from relay_actors.kit.backoff import backoff_ceiling
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.name import Registered
from relay_actors.routing.messages import HangUpAnswered, SweepHangUps
from relay_actors.session.link import Link

__all__ = ["Hangups"]

_TRIES: Final = 8  # refusals, after which the server is believed


class Hangups:
    """Hang-ups whose outcome is not known yet.

    Args:
        link: the way to the server.
        open_: what is to be ended, by call_id; it outlives the actor.
        address: the subscription actor.
    """

    def __init__(self, link: Link, open_: dict[str, HangUp], address: Registered | GreenletRef) -> None:
        self._link = link
        self._open = open_
        self._address = address
        self._refusals: dict[str, int] = {}
        self._resting: set[str] = set()
        self._timer: Any = None

    def end(self, call_id: str, node_id: str, reason: str) -> None:
        """Have a call ended, unless that is under way."""
        self.take(HangUp(call_id, node_id, reason))

    def go_on(self) -> None:
        """Try again what an earlier incarnation of the actor has left."""
        for wanted in self._open.values():
            self._send(wanted)

    def take(self, message: HangUp | HangUpAnswered | SweepHangUps) -> None:
        """Handle a message that is about hang-ups."""
        if isinstance(message, HangUp):
            if message.call_id not in self._open:
                self._open[message.call_id] = message
                self._send(message)
        elif isinstance(message, HangUpAnswered):
            self._answered(message.call_id, cast("RelayError | None", message.error))
        else:
            self._sweep()

    def _send(self, wanted: HangUp) -> None:
        address = {"node_id": wanted.node_id, "call_id": wanted.call_id}
        future = self._link.submit("calling.end", {**address, "reason": wanted.reason}).future
        future.add_done_callback(partial(self._tell, wanted.call_id, future))

    def _tell(self, call_id: str, future: GreenletFuture[Any]) -> None:
        """Bring the outcome to the actor; runs in the greenlet that has it."""
        error: RelayError | None = None
        try:
            future.get(timeout=0)
        except RelayError as caught:
            error = caught
        self._address.offer(HangUpAnswered(call_id, error))

    def _answered(self, call_id: str, error: RelayError | None) -> None:
        wanted = self._open.get(call_id)
        if wanted is None:
            return
        if error is None or error.code in GONE:
            self._forget(call_id)
        elif isinstance(error, ConnectionLost | RequestTimeout):
            self._send(wanted)  # it waits for the next connection, if there is none
        else:
            self._rest(call_id, error)

    def _rest(self, call_id: str, error: RelayError) -> None:
        """Try a refused hang-up again a little later, some times."""
        refused = not isinstance(error, NotConnected)  # that is no answer of the server's
        tries = self._refusals[call_id] = self._refusals.get(call_id, 0) + refused
        if tries >= _TRIES:
            logger.bind(call_id=call_id).error("call {} can't be ended: {}", call_id, error)
            self._forget(call_id)
            return
        self._resting.add(call_id)
        if self._timer is None:
            timing = self._link.timing
            delay = backoff_ceiling(tries, first=timing.backoff_first, limit=timing.backoff_limit)
            self._timer = get_hub().loop.timer(delay)
            self._timer.start(self._address.offer, SweepHangUps())

    def _sweep(self) -> None:
        self.stop()
        resting, self._resting = self._resting, set()
        for call_id in resting:
            wanted = self._open.get(call_id)
            if wanted is not None:
                self._send(wanted)

    def _forget(self, call_id: str) -> None:
        self._open.pop(call_id, None)
        self._refusals.pop(call_id, None)
        self._resting.discard(call_id)

    def session_lost(self) -> None:
        """Forget all of it: the server has forgotten the calls."""
        self._open.clear()
        self._refusals.clear()
        self._resting.clear()
        self.stop()

    def stop(self) -> None:
        """Let go of the timer."""
        if self._timer is not None:
            self._timer.close()
            self._timer = None

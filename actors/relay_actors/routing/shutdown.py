"""Drains the calls of a client, and ends them: answers when none is left.

Part of the subscription actor, in its greenlet; never blocks.
"""

from __future__ import annotations

from typing import Any

from relay_actors.call.messages import OfferExpired, SessionEnded
from relay_actors.errors import ClientStopped
from relay_actors.kit import clock
from relay_actors.kit.actor import NO_REPLY, NoReply
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.log import logger
from relay_actors.kit.timer import Timer
from relay_actors.routing.desk import Desk
from relay_actors.routing.dialling import Dialling
from relay_actors.routing.hangups import Hangups
from relay_actors.routing.messages import EndCalls
from relay_actors.session.messages import Tick

__all__ = ["Shutdown"]


class Shutdown:
    """Who waits for the end of the calls, and for how long."""

    def __init__(self, desk: Desk, dialling: Dialling, hangups: Hangups) -> None:
        self._desk = desk
        self._roster = desk.roster
        self._calls = desk.roster.calls
        self._dialling = dialling
        self._hangups = hangups
        self._drained: list[GreenletFuture[Any]] = []
        self._ended: list[GreenletFuture[Any]] = []
        self._timer = Timer()
        self._timeout = self._deadline = 0.0

    def drain(self, asker: GreenletFuture[Any]) -> NoReply:
        """Take no new call; ``asker`` is answered when no call and no dial is left."""
        if not self._roster.draining:
            logger.info("draining; live calls: {}; new ones are passed on", len(self._calls))
        self._roster.draining = True
        self._let_go()
        self._drained.append(asker)
        self.note_end()
        return NO_REPLY

    def end_calls(self, message: EndCalls, asker: GreenletFuture[Any]) -> NoReply:
        """Hang up what is up; ``asker`` is answered when no call is left, or when the time for that is over."""
        roster = self._roster
        self._let_go()
        up, roster.stopping = roster.up(), True
        roster.abandoned.clear()
        self._dialling.stop()
        self._ended.append(asker)
        if up:
            roster.cut_off = True
            logger.info("hanging up what is still up; live calls: {}", len(up))
            for call_id, node_id in up.items():
                self._hangups.end(call_id, node_id, "hangup")
        if not self._timer.started:
            self._timeout, self._deadline = message.timeout, clock.monotonic() + message.reconnect
            self._look_after(message.timeout if self._desk.link.up else message.reconnect)
        self.note_end()
        return NO_REPLY

    def connected(self) -> None:
        """Give the hang-ups their time, once there is a connection to send them on."""
        if self._timer.started:
            self._look_after(min(self._timeout, self._deadline - clock.monotonic() + self._timeout))

    def _look_after(self, seconds: float) -> None:
        self._timer.send_after(seconds, self._desk.address, Tick())

    def look(self, _message: Tick) -> None:
        """Wait no longer, unless hang-ups wait for a connection and there is time left for that."""
        left = self._deadline - clock.monotonic()
        if left > 0 and self._roster.unserved and not self._desk.link.up:
            self._look_after(left)
        else:
            self._give_up()

    def _let_go(self) -> None:
        """Listen no more to the offers that were left to others: nobody need wait for them."""
        for live in self._roster.left():
            live.ref.offer(OfferExpired())

    def note_end(self) -> None:
        """Look who need not wait any longer: a call or a dial has ended, or a hang-up was taken."""
        if self._calls or self._roster.unserved or self._roster.inherited:
            return
        if self._ended:
            self._give_up()
        if self._drained and not self._dialling.open:
            drained, self._drained = self._drained, []
            for asker in drained:
                asker.resolve(None)

    def _give_up(self) -> None:
        """Wait no longer: end every call that is left."""
        self._timer.cancel()
        for call in self._calls.values():
            call.ref.offer(SessionEnded(ClientStopped))
        ended, self._ended = self._ended, []
        for asker in ended:
            asker.resolve(None)

    def stop(self) -> None:
        """Say to whoever waits that the actor is at its end."""
        self._timer.cancel()
        for asker in (*self._drained, *self._ended):
            asker.fail(ClientStopped())

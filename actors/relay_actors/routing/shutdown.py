"""Drains the calls of a client, and ends them: answers when none is left.

Part of the subscription actor, in its greenlet; never blocks.
"""

from __future__ import annotations

from typing import Any

from relay_actors.call.messages import OfferExpired, SessionEnded
from relay_actors.errors import ClientStopped
from relay_actors.kit.actor import NO_REPLY, NoReply
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.log import logger
from relay_actors.kit.timer import Timer
from relay_actors.routing.desk import Desk
from relay_actors.routing.dialling import Dialling
from relay_actors.routing.hangups import Hangups
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

    def drain(self, asker: GreenletFuture[Any]) -> NoReply:
        """Take no new call; ``asker`` is answered when no call and no dial is left."""
        if not self._roster.draining:
            logger.info("draining; live calls: {}; new ones are passed on", len(self._calls))
        self._roster.draining = True
        self._let_go()
        self._drained.append(asker)
        self.note_end()
        return NO_REPLY

    def end_calls(self, timeout: float, asker: GreenletFuture[Any]) -> NoReply:
        """Hang up what is up; ``asker`` is answered when no call is left, after ``timeout`` seconds at the latest."""
        self._roster.stopping = True
        self._let_go()
        self._dialling.stop()
        self._ended.append(asker)
        if self._calls:
            up, ours = self._desk.link.up, self._roster.ours()
            if ours:
                logger.info("hanging up what is still up; live calls: {}", len(ours))
            for call_id, facts in ours if up else ():
                if not facts.hung_up:
                    self._roster.cut_off = True
                    self._hangups.end(call_id, facts.node_id, "hangup")
            if not self._timer.started:
                self._timer.send_after(timeout if up else 0, self._desk.address, Tick())
        self.note_end()
        return NO_REPLY

    def _let_go(self) -> None:
        """Listen no more to the offers that were left to others: nobody need wait for them."""
        for live in self._roster.left():
            live.ref.offer(OfferExpired())

    def note_end(self) -> None:
        """Look who need not wait any longer: a call or a dial has ended."""
        if self._calls:
            return
        if self._ended:
            self.give_up()
        if self._drained and not self._dialling.open:
            drained, self._drained = self._drained, []
            for asker in drained:
                asker.resolve(None)

    def give_up(self, _message: Tick | None = None) -> None:
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

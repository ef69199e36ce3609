"""Keeps the contexts that the client is in: those that are wanted, or none while it has too many calls.

Part of the subscription actor, in its greenlet; never blocks.
"""

from __future__ import annotations

from relay_actors.kit.log import logger
from relay_actors.routing.desk import Desk
from relay_actors.routing.messages import AddContexts, ContextsReceived, RemoveContexts, StayAway
from relay_actors.session.messages import ChangeContexts

__all__ = ["Contexts"]


class Contexts:
    """Takes changes of the wanted contexts, and leaves all of them between the two marks of active calls."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.admission.slots.on_crossing = self.shed_load

    @property
    def wanted(self) -> tuple[str, ...]:
        """The contexts that the server is asked for at the moment."""
        return () if self._away else self._desk.roster.contexts

    @property
    def _away(self) -> bool:
        """Whether the client stays away from all contexts: too many calls are active, or it is to take no more."""
        roster = self._desk.roster
        return self._desk.admission.slots.scarce or roster.away or roster.draining or roster.stopping

    def add(self, message: AddContexts) -> tuple[str, ...]:
        """Want more contexts; return `wanted`."""
        return self._want((*self._desk.roster.contexts, *message.contexts))

    def remove(self, message: RemoveContexts) -> tuple[str, ...]:
        """Want fewer contexts; return `wanted`."""
        return self._want(tuple(c for c in self._desk.roster.contexts if c not in message.contexts))

    def received(self, message: ContextsReceived) -> tuple[str, ...]:
        """Leave again what a user has just asked for, if it is to be left at the moment; return `wanted`."""
        link = self._desk.link
        if self._away and message.contexts and link.up:
            link.submit("signalwire.unreceive", {"contexts": list(message.contexts)})
        return self.wanted

    def stay_away(self, message: StayAway) -> tuple[str, ...]:
        """Leave the contexts until told otherwise, or come back; return `wanted`."""
        roster = self._desk.roster
        if roster.away != message.away:
            roster.away = message.away
            logger.info("{} from now on", "no new calls are taken" if message.away else "new calls are taken again")
            self._change(tell=True)
        return self.wanted

    def shed_load(self) -> None:
        """Leave the contexts, or come back: the number of active calls has crossed a mark."""
        slots = self._desk.admission.slots
        active, limit = slots.taken, slots.limit
        if slots.scarce:
            self._desk.stats.contexts_left += 1
            logger.warning("{} of {} calls are active: the contexts are left until there are fewer", active, limit)
        else:
            logger.info("{} of {} calls are active: back in the contexts", active, limit)
        self._change(tell=True)

    def _want(self, contexts: tuple[str, ...]) -> tuple[str, ...]:
        self._desk.roster.contexts = tuple(dict.fromkeys(contexts))
        self._change(tell=False)
        return self.wanted

    def _change(self, *, tell: bool) -> None:
        supervisor = self._desk.link.supervisor
        if supervisor is not None:
            supervisor.offer(ChangeContexts(self.wanted, tell=tell))

"""In which contexts a client is: those that are wanted, or none while it has too many calls.

Part of the subscription actor, in its greenlet; never blocks.
"""

from __future__ import annotations

from loguru import logger

from relay_actors.routing.admission import Admission
from relay_actors.routing.messages import AddContexts, ContextsReceived, RemoveContexts
from relay_actors.routing.roster import CallRoster
from relay_actors.session.link import Link
from relay_actors.session.messages import ChangeContexts
from relay_actors.telemetry.stats import Stats

__all__ = ["Presence"]


class Presence:
    """Keeps the wanted contexts, and stays away from them between the two marks of active calls.

    Args:
        link: the way to the server.
        admission: knows how many calls are active, and the marks.
        stats: where it is counted how often the contexts were left.
        roster: holds the contexts; it outlives the actor.
    """

    def __init__(self, link: Link, admission: Admission, stats: Stats, roster: CallRoster) -> None:
        self._link = link
        self._admission = admission
        self._stats = stats
        self._roster = roster

    def want(self, message: AddContexts | RemoveContexts | ContextsReceived) -> tuple[str, ...]:
        """Handle a change of the wanted contexts; return those that the server is asked for from now on."""
        roster = self._roster
        if isinstance(message, ContextsReceived):
            self._leave_again(message.contexts)
            return roster.wanted
        if isinstance(message, AddContexts):
            roster.contexts = tuple(dict.fromkeys((*roster.contexts, *message.contexts)))
        else:
            roster.contexts = tuple(c for c in roster.contexts if c not in message.contexts)
        self._change(tell=False)
        return roster.wanted

    def _leave_again(self, contexts: tuple[str, ...]) -> None:
        """Leave contexts again that a user has just asked for, if they are to be left at the moment."""
        if self._roster.away and contexts and self._link.up:
            self._link.submit("signalwire.unreceive", {"contexts": list(contexts)})

    def mind_load(self) -> None:
        """Leave the contexts when the high mark of active calls is reached, come back at the low one."""
        away = self._admission.stays_away(away=self._roster.away)
        if away == self._roster.away:
            return
        self._roster.away = away
        active, limit = self._admission.active, self._admission.limit
        if away:
            self._stats.contexts_left += 1
            logger.warning("{} of {} calls are active: the contexts are left until there are fewer", active, limit)
        else:
            logger.info("{} of {} calls are active: back in the contexts", active, limit)
        self._change(tell=True)

    def _change(self, *, tell: bool) -> None:
        if self._link.supervisor is not None:
            self._link.supervisor.offer(ChangeContexts(self._roster.wanted, tell=tell))

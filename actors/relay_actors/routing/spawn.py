"""How calls get their actors.

Part of the subscription actor, in its greenlet; never blocks: a class that runs code of the user when it is made is
made elsewhere (`relay_actors.routing.birth`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from loguru import logger

from relay_actors.call.call import Call
from relay_actors.call.messages import CallSetup
from relay_actors.errors import CodeOverdue
from relay_actors.kit.actor import GreenletRef, forward_interrupt, log_crash
from relay_actors.kit.name import Registered
from relay_actors.routing.birth import Birth, CallMade, is_quick, make_call
from relay_actors.routing.hangups import Hangups
from relay_actors.routing.roster import CallRoster, Live
from relay_actors.telemetry.stats import UNMADE_CALL, Stats
from relay_actors.wire.events import RelayEvent

__all__ = ["Making"]

Then = Callable[["Call | None"], object]


class Making:
    """Makes and launches the actors of calls; a call whose class fails is ended.

    Args:
        stats: where failures are counted.
        roster: takes the live calls; it outlives the actor.
        hangups: end the calls that get no actor.
        closed: called with the id of a call that gets no actor.
        address: the subscription actor.
        deliver: called with the reference of an actor and an event that came before it.
    """

    def __init__(
        self,
        stats: Stats,
        roster: CallRoster,
        *,
        hangups: Hangups,
        closed: Callable[[str], object],
        address: Registered | GreenletRef,
        deliver: Callable[[Any, RelayEvent], object],
    ) -> None:
        self._observer = roster.observer
        self._stats = stats
        self._roster = roster
        self._calls = roster.calls
        self._hangups = hangups
        self._closed = closed
        self._address = address
        self._deliver = deliver

    def begin(
        self,
        factory: Callable[..., Any],
        setup: CallSetup,
        history: tuple[RelayEvent, ...],
        then: Then | None = None,
    ) -> None:
        """Make and launch the actor of a call; on a failure of its class end the call.

        Args:
            factory: makes the actor.
            setup: what it is made from.
            history: what happened to the call before.
            then: called with the actor that is launched, or with None; at once, or later.
        """
        if setup.call_id in self._calls:
            logger.bind(call_id=setup.call_id).error("no actor is made for call {}: it has one", setup.call_id)
            if then is not None:
                then(None)
        elif self._roster.quick if factory is self._roster.factory else is_quick(factory):
            self._launch(setup, partial(make_call, factory, setup), history, then)
        else:
            birth = Birth(setup, history, then)
            self._calls[setup.call_id] = Live(birth, setup.node_id, time.monotonic())
            birth.begin(factory, self._address)

    def made(self, message: CallMade) -> None:
        """Launch an actor that was made elsewhere."""
        birth: Birth = message.birth
        if birth.lost:
            self._stats.dead_letters[UNMADE_CALL] += birth.lost
        call = self._launch(birth.setup, message.outcome, birth.history, birth.then)
        if call is not None and birth.over and self._observer is not None:
            self._observer.call_over(birth.setup.call_id, birth.over)
        if call is not None:
            birth.ends_with(call)

    def _launch(
        self, setup: CallSetup, make: Callable[[], Call], history: tuple[RelayEvent, ...], then: Then | None
    ) -> Call | None:
        try:
            call = make()
            if self._observer is not None:
                self._observer.call_began(call)
            # It is not running yet: its history is part of its making, so that a dialled call is answered at once.
            for event in history:
                call.on_receive(event)
        except BaseException as error:  # noqa: BLE001 - the user's class, and its crash is this call's alone
            self._unmade(setup, error)
            if then is not None:
                then(None)
            forward_interrupt(error)
            return None
        self._calls[setup.call_id] = Live(call.ref, setup.node_id, call.born)
        call.launch()
        if then is not None:
            then(call)
        for event in self._roster.strays.claim(setup.call_id):
            self._deliver(call.ref, event)
        return call

    def _unmade(self, setup: CallSetup, error: BaseException) -> None:
        """End a call that has no actor and gets none."""
        if not isinstance(error, CodeOverdue):
            self._stats.calls_crashed += 1
            log_crash(error, "no actor could be made for call {}", setup.call_id, call_id=setup.call_id)
        if setup.call_id not in self._roster.counted:
            self._hangups.end(setup.call_id, setup.node_id, "error")
        self._roster.strays.claim(setup.call_id)
        self._closed(setup.call_id)

"""Makes and launches the actors of calls.

Part of the subscription actor, in its greenlet; never blocks. A class with an ``__init__`` of its own, or a function
that makes actors, may block; so such an actor is made in a greenlet of its own, and until it is there an `UnmadeCall`
stands in for its reference and keeps what comes for it. A class without an ``__init__`` of its own is made at once:
that is the fast way, and the usual one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec
import pykka

from relay_actors.call.call import Call, CallActor
from relay_actors.call.facts import CallFacts, pack_time
from relay_actors.call.messages import CallOutlived, DescribeCall, EndCode, SessionEnded, Tell
from relay_actors.call.setup import CallEnvironment, CallSetup
from relay_actors.errors import CallEnded, CodeOverdue
from relay_actors.kit import clock
from relay_actors.kit.actor import GreenletActor, GreenletRef, forward_interrupt
from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.fork import came_back, spawn
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.log import logger
from relay_actors.kit.stack import stands_at
from relay_actors.routing.desk import Desk
from relay_actors.routing.hangups import Hangups
from relay_actors.telemetry.stats import UNMADE_CALL
from relay_actors.telemetry.status import CallStatus
from relay_actors.wire.events import CallStateEvent, RelayEvent

__all__ = ["CallMade", "Spawn", "UnmadeCall", "is_quick"]

_KEPT: Final = 1_000

Factory = Callable[..., Any]
Then = Callable[["Call | None"], object]


class CallMade(msgspec.Struct, frozen=True):
    """The making of a call is over: ``call`` is its actor, not launched yet, or ``error`` says why there is none."""

    unmade: UnmadeCall
    call: Any
    error: BaseException | None

    def result(self) -> Call:
        """Return the actor, or raise what came in its place."""
        if self.error is not None:
            raise self.error
        made: Call = self.call
        return made


def is_quick(factory: Any) -> bool:
    """Return whether making an actor runs no code of the user, so that it can be made at once."""
    cls = factory.func if isinstance(factory, partial) else factory
    return (
        isinstance(cls, type)
        and issubclass(cls, Call)
        and cls.__init__.__module__.startswith(("relay_actors.", "relay_runtime."))
        and cls.__new__ is object.__new__
    )


def _make(factory: Factory, setup: CallSetup) -> Call:
    call = factory(setup)
    if not isinstance(call, Call):
        raise TypeError(f"the call handler made a {type(call).__name__}, not a CallActor")
    return call


class Spawn:
    """Gives calls their actors; a call whose class fails is ended.

    Args:
        desk: see there.
        hangups: end the calls that get no actor.
        closed: called with the id of a call that gets no actor.
        deliver: called with the reference of an actor and an event that came before it.
    """

    def __init__(
        self,
        desk: Desk,
        hangups: Hangups,
        *,
        closed: Callable[[str], object],
        deliver: Callable[[Any, RelayEvent], object],
    ) -> None:
        self._desk = desk
        self._roster = desk.roster
        self._ledger = desk.link.ledger
        self._calls = desk.roster.calls
        self._early = desk.roster.unrouted.early
        self._observer = desk.roster.observer
        self._hangups = hangups
        self._closed = closed
        self._deliver = deliver
        self._environment = CallEnvironment(
            link=desk.link,
            timing=desk.timing,
            subscription=desk.address,
            throttle=desk.throttle,
            when_crashed=desk.roster.when_crashed,
            observer=desk.roster.observer,
            client=desk.roster.client,
            apart=desk.roster.apart,
        )

    def begin(self, factory: Factory, history: tuple[RelayEvent, ...], then: Then | None = None, **who: Any) -> None:
        """Make and launch the actor of a call; on a failure of its class end the call.

        Args:
            factory: makes the actor.
            history: what happened to the call before.
            then: called with the actor, or with None; at once, or later.
            who: which call it is, in the fields of `CallFacts`.
        """
        roster = self._roster
        facts = CallFacts(**who, times=pack_time(clock.monotonic()))
        setup = CallSetup(facts, self._environment)
        if facts.call_id in self._calls:
            self._desk.throttle.error("no actor is made for call {}: it has one", facts.call_id, call_id=facts.call_id)
            if then is not None:
                then(None)
        elif roster.quick if factory is roster.factory else is_quick(factory):
            self._launch(setup, partial(_make, factory, setup), history, then)
        else:
            unmade = UnmadeCall(setup, history, then)
            self._calls[facts.call_id] = unmade
            unmade.begin(factory)

    def made(self, message: CallMade) -> None:
        """Launch an actor that was made elsewhere."""
        unmade = message.unmade
        if unmade.lost:
            self._desk.stats.dead_letters[UNMADE_CALL] += unmade.lost
        self._launch(unmade.setup, message.result, unmade.history, partial(self._replace, unmade))

    def _replace(self, unmade: UnmadeCall, call: Call | None) -> None:
        """Put an actor in the place of what stood in for it."""
        call_id = unmade.facts.call_id
        if call is not None:
            if unmade.over and self._observer is not None:
                self._observer.call_over(call_id, unmade.over)
            unmade.hand_over(self._calls[call_id].ref)
        else:
            unmade.drop()
        if unmade.then is not None:
            unmade.then(call)

    def _launch(
        self, setup: CallSetup, make: Callable[[], Call], history: tuple[RelayEvent, ...], then: Then | None
    ) -> None:
        facts = setup.facts
        call_id = facts.call_id
        try:
            call = self._made(setup, make)
            core = call._relay
            if self._observer is not None:
                self._observer.call_began(facts)
            # It is not running yet: its history is part of its making, so that a dialled call is answered at once.
            core.begin(history)
            if facts.direction == "outbound" and facts.orphaned is None:
                self._ledger.note_served(call_id, facts.node_id, type(call), dialled=True)
        except BaseException as error:  # noqa: BLE001 - the user's class, and its crash is this call's alone
            self._unmade(setup, error)
            if then is not None:
                then(None)
            forward_interrupt(error)
            return
        self._calls[call_id] = core
        core.launch()  # before anybody is told of it: its on_start runs first
        if then is not None:
            then(call)
        if call_id in self._early.kept:
            for event in self._early.claim(call_id):
                self._deliver(core.ref, event)

    def _made(self, setup: CallSetup, make: Callable[[], Call]) -> Call:
        """Return the actor; of another process's call whose class fails, one that lets it be or follows its policy."""
        try:
            return make()
        except Exception as error:
            if setup.facts.orphaned is None or isinstance(error, CodeOverdue):
                raise
            call_id = setup.facts.call_id
            self._desk.stats.calls_crashed += 1
            log_crash(error, "no actor of its class could be made for adopted call {}", call_id, call_id=call_id)
            self._tell_crash(setup.facts, error)
            return CallActor(setup)

    def _unmade(self, setup: CallSetup, error: BaseException) -> None:
        """End a call that has no actor and gets none."""
        call_id = setup.facts.call_id
        if not isinstance(error, CodeOverdue):
            self._desk.stats.calls_crashed += 1
            log_crash(error, "no actor could be made for call {}", call_id, call_id=call_id)
            self._tell_crash(setup.facts, error)
        if call_id not in self._roster.over:
            self._hangups.end(call_id, setup.facts.node_id, "error")
        self._early.claim(call_id)
        self._closed(call_id)

    def _tell_crash(self, facts: CallFacts, error: BaseException) -> None:
        if self._observer is not None:
            self._observer.call_crashed(facts, error)


class UnmadeCall:
    """A call whose actor is being made; stands in for its reference.

    Attributes:
        setup: what it is made from.
        facts: what is known of it.
        history: what happened to the call before.
        then: called with the actor, or with None.
        over: why the call ended meanwhile, or an empty string while it is up.
        lost: how many events came for it that found no room.
    """

    def __init__(self, setup: CallSetup, history: tuple[RelayEvent, ...], then: Then | None) -> None:
        self.setup = setup
        self.facts = setup.facts
        self.history = history
        self.then = then
        self.over = ""
        self.lost = 0
        self._kept: deque[Any] = deque()
        self._ref: GreenletRef | None = None
        self._greenlet: Any = None
        self._kind = ""
        self._began = clock.monotonic()

    def begin(self, factory: Factory) -> None:
        """Make the actor in a greenlet of its own; the subscription actor is told by `CallMade`. Never blocks."""
        self._kind = getattr(factory, "__name__", type(factory).__name__)
        self._greenlet = spawn(self._make, factory)

    def _make(self, factory: Factory) -> None:
        call, failure = None, None
        try:
            call = _make(factory, self.setup)
        except BaseException as error:  # noqa: BLE001 - the user's class, and its crash is this call's alone
            failure = error
        came_back(failure)
        if not self.setup.environment.subscription.offer(CallMade(self, call, failure)):
            forward_interrupt(failure)

    @property
    def ref(self) -> GreenletRef | UnmadeCall:
        """The reference of the actor; as long as there is none, this."""
        return self if self._ref is None else self._ref

    def offer(self, message: Any) -> bool:
        """Take a message for the actor, and keep it while there is none; return whether it was taken. Never blocks."""
        if self._ref is not None:
            return self._ref.offer(message)
        if isinstance(message, EndCode | SessionEnded):
            self._give_up(outlived=isinstance(message, EndCode))
        elif len(self._kept) < _KEPT or isinstance(message, CallStateEvent):
            self._kept.append(message)
        else:
            self.lost += 1
            return False
        return True

    def request(self, message: Any) -> GreenletFuture[Any]:
        """Answer what a live call is asked: it is being made. Never blocks."""
        if self._ref is not None:
            return self._ref.request(message)
        future: GreenletFuture[Any] = GreenletFuture()
        if isinstance(message, DescribeCall):
            future.resolve(self._status())
        else:
            future.fail(pykka.ActorDeadError(f"the actor of call {self.facts.call_id} is still being made"))
        return future

    def actor(self) -> GreenletActor | None:
        """Return the actor, or None while there is none."""
        return None if self._ref is None else self._ref.actor()

    def _status(self) -> CallStatus:
        facts = self.facts
        return CallStatus(
            call_id=facts.call_id,
            kind=self._kind,
            direction=facts.direction,
            context=facts.context,
            state=facts.state,
            age=clock.monotonic() - self._began,
            doing="making",
            where=stands_at(self._greenlet),
            mailbox=len(self._kept),
        )

    def _give_up(self, *, outlived: bool) -> None:
        call_id = self.facts.call_id
        if outlived:
            where = stands_at(self._greenlet)
            logger.bind(call_id=call_id).warning("the making of call {} outlives it; it stands at {}", call_id, where)
            self.setup.environment.subscription.offer(CallOutlived(call_id))
        self._greenlet.kill(CodeOverdue(f"call {call_id} is over"), block=False)

    def hand_over(self, ref: GreenletRef) -> None:
        """Give what was kept to the actor, and whatever comes from now on."""
        self._ref = ref
        for message in self._kept:
            ref.offer(message)
        self._kept.clear()

    def drop(self) -> None:
        """Answer what was kept for an actor that there will never be."""
        for message in self._kept:
            if isinstance(message, Tell):
                message.answer.fail(CallEnded(f"no actor could be made for call {self.facts.call_id}"))
        self._kept.clear()

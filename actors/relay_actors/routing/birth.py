"""The making of a call's actor by code of the user, in a greenlet of its own.

A class with an ``__init__`` of its own, or a function that makes actors, may block; the actor that routes events must
not. So such an actor is made in a greenlet, and until it is there a `Birth` stands in for its reference and keeps what
comes for it. A class without an ``__init__`` of its own is made at once: that is the fast way, and the usual one.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import gevent
import msgspec
import pykka
from loguru import logger

from relay_actors.call.call import Call
from relay_actors.call.messages import CallOutlived, CallSetup, DescribeCall, EndCode, SessionEnded
from relay_actors.errors import CodeOverdue
from relay_actors.kit.actor import GreenletActor, GreenletRef, forward_interrupt
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.name import Registered
from relay_actors.kit.stack import stands_at
from relay_actors.telemetry.status import CallStatus
from relay_actors.wire.events import CallStateEvent, RelayEvent

__all__ = ["Birth", "CallMade", "is_quick", "make_call"]

_KEPT = 1_000

Factory = Callable[..., Any]


class CallMade(msgspec.Struct, frozen=True):
    """The making of a call is over: ``call`` is its actor, not launched yet, or ``error`` says why there is none."""

    birth: Any
    call: Any
    error: BaseException | None

    def outcome(self) -> Call:
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
        and cls.__init__.__module__.startswith("relay_actors.")
        and cls.__new__ is object.__new__
    )


def make_call(factory: Factory, setup: CallSetup) -> Call:
    """Return the actor that a factory makes.

    Raises:
        TypeError: it made something else.
    """
    call = factory(setup)
    if not isinstance(call, Call):
        raise TypeError(f"the call handler made a {type(call).__name__}, not a CallActor")
    return call


class Birth:
    """A call whose actor is being made; stands in for its reference.

    Attributes:
        setup: what it is made from.
        history: what happened to the call before.
        then: called with the actor once it is launched, or with None.
        over: why the call ended meanwhile, or an empty string while it is up.
        lost: how many events came for it that found no room.
    """

    def __init__(
        self, setup: CallSetup, history: tuple[RelayEvent, ...], then: Callable[[Call | None], object] | None
    ) -> None:
        self.setup = setup
        self.history = history
        self.then = then
        self.over = ""
        self.lost = 0
        self._kept: deque[Any] = deque()
        self._ref: GreenletRef | None = None
        self._greenlet: Any = None
        self._kind = ""
        self._born = time.monotonic()
        self._subscription: Registered | GreenletRef | None = None

    def begin(self, factory: Factory, subscription: Registered | GreenletRef) -> None:
        """Make the actor in a greenlet of its own, which tells ``subscription`` by `CallMade`. Never blocks."""
        self._subscription = subscription
        self._kind = getattr(factory, "__name__", type(factory).__name__)
        self._greenlet = gevent.spawn(self._make, factory, subscription)

    def _make(self, factory: Factory, subscription: Registered | GreenletRef) -> None:
        call, failure = None, None
        try:
            call = make_call(factory, self.setup)
        except BaseException as error:  # noqa: BLE001 - the user's class, and its crash is this call's alone
            failure = error
        if not subscription.offer(CallMade(self, call, failure)):
            forward_interrupt(failure)

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
            future.fail(pykka.ActorDeadError(f"the actor of call {self.setup.call_id} is still being made"))
        return future

    def actor(self) -> GreenletActor | None:
        """Return the actor, or None while there is none."""
        return None if self._ref is None else self._ref.actor()

    def _status(self) -> CallStatus:
        setup = self.setup
        return CallStatus(
            call_id=setup.call_id,
            kind=self._kind,
            direction=setup.direction,
            context=setup.context,
            state=setup.state,
            age=time.monotonic() - self._born,
            doing="making",
            where=stands_at(self._greenlet),
            mailbox=len(self._kept),
        )

    def _give_up(self, *, outlived: bool) -> None:
        call_id = self.setup.call_id
        if outlived and self._subscription is not None:
            where = stands_at(self._greenlet)
            logger.bind(call_id=call_id).warning("the making of call {} outlives it; it stands at {}", call_id, where)
            self._subscription.offer(CallOutlived(call_id))
        self._greenlet.kill(CodeOverdue(f"call {call_id} is over"), block=False)

    def ends_with(self, call: Call) -> None:
        """Hand over to the actor, which is launched, what was kept for it."""
        self._ref = call.ref
        for message in self._kept:
            call.ref.offer(message)
        self._kept.clear()

"""The dials of a client: from the tag to the call, and the end of every leg that nobody wants.

Part of the subscription actor, in its greenlet; never blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from loguru import logger

from relay_actors.call import Call
from relay_actors.call_messages import CallSetup
from relay_actors.dial import Dial, Leg
from relay_actors.errors import ClientStopped, DialFailed, RelayError, SessionLost
from relay_actors.future import GreenletFuture
from relay_actors.greenlet import GreenletRef
from relay_actors.link import Link
from relay_actors.seen import Recent
from relay_actors.stats import Stats
from relay_actors.wire.events import CallStateEvent, DialEvent, RelayEvent, make_event
from relay_actors.wire.frames import encode_params

__all__ = ["Dialling"]

_ABANDONED_REMEMBERED: Final = 1_000

BeginCall = Callable[[Callable[..., Any], CallSetup, tuple[RelayEvent, ...]], "Call | None"]


class Dialling:
    """Dials under way by tag, and their legs by call_id."""

    def __init__(self, link: Link, stats: Stats, begin_call: BeginCall, subscription: GreenletRef) -> None:
        self._link = link
        self._subscription = subscription
        self._stats = stats
        self._begin_call = begin_call
        self._dials: dict[str, Dial] = {}
        self._legs: dict[str, Dial] = {}
        self._abandoned: Recent[str] = Recent(_ABANDONED_REMEMBERED)

    def begin(self, tag: str, factory: Callable[..., Any], future: GreenletFuture[Any]) -> None:
        """Expect the events of a dial."""
        if tag in self._dials:
            future.fail(DialFailed(f"a dial with the tag {tag!r} is under way already"))
            return
        self._dials[tag] = Dial(tag, factory, future)

    @property
    def idle(self) -> bool:
        """Whether nobody waits for the outcome of a dial."""
        return all(dial.settled for dial in self._dials.values())

    def take(self, event: RelayEvent) -> bool:
        """Take an event of a leg; return False when it belongs to no dial."""
        dial = self._legs.get(event.call_id)
        if dial is None and event.tag and isinstance(event, CallStateEvent):
            dial = self._dials.get(event.tag)
            if dial is None and event.tag in self._abandoned:
                if event.call_state not in {"ending", "ended"}:
                    self.end_leg(event.call_id, event.node_id, "cancel")
                return True
        if dial is None or not event.call_id:
            return False
        leg = dial.note(event)
        self._legs[event.call_id] = dial
        if dial.settled and not leg.ended and isinstance(event, CallStateEvent) and event.call_state == "answered":
            self.end_leg(leg.call_id, leg.node_id, "cancel")  # it lost, and somebody picked up all the same
        self._forget_if_over(dial)
        return True

    def outcome(self, event: DialEvent) -> None:
        """Take the dial's own progress: answered, failed, or merely dialing."""
        dial = self._dials.get(event.tag)
        if event.dial_state == "dialing":
            return
        if dial is None or dial.settled:
            self._late_outcome(event)
        elif event.dial_state == "answered":
            self._answered(dial, event)
        elif event.dial_state == "failed":
            dial.settled = True
            self._stats.dials["failed"] += 1
            why = event.reason or "no reason given"
            dial.future.fail(DialFailed(f"nobody answered: {why}", reason=event.reason, source=event.source))
            self._forget(dial)
        else:
            logger.warning("ignored the dial state {!r}; known are dialing, answered and failed", event.dial_state)

    def _late_outcome(self, event: DialEvent) -> None:
        """End the winner of a dial that nobody waits for any more; ignore any other repetition."""
        call_id = event.call.get("call_id")
        if event.dial_state == "answered" and event.tag in self._abandoned and isinstance(call_id, str):
            self.end_leg(call_id, str(event.call.get("node_id") or event.node_id), "cancel")

    def _answered(self, dial: Dial, event: DialEvent) -> None:
        winner = event.call
        call_id = winner.get("call_id")
        if not isinstance(call_id, str) or not call_id:
            logger.warning("ignored an answered dial without the call that won")
            return
        dial.settled = True
        leg = dial.legs.pop(call_id, None) or Leg(call_id, str(winner.get("node_id") or event.node_id))
        self._legs.pop(call_id, None)
        setup = self._setup(dial, leg, winner, event)
        call = self._begin_call(dial.factory, setup, self._history(leg, winner))
        if call is None:
            dial.future.fail(DialFailed("the call was answered, but no actor could be made for it", reason="error"))
        elif dial.future.resolve(call):
            self._stats.dials["answered"] += 1
        else:
            self.end_leg(call_id, leg.node_id, "cancel")
        for other in dial.legs.values():
            if not other.ended and any(
                isinstance(e, CallStateEvent) and e.call_state == "answered" for e in other.events
            ):
                self.end_leg(other.call_id, other.node_id, "cancel")
        self._forget_if_over(dial)

    def _setup(self, dial: Dial, leg: Leg, winner: dict[str, Any], event: DialEvent) -> CallSetup:
        return CallSetup(
            call_id=leg.call_id,
            node_id=str(winner.get("node_id") or leg.node_id or event.node_id),
            project_id=event.project_id,
            direction="outbound",
            state="created",
            device=msgspec.Raw(encode_params(winner.get("device") or {})),
            tag=dial.tag,
            segment_id=str(winner.get("segment_id") or ""),
            link=self._link,
            timing=self._link.timing,
            subscription=self._subscription,
        )

    @staticmethod
    def _history(leg: Leg, winner: dict[str, Any]) -> tuple[RelayEvent, ...]:
        """Return what the winner told so far; that it is answered is added when no event of its own said so yet."""
        if any(isinstance(e, CallStateEvent) and e.call_state == "answered" for e in leg.events):
            return tuple(leg.events)
        answered = make_event(CallStateEvent.EVENT_TYPE, {**winner, "call_id": leg.call_id, "call_state": "answered"})
        before = [e for e in leg.events if not isinstance(e, CallStateEvent) or e.call_state in {"created", "ringing"}]
        after = [e for e in leg.events if e not in before]
        return (*before, answered, *after)

    def abandon(self, tag: str) -> None:
        """End every leg of a dial, those too that show up later (section 5: nothing is cancelled by itself)."""
        self._abandoned.add(tag)
        dial = self._dials.get(tag)
        if dial is None or dial.settled:
            return
        dial.settled = True
        self._stats.dials["abandoned"] += 1
        for leg in dial.legs.values():
            if not leg.ended:
                self.end_leg(leg.call_id, leg.node_id, "cancel")
        self._forget(dial)

    def end_leg(self, call_id: str, node_id: str, reason: str) -> None:
        """Have a leg ended; nobody waits for the reply."""
        self._link.submit("calling.end", {"node_id": node_id, "call_id": call_id, "reason": reason})

    def session_lost(self) -> None:
        """Fail every dial: the server has forgotten them."""
        self._fail_all(SessionLost(), "lost")

    def stop(self) -> None:
        """Fail every dial and end the legs that ring: the client stops."""
        for dial in self._dials.values():
            for leg in dial.legs.values():
                if not leg.ended and self._link.up:
                    self.end_leg(leg.call_id, leg.node_id, "cancel")
        self._fail_all(ClientStopped("the client was disconnected during the dial"), "abandoned")

    def _fail_all(self, error: RelayError, outcome: str) -> None:
        for dial in self._dials.values():
            if not dial.settled:
                self._stats.dials[outcome] += 1
                dial.future.fail(error)
        self._dials.clear()
        self._legs.clear()

    def _forget_if_over(self, dial: Dial) -> None:
        if dial.over():
            self._forget(dial)

    def _forget(self, dial: Dial) -> None:
        self._dials.pop(dial.tag, None)
        for call_id in dial.legs:
            self._legs.pop(call_id, None)

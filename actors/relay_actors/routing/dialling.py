"""Follows the dials of a client, from the tag to the call, and ends every leg that nobody wants.

A dial whose outcome is known is kept for a while: the server ends the legs that lost, and what it has not ended by then
is ended from here, so that nobody is left ringing and no dial stays for ever. After that, its tag alone is remembered.

Part of the subscription actor, in its greenlet; never blocks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec

from relay_actors.call.call import Call
from relay_actors.errors import ClientStopped, DialFailed, RelayError, SessionLost
from relay_actors.kit import clock
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.recent import Recent
from relay_actors.kit.timer import Timer
from relay_actors.routing.desk import Desk
from relay_actors.routing.dial import Dial, Leg
from relay_actors.routing.hangups import Hangups
from relay_actors.routing.messages import AbandonDial, BeginDial, SweepDials
from relay_actors.routing.spawn import Spawn
from relay_actors.wire.call_state import OVER
from relay_actors.wire.events import CallStateEvent, DialEvent, RelayEvent, make_event
from relay_actors.wire.frames import encode_params
from relay_actors.wire.values import text

__all__ = ["Dialling"]

_LEGS_REMEMBERED: Final = 1_000


class Dialling:
    """Dials under way by tag, and their legs by call_id.

    Args:
        desk: see there.
        spawn: makes the actor of the call that answers.
        hangups: end the legs.
        settled: called when a dial has its outcome.
    """

    def __init__(self, desk: Desk, spawn: Spawn, hangups: Hangups, settled: Callable[[], object]) -> None:
        self._desk = desk
        self._stats = desk.stats
        self._throttle = desk.throttle
        self._ledger = desk.link.ledger
        self._spawn = spawn
        self._hangups = hangups
        self._on_settled = settled
        self._dials = desk.roster.dials
        self._legs: dict[str, Dial] = {}
        self._settled: deque[tuple[float, Dial]] = deque()  # in the order in which their time is over
        self._former = desk.roster.dialled  # a leg may show up in the actor's next life
        self._unwanted: Recent[str] = Recent(_LEGS_REMEMBERED)
        self._timer = Timer()

    def begin(self, message: BeginDial) -> None:
        """Expect the events of a dial.

        Raises:
            ClientStopped: no new calls are made any more.
            DialFailed: a dial with this tag is under way.
        """
        if self._desk.roster.draining or self._desk.roster.stopping:
            raise ClientStopped("the client drains or stops; it makes no new calls")
        tag = message.tag
        former = self._dials.get(tag)
        if former is not None and not former.settled:
            raise DialFailed(f"a dial with the tag {tag!r} is under way already")
        if former is not None:
            self._end_all(former)
            self._forget(former)
        self._former.pop(tag)
        self._dials[tag] = Dial(tag, message.factory, message.outcome, message.command)
        self._ledger.note_dial(tag)

    @property
    def open(self) -> int:
        """How many dials have no outcome yet."""
        return sum(not dial.settled for dial in self._dials.values())

    def take(self, event: RelayEvent) -> bool:
        """Take an event of a leg; return False when it belongs to no dial."""
        dial = self._legs.get(event.call_id)
        if dial is None and event.tag and isinstance(event, CallStateEvent):
            dial = self._dials.get(event.tag)
            if dial is None:
                return self._take_late(event)
        if dial is None or not event.call_id:
            return False
        leg = dial.note(event)
        if leg is None:
            return False
        self._legs[event.call_id] = dial
        if dial.settled and isinstance(event, CallStateEvent) and event.call_state == "answered":
            self._end(leg)  # it lost, and somebody picked up all the same
        return True

    def _take_late(self, event: CallStateEvent) -> bool:
        """End a leg that shows up after its dial; a leg of a bridge may carry the same tag, but has a parent."""
        winner = self._former.get(event.tag)
        if winner is None or winner == event.call_id or event.parent:
            return False
        if event.call_state not in OVER and (event.call_id not in self._unwanted or event.call_state == "answered"):
            self._end(Leg(event.call_id, event.node_id))
        return True

    def progress(self, event: DialEvent) -> None:
        """Take the dial's own progress: answered, failed, or merely dialing."""
        dial = self._dials.get(event.tag)
        if event.dial_state == "dialing":
            return
        if dial is None or dial.settled:
            self._late_progress(event)
        elif event.dial_state == "answered":
            self._answered(dial, event)
        elif event.dial_state == "failed":
            self._stats.dials["failed"] += 1
            why = event.reason or "no reason given"
            dial.future.fail(DialFailed(f"nobody answered: {why}", reason=event.reason, source=event.source))
            self._settle(dial)
        else:
            self._throttle.warning(
                "ignored the dial state {!r}; known are dialing, answered and failed", event.dial_state
            )

    def _late_progress(self, event: DialEvent) -> None:
        """End the winner of a dial that was given up; ignore any other repetition, as that of an adopted call."""
        call_id = event.call.get("call_id")
        if event.dial_state != "answered" or self._former.get(event.tag) != "" or not isinstance(call_id, str):
            return
        if call_id not in self._desk.roster.calls:
            self._end(Leg(call_id, text(event.call.get("node_id")) or event.node_id))

    def _answered(self, dial: Dial, event: DialEvent) -> None:
        winner = event.call
        call_id = winner.get("call_id")
        if not isinstance(call_id, str) or not call_id:
            self._throttle.warning("ignored an answered dial without the call that won")
            return
        leg = dial.legs.pop(call_id, None) or Leg(call_id, text(winner.get("node_id")) or event.node_id)
        self._legs.pop(call_id, None)
        self._spawn.begin(
            dial.factory,
            self._history(leg, winner),
            partial(self._won, dial, leg),
            call_id=call_id,
            node_id=text(winner.get("node_id")) or leg.node_id or event.node_id,
            project_id=event.project_id,
            direction="outbound",
            state="created",
            raw_device=msgspec.Raw(encode_params(winner.get("device") or {})),
            tag=dial.tag,
            segment_id=text(winner.get("segment_id")),
        )
        for other in dial.legs.values():
            if other.answered and not other.ended:
                self._end(other)
        self._settle(dial, winner=call_id)

    def _won(self, dial: Dial, leg: Leg, call: Call | None) -> None:
        """Hand the call of the winner to the one who dialled."""
        if call is None:
            dial.future.fail(DialFailed("the call was answered, but no actor could be made for it", reason="error"))
        elif dial.future.resolve(call):
            self._stats.dials["answered"] += 1
        else:
            self._end(leg)

    @staticmethod
    def _history(leg: Leg, winner: dict[str, Any]) -> tuple[RelayEvent, ...]:
        """Return what the winner told so far; that it is answered is added when no event of its own said so yet."""
        if any(isinstance(e, CallStateEvent) and e.call_state == "answered" for e in leg.events):
            return tuple(leg.events)
        answered = make_event(CallStateEvent.EVENT_TYPE, {**winner, "call_id": leg.call_id, "call_state": "answered"})
        before = [e for e in leg.events if not isinstance(e, CallStateEvent) or e.call_state in {"created", "ringing"}]
        after = [e for e in leg.events if e not in before]
        return (*before, answered, *after)

    def abandon(self, message: AbandonDial) -> None:
        """End every leg of a dial, those too that show up later (protocol 5: nothing is cancelled by itself)."""
        tag, future = message.tag, message.outcome
        if future.done():
            self._end_unheld(future)
            return
        future.fail(DialFailed("the dial was given up"))  # an actor that is still being made comes too late
        dial = self._dials.get(tag)
        if dial is None or dial.future is not future:
            return
        self._former.add(tag, "")
        self._stats.dials["abandoned"] += 1
        dial.settled = True
        self._end_all(dial)
        self._forget(dial)
        self._on_settled()

    def _end_unheld(self, future: GreenletFuture[Any]) -> None:
        """End a call that answered in the moment in which its dial was given up: nobody holds it."""
        try:
            call = future.get(timeout=0)
        except RelayError:
            return
        self._end(Leg(call.call_id, call.node_id))

    def _settle(self, dial: Dial, winner: str = "") -> None:
        """Note that the outcome of a dial is known: what is left of it has a while to end by itself."""
        dial.settled = True
        dial.winner = winner
        self._settled.append((clock.monotonic() + self._desk.timing.call_linger, dial))
        if not self._timer.started:
            self._sweep_later()
        self._on_settled()

    def _sweep_later(self) -> None:
        self._timer.send_after(self._settled[0][0] - clock.monotonic(), self._desk.address, SweepDials())

    def sweep(self, _message: SweepDials) -> None:
        """End what is left of the dials whose time is over, and forget them."""
        self._timer.cancel()
        now = clock.monotonic()
        while self._settled and self._settled[0][0] <= now:
            _, dial = self._settled.popleft()
            if self._dials.get(dial.tag) is dial:
                self._end_all(dial)
                self._forget(dial)
                self._former.add(dial.tag, dial.winner)
        if self._settled:
            self._sweep_later()

    def _end_all(self, dial: Dial) -> None:
        for leg in dial.legs.values():
            if not leg.ended:
                self._end(leg)

    def _end(self, leg: Leg) -> None:
        """Have a leg ended; nobody waits for the reply."""
        self._unwanted.add(leg.call_id)
        self._hangups.end(leg.call_id, leg.node_id, "cancel")

    def session_lost(self) -> None:
        """Fail every dial that the server has forgotten: one that waits for the connection is none of them."""
        waiting = {tag: dial for tag, dial in self._dials.items() if not dial.sent and not dial.settled}
        for tag in waiting:
            del self._dials[tag]
        for dial in self._dials.values():
            self._former.add(dial.tag, "")  # a leg of it that shows up all the same is ended
        self._fail_all(SessionLost(), "lost")
        self._dials.update(waiting)
        self._on_settled()

    def stop(self) -> None:
        """Fail every dial and end the legs that ring: the client stops."""
        for dial in self._dials.values():
            self._former.add(dial.tag, dial.winner)
            self._end_all(dial)
        self._fail_all(ClientStopped("the client was disconnected during the dial"), "abandoned")

    def _fail_all(self, error: RelayError, outcome: str) -> None:
        for dial in self._dials.values():
            if not dial.settled:
                self._stats.dials[outcome] += 1
                dial.future.fail(error)
        for tag in self._dials:
            self._ledger.forget_dial(tag)
        self._dials.clear()
        self._legs.clear()
        self._settled.clear()
        self._timer.cancel()

    def _forget(self, dial: Dial) -> None:
        self._dials.pop(dial.tag, None)
        self._ledger.forget_dial(dial.tag)
        for call_id in dial.legs:
            self._legs.pop(call_id, None)

"""One call, or one leg: its state, its open actions, and the events about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.ground import frames
from relay_runtime.sandbox.ground.clock import Timer, epoch_ms, now
from relay_runtime.sandbox.ground.ids import new_id
from relay_runtime.sandbox.ground.line import Line
from relay_runtime.sandbox.script.run import Run, Status

if TYPE_CHECKING:
    from relay_runtime.sandbox.calls.action import Action
    from relay_runtime.sandbox.calls.bridge import Bridge
    from relay_runtime.sandbox.calls.exchange import Exchange

__all__ = ["Call"]

A = TypeVar("A", bound="Action")

_ORDER: Final = ("created", "ringing", "answered", "ending", "ended")


class Call:
    """A call as the network sees it.

    Args:
        exchange: what it belongs to.
        direction: ``inbound`` or ``outbound``, from the client's side.
        device: its device object, as events carry it.
        run: the script at the far end.
        call_id: its id; None makes one up.
    """

    def __init__(
        self, exchange: Exchange, direction: str, device: frames.Frame, run: Run, call_id: str | None = None
    ) -> None:
        self.exchange = exchange
        self.ground = exchange.ground
        self.call_id = call_id or new_id()
        self.segment_id = new_id()
        self.direction = direction
        self.device = device
        self.run = run
        self.line = Line()
        self.session: Session | None = None
        self.context = ""
        self.tag = ""
        self.parent: Call | None = None
        self.bridge: Bridge | None = None
        self.winner = False
        self.state = "created"
        self.start_ms = epoch_ms()
        self.answer_ms = 0
        self.end_ms = 0
        self.end_reason = ""
        self.end_source = ""
        self.actions: dict[tuple[str, str], Action] = {}
        self.facts: dict[str, Any] = {}  # what verbs remember about this call: denoise, room, conference ...
        self.pick_up: Callable[[], None] | None = None  # while it rings at its far end
        self.on_answered: Callable[[Call], None] | None = None
        self.on_ended: Callable[[Call], None] | None = None
        self.began = now()
        self._limit: Timer | None = None
        run.made(self)

    def __repr__(self) -> str:
        return f"<Call {self.call_id} {self.direction} {self.state}>"

    @property
    def node_id(self) -> str:
        """The node the call lives on."""
        return self.ground.node_id

    @property
    def up(self) -> bool:
        """Whether the call has not ended."""
        return self.state != "ended"

    def event(self, event_type: str, /, **fields: Any) -> None:
        """Push an event about this call to the client that has it."""
        if self.session is not None:
            self.session.event(event_type, {"node_id": self.node_id, "call_id": self.call_id, **fields})

    def offer(self, session: Session) -> None:
        """Offer the call to a client."""
        self.session = session
        session.calls[self.call_id] = self
        params = {**self.summary(), "context": self.context}
        session.event("calling.call.receive", params, context=self.context)

    def withdraw(self) -> None:
        """Take the call from the client that has it, without an event."""
        if self.session is not None:
            self.session.calls.pop(self.call_id, None)
            self.session = None

    def summary(self) -> frames.Frame:
        """Return the fields that offers, states and dial results share."""
        fields: frames.Frame = {
            "node_id": self.node_id,
            "call_id": self.call_id,
            "segment_id": self.segment_id,
            "tag": self.tag,
            "call_state": self.state,
            "direction": self.direction,
            "device": self.device,
        }
        if self.parent is not None:
            kind = self.parent.device.get("type", "")
            fields["parent"] = {"node_id": self.node_id, "call_id": self.parent.call_id, "device_type": kind}
        peer = self.bridge.other(self) if self.bridge is not None else None
        if peer is not None:
            fields["peer"] = {"node_id": self.node_id, "call_id": peer.call_id}
        if self.winner:
            fields["dial_winner"] = "true"
        return fields

    def _state_event(self) -> None:
        fields = self.summary()
        fields.update(start_time=self.start_ms, answer_time=self.answer_ms, end_time=self.end_ms)  # 0: not yet
        if self.state == "ended":
            fields["end_reason"] = self.end_reason
            fields["end_source"] = self.end_source
        del fields["node_id"], fields["call_id"]
        self.event("calling.call.state", **fields)

    def move(self, state: str, *, announce: bool = True) -> None:
        """Go forward to a state; going back, or twice to the same, is ignored."""
        if _ORDER.index(state) <= _ORDER.index(self.state):
            return
        self.state = state
        if announce:
            self._state_event()

    def announce(self) -> None:
        """Send the state event of the state the call is in."""
        self._state_event()

    def answered(self, max_duration: float | None = None, *, told_last: bool = False) -> None:
        """Let the call be answered, by whichever side.

        Args:
            max_duration: line seconds that it may last.
            told_last: send its state behind what the answer leads to.
        """
        if _ORDER.index(self.state) >= _ORDER.index("answered"):
            return
        self.answer_ms = epoch_ms()
        self.move("answered", announce=not told_last)
        if max_duration:
            self._limit = self.ground.clock.after(max_duration, self.end, "maxDuration", "none")
        if self.on_answered is not None:
            self.on_answered(self)
        if told_last:
            self.announce()
        self.run.answered(self)

    def end(self, reason: str, source: str) -> None:
        """Hang up: what is open ends first, then ``ending`` and ``ended`` (protocol 14).

        Args:
            reason: one of the end reasons of protocol 6.
            source: ``inbound`` for the far end, ``outbound`` for the client, ``none`` for the network.
        """
        if self.state in {"ending", "ended"}:
            return
        if self._limit is not None:
            self._limit.cancel()
        late = self._end_actions(reason)
        if self.bridge is not None:
            self.bridge.call_ends(self)
        self.move("ending")
        self.end_ms = epoch_ms()  # known from ``ended`` on
        self.end_reason, self.end_source = reason, source
        self.move("ended")
        for action in late:
            action.call_ends()
        self.exchange.call_over(self)
        if self.on_ended is not None:
            self.on_ended(self)
        self.run.ended(self)

    def transfer(self, context: str | None) -> None:
        """Leave the client for another application: of a context, or (None) one outside of RELAY."""
        for action in list(self.actions.values()):
            action.call_ends()
        if self.bridge is not None:
            self.bridge.disconnect(end_peer=True)
        self.line.ears.clear()
        self.withdraw()
        self.run.note("client", "transfers the call")
        self.run.status = Status.TRANSFERRED
        if context is None:
            self.end("hangup", "none")
            return
        self.context = context
        self.facts["tried"] = set()
        self.exchange.route(self, nobody=Status.TRANSFERRED)

    def _end_actions(self, reason: str) -> list[Action]:
        """End what is open; return what is to end after the call."""
        late: list[Action] = []
        for action in list(self.actions.values()):
            if action.after_end and self.ground.settings.late_recordings:
                late.append(action)
            else:
                action.call_ends()
        self.facts["end_reason"] = reason
        self.line.ears.clear()
        return late

    def begin(self, action: A) -> A:
        """Put an action into the table and start it."""
        self.actions[action.kind, action.control_id] = action
        self.ground.counters.actions_open += 1
        foresight = self.exchange.foresight
        action.go(None if foresight is None else foresight(self.call_id, action.kind, action.control_id))
        return action

    def action(self, kind: type[A], control_id: str) -> A | None:
        """Return the open action of this kind and name, if there is one."""
        found = self.actions.get((kind.kind, control_id))
        return found if isinstance(found, kind) else None

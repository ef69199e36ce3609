"""What is known of a call."""

from __future__ import annotations

from struct import Struct
from sys import intern
from typing import Any, Final, cast

import msgspec

from relay_actors.call.crash_policy import CrashPolicy
from relay_actors.call.engagements import Engaged
from relay_actors.errors import CallEnded, RelayError
from relay_actors.kit import clock
from relay_actors.wire.call_state import ANSWERED, ENDED, ENDING, RINGING
from relay_actors.wire.events import CallStateEvent, parse_event
from relay_actors.wire.frames import FrameParams, as_dict
from relay_actors.wire.values import text

__all__ = ["CallFacts", "pack_time"]

_TIME: Final = Struct("d")
pack_time: Final = _TIME.pack
"""Returns seconds as `CallFacts.times` keeps them."""

_LASTING: Final = frozenset({RINGING, ANSWERED})

_ways: dict[tuple[str, ...], tuple[str, ...]] = {}
"""The ways that calls have gone through their states: few, and many calls have each."""


class CallFacts(msgspec.Struct, kw_only=True, eq=False):
    """The facts of a call, readable from any greenlet; only the call's core changes them.

    Attributes:
        call_id: the call's id.
        node_id: the routing half of the call's address.
        direction: ``inbound`` or ``outbound``.
        state: ``created``, ``ringing``, ``answered``, ``ending`` or ``ended``.
        kind: the name of the class that serves it.
        project_id: the project it belongs to.
        context: the context an inbound call arrived on; empty for an outbound one.
        raw_device: its device, as JSON.
        tag: the label of the dial that made it, or an empty string.
        segment_id: the call segment, for correlation only.
        states: the states that it has had, oldest first.
        times: when it came into each of them, in monotonic seconds; packed, to save memory.
        engaged: what it is engaged in that needs no code of its user.
        left: whether its offer is left to others: nobody here has touched it, and it is not ours to end.
        hung_up: whether the server has taken our hang-up.
        crashed: whether code of it has crashed.
        memo: what its code wants to be remembered, as JSON; or empty.
        orphaned: of a call that another process has left: what becomes of it if its class does not say; else None.
        queue_entries: from each queue that it was put into to the control_id of that; None before the first.
        newest: the event of the newest state, or its envelope; None before the first.
        over: why it is over for this client, or None while it is not.
    """

    call_id: str
    node_id: str
    direction: str
    state: str
    kind: str = ""
    project_id: str = ""
    context: str = ""
    raw_device: msgspec.Raw = msgspec.Raw(b"{}")
    tag: str = ""
    segment_id: str = ""
    states: tuple[str, ...] = ()
    times: bytes = b""
    engaged: Engaged = ()
    left: bool = False
    hung_up: bool = False
    crashed: bool = False
    memo: bytes = b""
    orphaned: CrashPolicy | None = None
    queue_entries: dict[str, str] | None = None
    newest: CallStateEvent | FrameParams | None = None
    over: RelayError | None = None

    def __repr__(self) -> str:
        """Show the address; no numbers of callers."""
        return f"<{self.kind} {self.call_id} {self.direction} {self.state}>"

    @property
    def device(self) -> dict[str, Any] | Any:
        """The call's device, ``{"type": …, "params": {…}}``: a fresh dict at each access; None if it was adopted."""
        return as_dict(self.raw_device) if self.orphaned is None else None

    @property
    def from_number(self) -> str | Any:
        """Who calls: a number, a SIP address, or an empty string; None if the call was adopted."""
        return self._number("from")

    @property
    def to_number(self) -> str | Any:
        """Who is called: a number, a SIP address, or an empty string; None if the call was adopted."""
        return self._number("to")

    def _number(self, side: str) -> str | None:
        if self.orphaned is not None:
            return None
        params = self.device.get("params")
        if not isinstance(params, dict):
            return ""
        return text(params.get(f"{side}_number")) or text(params.get(side))

    @property
    def born(self) -> float:
        """When its actor was made, in monotonic seconds."""
        return _TIME.unpack_from(self.times)[0]  # type: ignore[no-any-return]

    @property
    def history(self) -> tuple[tuple[float, str], ...]:
        """When the call came into each of its states, in monotonic seconds, oldest first."""
        return tuple(zip((at for (at,) in _TIME.iter_unpack(self.times)), self.states, strict=True))

    @property
    def is_ended(self) -> bool:
        """Whether the call is over for this client."""
        return self.over is not None

    @property
    def end_reason(self) -> str:
        """Why the call ended, in the wire's spelling; empty while it is up or when the server gave no reason."""
        return self.over.reason if isinstance(self.over, CallEnded) else ""

    @property
    def last_state(self) -> CallStateEvent | None:
        """The event that brought the call into its state; None before the first."""
        newest = self.newest
        return cast("CallStateEvent", parse_event(newest)) if isinstance(newest, FrameParams) else newest

    def has_been(self, state: str) -> bool:
        """Whether the call is in a state, or was; ``ringing`` and ``ending`` count when they were skipped."""
        if state == ENDING:
            return self.state in {ENDING, ENDED}
        if state == RINGING and ANSWERED in self.states:
            return True
        return state in self.states or (state == ENDED and self.over is not None)

    def enter(self, state: str) -> None:
        """Note that the call comes into a state now."""
        self.state = state = intern(state)
        states = (*self.states, state)
        self.states = _ways.setdefault(states, states)
        self.times += pack_time(clock.monotonic())

    def note_state(self, event: CallStateEvent) -> None:
        """Keep the event of the newest state; of a state that lasts, only its envelope: a third of the memory."""
        envelope = event.envelope
        if event.call_state in _LASTING:
            self.newest = FrameParams(
                event_type=CallStateEvent.EVENT_TYPE,
                timestamp=envelope.timestamp,
                project_id=envelope.project_id and intern(envelope.project_id),
                space_id=envelope.space_id and intern(envelope.space_id),
                context=envelope.context and intern(envelope.context),
                params=envelope.params.copy(),
            )
        else:
            self.newest = event

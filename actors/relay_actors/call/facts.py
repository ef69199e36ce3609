"""What is known of a call."""

from __future__ import annotations

import time
from sys import intern
from typing import Any, Final, cast

from relay_actors.call.messages import CallSetup
from relay_actors.errors import CallEnded, RelayError
from relay_actors.kit.turns import TurnActor
from relay_actors.wire.events import CallStateEvent, parse_event
from relay_actors.wire.frames import FrameParams, as_dict

__all__ = ["CallFacts"]

_LASTING: Final = frozenset({"ringing", "answered"})


class CallFacts(TurnActor):
    """The facts of a call, readable from any greenlet; only the call's core changes them."""

    __slots__ = ("_newest", "_over", "_seen", "_setup", "_state", "_times")

    def __init__(self, setup: CallSetup) -> None:
        super().__init__()
        self._setup = setup
        self._state = setup.state
        self._seen: tuple[str, ...] = (setup.state,)
        self._times: tuple[float, ...] = (time.monotonic(),)
        self._newest: CallStateEvent | FrameParams | None = None  # the event of the newest state, or its envelope
        self._over: RelayError | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.call_id} {self._setup.direction} {self._state}>"

    __str__ = __repr__

    @property
    def _last_state(self) -> CallStateEvent | None:
        """The event that brought the call into its state; None before the first."""
        newest = self._newest
        return cast("CallStateEvent", parse_event(newest)) if isinstance(newest, FrameParams) else newest

    def _note_state(self, event: CallStateEvent) -> None:
        """Keep the event of the newest state; of a state that lasts, only its envelope: a third of the memory."""
        envelope = event.envelope
        if event.call_state in _LASTING:
            self._newest = FrameParams(
                event_type=CallStateEvent.EVENT_TYPE,
                timestamp=envelope.timestamp,
                project_id=envelope.project_id and intern(envelope.project_id),
                space_id=envelope.space_id and intern(envelope.space_id),
                context=envelope.context and intern(envelope.context),
                params=envelope.params.copy(),
            )
        else:
            self._newest = event

    @property
    def call_id(self) -> str:
        """The call's id."""
        return self._setup.call_id

    @property
    def node_id(self) -> str:
        """The routing half of the call's address."""
        return self._setup.node_id

    @property
    def project_id(self) -> str:
        """The project the call belongs to."""
        return self._setup.project_id

    @property
    def context(self) -> str:
        """The context an inbound call arrived on; empty for an outbound one."""
        return self._setup.context

    @property
    def direction(self) -> str:
        """``inbound`` or ``outbound``."""
        return self._setup.direction

    @property
    def device(self) -> dict[str, Any]:
        """The call's device, ``{"type": …, "params": {…}}``: a fresh dict at each access."""
        return as_dict(self._setup.device)

    @property
    def from_number(self) -> str:
        """Who calls: a number, a SIP address, or an empty string."""
        return self._number("from")

    @property
    def to_number(self) -> str:
        """Who is called: a number, a SIP address, or an empty string."""
        return self._number("to")

    def _number(self, side: str) -> str:
        params = self.device.get("params")
        if not isinstance(params, dict):
            return ""
        return str(params.get(f"{side}_number") or params.get(side) or "")

    @property
    def tag(self) -> str:
        """The label of the dial that made the call, or an empty string."""
        return self._setup.tag

    @property
    def segment_id(self) -> str:
        """The call segment, for correlation only."""
        return self._setup.segment_id

    @property
    def born(self) -> float:
        """When its actor was made, in monotonic seconds."""
        return self._times[0]

    @property
    def history(self) -> tuple[tuple[float, str], ...]:
        """When the call came into each of its states, in monotonic seconds, oldest first."""
        return tuple(zip(self._times, self._seen, strict=True))

    @property
    def state(self) -> str:
        """The call's state: ``created``, ``ringing``, ``answered``, ``ending`` or ``ended``."""
        return self._state

    @property
    def is_ended(self) -> bool:
        """Whether the call is over for this client."""
        return self._over is not None

    @property
    def end_reason(self) -> str:
        """Why the call ended, in the wire's spelling; empty while it is up or when the server gave no reason."""
        return self._over.reason if isinstance(self._over, CallEnded) else ""

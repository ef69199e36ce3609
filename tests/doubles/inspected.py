"""A client that is looked into, and the process around it, without a connection."""

from __future__ import annotations

from typing import Any

from relay_actors.telemetry.stats import Stats
from relay_actors.telemetry.status import CallsStatus, CallStatus, ConnectionStatus, QueuesStatus, Status
from relay_runtime.client.frame_tap import FrameTap

__all__ = ["InspectedClient", "InspectedProcess"]


class InspectedClient:
    """Has the calls that it was told to have, and keeps which were hung up.

    Attributes:
        state: the connection's state.
        error: raised by whoever hangs up, if it is set.
    """

    def __init__(self, *call_ids: str) -> None:
        self.stats = Stats()
        self.tap = FrameTap()
        self.calls = list(call_ids)
        self.state = "connected"
        self.error: Exception | None = None

    def status(self) -> Status:
        return Status(
            connection=ConnectionStatus(state=self.state),
            calls=CallsStatus(live=len(self.calls)),
            queues=QueuesStatus(),
            actors=(),
            taken=0.0,
        )

    def live_calls(self) -> list[CallStatus]:
        return [
            CallStatus(call_id=each, kind="Call", direction="inbound", context="office", state="answered", age=1.0)
            for each in self.calls
        ]

    def call_status(self, call_id: str) -> CallStatus | None:
        return next((call for call in self.live_calls() if call.call_id == call_id), None)

    def hangup_call(self, call_id: str) -> bool:
        if self.error is not None:
            raise self.error
        if call_id not in self.calls:
            return False
        self.calls.remove(call_id)
        return True


class InspectedProcess:
    """The process around it, and its monitor."""

    def __init__(self) -> None:
        self.stopping = False
        self.why: list[str] = []

    def request_stop(self, why: str) -> bool:
        self.why.append(why)
        before, self.stopping = self.stopping, True
        return not before

    def samples(self) -> list[Any]:
        return ["samples"]

    def notes(self) -> tuple[str, ...]:
        return ("without its fleet",)

    def not_ready(self) -> tuple[str, ...]:
        return ("draining",) if self.stopping else ()

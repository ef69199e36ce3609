"""A call that is served until it ends."""

from __future__ import annotations

from typing import Any

from relay_actors.call.call import CallActor

__all__ = ["Waiting"]


class Waiting(CallActor):
    """Serves until the call ends; ``got`` are its events."""

    def __init__(self, setup: Any) -> None:
        super().__init__(setup)
        self.got: list[str] = []

    def on_event(self, each: Any) -> None:
        self.got.append(getattr(each, "call_state", "") or each.event_type)

    def run(self) -> None:
        self.wait_for_ended()

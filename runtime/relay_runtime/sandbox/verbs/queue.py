"""calling.queue.enter and calling.queue.leave (protocol 7.5)."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from relay_runtime.sandbox.calls.action import Action
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.ground import frames
from relay_runtime.sandbox.ground.clock import epoch_us, now
from relay_runtime.sandbox.ground.fields import Filled
from relay_runtime.sandbox.verbs.table import Control, RefusalError, fresh, running, verb

_STATS_EVERY: Final = 10.0


class EnterParams(Control, kw_only=True):
    """Params of calling.queue.enter."""

    queue_name: Filled
    status_url: str = ""
    wait_url: str = ""
    wait_time: Annotated[float, Meta(ge=1)] = 180


class LeaveParams(Control, kw_only=True):
    """Params of calling.queue.leave."""

    queue_name: Filled
    queue_id: str = ""


class Place(Action):
    """A call's place in a queue.

    Args:
        call: the call.
        params: what was asked for.
    """

    kind = "queue"
    event_type = "calling.call.queue"

    def __init__(self, call: Call, params: EnterParams) -> None:
        super().__init__(call, params.control_id)
        self.name = params.queue_name
        self._params = params
        self._entered_us = epoch_us()
        self._since = now()

    def start(self) -> None:
        """Join the queue, and leave it again when the wait is too long."""
        self.call.exchange.queues.join(self.name, self)
        self.event(**self._facts("enqueue"))
        self.set_timer("wait", self._params.wait_time, self.stop)
        self.set_timer("stats", _STATS_EVERY, self._stats)

    def _stats(self) -> None:
        self.event(**self._facts("stats"))
        self.set_timer("stats", _STATS_EVERY, self._stats)

    def _facts(self, status: str, **times: int) -> frames.Frame:
        queues = self.call.exchange.queues
        line = queues.waiting.get(self.name, [])
        return {
            "status": status,
            "id": queues.id_of(self.name),
            "name": self.name,
            "position": line.index(self) + 1 if self in line else 0,
            "size": len(line),
            "avg_time": int(self.clock.line_seconds(self._since)),
            "enqueue_ts": self._entered_us,
            "dequeue_ts": times.get("dequeue_ts", 0),
            "leave_ts": times.get("leave_ts", 0),
            "status_url": self._params.status_url,
        }

    def taken(self) -> None:
        """Leave the queue since somebody took the call."""
        self.call.exchange.queues.leave(self.name, self)
        self.finish(**self._facts("dequeue", dequeue_ts=epoch_us()))

    def stop(self) -> None:
        """Leave the queue."""
        self.call.exchange.queues.leave(self.name, self)
        self.finish(**self._facts("leave", leave_ts=epoch_us()))


@verb("calling.queue.enter", "Entering queue", EnterParams)
def enter(call: Call, params: EnterParams) -> None:
    """Put the call into a queue."""
    fresh(call, Place, params.control_id)
    call.begin(Place(call, params))


@verb("calling.queue.leave", "Leaving queue", LeaveParams)
def leave(call: Call, params: LeaveParams) -> None:
    """Take the call out of a queue; control_id must be that of calling.queue.enter."""
    place = running(call, Place, params.control_id)
    if place.name != params.queue_name:
        raise RefusalError("404", "The call is not in this queue")
    place.stop()

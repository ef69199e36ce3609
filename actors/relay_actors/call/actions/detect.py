"""Detectors of machines, faxes and digits."""

from __future__ import annotations

from relay_actors.call.actions.base import FINISHED, OnCompleted, Operator
from relay_actors.call.actions.results import ResultsAction
from relay_actors.kit import clock
from relay_actors.wire.events import DetectEvent, RelayEvent

__all__ = ["DetectAction"]


class DetectAction(ResultsAction[DetectEvent]):
    """A detector: done at its first result, yet it goes on until the server ends it or `stop` does.

    ``wait()`` gives the first result (``HUMAN``, ``MACHINE``, ``CED``, a digit, …), or ``finished`` when nothing was
    found; `wait_for_ready` waits until a machine is ready for a message; `results` yields them all.
    """

    METHOD = "calling.detect"
    EVENT = DetectEvent
    BACKGROUND = True
    __slots__ = ("_ready",)

    def __init__(self, call: Operator, control_id: str, on_completed: OnCompleted[DetectEvent] | None = None) -> None:
        super().__init__(call, control_id, on_completed)
        self._ready: DetectEvent | None = None

    def ends_with(self, event: RelayEvent) -> bool:
        """Return whether the detector is over (protocol 16.17: either place). The call's core calls this."""
        assert isinstance(event, DetectEvent)
        return event.state in FINISHED or event.event in FINISHED

    def apply(self, event: RelayEvent) -> bool:
        """Take an event of this operation; return whether no more are expected. The call's core calls this."""
        if not isinstance(event, DetectEvent):
            return False
        last = self.ends_with(event)
        self._state = event.event or event.state or self._state
        if event.beep or event.event == "READY":
            self._ready = event
        elif event.event == "NOT_READY":
            self._ready = None
        if event.detect or last:
            self._future.resolve(event)
        self._tell(event, result=bool(event.event) and not last, last=last)
        return last

    def wait_for_ready(self, timeout: float | None = None) -> DetectEvent:
        """Wait until an answering machine is ready for a message: ``READY``, or its beep.

        Returns at once when it is ready; a ``NOT_READY`` makes it wait again. When the detector ends first, the event
        that ended it is returned: look at ``event.event``. Blocks the current greenlet, as `wait` does.

        Args:
            timeout: seconds to wait at most; None waits as long as the detector runs.

        Raises:
            RelayTimeout: the time is over; the detector goes on.
            CallEnded: the call ended first.
        """
        deadline = None if timeout is None else clock.monotonic() + timeout
        while self._ready is None:
            if self._broken is not None:
                raise self._broken
            if self._over:
                assert isinstance(self._last, DetectEvent)
                return self._last
            self._wait_for_news(deadline)
        return self._ready

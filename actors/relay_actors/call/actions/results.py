"""Actions that have several results before they end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from relay_actors.call.actions.base import E_co, OnCompleted, Operator, StoppableAction
from relay_actors.errors import RelayError, RelayTimeout
from relay_actors.kit import clock
from relay_actors.kit.future import GreenletFuture
from relay_actors.wire.events import RelayEvent

__all__ = ["ResultsAction"]

_RESULTS_KEPT: Final = 1_000


class ResultsAction(StoppableAction[E_co]):
    """An operation whose results can be taken one by one, while it goes on."""

    __slots__ = ("_broken", "_last", "_news", "_over", "_results")

    def __init__(self, call: Operator, control_id: str, on_completed: OnCompleted[E_co] | None = None) -> None:
        super().__init__(call, control_id, on_completed)
        self._results: deque[Any] | None = None
        self._news: GreenletFuture[None] | None = None
        self._over = False
        self._last: RelayEvent | None = None
        self._broken: RelayError | None = None

    def results(self, timeout: float | None = None) -> Iterator[E_co]:
        """Yield each result as it comes, until the operation is over; results that came before are the first.

        Waiting for the next blocks the current greenlet, as `wait` does. Each result is handed on once; of more than
        1,000 that nobody takes, the oldest are dropped.

        Args:
            timeout: seconds to wait for each; None waits as long as call and session last.

        Raises:
            RelayTimeout: no result came in time; the operation goes on.
            CallEnded: the call ended.
        """
        self._call.refuse_elsewhere()
        return self._each(timeout)

    def _each(self, timeout: float | None) -> Iterator[E_co]:
        while True:
            while self._results:
                yield self._results.popleft()
            if self._over:
                if self._broken is not None:
                    raise self._broken
                return
            self._wait_for_news(None if timeout is None else clock.monotonic() + timeout)

    def _wait_for_news(self, deadline: float | None) -> None:
        if self._news is None or self._news.done():
            self._news = GreenletFuture()
        remaining = None if deadline is None else max(0.0, deadline - clock.monotonic())
        if not self._call.wait_for_future(self._news, remaining):
            raise RelayTimeout(f"{self.METHOD} brought no result in time")

    def _tell(self, event: RelayEvent | None, *, result: bool, last: bool) -> None:
        """Wake those who wait; ``event`` is kept if it is a result, and as the newest."""
        if event is not None:
            self._last = event
            if result:
                if self._results is None:
                    self._results = deque(maxlen=_RESULTS_KEPT)
                self._results.append(event)
        self._over = self._over or last
        news, self._news = self._news, None
        if news is not None:
            news.resolve(None)

    def _give_back(self, result: RelayEvent) -> None:
        """Have a result handed on once more, as the next one, unless so many wait that it would be dropped."""
        if self._results is not None and len(self._results) < _RESULTS_KEPT:
            self._results.appendleft(result)
            self._tell(None, result=False, last=False)

    def abort(self, error: RelayError) -> None:
        """End the operation without an event. The call's core calls this."""
        super().abort(error)
        if not self._over:
            self._broken = error
        self._tell(None, result=False, last=True)

    @property
    def _closed(self) -> bool:
        return self._over

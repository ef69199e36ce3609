"""Callbacks of a call's user: what `Call.on` and ``on_completed`` were given. A crash is the callback's alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from relay_actors.call.core import CallCore
from relay_actors.errors import CodeOverdue, RelayError
from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.fork import came_back
from relay_actors.kit.log import logger
from relay_actors.kit.stack import stands_at, was_killed
from relay_actors.kit.timer import Timer
from relay_actors.kit.user_code import refuse_result

__all__ = ["Patience", "call_back"]

_AGAIN: Final = 12  # how many times the limit lies between two warnings about one call


def call_back(core: CallCore, function: Callable[..., object], *args: Any) -> None:
    """Run a callback in the current greenlet. It may block; if it raises, that is logged, counted and observed."""
    try:
        refuse_result(function(*args), function)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if was_killed(error):
            raise
        came_back(error)
        facts = core.facts
        if facts.over is not None and isinstance(error, RelayError | CodeOverdue):
            return  # the call's end reached code that did not catch it: the usual way out
        core.environment.link.stats.callbacks_crashed += 1
        name = type(error).__name__
        log_crash(error, "a callback of call {} crashed: {}", facts.call_id, name, call_id=facts.call_id)
        if core.environment.observer is not None:
            core.environment.observer.call_crashed(facts, error)


class Patience:
    """Looks whether callbacks wait for long, and says then which line they wait for.

    Args:
        core: the call's actor.
        limit: seconds that a callback may wait.
    """

    __slots__ = ("_core", "_limit", "_timer", "_waits_for")

    def __init__(self, core: CallCore, limit: float) -> None:
        self._core = core
        self._limit = limit
        self._timer = Timer()
        self._waits_for: Callable[..., object] | None = None

    def watch(self, callback: Callable[..., object]) -> None:
        """Look after a callback that can't run now, unless one is looked after. Never blocks."""
        if not self._timer.started:
            self._waits_for = callback
            self._timer.call_after(self._limit, self._look)

    def _look(self) -> None:
        core, callback = self._core, self._waits_for
        self.stop()
        if callback is None or not core.is_waiting(callback):
            return
        where = stands_at(core.worker)
        logger.bind(call_id=core.call_id).warning(
            "a callback of call {} has waited for {:g} s, for the code at {}: callbacks run during call.sleep() and "
            "the call's own waits",
            core.call_id,
            self._limit,
            where,
        )
        self._timer.call_after(_AGAIN * self._limit, self.stop)

    def stop(self) -> None:
        """Look no more, until there is another."""
        self._timer.cancel()
        self._waits_for = None

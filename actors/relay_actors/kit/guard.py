"""Runs code of others so that its crash is logged and ends nothing else: handlers, and onlookers.

An onlooker only looks: an observer, a tap, a listener to changes of the tree. It is called in the greenlets of actors,
where it must not block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from relay_actors.kit import fork
from relay_actors.kit.actor import forward_interrupt
from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.stack import was_killed
from relay_actors.kit.throttle import Throttle
from relay_actors.kit.user_code import refuse_result

__all__ = ["OnlookerGuard", "run_guarded"]


def run_guarded(handler: Callable[[Any], object], value: Any, line: str, *args: object) -> None:
    """Run ``handler(value)`` in the current greenlet; it may block. Raises nothing.

    Args:
        handler: code of the user.
        value: what it gets.
        line: what is logged when it raises, with a place for each of ``args``; Ctrl-C is handed to the main greenlet.
        args: the parts of the line.
    """
    try:
        refuse_result(handler(value), handler)
    except BaseException as error:  # noqa: BLE001 - law 4: a handler's crash ends with it
        fork.came_back(error)
        log_crash(error, line, *args)
        forward_interrupt(error)
    fork.came_back()


class OnlookerGuard:
    """Calls onlookers; what one raises is logged, every ten seconds at most, and changes nothing.

    Only the `gevent.GreenletExit` goes on by which somebody ends the greenlet in which the onlooker is called.

    Args:
        who: who looks on, for the log.
    """

    __slots__ = ("_throttle", "_who")

    def __init__(self, who: str) -> None:
        self._who = who
        self._throttle = Throttle()

    def __call__(self, look: Callable[..., object], *args: Any) -> Any:
        """Return ``look(*args)``, or None if it raised."""
        try:
            return look(*args)
        except BaseException as error:
            if was_killed(error):
                raise
            if count := self._throttle.tell():
                more = f", {count} times since the last word" if count > 1 else ""
                log_crash(error, "{} failed{}", self._who, more)
            forward_interrupt(error)
            return None

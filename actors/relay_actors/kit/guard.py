"""Runs a handler of the user so that its crash is logged and ends nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from relay_actors.kit import fork
from relay_actors.kit.actor import forward_interrupt, log_crash
from relay_actors.kit.user_code import refuse_result

__all__ = ["run_guarded"]


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

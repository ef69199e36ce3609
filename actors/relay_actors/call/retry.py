"""Doing a step again after the link dropped in the middle of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from relay_actors.errors import ConnectionLost

__all__ = ["retrying"]

P = ParamSpec("P")
R = TypeVar("R")


def retrying(step: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call ``step(*args, **kwargs)``, and again each time the connection drops before its reply; return its result.

    A command that was in flight when the link dropped may have taken effect, so the runtime never sends it again by
    itself (`ConnectionLost`). For a step that may happen twice without harm, such as saying a sentence, this says so.
    The next try waits for the new connection, within the command's own timeout; any other error is raised.

    Blocks the current greenlet as ``step`` does. In a call's own code the step runs in the call's greenlet.
    """
    while True:
        try:
            return step(*args, **kwargs)
        except ConnectionLost:
            continue

"""Credentials that a function of the user's returns: it is called in the loop, as all of his code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from relay_actors.kit.user_code import checked_function, name_of
from relay_runtime.aio.tasks import Tasks

__all__ = ["Secret", "in_loop"]

Secret: TypeAlias = str | Callable[[], str | Awaitable[str]]
"""A credential, or what returns it: a plain or a coroutine function."""


def in_loop(secret: Any, name: str, tasks: Callable[[], Tasks]) -> Any:
    """Return a credential as the client on the hub takes it.

    Args:
        secret: the credential, or what returns it; anything else is left to the client, which refuses it.
        name: what it is, for the message.
        tasks: returns what runs code of the user, once there is a loop.

    Raises:
        TypeError: it is a function that can't be called without arguments, or would never run.
    """
    if not callable(secret):
        return secret
    checked_function(secret, f"the function for {name}", given=0, coroutines=True)

    def ask() -> Any:
        return tasks().result_of(secret)

    ask.__qualname__ = name_of(secret)
    return ask

"""How a verb is sent: its params are checked, then they go as a command or start an action."""

from __future__ import annotations

from typing import Any, TypeVar

from relay_actors.call.actions import Action
from relay_actors.call.core import CallCore
from relay_actors.wire.checks import check_params

__all__ = ["Verbs"]

A = TypeVar("A", bound=Action)


class Verbs(CallCore):
    """The two ways in which a verb reaches the server."""

    def _invoke(self, method: str, params: dict[str, Any], *, names: dict[str, str] | None = None) -> dict[str, Any]:
        """Check the params of a verb that is no action, send it, and return the reply.

        Args:
            method: the method on the wire.
            params: its params by their names on the wire.
            names: the names by which the caller knows them, where they differ.
        """
        return self.invoke(method, check_params(method, params, names))

    def _begin(self, action: A, params: dict[str, Any], *, names: dict[str, str] | None = None) -> A:
        """Check the params of an action, start it, and return it; arguments as for `_invoke`."""
        self.start_action(action, check_params(action.METHOD, params, names))
        return action

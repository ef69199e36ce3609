"""What the verbs of a call stand on."""

from __future__ import annotations

from relay_actors.call.core import CallCore

__all__ = ["Verbs"]


class Verbs:
    """Base of the verbs: it knows the call's actor, and reaches no verb of the user's object."""

    __slots__ = ()

    @property
    def _relay(self) -> CallCore:
        raise NotImplementedError

"""How operations go, where somebody knows it better than the sandbox: times and results that were recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Course", "Foresight", "Told"]


@dataclass(frozen=True, slots=True)
class Told:
    """An event of an operation.

    Attributes:
        at: line seconds from the beginning of the operation.
        fields: what it has beside the ids.
        last: whether the operation is over with it.
        event_type: its type; empty for the one of the operation.
    """

    at: float
    fields: Mapping[str, Any]
    last: bool = False
    event_type: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """How one operation goes.

    Attributes:
        seconds: line seconds that a playback, or a prompt, takes in all if nothing ends it; None: as it is estimated.
        at_least: whether an estimate that is longer counts.
        events: what is told of the operation; None: what the sandbox finds out by itself.
        ending: fields of the last event when the client, or the end of the call, ends the operation.
    """

    seconds: float | None = None
    at_least: bool = False
    events: tuple[Told, ...] | None = None
    ending: Mapping[str, Any] = field(default_factory=dict)


Foresight = Callable[[str, str, str], Course | None]
"""Called with the call_id, the kind and the control_id of each operation as it begins; None: as the sandbox has it.

It must neither block nor raise.
"""

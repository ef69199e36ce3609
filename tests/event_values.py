"""What is odd about the values of an event: nothing may be, whatever the frame held."""

from __future__ import annotations

import functools
from typing import Any

import msgspec

from relay_actors.wire.events import RelayEvent

__all__ = ["oddities"]

_LARGEST = 2**63 - 1
_AS_IT_CAME = frozenset({"params", "raw_code"})
"""What an event hands out as the server sent it; objects inside a body are dicts, and come as they came too. An error's
code may be below 0 (JSON-RPC 2.0)."""


def oddities(event: RelayEvent) -> list[str]:
    """Read every field and property of an event; return what raised, and which numbers are none that one can count on.

    A field of a number's type has a number: finite, not negative, no boolean, within 64 bits.
    """
    found = []
    names, never_boolean = _names(type(event))
    for name in names:
        try:
            value = getattr(event, name)
            if name == "__repr__":
                value = value()
        except Exception as error:
            found.append(f"{type(event).__name__}.{name} raises {type(error).__name__}: {error}")
            continue
        if name not in _AS_IT_CAME and _is_odd(value):
            found.append(f"{type(event).__name__}.{name} is {value!r:.60}")
        if name in never_boolean and isinstance(value, bool):
            found.append(f"{type(event).__name__}.{name} is the boolean {value}")
    return found


@functools.cache
def _names(kind: type[RelayEvent]) -> tuple[list[str], set[str]]:
    """Return what to read of an event of a class, and which of its fields are no booleans."""
    read = ["__repr__", *sorted(each for each in dir(kind) if not each.startswith("_"))]
    return read, {field.name for field in msgspec.structs.fields(kind) if "bool" not in str(field.type)}


def _is_odd(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return not 0 <= value <= _LARGEST  # neither is nan

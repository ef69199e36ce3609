"""Values in plain types: what a subclass of a text, a number, a dict or a list holds.

Programs hand in texts that are `markupsafe.Markup` or members of an enum, tables of a TOML file, numbers of numpy. What
they hold goes on the wire and is kept, never what their ``__str__`` says.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from numbers import Real
from operator import index
from typing import Any, Final

__all__ = ["plain", "plain_scalar"]

_MADE_OF: Final[dict[type, Callable[[Any], Any]]] = {
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    bytes: lambda value: bytes(memoryview(value)),
    bytearray: lambda value: bytearray(memoryview(value)),
    Decimal: Decimal,
    datetime: lambda value: datetime.fromisoformat(datetime.isoformat(value)),
    date: lambda value: date(value.year, value.month, value.day),
    time: lambda value: time.fromisoformat(time.isoformat(value)),
    timedelta: lambda value: timedelta(value.days, value.seconds, value.microseconds),
}
"""From each scalar type that JSON has a form of to what makes one of an instance of a subclass."""


def plain(value: Any) -> Any:
    """Return a value in plain types, however deep; what has none of them comes back as it is.

    A member of an enum gives its value, a number of another library an int (by its ``__index__``) or a float (as a
    `numbers.Real`), and a tuple a list.

    Raises:
        RecursionError: it holds itself.
    """
    value = plain_scalar(value)
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def plain_scalar(value: Any) -> Any:
    """Return a text, a number, a time or a member of an enum in a plain type; anything else comes back as it is."""
    if isinstance(value, Enum):
        return plain_scalar(value.value)
    if value is None or isinstance(value, bool | dict | list | tuple):
        return value
    for kind, make in _MADE_OF.items():
        if isinstance(value, kind):
            return make(value)
    if hasattr(value, "__index__"):
        with suppress(TypeError):  # an array of several numbers
            return index(value)
    return float(value) if isinstance(value, Real) else value

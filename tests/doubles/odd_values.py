"""Values that programs hand in for plain ones: of subclasses, of enums, of other libraries."""

from __future__ import annotations

import enum
from datetime import date, datetime, time, timedelta
from decimal import Decimal

__all__ = [
    "Array",
    "Bits",
    "Blob",
    "Clock",
    "Day",
    "Foreign",
    "Loud",
    "Modern",
    "Moment",
    "Plain",
    "Price",
    "Row",
    "Several",
    "Share",
    "Size",
    "Span",
    "Table",
    "Whole",
    "Word",
]


class Loud(str):
    """A text that says something else of itself, as `markupsafe.Markup` does when something is added to it."""

    __slots__ = ()

    def __str__(self) -> str:
        return "WRONG"

    __repr__ = __format__ = lower = __str__  # type: ignore[assignment]


class Whole(int):
    """A number that says something else of itself."""

    def __int__(self) -> int:
        return -1

    __index__ = __int__

    def __str__(self) -> str:
        return "WRONG"


class Share(float):
    """The same with a fraction."""

    def __float__(self) -> float:
        return -1.0

    def __str__(self) -> str:
        return "WRONG"


class Foreign:
    """A number of a library such as numpy: neither an int nor a float."""

    def __index__(self) -> int:
        return 3


class Several:
    """An array of numpy: it has ``__index__``, and is no number."""

    def __index__(self) -> int:
        raise TypeError("only arrays of one number are one")


class Word(str, enum.Enum):  # noqa: UP042 - both are in use
    HELLO = "hello"
    TTS = "tts"


class Modern(enum.StrEnum):
    HELLO = "hello"


class Plain(enum.Enum):
    HELLO = Loud("hello")


class Size(enum.IntEnum):
    BIG = 3


class Bits(enum.IntFlag):
    ONE = 1


class Blob(bytes):
    __slots__ = ()


class Array(bytearray):
    __slots__ = ()


class Price(Decimal):
    __slots__ = ()


class Moment(datetime):
    """A time as `pendulum` or a test that freezes time has it."""


class Day(date):
    """The same of a day."""


class Clock(time):
    """The same of a time of the day."""


class Span(timedelta):
    """The same of a time that passes."""


class Table(dict):  # type: ignore[type-arg]
    """A table of a TOML file that is kept as it was written."""


class Row(list):  # type: ignore[type-arg]
    """A list of one."""

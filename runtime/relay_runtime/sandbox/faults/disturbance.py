"""What happens to every frame on its way: delay, loss, duplicates, and a server that reads slowly."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

__all__ = ["CALM", "Disturbance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """What happens to frames on their way to the client, and to the reading of those from it.

    Attributes:
        delay: real seconds by which every frame is late; order is kept.
        jitter: real seconds of delay by chance on top of it; order is kept.
        duplicate: probability that a frame is sent twice.
        reorder: probability that a frame is overtaken by the next one.
        lose: probability that a frame is never sent.
        slow_reader: real seconds for which the server rests after each frame it reads.
    """

    delay: float = 0.0
    jitter: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    lose: float = 0.0
    slow_reader: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no time or no probability.

        Raises:
            ValueError: the text says which one.
        """
        for each in fields(self):
            value, most = getattr(self, each.name), 1.0 if each.name in _CHANCES else 3600.0
            if not isinstance(value, int | float) or not 0 <= value <= most:
                raise ValueError(f"{each.name} must be a number from 0 to {most:g}, not {value!r}")


_CHANCES: Final = frozenset({"duplicate", "reorder", "lose"})
CALM: Final = Disturbance()

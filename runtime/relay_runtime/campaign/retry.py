"""Which dials of a campaign are tried again, and when."""

from __future__ import annotations

import math
from typing import Final

import msgspec

from relay_actors.wire import constants

__all__ = ["REFUSED", "Retry"]

REFUSED: Final = "refused"
"""The reason of a dial that the server refused."""

_REASONS: Final = (
    *sorted(value for name, value in vars(constants).items() if name.startswith("END_REASON_")),
    REFUSED,
)


class Retry(msgspec.Struct, frozen=True):
    """Tries again those who did not answer.

    A dial whose fate is not known (`CampaignOutcome`, ``unknown``) is never tried again: it may have rung.

    Attributes:
        delays: seconds to wait before each further try, from the end of the one before; as many as there are, so many
            further tries.
        on: the reasons to try again: those of `DialFailed` as the server spells them (``busy``, ``noAnswer``,
            ``decline``, ``notFound``, ``error``, …), and ``refused`` for a dial that the server refused. A dial that
            nobody answered within its ``dial_timeout`` has the reason ``noAnswer``.

    Raises:
        ValueError: a delay is no number of seconds from 0, or a reason is not known.
    """

    delays: tuple[float, ...]
    on: tuple[str, ...] = (constants.END_REASON_BUSY, constants.END_REASON_NO_ANSWER)

    def __post_init__(self) -> None:
        if not isinstance(self.delays, list | tuple) or not self.delays or not all(map(_is_delay, self.delays)):
            raise ValueError(
                f"delays is {self.delays!r}; accepted are seconds from 0, one number for each further try, "
                "such as (60, 300)"
            )
        known = isinstance(self.on, list | tuple | set | frozenset) and all(reason in _REASONS for reason in self.on)
        if not known or not self.on:
            raise ValueError(
                f'on is {self.on!r}; accepted are reasons, such as ("busy", "noAnswer"): {", ".join(_REASONS)}'
            )


def _is_delay(delay: object) -> bool:
    return isinstance(delay, int | float) and not isinstance(delay, bool) and 0 <= delay < math.inf

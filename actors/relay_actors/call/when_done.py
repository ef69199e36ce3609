"""What happens to a call that is still up when its code has returned."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["WHEN_DONE", "checked_when_done"]

WHEN_DONE: Final = ("hangup", "leave")
"""Hang it up, once nothing keeps it; or leave it as it is."""


def checked_when_done(given: Any, owner: str) -> str:
    """Return one of `WHEN_DONE`.

    Args:
        given: what somebody gave.
        owner: where it was given, for the message.

    Raises:
        ValueError: it is none of them.
    """
    if given not in WHEN_DONE:
        raise ValueError(f"{owner} is {given!r}; accepted is one of {', '.join(WHEN_DONE)}")
    checked: str = given
    return checked

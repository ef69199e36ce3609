"""What happened on a call, line by line, as its far end saw it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Entry", "transcript_text"]


class Entry(NamedTuple):
    """A line of a transcript.

    Attributes:
        at: real seconds since the call was placed.
        who: ``caller``, ``callee``, ``client`` or ``network``.
        what: what happened.
    """

    at: float
    who: str
    what: str


def transcript_text(transcript: Iterable[Entry], decimals: int = 1) -> str:
    """Return a transcript for people to read: a line an entry, with its time.

    Args:
        transcript: the entries, oldest first.
        decimals: places of the seconds.
    """
    width = 6 + decimals
    return "\n".join(f"{entry.at:{width}.{decimals}f} s  {entry.who:<7}  {entry.what}" for entry in transcript)

"""Makes identifiers, without a system call for each.

An id is a random UUID whose last 48 bits are counted up from a random start: no two are the same in a process, and no
two processes share the 74 random bits in front. Ids are labels, not secrets.
"""

from __future__ import annotations

import itertools

from relay_actors.kit import chance

__all__ = ["new_id"]


class _Ids:
    """The random front of the ids, and what counts them: in one step, so that two threads never get the same."""

    __slots__ = ("front", "next")

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        digits = chance.random_bytes(16).hex()
        variant = "89ab"[int(digits[16], 16) & 3]
        self.front = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-"
        # From a random start in the upper half, so that all have twelve digits; a quarter of the range is left to count
        # at the least: more than any process uses.
        self.next = itertools.count((0b10 << 46) | int(digits[20:], 16) >> 2).__next__


_ids = _Ids()
chance.renewed(_ids.renew)


def new_id() -> str:
    """Return a new UUID in the form of version 4 (RFC 9562 section 5.4) as text."""
    return _ids.front + hex(_ids.next())[2:]

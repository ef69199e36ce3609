"""Makes identifiers, without a system call for each.

A system call for every id costs more than the rest of a command on some kernels, so random bytes are drawn in blocks
of 8 KiB, and an id is a random UUID whose last 48 bits are counted up from a random start: no two are the same in a
process, and no two processes share the 74 random bits in front. A forked child drops what it inherited. Ids are
labels, not secrets.
"""

from __future__ import annotations

import itertools
import os

__all__ = ["new_id", "random_bytes"]

_BLOCK = 8192


class _Block:
    """A block of random bytes and the place up to which it is used."""

    __slots__ = ("data", "used")

    def __init__(self) -> None:
        self.data = b""
        self.used = 0

    def take(self, size: int) -> bytes:
        start = self.used
        end = start + size
        if end > len(self.data):
            self.data = os.urandom(max(_BLOCK, size))
            start, end = 0, size
        self.used = end
        return self.data[start:end]


class _Ids:
    """The random front of the ids, and what counts them: in one step, so that two threads never get the same."""

    __slots__ = ("front", "next")

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        digits = _block.take(16).hex()
        variant = "89ab"[int(digits[16], 16) & 3]
        self.front = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-"
        # From a random start in the upper half, so that all have twelve digits; a quarter of the range is left to count
        # at the least: more than any process uses.
        self.next = itertools.count((0b10 << 46) | int(digits[20:], 16) >> 2).__next__


def _forget() -> None:
    _block.data, _block.used = b"", 0
    _ids.renew()


_block = _Block()
_ids = _Ids()
os.register_at_fork(after_in_child=_forget)


def random_bytes(size: int) -> bytes:
    """Return ``size`` bytes (at least 0) from the system's generator. Never blocks."""
    return _block.take(size)


def new_id() -> str:
    """Return a new UUID in the form of version 4 (RFC 9562 section 5.4) as text."""
    return _ids.front + hex(_ids.next())[2:]

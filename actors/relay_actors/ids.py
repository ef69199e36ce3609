"""Random identifiers, drawn from the system's generator in blocks.

One system call for every id costs more than the rest of a command on some kernels, so 8 KiB are drawn at a time. A
forked child drops the block that it inherited: two processes never hand out the same id.
"""

from __future__ import annotations

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

    def forget(self) -> None:
        self.data = b""
        self.used = 0


_block = _Block()
os.register_at_fork(after_in_child=_block.forget)


def random_bytes(size: int) -> bytes:
    """Return ``size`` bytes (at least 0) from the system's generator. Never blocks."""
    return _block.take(size)


def new_id() -> str:
    """Return a new random UUID (version 4, RFC 9562 section 5.4) as text."""
    digits = _block.take(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

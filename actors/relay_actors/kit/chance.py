"""Random numbers and bytes for jitter, masks and ids: the system's, unless a test seeds them.

A system call for every mask or id costs more than the rest of a command on some kernels, so random bytes are drawn in
blocks of 8 KiB. A forked child drops what it inherited. None of it is a secret.
"""

from __future__ import annotations

import os
import random as standard
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["random_bytes", "random_number", "renewed", "seeded"]

_BLOCK: Final = 8192


def _of_the_system(size: int) -> bytes:
    return os.urandom(size)


class _Block:
    """A block of random bytes, the place up to which it is used, and where the next one comes from."""

    __slots__ = ("data", "draw", "used")

    def __init__(self) -> None:
        self.draw: Callable[[int], bytes] = _of_the_system
        self.data = b""
        self.used = 0

    def take(self, size: int) -> bytes:
        start = self.used
        end = start + size
        if end > len(self.data):
            self.data = self.draw(max(_BLOCK, size))
            start, end = 0, size
        self.used = end
        return self.data[start:end]

    def drop(self) -> None:
        self.data, self.used = b"", 0


_block = _Block()
_number: Callable[[], float] = standard.random
_renew: list[Callable[[], object]] = []


def random_bytes(size: int) -> bytes:
    """Return ``size`` bytes (at least 0). Never blocks."""
    return _block.take(size)


def random_number() -> float:
    """Return a number in [0, 1). Never blocks."""
    return _number()


def renewed(forget: Callable[[], object]) -> None:
    """Have ``forget()`` called when what was drawn so far must not be used on: in a child, or under another seed."""
    _renew.append(forget)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Have all that this process draws follow from a seed, until the block is left."""
    global _number
    chance = standard.Random(seed)
    before = _number, _block.draw
    _number, _block.draw = chance.random, chance.randbytes
    _forget()
    try:
        yield
    finally:
        _number, _block.draw = before
        _forget()


def _forget() -> None:
    _block.drop()
    for forget in _renew:
        forget()


os.register_at_fork(after_in_child=_forget)

"""A pipe that nobody reads."""

from __future__ import annotations

import os
from contextlib import suppress


def full_pipe() -> tuple[int, int]:
    """Return the two ends of a pipe that takes not one byte more."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"x")
    os.set_blocking(writing, True)
    return reading, writing

"""A sandbox in virtual time and in one process with its clients: nobody waits for the machine, and nobody is late."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from relay_runtime.sandbox import Sandbox
from relay_runtime.testing.in_process import reaching
from relay_runtime.testing.virtual import virtual_time

__all__ = ["in_one_process"]

_counter = itertools.count(1)


@contextmanager
def in_one_process(**settings: Any) -> Iterator[Sandbox]:
    """Run a sandbox without a port, which every client of this process reaches; telephones are as slow as in life.

    Whatever the block waits for passes at once, and in the same order each time. The sandbox must not fail.

    Args:
        **settings: those of `Sandbox`.
    """
    token = f"token-{next(_counter)}"  # a client that a failed test has left behind is nobody here
    with virtual_time(), Sandbox(port=None, token=token, **settings) as sandbox, reaching(sandbox):
        yield sandbox
        assert sandbox.errors == []

"""Which block a client is for."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["refuse_async_with"]


def refuse_async_with(*_: object) -> NoReturn:
    """Say which client takes ``async with``; the method of one that does not.

    Raises:
        TypeError: always.
    """
    raise TypeError("relay_runtime.RelayClient takes `with`; `async with` is for relay_runtime.aio.RelayClient")

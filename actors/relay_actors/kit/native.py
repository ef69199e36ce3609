"""Threads and locks of the system, also where gevent has patched the standard library: there, others are greenlets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gevent.monkey import get_original

__all__ = ["allocate_lock", "start_thread"]

allocate_lock: Final[Callable[[], Any]] = get_original("_thread", "allocate_lock")
"""Returns a lock that blocks a thread, with all its greenlets."""

start_thread: Final[Callable[[Callable[..., object], tuple[Any, ...]], object]] = get_original(
    "_thread", "start_new_thread"
)
"""Calls a function with arguments in a thread of its own, which nobody joins."""

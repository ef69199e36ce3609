"""How the clients of this process reach their server: over the network, unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from relay_runtime import websocket

__all__ = ["Reach", "connect", "diverted", "reach"]

Reach: TypeAlias = Callable[..., websocket.WebSocket]
"""Opens a connection: takes what `relay_runtime.websocket.connect` takes, and blocks and raises as that does."""

_in_force: Final[list[Reach]] = []


def connect(url: str, **options: Any) -> websocket.WebSocket:
    """Open a connection by the way that is in force now; see `relay_runtime.websocket.connect`."""
    how = _in_force[-1] if _in_force else websocket.connect
    return how(url, **options)


def diverted() -> bool:
    """Tell whether another way than the network is in force, so that nothing of that has to be prepared."""
    return bool(_in_force)


@contextmanager
def reach(how: Reach) -> Iterator[None]:
    """Have every connection that is opened meanwhile go by ``how``, in all threads; the newest block counts.

    What is open when the block begins or ends stays as it is.
    """
    _in_force.append(how)
    try:
        yield
    finally:
        # By identity, and the newest one: blocks of several greenlets need not end in the order of their beginning.
        newest = max(at for at, each in enumerate(_in_force) if each is how)
        del _in_force[newest]

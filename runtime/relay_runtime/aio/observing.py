"""Has one more observer told what happens to the calls of a client, beside the one that its user gave it."""

from __future__ import annotations

from collections.abc import Callable

from relay_actors.call.observer import CallObserver
from relay_runtime.aio.client import RelayClient
from relay_runtime.client import observing

__all__ = ["observe"]


def observe(client: RelayClient, observer: CallObserver) -> Callable[[], None]:
    """Have an observer told from the client's next `connect` on, in the thread of the runtime. Never blocks.

    Returns:
        What ends that, as of the connect after.

    Raises:
        RuntimeError: the client has begun to connect.
    """
    return observing.observe(client._client, observer)

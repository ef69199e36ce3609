"""Has one more observer told what happens to the calls of a client, beside the one that its user gave it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from relay_actors.call.observer import CallObserver
from relay_runtime.client.client import RelayClient

__all__ = ["observe"]


def observe(client: RelayClient, observer: CallObserver) -> Callable[[], None]:
    """Have an observer told from the client's next `connect` on. Never blocks.

    Returns:
        What ends that, as of the connect after.

    Raises:
        RuntimeError: the client is connected, or connecting: its actors know whom they tell.
    """
    if client._actors.tree is not None:
        raise RuntimeError("the client has begun to connect; who is to observe its calls must be there before that")
    onlookers = client._setup.onlookers
    onlookers.append(observer)
    return partial(onlookers.remove, observer)

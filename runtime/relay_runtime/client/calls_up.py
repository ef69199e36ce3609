"""Which calls of a client are up, for those who must know it in a moment, or while the client's hub is blocked."""

from __future__ import annotations

from collections.abc import Collection

from relay_runtime.client.client import RelayClient

__all__ = ["calls_up"]


def calls_up(client: RelayClient) -> Collection[str]:
    """Return the ids of the calls that are the client's to end, and that the server has taken no hang-up of.

    After its end, that is `RelayClient.left_up`. Never blocks. In another thread than the client's, the answer is that
    of a moment in which the client's waits.

    Raises:
        RuntimeError: in another thread, the calls changed while they were read.
    """
    actors = client._actors
    if actors.tree is None:
        return client.left_up
    up, estates = actors.tree.up_ids(), actors.estates()
    return [*up, *(call_id for tree in estates for call_id in tree.up_ids())] if estates else up

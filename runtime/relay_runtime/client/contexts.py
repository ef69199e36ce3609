"""The contexts that a client wants the calls and messages of: kept here, and followed by the server."""

from __future__ import annotations

from typing import Any

from relay_actors.errors import ConnectionLost, RelayError
from relay_actors.routing.messages import AddContexts, ContextsReceived, RemoveContexts
from relay_actors.wire.checks import check_contexts
from relay_runtime.client.actors import ClientActors

__all__ = ["ClientContexts"]


class ClientContexts:
    """The desired contexts of a client, connected or not.

    Args:
        names: those to begin with.
        actors: who keeps up with them while the client has actors.
        timeout: seconds that they have to take a change.

    Attributes:
        names: the desired contexts.

    Raises:
        ValueError: not a list of names.
    """

    def __init__(self, names: list[str], actors: ClientActors, timeout: float) -> None:
        self.names = check_contexts(names)
        self._actors = actors
        self._timeout = timeout

    def receive(self, contexts: Any) -> None:
        """Want these too; see `RelayClient.receive`."""
        self._actors.here()
        names = check_contexts(contexts)
        before = self.names
        self._want(tuple(dict.fromkeys((*before, *names))), AddContexts(names))
        try:
            self._subscribe("signalwire.receive", names)
            if self._actors.tree is not None:
                self._actors.tree.subscription.offer(ContextsReceived(names))
        except RelayError:
            new = tuple(c for c in names if c not in before)
            self._want(tuple(c for c in self.names if c not in new), RemoveContexts(new))
            raise

    def unreceive(self, contexts: Any) -> None:
        """Want these no more; see `RelayClient.unreceive`."""
        self._actors.here()
        names = check_contexts(contexts)
        self._want(tuple(c for c in self.names if c not in names), RemoveContexts(names))
        self._subscribe("signalwire.unreceive", names)

    def _want(self, wanted: tuple[str, ...], message: AddContexts | RemoveContexts) -> None:
        self.names = wanted
        if self._actors.tree is not None:
            self._actors.tree.subscription.ask(message, timeout=self._timeout)

    def _subscribe(self, method: str, names: tuple[str, ...]) -> None:
        """Tell the server, if there is a connection: otherwise the next login does (law 8)."""
        tree = self._actors.tree
        if not names or tree is None or not tree.link.up:
            return
        try:
            tree.link.execute(method, {"contexts": list(names)})
        except ConnectionLost:
            return  # the desired contexts are part of the login that follows

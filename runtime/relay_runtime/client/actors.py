"""The actors of a client while it has any, and the thread that they belong to."""

from __future__ import annotations

from typing import Any

from gevent.hub import get_hub
from gevent.lock import RLock

from relay_actors.errors import NotConnected
from relay_actors.tree import Tree

__all__ = ["ClientActors"]


class ClientActors:
    """Where the parts of a client find its actors.

    Attributes:
        tree: the actors; None while the client is stopped.
        changing: held while they are started or stopped.
    """

    def __init__(self) -> None:
        self.tree: Tree | None = None
        self.changing = RLock()
        self._hub: Any = None

    def here(self) -> Tree | None:
        """Return the actors, or None while there are none.

        Raises:
            RuntimeError: they belong to another thread.
        """
        if self.tree is not None:
            self.check_thread()
        return self.tree

    def running(self) -> Tree:
        """Return the actors.

        Raises:
            NotConnected: there are none.
            RuntimeError: they belong to another thread.
        """
        tree = self.here()
        if tree is None:
            raise NotConnected
        return tree

    def check_thread(self) -> None:
        """Refuse another thread: it has another hub, and a wait there would never be woken.

        While there are no actors, the thread that asks becomes the one that they will belong to.
        """
        hub = get_hub()
        if self.tree is not None and self._hub is not None and self._hub.loop is None:
            self.tree = None  # its hub was destroyed, and took the actors along
        if self._hub is hub:
            return
        if self._hub is not None and self.tree is not None:
            raise RuntimeError("a RelayClient belongs to the thread that connected it; use greenlets, not threads")
        self._hub = hub
        self.changing = RLock()  # a hub that died may have left the former one locked

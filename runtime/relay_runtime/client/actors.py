"""The actors of a client while it has any, and the thread that they belong to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from gevent.lock import RLock
from greenlet import getcurrent

from relay_actors.errors import ClientFailed, NotConnected, RelayTimeout
from relay_actors.kit.actor import forget_actors_of
from relay_actors.kit.handover import HubGone, HubSilent, run_in_hub
from relay_actors.kit.scheduler import Scheduler
from relay_actors.tree import Tree

__all__ = ["ClientActors"]

T = TypeVar("T")

_PATIENCE: Final = 5.0
"""Seconds in which the hub of the client must take what another thread hands over."""


class ClientActors:
    """Where the parts of a client find its actors.

    In a child that was forked meanwhile they stay where they are: their client is of no use there.

    Attributes:
        tree: the actors; None while the client is stopped.
        changing: held while they are started or stopped.
        estates: returns the actors that go on with the calls of other processes, each group a tree.
    """

    def __init__(self) -> None:
        self.tree: Tree | None = None
        self.changing = RLock()
        self.estates: Callable[[], list[Tree]] = list
        self._owner: Scheduler | None = None

    def all(self) -> list[Tree]:
        """Return the client's own actors, if there are any, and those of the estates; errors as for `here`."""
        tree = self.here()
        return [*(() if tree is None else (tree,)), *self.estates()]

    def here(self) -> Tree | None:
        """Return the actors, or None while there are none.

        Raises:
            RuntimeError: they belong to another thread, or to the process that this one was forked from.
        """
        if self.tree is not None:
            self.check_thread()
        return self.tree

    def running(self) -> Tree:
        """Return the actors.

        Raises:
            NotConnected: there are none.
            RuntimeError: as for `here`.
        """
        tree = self.here()
        if tree is None:
            raise NotConnected
        return tree

    @property
    def left_behind(self) -> bool:
        """Whether they are in the process that this one was forked from."""
        return self.tree is not None and self._owner is not None and self._owner.epoch.over

    def check_thread(self) -> None:
        """Refuse another thread: it has another hub, and a wait there would never be woken. And refuse a child.

        While there are no actors, the thread that asks becomes the one that they will belong to.

        Raises:
            RuntimeError: the message says what to do.
        """
        owner = self._owner
        if owner is not None and owner.is_here:
            return
        if owner is not None and owner.hub.loop is None and not owner.epoch.over:
            self.tree = None  # its hub was destroyed, and took the actors along
        if owner is not None and self.tree is not None:
            owner.refuse_elsewhere()
        self._owner = Scheduler.current()
        self.changing = RLock()  # a hub that died may have left the former one locked

    def at_home(self, function: Callable[..., T], *args: Any) -> T:
        """Run a function in the thread of the actors, and return or raise what it does. May be called in any thread.

        Blocks the current greenlet; in another thread than theirs that has no hub, the thread.

        Raises:
            ClientFailed: their thread has ended without `disconnect`, and they with it; the client can connect again.
            RelayTimeout: their thread is blocked and has not begun within 5 s; nothing was done.
            RuntimeError: they are in the process that this one was forked from; or this is the greenlet of the hub
                itself, where nothing may block, and nothing was done.
        """
        owner = self._owner
        if owner is not None and getcurrent() is owner.hub:
            raise RuntimeError(
                "this waits, which the hub itself can't, in a handler of signal.signal() or a callback of the loop; "
                "use gevent.signal_handler(signal.SIGTERM, client.disconnect), or gevent.spawn(client.disconnect)"
            )
        if owner is None or owner.is_here or owner.hub.loop is None or owner.epoch.over:
            self.check_thread()
            return function(*args)
        if self.tree is None and not self.changing.locked():
            return function(*args)
        try:
            return run_in_hub(owner.hub, partial(function, *args), _PATIENCE)
        except HubGone:
            forget_actors_of(owner.hub)
            self.tree = None
            raise ClientFailed("the thread that connected the client has ended without disconnect()") from None
        except HubSilent:
            raise RelayTimeout(
                f"the thread that connected the client has not taken this up within {_PATIENCE:g} s, and nothing was "
                "done: it is blocked by what is no wait of gevent, such as time.sleep or threading.Thread.join"
            ) from None

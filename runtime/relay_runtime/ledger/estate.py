"""A second tree of actors with the session of a process that has died: it is gone after its last call."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from gevent.lock import RLock

from relay_actors.errors import RelayError
from relay_actors.kit.fork import spawn
from relay_actors.kit.log import logger
from relay_actors.routing.inheritance import Inheritance
from relay_actors.tree import Tree
from relay_runtime.ledger.folder import Claim
from relay_runtime.ledger.journal import Journal

__all__ = ["Estate"]

_ENDLESS: Final = 1e9  # seconds


class Estate:
    """Goes on with what one claim has brought.

    Args:
        claim: the ledger of the dead process.
        inheritance: what stands in it.
        journal: goes on with the ledger.
        tree: actors that have no session yet, and note by that journal.

    Attributes:
        tree: see above.
        kept: after its end, whether the ledger was left to another process.
    """

    def __init__(self, claim: Claim, inheritance: Inheritance, journal: Journal, tree: Tree) -> None:
        self.tree = tree
        self.journal = journal
        self.kept = False
        self._claim = claim
        self._inheritance = inheritance
        self._ending = RLock()
        self._ended = False
        self._greenlet: Any = None

    def begin(self, over: Callable[[Estate], object]) -> None:
        """Resume the session and serve the calls, in a greenlet of its own; call ``over`` at the end. Never blocks."""
        self._greenlet = spawn(self._serve, over)
        self._greenlet.name = "estate"

    def _serve(self, over: Callable[[Estate], object]) -> None:
        try:
            self._go_on()
        except RelayError as error:
            logger.error("the calls of process {} could not be adopted: {}", self._claim.book.opened.pid, error)
        finally:
            self._end()
            self.kept = self.tree.awaits_session or bool(self.tree.left_up)
            self.journal.close(keep=self.kept)
            over(self)

    def _go_on(self) -> None:
        """Serve until the last call has ended, or the session is lost."""
        inheritance, tree = self._inheritance, self.tree
        logger.warning(
            "process {} {}; its ledger has calls: {}, offers: {}, to be ended: {}, dials: {}",
            self._claim.book.opened.pid,
            "is stopped or blocked" if self._claim.stopped else "has died",
            len(inheritance.orphans),
            len(inheritance.offers),
            len(inheritance.unserved),
            len(inheritance.tags),
        )
        tree.adopt(inheritance).get()
        with suppress(RelayError):
            tree.link.execute("signalwire.ping", {})  # its answer is behind the offers that come again
        tree.drain(inheritance.session.contexts, _ENDLESS)

    def _end(self) -> None:
        with self._ending:  # whoever comes second waits for the hang-ups too
            if not self._ended:
                self._ended = True
                self.tree.stop()

    def stop(self) -> None:
        """Hang up what is up, and end. Blocks the current greenlet, bounded as `Tree.stop` is."""
        self._end()
        self._greenlet.join()

    def wait(self, timeout: float) -> bool:
        """Wait for the last call; return whether it has ended in time. Blocks the current greenlet."""
        self._greenlet.join(timeout)
        return bool(self._greenlet.ready())

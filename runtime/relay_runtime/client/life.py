"""The life of a client: connecting, running, draining, disconnecting, and what its actors say of the connection."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, Final

from gevent.event import Event
from gevent.hub import get_hub

from relay_actors.call.observer import GuardedObserver
from relay_actors.errors import ClientFailed, RelayError, RelayTimeout
from relay_actors.kit import clock
from relay_actors.kit.supervisor import Change
from relay_actors.session.ledger import NO_LEDGER
from relay_actors.session.supervisor import ConnectionState
from relay_actors.tree import ROOT, Tree
from relay_runtime.client.actors import ClientActors
from relay_runtime.client.contexts import ClientContexts
from relay_runtime.client.handlers import ClientHandlers
from relay_runtime.client.importing import refuse_in_import
from relay_runtime.client.lifecycle import LifecycleHandlers
from relay_runtime.client.logins import Logins
from relay_runtime.client.setup import ClientSetup
from relay_runtime.client.succession import Succession
from relay_runtime.fleet.settings import FleetSettings, checked_fleet
from relay_runtime.ledger.journal import Journal
from relay_runtime.settings.credentials import Secret
from relay_runtime.watch.hub_guard import HubWatch, watch_hub

__all__ = ["ClientLife", "checked_timeout"]

_CONNECT_LATER: Final = 'if __name__ == "__main__": before it, or a function on_ready(client) for what comes after it'


def checked_timeout(timeout: float, name: str) -> float:
    """Return a number of seconds if it is one.

    Raises:
        ValueError: it is none; the text names it by ``name``.
    """
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 <= timeout < math.inf:
        raise ValueError(f"{name} is {timeout!r}; accepted is a number of seconds from 0")
    return timeout


class ClientLife:
    """Starts and stops the actors of a client; see `RelayClient` for what each method does and raises.

    Args:
        setup: what the client was made with.
        actors: where the actors are put, and taken from.
        contexts: the desired contexts.
        handlers: the handlers of the user.
        client: the client, for the code of its calls and the handlers of its beginning and its drain.
        ledger: where its calls are written down; see `Succession`.
        fleet: the fleet that it is to be in, or None; see `checked_fleet`.

    Attributes:
        failure: why the connection is down, or an empty string.
        left_up: ids of the calls that the end of the client left up, as far as is known.
        lifecycle: calls the handlers of the client's beginning and of its drain.
        credentials: what the logins bring.
        succession: writes calls down, and goes on with those of processes that have died.
    """

    def __init__(
        self,
        setup: ClientSetup,
        actors: ClientActors,
        contexts: ClientContexts,
        handlers: ClientHandlers,
        client: Any,
        ledger: str | None = None,
        fleet: str | FleetSettings | None = None,
    ) -> None:
        self._state: str = ConnectionState.STOPPED
        self.failure = ""
        self.left_up: tuple[str, ...] = ()
        self._setup = setup
        self._actors = actors
        self._contexts = contexts
        self._handlers = handlers
        self._client = client
        self.lifecycle = LifecycleHandlers(client, handlers)
        self._logins = Logins(setup)
        self.credentials = self._logins.credentials
        self.succession = Succession(setup, self._make_tree, handlers.factory, ledger)
        if fleet is not None:
            self.succession.join(checked_fleet(fleet), client, actors)
        actors.estates = self.succession.trees
        self._guard: HubWatch | None = None
        self._stopped = Event()
        self._fatal: RelayError | None = None

    @property
    def state(self) -> str:
        """The connection's state; a child that was forked from the process has none."""
        return ConnectionState.STOPPED if self._actors.left_behind else self._state

    def connect(self, timeout: float | None = None) -> None:
        """Start the actors if there are none, and wait for the login; see `RelayClient.connect`."""
        refuse_in_import("client.connect()", _CONNECT_LATER)
        self._actors.check_thread()
        with self._actors.changing:
            tree = self._actors.tree
            future = (self._start() if tree is None else tree).connect()
        try:
            if not future.wait(timeout):
                detail = f": {self.failure}" if self.failure else ""
                where = self._setup.settings.endpoint.authority
                raise RelayTimeout(f"not connected to {where} within {timeout:g} s{detail}")
            future.get()
        except RelayError:
            self.disconnect()
            raise

    def disconnect(self) -> None:
        """Stop the actors; see `RelayClient.disconnect`."""
        self._actors.at_home(self._disconnect)

    def renew(self, token: Secret | None, jwt_token: Secret | None) -> None:
        """Log in with other credentials from now on; see `RelayClient.renew`."""
        self._actors.at_home(self._renew, token, jwt_token)

    def _renew(self, token: Secret | None, jwt_token: Secret | None) -> None:
        self.credentials.renew(token, jwt_token)
        for tree in self._actors.all():
            tree.renewed()
            self.credentials.tell(tree.link)

    def leave(self) -> None:
        """Stop the actors at the end of a ``with`` block; in a child, where they are not, do nothing."""
        if not self._actors.left_behind:
            self.disconnect()

    def _disconnect(self) -> None:
        with self._actors.changing:  # whoever comes second waits until the calls have ended too
            tree, self._actors.tree = self._actors.tree, None
            left_up: tuple[str, ...] = ()
            try:
                if tree is not None:
                    left_up = self.succession.end(tree)
            finally:
                if tree is not None:
                    self.left_up = (*tree.left_up, *left_up)
                    self._logins.remember(tree.link.session)
                    self._state = ConnectionState.STOPPED
                if self._guard is not None:
                    self._guard.close()
                    self._guard = None
                self.lifecycle.end()
                self._stopped.set()

    def drain(self, timeout: float) -> bool:
        """Let the live calls end by themselves, then disconnect; see `RelayClient.drain`."""
        return self._actors.at_home(self._drain, checked_timeout(timeout, "timeout"))

    def _drain(self, timeout: float) -> bool:
        deadline = clock.monotonic() + timeout
        actors, tree = self._actors, self._actors.here()
        if tree is None:
            return True
        self.succession.stop_looking()
        try:
            self.lifecycle.before_drain(timeout, self._stopped)
            ended = actors.tree is not tree or tree.drain(self._contexts.names, max(0.0, deadline - clock.monotonic()))
            ended = self.succession.drain(max(0.0, deadline - clock.monotonic())) and ended
        finally:
            if actors.tree is tree:
                self.disconnect()
        return ended and not tree.cut_off and not self.left_up  # as far as who disconnected meanwhile knows

    def run(self) -> None:
        """Serve until somebody disconnects; see `RelayClient.run`."""
        refuse_in_import("client.run()")
        self._actors.check_thread()
        try:
            if self.state != ConnectionState.CONNECTED:
                self.connect()
            self._stopped.wait()
        except KeyboardInterrupt:
            self.disconnect()
        if self._fatal is not None:
            self.disconnect()
            raise self._fatal

    def _start(self) -> Tree:
        setup = self._setup
        self._logins.prepare()
        self.lifecycle.begin()
        self._stopped.clear()
        self.failure = ""
        self.left_up = ()
        self._fatal = None
        tree = self._actors.tree = self.succession.begin()
        if setup.hub_guard is not None and self._guard is None:
            self._guard = watch_hub(get_hub(), setup.hub_guard, setup.stats)
        return tree

    def _make_tree(self, journal: Journal | None, limit: int | None) -> Tree:
        """Return actors of the client's own, or those of an estate, which was allowed so many calls."""
        setup = self._setup
        tree = Tree(
            partial(self._logins.make, before_write=None if journal is None else journal.flush),
            setup.admission(limit),
            setup.stats,
            setup.timing,
            self._contexts.names if limit is None else (),
            self._note_change if limit is None else _overlook,
            setup.when_crashed,
            None if setup.observer is None else GuardedObserver(setup.observer),
            self._client,
            NO_LEDGER if journal is None else journal,
        )
        self._handlers.hand_to(tree)
        return tree

    def _note_change(self, change: Change) -> None:
        """Take a change of the tree, in the greenlet of a supervisor."""
        if change.supervisor == ROOT:
            if not change.child:
                failure = ClientFailed(f"the client has failed: {change.detail}")
                failure.__cause__ = change.error
                self._fail(failure)
        else:
            self._state = change.state
            if change.state == ConnectionState.CONNECTED:
                self.lifecycle.logged_in()
                self.succession.logged_in()
                if self._actors.tree is not None:
                    self.credentials.tell(self._actors.tree.link)  # it was renewed while the login went on
            if change.state in {ConnectionState.WAITING, ConnectionState.FAILED}:
                self.failure = change.detail
            if isinstance(change.error, RelayError):
                self._fail(change.error)
        self._handlers.tell(change)

    def _fail(self, error: RelayError) -> None:
        """Have `run` end with an error."""
        self._state = ConnectionState.FAILED
        self._fatal = error
        self._stopped.set()


def _overlook(_change: Change) -> None:
    """Make nothing of what happens to an estate: its own lines tell."""

"""The life of a client: connecting, running, draining, disconnecting, and what its actors say of the connection."""

from __future__ import annotations

import math

from gevent.event import Event
from gevent.hub import get_hub

from relay_actors.call.observer import GuardedObserver
from relay_actors.errors import ClientFailed, RelayError, RelayTimeout
from relay_actors.kit.supervisor import Change
from relay_actors.session.supervisor import ConnectionState
from relay_actors.tree import ROOT, Tree
from relay_runtime.client.actors import ClientActors
from relay_runtime.client.contexts import ClientContexts
from relay_runtime.client.handlers import ClientHandlers
from relay_runtime.client.logins import Logins
from relay_runtime.client.setup import ClientSetup
from relay_runtime.watch.hub_guard import HubWatch, watch_hub

__all__ = ["ClientLife"]


class ClientLife:
    """Starts and stops the actors of a client; see `RelayClient` for what each method does and raises.

    Args:
        setup: what the client was made with.
        actors: where the actors are put, and taken from.
        contexts: the desired contexts.
        handlers: the handlers of the user.
        client: the client, for the code of its calls.

    Attributes:
        state: the connection's state.
        failure: why the connection is down, or an empty string.
    """

    def __init__(
        self,
        setup: ClientSetup,
        actors: ClientActors,
        contexts: ClientContexts,
        handlers: ClientHandlers,
        client: object,
    ) -> None:
        self.state: str = ConnectionState.STOPPED
        self.failure = ""
        self._setup = setup
        self._actors = actors
        self._contexts = contexts
        self._handlers = handlers
        self._client = client
        self._logins = Logins(setup)
        self._guard: HubWatch | None = None
        self._stopped = Event()
        self._fatal: RelayError | None = None

    def connect(self, timeout: float | None = None) -> None:
        """Start the actors if there are none, and wait for the login; see `RelayClient.connect`."""
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
        with self._actors.changing:  # whoever comes second waits until the calls have ended too
            tree, self._actors.tree = self._actors.tree, None
            try:
                if tree is not None:
                    tree.stop()
            finally:
                if tree is not None:
                    self.state = ConnectionState.STOPPED
                if self._guard is not None:
                    self._guard.close()
                    self._guard = None
                self._stopped.set()

    def drain(self, timeout: float) -> bool:
        """Let the live calls end by themselves, then disconnect; see `RelayClient.drain`."""
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 <= timeout < math.inf:
            raise ValueError(f"timeout is {timeout!r}; accepted is a number of seconds from 0")
        actors, tree = self._actors, self._actors.here()
        if tree is None:
            return True
        try:
            ended = tree.drain(self._contexts.names, timeout)
            return ended and actors.tree is tree  # who disconnected meanwhile has hung up what was left
        finally:
            if actors.tree is tree:
                self.disconnect()

    def run(self) -> None:
        """Serve until somebody disconnects; see `RelayClient.run`."""
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
        self._stopped.clear()
        self.failure = ""
        self._fatal = None
        tree = self._actors.tree = Tree(
            self._logins.make,
            setup.admission(),
            setup.stats,
            setup.timing,
            self._contexts.names,
            self._note_change,
            setup.when_crashed,
            None if setup.observer is None else GuardedObserver(setup.observer),
            self._client,
        )
        self._handlers.hand_to(tree)
        if setup.hub_guard is not None and self._guard is None:
            self._guard = watch_hub(get_hub(), setup.hub_guard, setup.stats)
        return tree

    def _note_change(self, change: Change) -> None:
        """Take a change of the tree, in the greenlet of a supervisor."""
        if change.supervisor == ROOT:
            if not change.child:
                failure = ClientFailed(f"the client has failed: {change.detail}")
                failure.__cause__ = change.error
                self._fail(failure)
        else:
            self.state = change.state
            if change.state in {ConnectionState.WAITING, ConnectionState.FAILED}:
                self.failure = change.detail
            if isinstance(change.error, RelayError):
                self._fail(change.error)
        self._handlers.tell(change)

    def _fail(self, error: RelayError) -> None:
        """Have `run` end with an error."""
        self.state = ConnectionState.FAILED
        self._fatal = error
        self._stopped.set()

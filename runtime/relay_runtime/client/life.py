"""The life of a client: its settings and handlers, connecting, running, draining, disconnecting."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Self

import gevent
from gevent.event import Event
from gevent.hub import get_hub

from relay_actors.call.crash_policy import HANGUP, CrashPolicy, checked_policy
from relay_actors.call.observer import CallObserver, GuardedObserver
from relay_actors.errors import (
    ClientFailed,
    NotConnected,
    RelayError,
    RelayTimeout,
)
from relay_actors.kit.actor import forward_interrupt, log_crash
from relay_actors.kit.supervisor import Change
from relay_actors.routing.admission import Admission
from relay_actors.session.login import Login
from relay_actors.session.state import Session
from relay_actors.session.supervisor import ConnectionState
from relay_actors.telemetry.stats import Stats
from relay_actors.timing import Timing
from relay_actors.tree import ROOT, Tree
from relay_actors.wire.checks import check_contexts
from relay_runtime import websocket
from relay_runtime.client.frame_tap import FrameTap
from relay_runtime.client.handlers import CallFactory, ClientHandlers
from relay_runtime.settings.config import resolve
from relay_runtime.version import AGENT
from relay_runtime.watch.hub_guard import DEFAULT_LIMIT, HubWatch, checked_limit, watch_hub

__all__ = ["ClientLife"]


class ClientLife(ClientHandlers):
    """What a client is apart from its commands; see `RelayClient`."""

    def __init__(
        self,
        project: str | None = None,
        token: str | None = None,
        jwt_token: str | None = None,
        host: str | None = None,
        contexts: list[str] | None = None,
        max_active_calls: int | None = None,
        call_actor: CallFactory | None = None,
        *,
        overload: str = "drop",
        timing: Timing | None = None,
        observer: CallObserver | None = None,
        when_crashed: CrashPolicy = HANGUP,
        hub_guard: float | None = DEFAULT_LIMIT,
        leave_at: float | None = None,
        return_at: float | None = None,
    ) -> None:
        super().__init__(call_actor)
        self._settings = resolve(
            project=project, token=token, jwt_token=jwt_token, host=host, max_active_calls=max_active_calls
        )
        self._timing = timing or Timing()
        self._wanted = check_contexts(contexts or [])
        self._overload = overload
        self._guard_limit = checked_limit(hub_guard)
        self._guard: HubWatch | None = None
        self._when_crashed = checked_policy(when_crashed, "argument when_crashed=")
        self._leave_at, self._return_at = leave_at, return_at
        self._admission()  # a bad policy or mark is an error now, not at connect()
        self._hub: Any = None
        self._tls: Any = None
        self._stopped = Event()
        self._failure = ""
        self._fatal: RelayError | None = None
        self._state: str = ConnectionState.STOPPED
        self._observer = None if observer is None else GuardedObserver(observer)
        self.stats = Stats()
        self.tap = FrameTap()

    # What is known of the client

    @property
    def project(self) -> str:
        """The project id; may be empty when a JWT is used."""
        return self._settings.credentials.project

    @property
    def token(self) -> str:
        """The API token; a secret."""
        return self._settings.credentials.token

    @property
    def jwt_token(self) -> str:
        """The JWT, or an empty string; a secret."""
        return self._settings.credentials.jwt_token

    @property
    def host(self) -> str:
        """The host as it was given."""
        return self._settings.host

    @property
    def contexts(self) -> list[str]:
        """The desired contexts: those of the constructor, and what `receive` and `unreceive` made of them."""
        return list(self._wanted)

    @property
    def relay_protocol(self) -> str:
        """The name of the current session, or an empty string while there is none."""
        return self._tree.link.protocol if self._tree is not None else ""

    @property
    def state(self) -> str:
        """The connection's state: ``stopped``, ``connecting``, ``connected``, ``waiting`` or ``failed``."""
        return self._state

    def __repr__(self) -> str:
        return f"<RelayClient {self._settings.endpoint.authority} {self._state}>"

    # Life

    def connect(self, timeout: float | None = None) -> None:
        """Connect, and return when authenticated; from then on the supervisor keeps the connection up.

        Blocks the current greenlet. Network trouble is retried, with backoff, for as long as ``timeout`` allows.

        Args:
            timeout: seconds to wait at most; None waits until it works.

        Raises:
            AuthenticationFailed: the credentials were refused three times.
            ConnectFailed: the server can't be used as configured, three times: its certificate, or it is no RELAY.
            RelayTimeout: the time is over; the client is stopped.
            ValueError: the CA file can't be read.
        """
        self._check_thread()
        if self._tree is None:
            self._prepare_tls()
            self._stopped.clear()
            self._failure = ""
            self._fatal = None
            self._tree = self._start_tree()
            if self._guard_limit is not None and self._guard is None:
                self._guard = watch_hub(get_hub(), self._guard_limit, self.stats)
        future = self._tree.connect()
        try:
            if not future.wait(timeout):
                detail = f": {self._failure}" if self._failure else ""
                raise RelayTimeout(f"not connected to {self._settings.endpoint.authority} within {timeout:g} s{detail}")
            future.get()
        except RelayError:
            self.disconnect()
            raise

    def disconnect(self) -> None:
        """Hang up the calls that are up, close the connection cleanly, and end what still waits.

        Blocks the current greenlet for a bounded time. The client can connect again. Does nothing when it is stopped.
        """
        tree, self._tree = self._tree, None
        if tree is not None:
            self._check_thread()
            tree.stop()
            self._state = ConnectionState.STOPPED
        if self._guard is not None:
            self._guard.close()
            self._guard = None
        self._stopped.set()

    def drain(self, timeout: float = 30.0) -> bool:
        """Leave the contexts, let the live calls end by themselves, then disconnect. Blocks the current greenlet.

        New offers are passed on (``calling.pass``) and `dial` is refused meanwhile. Calls that are still up after
        ``timeout`` are hung up. The client can connect again, with the contexts that it had.

        Args:
            timeout: seconds to wait for the calls; 0 hangs them up at once.

        Returns:
            Whether every call ended by itself; True for a client that is not connected.

        Raises:
            ValueError: ``timeout`` is no number of seconds.
        """
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 <= timeout < math.inf:
            raise ValueError(f"timeout is {timeout!r}; accepted is a number of seconds from 0")
        tree = self._tree
        if tree is None:
            return True
        self._check_thread()
        try:
            ended = tree.drain(self._wanted, timeout)
            return ended and self._tree is tree  # who disconnected meanwhile has hung up what was left
        finally:
            if self._tree is tree:
                self.disconnect()

    def run(self) -> None:
        """Connect if that is still to be done, and serve calls and messages until `disconnect` is called.

        Blocks the current greenlet; reconnects by itself. Ctrl-C (`KeyboardInterrupt`) disconnects and returns.

        Raises:
            AuthenticationFailed: the credentials were refused three times; after the first login, as often as
                ``refusals_allowed_later`` of `Timing` says.
            ClientFailed: actors of the client failed again and again.
        """
        try:
            if self._state != ConnectionState.CONNECTED:
                self.connect()
            self._stopped.wait()
        except KeyboardInterrupt:
            self.disconnect()
        if self._fatal is not None:
            self.disconnect()
            raise self._fatal

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.disconnect()

    # The tree

    def _start_tree(self) -> Tree:
        tree = Tree(
            self._make_login,
            self._admission(),
            self.stats,
            self._timing,
            self._wanted,
            self._note_change,
            self._when_crashed,
            self._observer,
        )
        tree.serve_calls(self._call_factory)
        tree.serve_messages(self._message_handler)
        tree.serve_events(self._event_handler, self._task_handler)
        return tree

    def _admission(self) -> Admission:
        limit = self._settings.max_active_calls
        return Admission(limit, self._overload, leave_at=self._leave_at, return_at=self._return_at)

    def _prepare_tls(self) -> None:
        """Make the TLS context, once and off the hub: reading the certificates takes 100 ms."""
        if not self._settings.endpoint.secure or self._tls is not None:
            return
        made = get_hub().threadpool.apply(_tls_context, (self._settings.ca_file,))
        if isinstance(made, Exception):
            raise made
        self._tls = made

    def _make_login(self, session: Session) -> Login:
        settings = self._settings
        connector = partial(
            websocket.connect,
            settings.endpoint.url,
            ssl_context=self._tls,
            open_timeout=self._timing.connect_timeout,
            close_timeout=self._timing.close_timeout,
            user_agent=AGENT,
        )
        return Login(self.tap.through(connector), settings.credentials, session, AGENT, self.stats)

    def _note_change(self, change: Change) -> None:
        """Take a change of the tree, in the greenlet of a supervisor."""
        if change.supervisor == ROOT:
            if not change.child:
                failure = ClientFailed(f"the client has failed: {change.detail}")
                failure.__cause__ = change.error
                self._fail(failure)
        else:
            self._state = change.state
            if change.state in {ConnectionState.WAITING, ConnectionState.FAILED}:
                self._failure = change.detail
            if isinstance(change.error, RelayError):
                self._fail(change.error)
        if self._change_handler is not None:
            gevent.spawn(_tell, self._change_handler, change)

    def _fail(self, error: RelayError) -> None:
        """Have `run` end with an error."""
        self._state = ConnectionState.FAILED
        self._fatal = error
        self._stopped.set()

    def _running(self) -> Tree:
        if self._tree is None:
            raise NotConnected("the client is not connected; call connect() first")
        self._check_thread()
        return self._tree

    def _check_thread(self) -> None:
        """Refuse another thread: it has another hub, and a wait there would never be woken."""
        hub = get_hub()
        if self._hub is None or self._tree is None:
            self._hub = hub
        elif self._hub is not hub:
            raise RuntimeError("a RelayClient belongs to the thread that connected it; use greenlets, not threads")


def _tell(handler: Callable[[Change], Any], change: Change) -> None:
    try:
        handler(change)
    except BaseException as error:  # noqa: BLE001 - a handler's crash ends with it
        log_crash(error, "the handler of changes crashed on {}", change.state)
        forward_interrupt(error)


def _tls_context(ca_file: str | None) -> Any:
    """Return the context or the error: gevent prints the traceback of what a thread raises."""
    try:
        return websocket.client_context(ca_file)
    except Exception as error:  # noqa: BLE001 - raised by the caller
        return error

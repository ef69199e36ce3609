"""The life of a client: its settings and handlers, connecting, running, draining, disconnecting."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Self, TypeVar

import gevent
from gevent.event import Event
from gevent.hub import get_hub

from relay_actors.admission import Admission
from relay_actors.call import Call, CallActor
from relay_actors.call_observer import CallObserver, GuardedObserver
from relay_actors.connection_supervisor import ConnectionState
from relay_actors.crash_policy import HANGUP, CrashPolicy, checked_policy
from relay_actors.errors import (
    ClientFailed,
    NotConnected,
    RelayError,
    RelayTimeout,
)
from relay_actors.greenlet import forward_interrupt, log_crash
from relay_actors.handler_call import HandlerCall
from relay_actors.login import Login
from relay_actors.message import Message
from relay_actors.session import Session
from relay_actors.stats import Stats
from relay_actors.supervision import Change
from relay_actors.timing import Timing
from relay_actors.wire.checks import check_contexts
from relay_runtime import websocket
from relay_runtime.config import resolve
from relay_runtime.frame_tap import FrameTap
from relay_runtime.hub_guard import DEFAULT_LIMIT, HubWatch, checked_limit, watch_hub
from relay_runtime.tree import ROOT, Tree
from relay_runtime.version import AGENT

__all__ = ["CallFactory", "ClientLife", "checked_factory"]

CallHandler = TypeVar("CallHandler", bound=Callable[[Call], Any])
MessageHandler = TypeVar("MessageHandler", bound=Callable[[Message], Any])
EventHandler = TypeVar("EventHandler", bound=Callable[[Any], Any])
ChangeHandler = TypeVar("ChangeHandler", bound=Callable[[Change], Any])
CallFactory = Callable[..., Call]


class ClientLife:
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
        self._call_factory = checked_factory(call_actor) if call_actor is not None else None
        self._message_handler: Callable[[Message], Any] | None = None
        self._event_handler: Callable[[Any], Any] | None = None
        self._task_handler: Callable[[Any], Any] | None = None
        self._tree: Tree | None = None
        self._hub: Any = None
        self._tls: Any = None
        self._stopped = Event()
        self._failure = ""
        self._fatal: RelayError | None = None
        self._change_handler: Callable[[Change], Any] | None = None
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

    # Handlers

    def on_call(self, handler: CallHandler) -> CallHandler:
        """Serve inbound calls by ``handler(call)``; use it as a decorator.

        The handler runs once for each call, in the call's own greenlet, like `CallActor.run`: when it returns, a call
        that is still up is hung up, and when it raises, the client's ``when_crashed`` says what becomes of the call.
        Registering again replaces the former handler, and a ``call_actor``.

        Raises:
            TypeError: if ``handler`` is not callable.
        """
        self._call_factory = partial(HandlerCall, handler=_checked_handler(handler))
        if self._tree is not None:
            self._tree.serve_calls(self._call_factory)
        return handler

    def on_message(self, handler: MessageHandler) -> MessageHandler:
        """Give inbound messages to ``handler(message)``; use it as a decorator.

        The handler runs once for each message, in a greenlet of its own, and may block and send. Registering again
        replaces the former handler.

        Raises:
            TypeError: if ``handler`` is not callable.
        """
        self._message_handler = _checked_handler(handler)
        if self._tree is not None:
            self._tree.serve_messages(handler)
        return handler

    def on_event(self, handler: EventHandler) -> EventHandler:
        """Give what belongs to no live call to ``handler(event)``; use it as a decorator.

        That is: conferences (what names a live call goes to that call), tasks, errors, events of unknown types, and
        what comes after the end of its call. The handler runs in a greenlet of its own for each event, and may block
        and send. Registering again replaces the former handler.

        Raises:
            TypeError: if ``handler`` is not callable.
        """
        self._event_handler = _checked_handler(handler)
        if self._tree is not None:
            self._tree.serve_events(self._event_handler, self._task_handler)
        return handler

    def on_task(self, handler: EventHandler) -> EventHandler:
        """Give tasks (``queuing.relay.tasks``) to ``handler(event)``, a `TaskEvent`; use it as a decorator.

        The handler runs in a greenlet of its own for each task. Without one, tasks go to `on_event`'s handler.
        Registering again replaces the former handler.

        Raises:
            TypeError: if ``handler`` is not callable.
        """
        self._task_handler = _checked_handler(handler)
        if self._tree is not None:
            self._tree.serve_events(self._event_handler, self._task_handler)
        return handler

    def on_change(self, handler: ChangeHandler) -> ChangeHandler:
        """Tell ``handler(change)`` of each change of the connection and of the actors behind it; use it as a decorator.

        A `Change` names the supervisor, its child, the new state, and why. The handler runs in a greenlet of its own
        for each change, and may block. Registering again replaces the former handler.

        Raises:
            TypeError: if ``handler`` is not callable.
        """
        self._change_handler = _checked_handler(handler)
        return handler

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
        )
        tree.link.observer = self._observer
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


def checked_factory(factory: Any) -> CallFactory:
    """Return a maker of call actors if it is one.

    Raises:
        TypeError: it can't make a `CallActor`.
    """
    if isinstance(factory, type) and not issubclass(factory, CallActor):
        raise TypeError(f"call_actor is the class {factory.__name__}, which is no subclass of CallActor")
    if not callable(factory):
        raise TypeError(f"call_actor is {type(factory).__name__}; accepted is a subclass of CallActor")
    checked: CallFactory = factory
    return checked


def _checked_handler(handler: Any) -> Callable[[Any], Any]:
    if not callable(handler):
        raise TypeError(f"the handler is {type(handler).__name__}; accepted is a function of one argument")
    checked: Callable[[Any], Any] = handler
    return checked

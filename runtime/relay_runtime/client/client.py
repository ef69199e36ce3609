"""The client: what users hold. It turns method calls into work of its parts, and messages to its actors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Self, overload

from relay_actors.call.call import Call
from relay_actors.call.crash_policy import HANGUP, CrashPolicy
from relay_actors.call.observer import CallObserver
from relay_actors.messaging.message import Message
from relay_actors.telemetry.status import CallStatus, ConnectionStatus, Status
from relay_actors.timing import Timing
from relay_actors.wire.checks import check_method
from relay_actors.wire.dicts import DialDevices
from relay_actors.wire.events import MessageStateEvent
from relay_runtime.campaign.campaign import Campaign
from relay_runtime.campaign.retry import Retry
from relay_runtime.client.actors import ClientActors
from relay_runtime.client.blocks import refuse_async_with
from relay_runtime.client.campaigns import make_campaign
from relay_runtime.client.contexts import ClientContexts
from relay_runtime.client.dialling import dial
from relay_runtime.client.handlers import CallFactory, ClientHandlers
from relay_runtime.client.kinds import C, CallHandler, ChangeHandler, ClientHandler, EventHandler, MessageHandler
from relay_runtime.client.life import ClientLife
from relay_runtime.client.live_calls import LiveCalls
from relay_runtime.client.sending import send_message
from relay_runtime.client.setup import ClientSetup
from relay_runtime.client.status import client_status
from relay_runtime.client.succession import checked_choice
from relay_runtime.fleet.reach import Fleet
from relay_runtime.fleet.settings import FleetSettings
from relay_runtime.settings.client import resolve
from relay_runtime.settings.credentials import Secret
from relay_runtime.watch.hub_guard import DEFAULT_LIMIT

__all__ = ["RelayClient"]


class RelayClient:
    """One connection to SignalWire RELAY, kept up, and the calls and messages on it.

    Each argument falls back to its environment variable. Every method may be called from any greenlet of the thread
    that the client was connected in, and blocks only that greenlet. Elsewhere, and in a forked process, it raises
    `RuntimeError`; but `disconnect`, `drain`, `renew` and `tell` block another thread until they are done
    (`RelayTimeout` if the client's is blocked for 5 s, `ClientFailed` if it has ended).

    Args:
        project: project id (``SIGNALWIRE_PROJECT_ID``).
        token: API token (``SIGNALWIRE_API_TOKEN``); or a function that returns it, asked before each login in a
            greenlet of the client's: it may wait as greenlets do, for 9 s at most, and must not block the thread.
        jwt_token: a JWT in place of project and token (``SIGNALWIRE_JWT_TOKEN``); or a function that returns it.
        host: host name, ``host:port`` or URL (``SIGNALWIRE_SPACE``; default ``relay.signalwire.com``). ``ws://`` is for
            loopback only. ``SIGNALWIRE_RELAY_CA_FILE`` names a CA bundle that is trusted besides the system's.
        contexts: the contexts whose calls and messages come to this client.
        max_active_calls: how many inbound calls may be active at once (``RELAY_MAX_ACTIVE_CALLS``; default 1000).
        call_actor: serves inbound calls: a `CallActor` class, or what makes one from its first argument. Or `on_call`.
        overload: what an offer beyond the cap gets: ``drop`` (no answer; default), ``pass`` (to others), ``busy``.
        when_crashed: what becomes of a call whose code crashes, if its class says nothing: `CallActor.when_crashed`.
        hub_guard: seconds for which code may block the thread before a warning names it; None watches nothing.
        leave_at: the share of ``max_active_calls``, such as 0.9, at which others get the calls; None (default): none.
        return_at: the share at which they are received again; default 0.7.
        when_done: ``hangup`` (default) or ``leave`` a call that is up when the function of `on_call` returns.
        timing: delays and limits; see `Timing`.
        observer: is told what happens to calls while it happens; see `CallObserver`. A `CallTracer` makes traces of it.
        proxy: ``http://user:password@host:port`` of a proxy, None for none (``RELAY_PROXY``, ``HTTPS_PROXY``, …).
        ledger: where calls are written down for a successor: ``auto``, ``off`` (default in a program), or a directory.
        fleet: URL of the engine by which other hosts reach the calls, and take them over: ``redis://…``, ``local:``.

    Attributes:
        stats: what was counted and measured since the client was made, as plain values.
        tap: ``tap.watch(watcher)`` has ``watcher("in" or "out", frame)`` called with each frame as it passes.

    Raises:
        ValueError: a credential is missing or a value is malformed; `TypeError` if it is of another type.
    """

    def __init__(
        self,
        project: str | None = None,
        token: Secret | None = None,
        jwt_token: Secret | None = None,
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
        when_done: str = "hangup",
        proxy: str | None = "environment",
        ledger: str | None = None,
        fleet: str | FleetSettings | None = None,
    ) -> None:
        self._actors = ClientActors()
        self._handlers = ClientHandlers(self._actors, call_actor, when_done)
        settings = resolve(project, token, jwt_token, host, max_active_calls, proxy=proxy)
        setup = self._setup = ClientSetup(
            settings, timing or Timing(), overload, leave_at, return_at, when_crashed, observer, hub_guard
        )
        self.stats, self.tap = setup.stats, setup.tap
        self._contexts = ClientContexts(contexts or [], self._actors, setup.timing.request_timeout)
        self._life = ClientLife(
            setup, self._actors, self._contexts, self._handlers, self, checked_choice(ledger), fleet
        )
        self._calls = LiveCalls(self._actors)

    @property
    def project(self) -> str:
        """The project id; may be empty when a JWT is used."""
        return self._life.credentials.last.project

    @property
    def token(self) -> str:
        """The API token, from a function the last one; a secret."""
        return self._life.credentials.last.token

    @property
    def jwt_token(self) -> str:
        """The JWT, from a function the last one, or an empty string; a secret."""
        return self._life.credentials.last.jwt_token

    @property
    def host(self) -> str:
        """The host as it was given."""
        return self._setup.settings.host

    @property
    def contexts(self) -> list[str]:
        """The desired contexts: those of the constructor, and what `receive` and `unreceive` made of them."""
        return list(self._contexts.names)

    @property
    def relay_protocol(self) -> str:
        """The name of the current session, or an empty string while there is none."""
        return self._actors.tree.link.protocol if self._actors.tree is not None else ""

    @property
    def state(self) -> str:
        """The connection's state: ``stopped``, ``connecting``, ``connected``, ``waiting`` or ``failed``."""
        return self._life.state

    @property
    def left_up(self) -> list[str]:
        """Ids of calls that may be up although the client has stopped: the server took no hang-up."""
        return list(self._life.left_up)

    def __repr__(self) -> str:
        return f"<RelayClient {self._setup.settings.endpoint.authority} {self.state}>"

    def connect(self, timeout: float | None = None) -> None:
        """Connect, and return when authenticated; from then on the supervisor keeps the connection up.

        Blocks the current greenlet. Network trouble is retried for ``timeout`` seconds; None: for ever.

        Raises:
            AuthenticationFailed: the credentials were refused three times.
            ConnectFailed: the server can't be used as configured, three times: its certificate, or it is no RELAY.
            RelayTimeout: the time is over; the client is stopped. `ValueError`: the CA file can't be read.
        """
        self._life.connect(timeout)

    def disconnect(self) -> None:
        """Hang up what is up (see `left_up`), close the connection cleanly, end what still waits; in a bounded time."""
        self._life.disconnect()

    def renew(self, *, token: Secret | None = None, jwt_token: Secret | None = None) -> None:
        """Log in with another token, or another JWT in place of it, from now on. Calls go on; blocks for no reply.

        A next try that is waited for, after a refusal say, is made now. A connected server is given a new JWT at once.

        Raises:
            ValueError: not exactly one of both, or it is empty. `TypeError`: it is neither a text nor a function.
        """
        self._life.renew(token, jwt_token)

    def drain(self, timeout: float = 30.0) -> bool:
        """Leave the contexts, let the live calls end, then disconnect; return whether each ended by itself.

        New offers are passed on (``calling.pass``) and `dial` is refused meanwhile. Calls that are still up after
        ``timeout`` seconds, 0 or more, are hung up, see `left_up`. It can connect again, with the contexts that it had.
        """
        return self._life.drain(timeout)

    def run(self) -> None:
        """Connect if that is still to be done, and serve calls and messages until `disconnect` is called.

        Blocks the current greenlet. Ctrl-C (`KeyboardInterrupt`) disconnects and returns; `relay_runtime.run` drains.

        Raises:
            AuthenticationFailed: refused three times; later as often as `Timing` says. `ClientFailed`: actors failed.
        """
        self._life.run()

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self._life.leave()

    __aenter__ = __aexit__ = refuse_async_with

    def execute(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send any method, such as ``calling.play``, now or on the next connection, and return its result.

        Raises:
            RelayError: the server refused it; ``code``, ``message`` and ``data`` are the server's.
            RequestTimeout: no reply came within ``request_timeout``; ``sent`` tells whether it was sent.
            ConnectionLost: the connection dropped before the reply. `NotConnected`: the client is not connected.
        """
        method = check_method(method)
        return self._actors.running().link.execute(method, dict(params))

    @overload
    def dial(
        self,
        devices: DialDevices,
        *,
        tag: str | None = None,
        max_duration: int | None = None,
        dial_timeout: float | None = None,
        call_actor: None = None,
        **kwargs: Any,
    ) -> Call: ...
    @overload
    def dial(self, devices: DialDevices, *, call_actor: Callable[..., C], **kwargs: Any) -> C: ...
    def dial(
        self,
        devices: DialDevices,
        *,
        tag: str | None = None,
        max_duration: int | None = None,
        dial_timeout: float | None = None,
        call_actor: CallFactory | None = None,
        **kwargs: Any,
    ) -> Call:
        """Call somebody (``calling.dial``) and return the call once it is answered. Blocks the current greenlet.

        Args:
            devices: the outer list's groups are tried one after another, the devices of an inner list ring together:
                ``[[{"type": "phone", "params": {"from_number": "+1…", "to_number": "+1…", "timeout": 30}}]]``.
            tag: label of the dial; default a new UUID.
            max_duration: limit on the call's length, in seconds.
            dial_timeout: seconds to wait for an answer; default 120. Then everything that rings is ended.
            call_actor: a `CallActor` class that serves the call, and is returned; None leaves it to the caller.
            kwargs: further params, passed to the wire: ``timeout`` (seconds), ``send_digits``, …

        Raises:
            ValueError: a device is malformed. `RelayError`: the server refused. `ClientStopped`: the client drains.
            DialFailed: nobody answered; ``reason`` and ``source`` say why. `RelayTimeout`: not in time.
            ConnectionLost: the connection dropped before the reply to the dial; `SessionLost` if it was lost later.
        """
        limit = self._setup.timing.dial_timeout if dial_timeout is None else dial_timeout
        params = {"tag": tag, "devices": devices, "max_duration": max_duration, **kwargs}
        return dial(self._actors, params, call_actor, limit)

    def campaign(
        self, name: str, *, cps: float, at_once: int, retry: Retry | None = None, call_actor: CallFactory | None = None
    ) -> Campaign:
        """A paced dialler: see `Campaign`. Never blocks. Errors: `ValueError`, `NotConnected`, `ClientStopped`."""
        return make_campaign(self._actors, self._setup, name, call_actor, cps=cps, at_once=at_once, retry=retry)

    def send_message(
        self,
        *,
        to_number: str,
        from_number: str,
        context: str | None = None,
        body: str | None = None,
        media: list[str] | None = None,
        tags: list[str] | None = None,
        region: str | None = None,
        on_completed: Callable[[MessageStateEvent], Any] | None = None,
        **kwargs: Any,
    ) -> Message:
        """Send an SMS or MMS (``messaging.send``) and return it. Blocks the current greenlet until it is accepted.

        Args:
            to_number: the recipient: in E.164 form, or a short code (4 to 8 digits).
            from_number: a number of the project, a short code, or for an SMS a name (11 characters, with a letter).
            context: where its states are sent; default the first of the client's contexts, else ``default``.
            body: the text; at least one of body and media.
            media: up to 8 URLs.
            tags: labels.
            region: region of origin.
            on_completed: called with the event of the terminal state, in a greenlet of its own.
            kwargs: further params, passed to the wire: ``tag``, ``send_as_mms``, …

        Raises:
            ValueError: a number is malformed, or there is nothing to send. `RelayError`: refused; ``data`` says why.
        """
        where = context or (self._contexts.names or ("default",))[0]
        numbers = {"to_number": to_number, "from_number": from_number}
        params = {"context": where, **numbers, "body": body, "media": media, "tags": tags, "region": region, **kwargs}
        return send_message(self._actors, params, on_completed)

    def receive(self, contexts: list[str]) -> None:
        """Receive calls and messages of these contexts too, now and after every reconnect. Blocks until the reply.

        Raises:
            ValueError: not a list of names. `RelayError`: the server refused; the contexts are not kept then.
        """
        self._contexts.receive(contexts)

    def unreceive(self, contexts: list[str]) -> None:
        """Receive calls and messages of these contexts no more. See `receive`."""
        self._contexts.unreceive(contexts)

    @overload
    def on_call(self, handler: CallHandler) -> CallHandler: ...
    @overload
    def on_call(self, *, when_done: str) -> Callable[[CallHandler], CallHandler]: ...
    def on_call(self, handler: Callable[..., Any] | None = None, *, when_done: str | None = None) -> Any:
        """Serve inbound calls by ``handler(call)``; use it as a decorator, also as ``@client.on_call(when_done=…)``.

        It runs in the call's own greenlet, like `CallActor.run`. When it returns, a call that is still up is
        hung up (``when_done="leave"`` leaves it), once it is engaged in nothing: a queue, a bridge, an action. One with
        listeners (`Call.on`) is left, and so is an offer that nothing was done about. When it raises, ``when_crashed``
        says what follows. A `CallActor` class may be given too. The former one is replaced, as with other ``on_…``.

        Raises:
            TypeError: it is no plain function of one argument and no class of calls, here as with the other ``on_…``.
        """
        if handler is None:
            return partial(self._handlers.keep_for_calls, when_done=when_done)
        return self._handlers.keep_for_calls(handler, when_done)

    def on_message(self, handler: MessageHandler) -> MessageHandler:
        """Give inbound messages to ``handler(message)``, each in a greenlet of its own; use it as a decorator."""
        return self._handlers.keep("message", handler)

    def on_event(self, handler: EventHandler) -> EventHandler:
        """Give what belongs to no live call (conferences, tasks, errors, unknown, late) to ``handler(event)``."""
        return self._handlers.keep("event", handler)

    def on_task(self, handler: EventHandler) -> EventHandler:
        """Give tasks (``queuing.relay.tasks``), each a `TaskEvent`, to ``handler(event)``, no more to `on_event`'s."""
        return self._handlers.keep("task", handler)

    def on_change(self, handler: ChangeHandler) -> ChangeHandler:
        """Tell ``handler(change)`` of each `Change` of connection and actors, each in a greenlet of its own."""
        return self._handlers.keep("change", handler)

    def on_ready(self, handler: ClientHandler) -> ClientHandler:
        """Call ``handler(client)`` after the first login of each start, at once if that is past; use it as a decorator.

        It has a greenlet of its own until the client is disconnected, then `gevent.GreenletExit`. A crash is logged.
        """
        self._handlers.keep("ready", handler)
        self._life.lifecycle.registered()
        return handler

    @property
    def fleet(self) -> Fleet:
        """All calls of the fleet, and its processes; its methods raise `FleetError` where there is none."""
        return Fleet(self._life.succession.ways)

    def on_drain(self, handler: ClientHandler) -> ClientHandler:
        """Call ``handler(client)`` at the beginning of a `drain`, while nothing is refused yet; use it as a decorator.

        In a greenlet of its own, for which the drain waits within its timeout. `disconnect` alone does not call it.
        """
        return self._handlers.keep("drain", handler)

    def status(self) -> Status:
        """Return what the client looks like now. Blocks for 1 s at most; a silent actor is ``unresponsive``."""
        known = ConnectionStatus(state=str(self.state), last_error=self._life.failure, contexts=self._contexts.names)
        return client_status(self._setup, self._actors.here(), known, self._life.succession)

    def live_calls(self) -> list[CallStatus]:
        """Return the live calls, oldest first. Blocks for two seconds at most; costs a message to each call."""
        return self._calls.all()

    def call_status(self, call_id: str) -> CallStatus | None:
        """Return a live call's status, or None when there is no such call. Blocks for two seconds at most."""
        return self._calls.status(call_id)

    def hangup_call(self, call_id: str, reason: str = "hangup") -> bool:
        """Hang up a live call from outside of its code, and return whether there is one; errors as for `Call.hangup`.

        Its code learns of it by `CallEnded`, as when the other side hangs up. Blocks until the reply.
        """
        return self._calls.hang_up(call_id, reason)

    def tell(self, call_id: str, value: Any) -> None:
        """Have the hook ``on_told(value)`` of a live call run in its own turn, once at most. Blocks until it is queued.

        Raises:
            CallEnded: no live call of this client has the id. `TypeError`: the class of the call has no ``on_told``.
            RelayTimeout: the call has not answered: it is not known whether the hook will run.
        """
        self._calls.tell(call_id, value)

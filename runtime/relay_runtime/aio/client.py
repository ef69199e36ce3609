"""The client for asyncio: the runtime on a thread of its own, and the user's code in his loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn, Self, overload

from relay_actors.call.crash_policy import HANGUP, CrashPolicy
from relay_actors.call.observer import CallObserver
from relay_actors.errors import RelayError
from relay_actors.telemetry.stats import Stats
from relay_actors.telemetry.status import CallStatus, Status
from relay_actors.timing import Timing
from relay_actors.wire.dicts import DialDevices
from relay_actors.wire.events import MessageStateEvent
from relay_runtime.aio.call import Call
from relay_runtime.aio.campaign import Campaign
from relay_runtime.aio.credentials import Secret, in_loop
from relay_runtime.aio.fleet import Fleet
from relay_runtime.aio.handlers import CallHandler, H, MessageHandler
from relay_runtime.aio.joint import Joint
from relay_runtime.aio.message import Message
from relay_runtime.aio.running import run_until_told
from relay_runtime.aio.tasks import Tasks
from relay_runtime.campaign.retry import Retry
from relay_runtime.client import client as plain
from relay_runtime.client.frame_tap import FrameTap
from relay_runtime.fleet.settings import FleetSettings
from relay_runtime.watch.hub_guard import DEFAULT_LIMIT, checked_limit

__all__ = ["CallHandler", "MessageHandler", "RelayClient", "RelayError"]


class RelayClient:
    """One connection to SignalWire RELAY, kept up, and the calls and messages on it; as `relay_runtime.RelayClient`.

    The runtime has a thread of its own while the client is connected, so that a loop that is blocked costs neither the
    connection nor a call. The user's code stays in the loop that connected, and every method is to be called there.
    Handlers, listeners and callbacks may be coroutine functions; each runs in a copy of `connect`'s context variables.

    Args:
        project: project id (``SIGNALWIRE_PROJECT_ID``).
        token: API token (``SIGNALWIRE_API_TOKEN``); or a function, also a coroutine's, that returns it: called in the
            loop before each login, which waits for it for 9 s at most.
        jwt_token: a JWT in place of project and token (``SIGNALWIRE_JWT_TOKEN``); or a function that returns it.
        host: host name, ``host:port`` or URL (``SIGNALWIRE_SPACE``; default ``relay.signalwire.com``).
        contexts: whose calls and messages come to this client.
        max_active_calls: how many inbound calls may be active at once (``RELAY_MAX_ACTIVE_CALLS``; default 1000).
        overload: what happens to an offer beyond the cap: ``drop``, ``pass`` or ``busy``.
        timing: delays and limits; see `Timing`.
        observer: is told what happens to calls, in the thread of the runtime; see `CallObserver`.
        when_crashed: what becomes of a call whose handler raises: ``"hangup"``, ``Say("…")`` or ``Transfer("…")``.
        when_done: ``leave`` (default, as SignalWire's client does) or ``hangup`` a call that is up when it returns.
        guard: seconds for which code may block the loop; longer, and a warning names the line. None watches nothing.
        leave_at: the share of ``max_active_calls`` at which the contexts are left; None (default) stays in them.
        return_at: the share at which they are received again; default 0.7.
        proxy: ``http://user:password@host:port`` of a proxy, None for none (``RELAY_PROXY``, ``HTTPS_PROXY``, …).
        ledger: where calls are written down for a successor, which does with them what ``when_crashed`` says.
        fleet: URL of the engine by which other hosts reach the calls, and take them over: ``redis://…``, ``local:``.

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
        *,
        overload: str = "drop",
        timing: Timing | None = None,
        observer: CallObserver | None = None,
        when_crashed: CrashPolicy = HANGUP,
        when_done: str = "leave",
        guard: float | None = DEFAULT_LIMIT,
        leave_at: float | None = None,
        return_at: float | None = None,
        proxy: str | None = "environment",
        ledger: str | None = None,
        fleet: str | FleetSettings | None = None,
    ) -> None:
        guard = checked_limit(guard, "guard")
        self._client = plain.RelayClient(
            project,
            in_loop(token, "token", self._tasks),
            in_loop(jwt_token, "jwt_token", self._tasks),
            host,
            contexts,
            max_active_calls,
            overload=overload,
            timing=timing,
            observer=observer,
            when_crashed=when_crashed,
            hub_guard=None,
            leave_at=leave_at,
            return_at=return_at,
            proxy=proxy,
            ledger=ledger,
            fleet=fleet,
        )
        self._joint = Joint(self._client, self, when_done=when_done, timing=timing or Timing(), guard=guard)

    def __repr__(self) -> str:
        return repr(self._client)

    def _tasks(self) -> Tasks:
        return self._joint.tasks

    @property
    def project(self) -> str:
        """The project id; may be empty when a JWT is used."""
        return self._client.project

    @property
    def token(self) -> str:
        """The API token; a secret."""
        return self._client.token

    @property
    def jwt_token(self) -> str:
        """The JWT, or an empty string; a secret."""
        return self._client.jwt_token

    @property
    def host(self) -> str:
        """The host as it was given."""
        return self._client.host

    @property
    def contexts(self) -> list[str]:
        """The desired contexts: those of the constructor, and what `receive` and `unreceive` made of them."""
        return self._client.contexts

    @property
    def relay_protocol(self) -> str:
        """The name of the current session, or an empty string while there is none."""
        return self._client.relay_protocol

    @property
    def state(self) -> str:
        """The connection's state: ``stopped``, ``connecting``, ``connected``, ``waiting`` or ``failed``."""
        return self._joint.state

    @property
    def left_up(self) -> list[str]:
        """Ids of calls that the last `drain` or `disconnect` left up, mostly none; see `relay_runtime.RelayClient`."""
        return self._client.left_up

    @property
    def stats(self) -> Stats:
        """What was counted and measured since the client was made, as plain values."""
        return self._client.stats

    @property
    def tap(self) -> FrameTap:
        """Where frames can be watched; the watcher is called in the thread of the runtime."""
        return self._client.tap

    @property
    def fleet(self) -> Fleet:
        """All calls of the fleet, and its processes; its methods raise `FleetError` where there is none."""
        return Fleet(self._joint, self._client.fleet)

    async def connect(self, timeout: float | None = None) -> None:
        """Connect within ``timeout`` seconds, None for as long as it takes; from then on the connection is kept up.

        Raises:
            AuthenticationFailed: the credentials were refused three times.
            ConnectFailed: the server can't be used as configured, three times: its certificate, or it is no RELAY.
            RelayTimeout: the time is over; the client is stopped.
            RuntimeError: gevent patched the process, it was forked since, or the client is connected in another loop.
            ValueError: the CA file can't be read.
        """
        await self._joint.open(timeout)

    async def disconnect(self) -> None:
        """Hang up the calls that are up, close the connection cleanly, and end what still waits; see `left_up`.

        Without a connection it waits for one for ``hangup_timeout`` seconds, if calls are up. Handlers that run hear
        of it by `CallEnded` or `ClientStopped`; ``stop_timeout`` seconds later they are cancelled. The thread of the
        runtime has ended when this returns. The client can connect again, in another loop too.
        """
        await self._joint.close(self._client.disconnect)

    async def renew(self, *, token: Secret | None = None, jwt_token: Secret | None = None) -> None:
        """Log in with another token, or another JWT in its place, from now on; see `relay_runtime.RelayClient`."""
        renewed = in_loop(token, "token", self._tasks), in_loop(jwt_token, "jwt_token", self._tasks)
        await self._joint.ask(self._client.renew, token=renewed[0], jwt_token=renewed[1])

    async def drain(self, timeout: float = 30.0) -> bool:
        """Leave the contexts, let the live calls end, then disconnect; return whether each ended by itself.

        Calls that are still up after ``timeout`` seconds, 0 or more, are hung up as by `disconnect`; see `left_up`.
        """
        ended = await self._joint.close(self._client.drain, timeout)
        return True if ended is None else bool(ended)

    def run(self) -> None:
        """Connect, and serve calls and messages until Ctrl-C, SIGTERM or `disconnect`; blocks, with a loop of its own.

        A signal hangs up the calls that are up; `relay_runtime.aio.run` drains. Where a loop runs, use ``async with``.

        Raises:
            AuthenticationFailed: the credentials were refused three times; later as often as `Timing` says.
            ClientFailed: actors of the client failed again and again.
            RuntimeError: a loop is running in this thread.
        """
        run_until_told(self, self._joint)

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._joint.leave(self._client.disconnect)

    def __enter__(self) -> NoReturn:
        raise TypeError("a client of relay_runtime.aio takes `async with`; `with` is for relay_runtime.RelayClient")

    def __exit__(self, *_: object) -> None: ...  # not reached

    async def execute(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send any method, such as ``calling.play``, and return its result. Offline, it waits for the connection.

        Raises:
            RelayError: the server refused it; ``code``, ``message`` and ``data`` are the server's.
            RequestTimeout: no reply came within ``request_timeout``; ``sent`` tells whether it was sent.
            ConnectionLost: the connection dropped before the reply. `NotConnected`: the client is not connected.
        """
        return await self._joint.bridge.ask(self._client.execute, method, params)

    async def dial(
        self,
        devices: DialDevices,
        *,
        tag: str | None = None,
        max_duration: int | None = None,
        dial_timeout: float | None = None,
        **kwargs: Any,
    ) -> Call:
        """Call somebody (``calling.dial``), and return the call once it is answered; cancelled, nobody is left ringing.

        Args:
            devices: the outer list's groups are tried one after another, the devices of an inner list ring together:
                ``[[{"type": "phone", "params": {"from_number": "+1…", "to_number": "+1…", "timeout": 30}}]]``.
            tag: label of the dial; default a new UUID.
            max_duration: limit on the call's length, in seconds.
            dial_timeout: seconds to wait for an answer; default 120. Then everything that rings is ended.
            kwargs: further params, passed to the wire: ``timeout`` (seconds), ``send_digits``, …

        Raises:
            ValueError: a device is malformed; nothing was sent.
            DialFailed: nobody answered; ``reason`` and ``source`` say why. `RelayTimeout`: not in time.
            RelayError: the server refused. `ClientStopped`: the client drains or stops.
            ConnectionLost: the connection dropped before the reply; `SessionLost` if it was lost later. `NotConnected`.
        """
        joint = self._joint
        call = await joint.bridge.ask(
            self._client.dial,
            devices,
            tag=tag,
            max_duration=max_duration,
            dial_timeout=dial_timeout,
            call_actor=joint.remote,
            unclaimed=joint.unclaimed,
            **kwargs,
        )
        return joint.wrapped(call)

    async def campaign(self, name: str, *, cps: float, at_once: int, retry: Retry | None = None) -> Campaign:
        """Return a paced, bounded dialler: see `Campaign`; arguments and errors as for `relay_runtime.RelayClient`."""
        joint, make = self._joint, self._client.campaign
        actor = joint.remote
        made = await joint.bridge.ask(make, name, cps=cps, at_once=at_once, retry=retry, call_actor=actor)
        return Campaign(joint.bridge, joint.tasks, made)

    async def send_message(
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
        """Send an SMS or MMS (``messaging.send``) and return it once it is accepted.

        Args:
            to_number: the recipient: in E.164 form, or a short code (4 to 8 digits).
            from_number: a number of the project, a short code, or for an SMS a name (11 characters, with a letter).
            context: where its states are sent; default the first of the client's contexts, else ``default``.
            body: the text; at least one of body and media.
            media: up to 8 URLs.
            tags: labels.
            region: region of origin.
            on_completed: called with the event of the terminal state; a plain or a coroutine function.
            kwargs: further params, passed to the wire: ``tag``, ``send_as_mms``, …

        Raises:
            ValueError: a number is malformed, or there is nothing to send; nothing was sent.
            RelayError: the server refused; ``data`` has its reasons by field. `NotConnected`: there is no connection.
        """
        joint = self._joint
        told = None if on_completed is None else joint.tasks.forward(on_completed, "a completion callback crashed")
        message = await joint.bridge.ask(
            self._client.send_message,
            to_number=to_number,
            from_number=from_number,
            context=context,
            body=body,
            media=media,
            tags=tags,
            region=region,
            on_completed=told,
            **kwargs,
        )
        return Message(joint.bridge, joint.tasks, message)

    async def receive(self, contexts: list[str]) -> None:
        """Receive calls and messages of these contexts too, from now or the first login on, after reconnects too.

        Raises:
            ValueError: not a list of names. `RelayError`: the server refused; the contexts are not kept then.
        """
        await self._joint.ask(self._client.receive, contexts)

    async def unreceive(self, contexts: list[str]) -> None:
        """Receive calls and messages of these contexts no more. See `receive`."""
        await self._joint.ask(self._client.unreceive, contexts)

    @overload
    def on_call(self, handler: H) -> H: ...
    @overload
    def on_call(self, *, when_done: str) -> Callable[[H], H]: ...
    def on_call(self, handler: Callable[..., Any] | None = None, *, when_done: str | None = None) -> Any:
        """Serve inbound calls by ``handler(call)``; use it as a decorator, also as ``@client.on_call(when_done=…)``.

        It is a task of its own for each call. When it returns, a call that is still up stays up, or is hung up once
        nothing keeps it (``when_done``, default the client's); an offer that nothing was done about is left to others.
        When it raises, ``when_crashed`` says what becomes of the call. When the call ends, what it awaits raises
        `CallEnded`; ``code_linger`` seconds later it is cancelled. Registering again replaces the former.

        Raises:
            TypeError: the handler is no function of one argument, or would never run.
            ValueError: ``when_done`` is neither.
        """
        if handler is None:
            return partial(self._joint.keep_for_calls, when_done=when_done)
        return self._joint.keep_for_calls(handler, when_done)

    def on_message(self, handler: H) -> H:
        """Give inbound messages to ``handler(message)``, each in a task of its own; use it as a decorator."""
        return self._joint.keep("message", handler)

    def on_event(self, handler: H) -> H:
        """Give what belongs to no live call to ``handler(event)``; use it as a decorator."""
        return self._joint.keep("event", handler)

    def on_task(self, handler: H) -> H:
        """Give tasks (``queuing.relay.tasks``) to ``handler(event)``, a `TaskEvent`; use it as a decorator."""
        return self._joint.keep("task", handler)

    def on_change(self, handler: H) -> H:
        """Tell ``handler(change)`` of each change of the connection and of the actors behind it."""
        return self._joint.keep("change", handler)

    def on_ready(self, handler: H) -> H:
        """Call ``handler(client)`` once after the first login, in a task; see `relay_runtime.RelayClient.on_ready`."""
        return self._joint.keep("ready", handler)

    def on_drain(self, handler: H) -> H:
        """Call ``handler(client)`` before a drain begins, in a task; see `relay_runtime.RelayClient.on_drain`."""
        return self._joint.keep("drain", handler)

    async def status(self) -> Status:
        """Return what the client looks like now; takes a second at most. Never raises for a client that is stopped."""
        return await self._joint.ask(self._client.status)

    async def live_calls(self) -> list[CallStatus]:
        """Return the live calls, oldest first; takes two seconds at most, and costs a message to each call."""
        return await self._joint.ask(self._client.live_calls)

    async def call_status(self, call_id: str) -> CallStatus | None:
        """Return a live call's status, or None when no live call has this id."""
        return await self._joint.ask(self._client.call_status, call_id)

    async def hangup_call(self, call_id: str, reason: str = "hangup") -> bool:
        """Hang up a live call from outside of its code; return whether there is one. Errors as for `Call.hangup`."""
        return await self._joint.ask(self._client.hangup_call, call_id, reason)

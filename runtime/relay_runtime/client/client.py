"""The client: what users hold. It turns method calls into messages to its actors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from relay_actors.call.call import Call
from relay_actors.call.verbs.given import given
from relay_actors.errors import (
    ClientStopped,
    ConnectionLost,
    RelayError,
    RelayTimeout,
)
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.ids import new_id
from relay_actors.messaging.actor import TrackMessage
from relay_actors.messaging.message import Message
from relay_actors.routing.messages import AbandonDial, AddContexts, BeginDial, ContextsReceived, RemoveContexts
from relay_actors.wire.checks import check_contexts, check_devices, check_message, check_params
from relay_runtime.client.handlers import CallFactory, checked_factory
from relay_runtime.client.status import ClientStatus

__all__ = ["RelayClient"]


class RelayClient(ClientStatus):
    """One connection to SignalWire RELAY, kept up, and the calls and messages on it.

    Each argument falls back to its environment variable. Several clients can live in one process. Every method may be
    called from any greenlet of the thread that the client was connected in, and blocks only that greenlet.

    Args:
        project: project id (``SIGNALWIRE_PROJECT_ID``).
        token: API token (``SIGNALWIRE_API_TOKEN``).
        jwt_token: a JWT in place of project and token (``SIGNALWIRE_JWT_TOKEN``).
        host: host name, ``host:port`` or URL (``SIGNALWIRE_SPACE``; default ``relay.signalwire.com``). ``ws://`` is for
            loopback only. ``SIGNALWIRE_RELAY_CA_FILE`` names a CA bundle that is trusted besides the system's.
        contexts: the contexts whose calls and messages come to this client.
        max_active_calls: how many inbound calls may be active at once (``RELAY_MAX_ACTIVE_CALLS``; default 1000).
        call_actor: the `CallActor` class, or anything that makes one from its first argument, that serves inbound
            calls. `on_call` is the other way to serve them.
        overload: what happens to an offer beyond the cap: ``drop`` (leave it unanswered), ``pass`` (give it back to
            routing) or ``busy`` (refuse it).
        when_crashed: what becomes of a call whose code crashes, where its class says nothing: ``"hangup"`` (default),
            ``Say("…")`` or ``Transfer("…")``; see `CallActor.when_crashed`. It is the one for handlers of `on_call`.
        hub_guard: seconds for which code may keep every other greenlet from running; longer, and it is named in a
            warning: actor, call, file and line. None watches nothing. Clients in one thread share a guard, which is
            there while one of them is connected.
        leave_at: the share of ``max_active_calls`` at which the contexts are left, so that others get the calls,
            such as 0.9; None (default) stays in them. They stay desired: a reconnect meanwhile does not ask for them.
        return_at: the share at which they are received again; default 0.7.
        timing: delays and limits; see `relay_actors.timing.Timing`.
        observer: is told what happens to calls while it happens; see `relay_actors.call.observer.CallObserver`. A
            `relay_runtime.watch.tracing.CallTracer` makes traces of it.

    Raises:
        ValueError: a credential is missing or a value is malformed; the message names argument and variable.
        TypeError: an argument is of a type that is not accepted.
    """

    def execute(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send any method and return its result. Blocks the current greenlet until the reply.

        While the connection is down, the command waits for the next one.

        Args:
            method: the method's name on the wire, such as ``calling.play``.
            params: its params.

        Raises:
            RelayError: the server refused it; ``code``, ``message`` and ``data`` are the server's.
            RequestTimeout: no reply came within ``request_timeout``; ``sent`` tells whether it was sent.
            ConnectionLost: the connection dropped before the reply.
            NotConnected: the client is not connected.
        """
        if not isinstance(method, str) or not method:
            raise ValueError('method is the name of a method on the wire, such as "calling.play"')
        return self._running().link.execute(method, dict(params))

    def dial(
        self,
        devices: list[list[dict[str, Any]]],
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
            call_actor: a `CallActor` class that serves the call; None leaves it to the caller.
            kwargs: further params, passed to the wire: ``timeout`` (seconds), ``send_digits``, …

        Raises:
            ValueError: a device is malformed; nothing was sent.
            DialFailed: nobody answered; ``reason`` and ``source`` say why.
            RelayTimeout: nobody answered in time.
            RelayError: the server refused.
            ConnectionLost: the connection dropped before the reply to the dial.
            SessionLost: the connection came back without the session.
            ClientStopped: the client drains or stops.
        """
        params = given(tag=tag or new_id(), devices=check_devices(devices), max_duration=max_duration, **kwargs)
        check_params("calling.dial", params)
        limit = self._timing.dial_timeout if dial_timeout is None else dial_timeout
        if limit <= 0:
            raise ValueError(f"dial_timeout is {limit}; accepted is a number of seconds above 0")
        factory = Call if call_actor is None else checked_factory(call_actor)
        tree = self._running()
        if tree.draining:
            raise ClientStopped("the client is draining; it makes no new calls")
        label = params["tag"]
        future: GreenletFuture[Call] = GreenletFuture()
        replied: GreenletFuture[dict[str, Any]] = GreenletFuture()
        try:
            tree.subscription.request(BeginDial(label, factory, future, replied)).get(timeout=limit)
            reply = tree.link.submit("calling.dial", params, future=replied)
            _wait_for_either(future, replied, min(limit, reply.remaining()))
            if not future.done():
                reply.settle()  # an outcome makes up for a reply that is late or lost
            if not future.wait(limit):
                raise RelayTimeout(f"nobody answered the dial within {limit:g} s")
            call: Call = future.get()
        except BaseException:
            # Whatever ends the wait, nobody is left ringing (protocol 5).
            tree.subscription.offer(AbandonDial(label, future))
            raise
        return call

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
        on_completed: Callable[[Any], Any] | None = None,
        **kwargs: Any,
    ) -> Message:
        """Send an SMS or MMS (``messaging.send``) and return it. Blocks the current greenlet until it is accepted.

        Args:
            to_number: the recipient, in E.164 form.
            from_number: a number of the project, in E.164 form.
            context: where its states are sent; default the first of the client's contexts, else ``default``.
            body: the text; at least one of body and media.
            media: up to 8 URLs.
            tags: labels.
            region: region of origin.
            on_completed: called with the event of the terminal state, in a greenlet of its own.
            kwargs: further params, passed to the wire: ``tag``, ``send_as_mms``, …

        Raises:
            ValueError: a number is not E.164, or there is nothing to send; nothing was sent.
            RelayError: the server refused; ``data`` has its reasons by field.
        """
        where = context or (self._wanted[0] if self._wanted else "default")
        params = check_message(
            given(
                context=where,
                to_number=to_number,
                from_number=from_number,
                body=body,
                media=media,
                tags=tags,
                region=region,
                **kwargs,
            )
        )
        tree = self._running()
        reply = tree.link.execute("messaging.send", params)
        message = Message(
            message_id=str(reply.get("message_id") or ""),
            context=where,
            direction="outbound",
            from_number=from_number,
            to_number=to_number,
            body=body or "",
            media=media,
            state="queued",
            tags=tags,
        )
        if on_completed is not None:
            message.on_completed(on_completed)
        if not tree.messaging.offer(TrackMessage(message)):
            message.abandon(ClientStopped())
        return message

    def receive(self, contexts: list[str]) -> None:
        """Receive calls and messages of these contexts too, now and after every reconnect.

        Blocks the current greenlet until the server's reply; offline, they are part of the next login.

        Raises:
            ValueError: not a list of names.
            RelayError: the server refused; the contexts are not kept then.
        """
        names = check_contexts(contexts)
        before = self._wanted
        self._want(tuple(dict.fromkeys((*before, *names))), AddContexts(names))
        try:
            self._subscribe("signalwire.receive", names)
            if self._tree is not None:
                self._tree.subscription.offer(ContextsReceived(names))
        except RelayError:
            new = tuple(c for c in names if c not in before)
            self._want(tuple(c for c in self._wanted if c not in new), RemoveContexts(new))
            raise

    def unreceive(self, contexts: list[str]) -> None:
        """Receive calls and messages of these contexts no more. See `receive`."""
        names = check_contexts(contexts)
        self._want(tuple(c for c in self._wanted if c not in names), RemoveContexts(names))
        self._subscribe("signalwire.unreceive", names)

    def _want(self, wanted: tuple[str, ...], message: AddContexts | RemoveContexts) -> None:
        self._wanted = wanted
        if self._tree is not None:
            self._tree.subscription.ask(message, timeout=self._timing.request_timeout)

    def _subscribe(self, method: str, names: tuple[str, ...]) -> None:
        """Tell the server, if there is a connection: otherwise the next login does (law 8)."""
        if not names or self._tree is None or not self._tree.link.up:
            return
        try:
            self._tree.link.execute(method, {"contexts": list(names)})
        except ConnectionLost:
            return  # the desired contexts are part of the login that follows


def _wait_for_either(one: GreenletFuture[Any], other: GreenletFuture[Any], timeout: float) -> None:
    """Block the current greenlet until one of two futures has a result, ``timeout`` seconds at most."""
    either: GreenletFuture[None] = GreenletFuture()

    def arrived() -> None:
        either.resolve(None)

    futures = (one, other)
    for future in futures:
        future.add_done_callback(arrived)
    either.wait(timeout)
    for future in futures:
        future.remove_done_callback(arrived)

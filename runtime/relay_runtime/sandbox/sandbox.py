"""The sandbox: a RELAY server of your own, on this machine, with callers that follow scripts."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import gevent

from relay_runtime.sandbox.calls.exchange import Exchange
from relay_runtime.sandbox.calls.messages import Delivery, Ending, SentMessage
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.control.control import ControlPort
from relay_runtime.sandbox.control.guard import Guard, token_for, unbracketed, url_host
from relay_runtime.sandbox.control.rest import RestPort
from relay_runtime.sandbox.faults.arms import Arm, EventArm
from relay_runtime.sandbox.faults.faults import Faults
from relay_runtime.sandbox.ground.counters import Counters
from relay_runtime.sandbox.ground.ground import Ground
from relay_runtime.sandbox.ground.settings import Settings
from relay_runtime.sandbox.script.run import Run
from relay_runtime.sandbox.script.script import Callee, Caller
from relay_runtime.sandbox.server.peer import Peer
from relay_runtime.sandbox.server.server import Server, ServerSocket, refused, tls_context
from relay_runtime.sandbox.verbs.known import event_type_checked, method_checked

__all__ = ["Sandbox"]


class Sandbox:
    """A RELAY server for tries and tests, to be used as a context manager or with ``start`` and ``stop``.

    It runs in the hub of the thread that starts it: a program that blocks that hub blocks its sandbox too.
    Of its methods ``stop``, ``restart`` and ``wait_for_request`` block, and ``Run.wait`` of what ``place`` returns.

    Args:
        host: the address to listen on; an IPv6 address may have brackets.
        port: the port of the WebSocket; 0 takes a free one. None: only clients of this thread reach it, as in the kit.
        control_port: the port of the HTTP control port; 0 takes a free one, or none if ``port`` is None; None has none.
        control_token: what requests to it have to bring; None makes one up if ``host`` is not a loopback address.
        cert: a PEM file with the certificate; the sandbox then serves wss.
        key: a PEM file with its key.
        seed: seeds the faults that happen by chance.
        **settings: the fields of :class:`Settings`, such as ``time_scale``, ``project`` or ``resume_window``.

    Attributes:
        settings: its settings.
        exchange: what keeps its calls, for the sandbox's own parts; programs use the methods below.

    Raises:
        ValueError: a setting is unknown or out of range; certificate (which needs a port) or token can't be used.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int | None = 0,
        control_port: int | None = 0,
        control_token: str | None = None,
        cert: str | None = None,
        key: str | None = None,
        seed: int = 0,
        **settings: Any,
    ) -> None:
        unknown = set(settings) - set(Settings.__slots__)
        if unknown:
            Settings.check(sorted(unknown)[0], None)
        self.settings = Settings(**settings)
        self.exchange = Exchange(Ground(self.settings), seed)
        self._host = host = unbracketed(host)
        self._port = port
        self._control_port = control_port if port is not None else control_port or None
        self._control_token = token_for(host, control_token)
        if port is None and (cert or key):
            raise ValueError("a sandbox without a port speaks no TLS: leave cert and key out, or give a port")
        self._context: ssl.SSLContext | None = tls_context(cert, key)
        self._server: Server | None = None
        self._control: Server | None = None

    def __repr__(self) -> str:
        return f"<Sandbox {self.url if self._server else 'stopped'}>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, if it has a port; returns when clients can connect.

        Raises:
            OSError: the port can't be had. `RuntimeError`: it is running already.
        """
        if self._server is not None:
            raise RuntimeError("this sandbox is running already")
        self._listen()
        if self._control_port is not None:
            guard = Guard(self._host, self._control_token)
            self._control = Server((self._host, self._control_port), ControlPort(self.exchange, self, guard))
            self._control.start()
            self._control_port = self._control.port
        self.exchange.ground.clock.start()

    def stop(self) -> None:
        """End every connection, timer and greenlet it started; blocks for a few seconds at most."""
        self.exchange.ground.clock.stop()
        self.exchange.requests.stop()
        for server in (self._server, self._control):
            if server is not None:
                self._end(server)
        self._server = self._control = None
        self.exchange.forget_all()

    def restart(self, *, memory: bool = True, down_for: float = 0.0) -> None:
        """Restart the server on the same port, which nobody else gets meanwhile; blocks until it listens again.

        Args:
            memory: keep sessions and calls; without it they are forgotten, and calls end.
            down_for: real seconds for which connections are refused.
        """
        if self._server is None:
            raise RuntimeError("this sandbox is not running")
        server = self._server
        server.close()
        with server.kept():
            self._end(server)
            if not memory:
                self.exchange.forget_all()
            if down_for:
                gevent.sleep(down_for)
        self._listen()

    def _listen(self) -> None:
        limit = self.settings.frame_limit
        place = None if self._port is None else (self._host, self._port)
        server = Server(place, self._serve, frame_limit=limit, context=self._context)
        server.door = self.faults.at_the_door
        server.start()
        self._server = server
        if place is not None:
            self._port = server.port

    def _end(self, server: Server) -> None:
        server.close()
        for peer in list(self.exchange.peers):
            peer.drop()
        server.end()

    def _serve(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Serve one connection: a WebSocket until it is over, anything else as one request."""
        socket = environ.get("wsgi.websocket")
        if socket is None:
            return RestPort(self.exchange)(environ, start_response)
        peer = Peer(self.exchange, socket)
        self.exchange.peers[peer] = None
        self.exchange.ground.counters.connections += 1
        try:
            peer.serve()
        finally:
            self.exchange.peers.pop(peer, None)
        return []

    def serve_connection(self, connection: ServerSocket) -> None:
        """Serve a connection that did not come by the port as one that did; returns at once.

        It is served in a greenlet of its own, through the same door and with the same handshake, and ends with the
        sandbox as all do.

        Args:
            connection: the server's end of it; closed when it is over.

        Raises:
            ConnectionRefusedError: the sandbox is stopped, or down in the course of a restart.
            RuntimeError: this is another thread than the one that started the sandbox.
        """
        if self._server is None:
            raise refused()
        self._server.take(connection)

    @property
    def url(self) -> str:
        """The URL for clients on this machine: ws://host:port, or wss:// with a certificate.

        Without a port it names a host that exists nowhere (RFC 2606), so that a client that is not led to the sandbox
        reaches nobody.
        """
        if self._port is None:
            return "wss://sandbox.invalid"
        return f"{'wss' if self._context else 'ws'}://{url_host(self._host)}:{self._port}"

    @property
    def control_url(self) -> str:
        """The URL of the control port on this machine, or an empty text without one."""
        return "" if self._control_port is None else f"http://{url_host(self._host)}:{self._control_port}"

    @property
    def control_token(self) -> str | None:
        """What requests to the control port bring as ``Authorization: Bearer …``; None when nothing is demanded."""
        return None if self._control_port is None else self._control_token

    @property
    def project(self) -> str:
        """The project id that is accepted."""
        return self.settings.project

    @property
    def token(self) -> str:
        """The token that is accepted with the project."""
        return self.settings.token

    @property
    def jwt_token(self) -> str:
        """The JWT that is accepted."""
        return self.settings.jwt_token

    def place(self, caller: Caller, *, call_id: str | None = None) -> Run:
        """Let a caller dial; returns at once, with the call offered.

        Args:
            caller: who dials, and what they do.
            call_id: the id that the call shall have, which no other call has or had: 1 to 128 letters, digits and
                ``. _ ~ : -``, of which the first is a letter or a digit; None makes one up.

        Raises:
            ValueError: the script does not say which context it dials, or the id is odd or taken.
        """
        if not caller.context:
            raise ValueError('a caller needs a context: Caller("+1...").dials("office")')
        return self.exchange.place(caller, call_id)

    def on_dial(self, number: str, callee: Callee) -> None:
        """Say who answers a number, a SIP or a resource address; ``*`` is every number without a script."""
        self.exchange.callees[number] = callee

    def runs(self, number: str | None = None) -> list[Run]:
        """Return the calls so far, oldest first: all, or those from or to a number."""
        return [run for run in self.exchange.runs if number is None or run.number == number]

    def watch(self, told: Callable[[Run], object]) -> Callable[[], None]:
        """Have ``told(run)`` called for each call as it is made, before anybody hears of it; return what ends that.

        It is called for the callers that are placed and for every number that a client dials, in the greenlets of the
        sandbox, and must neither block nor raise. `Run.watch` goes on from there.
        """
        return self.exchange.run_watchers.add(told)

    def sends_message(
        self, *, from_number: str, to_number: str, body: str = "", context: str, media: Sequence[str] = ()
    ) -> str | None:
        """Let a message come in; return its id, or None when nobody has subscribed to the context."""
        return self.exchange.messages.receive(
            from_number=from_number, to_number=to_number, body=body, context=context, media=media
        )

    def on_text(self, number: str, ending: Ending = "delivered", reason: str = "") -> None:
        """Say what becomes of messages to a number; ``*`` is every number without a saying of its own."""
        self.exchange.messages.deliveries[number] = Delivery(ending, reason)

    def messages(self) -> list[SentMessage]:
        """Return the messages that clients sent, oldest first."""
        return list(self.exchange.messages.sent)

    def watch_messages(self, told: Callable[[SentMessage], object]) -> Callable[[], None]:
        """Have ``told(message)`` called, as `watch` does, at each new state of a client's message."""
        return self.exchange.messages.watchers.add(told)

    def sends_task(self, message: dict[str, Any], context: str) -> bool:
        """Push a task (queuing.relay.tasks); False when nobody has subscribed to the context."""
        return self.exchange.messages.task(message, context)

    def emit(self, call_id: str, event_type: str, **params: Any) -> None:
        """Push any event about a call, such as calling.error or one of calling.ai.*, to the client that has it.

        Raises:
            LookupError: no such call is up.
        """
        self.exchange.call(call_id).event(event_type, **params)

    @property
    def counters(self) -> Counters:
        """What was counted so far."""
        return self.exchange.ground.counters

    @property
    def errors(self) -> list[Exception]:
        """Faults of the sandbox itself; empty unless it has a bug."""
        return self.exchange.ground.errors

    @property
    def faults(self) -> Faults:
        """The faults that can be set."""
        return self.exchange.faults

    def sessions(self) -> list[Session]:
        """Return the live sessions, oldest first."""
        return list(self.exchange.sessions.values())

    def ended_sessions(self) -> list[Session]:
        """Return the last sessions that are over, oldest first: 20 at most; each knows when and why it ended."""
        return list(self.exchange.ended_sessions)

    def session(self, sessionid: str | None = None) -> Session:
        """Return a session, live or over; without an id the newest live one.

        Raises:
            LookupError: there is none.
        """
        return self.exchange.session(sessionid)

    def journal(self, sessionid: str | None = None) -> list[dict[str, Any]]:
        """Return the frames of a session, oldest first, with secrets and numbers masked (see :meth:`Journal.read`)."""
        return self.session(sessionid).journal.read()

    def clear_journals(self, sessionid: str | None = None) -> None:
        """Forget the frames of a session, or of every connection and session there was; numbers of frames go on.

        Raises:
            LookupError: no session has this id.
        """
        self.exchange.clear_journals(sessionid)

    def requests(
        self, method: str | None = None, *, after: int = 0, sessionid: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the requests of clients that journals still have, oldest first.

        Args:
            method: those of one method alone, such as ``calling.play``.
            after: those with a ``number`` above this one alone.
            sessionid: those of one session alone.

        Returns:
            Entries of a journal, each with its ``method`` and ``sessionid``, which is None without a login.

        Raises:
            LookupError: no session has this id.
        """
        return self.exchange.requests.asked(method, after=after, sessionid=sessionid)

    def wait_for_request(
        self, method: str | None = None, *, after: int = 0, sessionid: str | None = None, timeout: float = 10.0
    ) -> dict[str, Any]:
        """Return the first of what ``requests`` returns; blocks the calling greenlet until there is one.

        Args:
            method: as for ``requests``.
            after: as for ``requests``; the ``number`` of a request that was seen waits for the next one.
            sessionid: as for ``requests``.
            timeout: real seconds to wait at most.

        Raises:
            LookupError: no session has this id.
            TimeoutError: none came in this time, or the sandbox was stopped; the text says what came instead.
        """
        return self.exchange.requests.wait(method, after=after, sessionid=sessionid, timeout=timeout)

    def cut(self, sessionid: str | None = None, *, reset: bool = False) -> None:
        """Cut the socket of a session without a close frame.

        Args:
            sessionid: the session; None is the newest one.
            reset: with a TCP reset.
        """
        self.session(sessionid).cut(reset=reset)

    def disconnect(self, sessionid: str | None = None, *, restart: bool | None = None) -> None:
        """Send signalwire.disconnect to a session, and close when it has answered."""
        self.session(sessionid).disconnect(restart=restart)

    def push(self, sessionid: str | None, frame: dict[str, Any] | str | bytes) -> None:
        """Send any frame to a session, as it is: an object, or a text that need not be JSON.

        Raises:
            LookupError: the session is not there, or not connected.
        """
        self.session(sessionid).write(frame)

    def arm(self, method: str, **effects: Any) -> Arm:
        """Arm the next requests of a method with a fault; see :class:`Arm` for the effects.

        Raises:
            ValueError: the effects make no sense together, or the method is a misspelling of one.
        """
        return self.faults.arm(method_checked(method), **effects)

    def arm_event(self, event_type: str, **effects: Any) -> EventArm:
        """Arm the next events of a type with a fault; see :class:`EventArm` for the effects.

        Raises:
            ValueError: the effects make no sense, or the type is a misspelling of one.
        """
        return self.faults.arm_event(event_type_checked(event_type), **effects)

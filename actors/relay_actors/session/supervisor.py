"""The supervisor of the connection: keeps one up, and remembers what outlives it.

It is a `Supervisor` of one child, and owns the session value, the outbox and the decision when to try again:

========== =====================================================================================
state      meaning
========== =====================================================================================
stopped    not asked to connect, or disconnected
connecting a connection actor is opening its socket or logging in
connected  a connection actor is logged in
waiting    the last connection ended; the next starts when the backoff delay is over
failed     the server refused ``refusals_allowed`` times before the first success, or
           ``refusals_allowed_later`` times in a row after it
========== =====================================================================================

Network trouble is retried for ever. The backoff is reset only by a login that lasted ``healthy_after`` seconds. While
calls are live the next try is urgent: a dial during a long wait brings it forward, and the last call that is given up
puts nothing off, since that wait is short. What belongs to the session is given up when there was no connection for
``offline_limit`` seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

import msgspec

from relay_actors.errors import ClientStopped, NotConnected, RelayError
from relay_actors.kit import clock
from relay_actors.kit.actor import NO_REPLY, GreenletRef, NoReply
from relay_actors.kit.chance import random_number
from relay_actors.kit.child import Child, ChildSpec
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.log import logger
from relay_actors.kit.name import Name
from relay_actors.kit.restarts import Backoff
from relay_actors.kit.supervisor import Observer, Supervisor
from relay_actors.kit.timer import Timer
from relay_actors.session import messages
from relay_actors.session.command import Command
from relay_actors.session.connection import ConnectionActor, Neighbours
from relay_actors.session.link import Link
from relay_actors.session.login import Login
from relay_actors.session.outbox import CommandOutbox
from relay_actors.session.refusals import Refusals
from relay_actors.session.replies import LoginRefused
from relay_actors.session.state import Session
from relay_actors.telemetry.status import ConnectionStatus
from relay_actors.timing import Timing

__all__ = ["ConnectionState", "ConnectionSupervisor"]

_CHILD: Final = "connection"


class ConnectionState(StrEnum):
    """The states of the connection."""

    STOPPED = "stopped"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"
    FAILED = "failed"


_DOWN: Final = frozenset({ConnectionState.STOPPED, ConnectionState.FAILED})
_TROUBLE: Final = frozenset({ConnectionState.WAITING, ConnectionState.FAILED})


class ConnectionSupervisor(Supervisor):
    """Starts connection actors one after another; never blocks.

    Args:
        make_login: makes what one connection needs from the session.
        receivers: who takes events: of calls and of messages.
        link: where the connection that is up is published.
        timing: delays and limits.
        session: what a former incarnation knew, or a new session.
        connect: whether to connect at once, as after a restart of this actor itself.
        name: its name in the tree.
        observer: told of each change of the connection's state; see `Supervisor`.
        live: says whether calls or dials of the session are live.
        chance: a random source for the jitter, numbers in [0, 1).
    """

    def __init__(
        self,
        make_login: Callable[[Session], Login],
        receivers: tuple[Name | GreenletRef, Name | GreenletRef],
        link: Link,
        timing: Timing,
        *,
        session: Session,
        connect: bool = False,
        name: str = "client/connection-supervisor",
        observer: Observer | None = None,
        live: Callable[[], bool] = lambda: False,
        chance: Callable[[], float] = random_number,
    ) -> None:
        backoff = Backoff(
            first=timing.backoff_first,
            limit=timing.backoff_limit,
            limit_urgent=timing.backoff_limit_live,
            healthy_after=timing.healthy_after,
        )
        spec = ChildSpec(name=_CHILD, start=self._start_connection, backoff=backoff, eager=False)
        super().__init__(name, (spec,), intensity=None, observer=observer, chance=chance)
        self._connection = self.child(_CHILD)
        self._make_login, self._receivers = make_login, receivers
        self._link, self._timing, self._live = link, timing, live
        self._connect_at_once = connect
        self._state = ConnectionState.STOPPED
        self._outbox = CommandOutbox(timing.outbox_limit)
        self._waiting: list[GreenletFuture[Any]] = []
        self._leaving: list[GreenletFuture[Any]] = []
        self._refusals = Refusals(timing, ever_up=bool(session.protocol))
        self._outdated = False  # whether the login under way has credentials of before a renewal
        self._displaced = False  # whether another process has taken the session over, and there is no other yet
        self._up_since: float | None = None
        self._offline = Timer()
        self._publish_session(session)
        self._fill_table()

    def _fill_table(self) -> None:
        self.handles(
            {
                Command: self._keep,
                messages.Abandon: self._drop,
                messages.ConnectionUp: self._connected,
                messages.ConnectionClosing: self._closing,
                messages.SessionChanged: self._remember,
                messages.ResumeSession: lambda message: self._publish_session(message.session),
                messages.FrameRefused: self._remember_size,
                messages.ChangeContexts: self._change_contexts,
                messages.CredentialsRenewed: self._renewed,
                messages.Connect: self._connect,
                messages.Disconnect: self._disconnect,
                messages.OfflineTooLong: self._give_session_up,
                messages.DescribeConnection: self._describe,
            }
        )

    def _publish_session(self, session: Session) -> None:
        self._session = self._link.session = session
        self._refusals.ever_up |= bool(session.protocol)
        self._link.ledger.note_session(session)

    # Messages

    def on_start(self) -> None:
        """Connect, if a former incarnation was asked to."""
        super().on_start()
        if self._connect_at_once:
            self._try()

    def _connect(self, _message: messages.Connect) -> NoReply | None:
        if self._state == ConnectionState.CONNECTED:
            return None
        assert self.reply_to is not None
        self._waiting.append(self.reply_to)
        if self._state in _DOWN:
            self._connection.restarts.forget()
            self._refusals.forget()
            self._try()
        return NO_REPLY

    def _disconnect(self, _message: messages.Disconnect) -> NoReply | None:
        self._connection.cancel_timers()
        self._offline.cancel()
        self._link.connection = None
        self._enter(ConnectionState.STOPPED, "disconnected by the client")
        self._publish_session(self._session.forgotten())
        self._refusals.ever_up = False
        self._give_up(ClientStopped("the client was disconnected"))
        ref = self._connection.ref
        if ref is None:
            return None
        if self._up_since is None:
            ref.kill()
        else:
            ref.offer(messages.Shutdown())
        assert self.reply_to is not None
        self._leaving.append(self.reply_to)
        return NO_REPLY

    def _drop(self, message: messages.Abandon) -> None:
        self._outbox.drop(message.identity)

    def _keep(self, command: Command) -> None:
        if self._link.connection is not None and self._link.connection.offer(command):
            return  # it was on its way here when the connection came up
        if self._state in _DOWN or self._displaced:
            command.fail(NotConnected(f"{command.method} was not sent: the client is not connected"))
        elif not self._outbox.put(command):
            limit = self._timing.outbox_limit
            command.fail(
                NotConnected(f"{command.method} was not sent: {limit} commands wait for the connection already")
            )
        else:
            self._hurry()

    def _remember(self, message: messages.SessionChanged) -> None:
        session = self._session
        if message.forget:
            self._publish_session(session.forgotten())
        else:
            self._publish_session(msgspec.structs.replace(session, authorization_state=message.authorization_state))

    def _remember_size(self, message: messages.FrameRefused) -> None:
        limit = min(message.size, self._session.frame_limit)
        self._publish_session(msgspec.structs.replace(self._session, frame_limit=limit))

    def _describe(self, _message: messages.DescribeConnection) -> tuple[ConnectionStatus, int]:
        """Return the connection's status and the depth of the outbox."""
        child, since = self._connection, self._up_since
        now = clock.monotonic()
        status = ConnectionStatus(
            state=str(self._state),
            attempts=child.restarts.count,
            next_try_in=None if child.due is None else max(0.0, child.due - now),
            up_for=None if since is None else now - since,
            last_error=child.error,
            contexts=self._session.contexts,
            subscribed=self._state == ConnectionState.CONNECTED,
        )
        return status, len(self._outbox)

    # The connection's life

    def _start_connection(self) -> GreenletRef:
        ledger = self._link.ledger
        if not ledger.owns_session():
            self._leave_session()
        subscription, messaging = self._receivers
        neighbours = Neighbours(self.ref, subscription, messaging)
        ref: GreenletRef = ConnectionActor.start(self._make_login(self._session), neighbours, self._timing, ledger)
        return ref

    def _leave_session(self) -> None:
        """Give up the calls without another word to the server: another process serves them now."""
        logger.error("another process has taken the session over, since this one was silent: its calls are lost here")
        self._displaced = True
        self._publish_session(self._session.forgotten())
        self._receivers[0].offer(messages.SessionExpired(displaced=True))
        self._fail_commands("another process has taken the session over")

    def child_starts(self, child: Child) -> None:  # noqa: ARG002 - there is but one
        """Say that a connection actor is started."""
        self._outdated = False
        self._enter(ConnectionState.CONNECTING, "")

    def child_started(self, child: Child) -> None:
        """Do nothing: a connection counts as healthy from its login on, not from its start (protocol 17.1)."""

    def _try(self) -> None:
        self._connection.cancel_timers()
        self.start_child(_CHILD)

    def _connected(self, message: messages.ConnectionUp) -> None:
        if message.connection is not self._connection.ref or self._state != ConnectionState.CONNECTING:
            return
        wanted = self._session.contexts
        asked = message.session.contexts
        self._offline.cancel()
        self._publish_session(msgspec.structs.replace(message.session, contexts=wanted))
        self._up_since = clock.monotonic()
        self._displaced = False
        self._refusals.forget()
        self._connection.healthy(self.ref)
        self._link.connection = self._connection.ref
        self._enter(ConnectionState.CONNECTED, "session restored" if message.restored else "new session")
        self._catch_up(asked, wanted)
        for command in self._outbox.take_all():
            self._link.forward(command)
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            future.resolve(None)

    def _renewed(self, _message: messages.CredentialsRenewed) -> None:
        """Try again at once, if the next try is waited for; or when the one under way is refused."""
        self._refusals.forget()
        self._outdated = self._state == ConnectionState.CONNECTING
        if self._state == ConnectionState.WAITING:
            self._try()

    def _change_contexts(self, message: messages.ChangeContexts) -> None:
        before = self._session.contexts
        self._publish_session(msgspec.structs.replace(self._session, contexts=message.contexts))
        if message.tell and self._link.connection is not None:
            self._catch_up(before, message.contexts)  # else the next login asks for them

    def _catch_up(self, asked: tuple[str, ...], wanted: tuple[str, ...]) -> None:
        """Tell the server what changed in the desired contexts since it was asked for them."""
        added = [c for c in wanted if c not in asked]
        removed = [c for c in asked if c not in wanted]
        if added:
            self._link.submit("signalwire.receive", {"contexts": added})
        if removed:
            self._link.submit("signalwire.unreceive", {"contexts": removed})

    def _closing(self, message: messages.ConnectionClosing) -> None:
        """Have commands wait in the outbox from here on."""
        if message.connection is self._link.connection:
            self._link.connection = None

    def _ended(self, child: Child, reason: BaseException | None) -> None:
        """Decide what follows the end of the connection."""
        self._link.connection = None
        self._up_since = None
        leaving, self._leaving = self._leaving, []
        for future in leaving:
            future.resolve(None)
        if self._state == ConnectionState.STOPPED:
            if self._waiting:
                self._try()  # connect() was called while the old connection was still closing
            return
        if self._outdated and isinstance(reason, LoginRefused):
            self._try()
            return
        if reason is not None and self._hopeless(reason):
            return
        self._watch_offline()
        super()._ended(child, reason)

    def child_waits(self, child: Child, delay: float) -> None:
        """Say when the next try is due."""
        self._enter(ConnectionState.WAITING, f"{child.error or 'stopped'}; try {child.restarts.count} in {delay:.2f} s")

    def is_urgent(self, child: Child) -> bool:  # noqa: ARG002 - there is but one
        """Return whether calls are live, which a server does not keep for long."""
        return self._live()

    def _hurry(self) -> None:
        """Bring a try forward that is too far off: since its delay was drawn, calls have become live."""
        child, limit = self._connection, self._timing.backoff_limit_live
        if child.due is not None and child.due - clock.monotonic() > limit and self._live():
            delay = self._chance() * limit
            logger.info("connection waiting: calls are live, so that the next try comes in {:.2f} s", delay)
            child.wait(delay, self.ref)

    def _hopeless(self, reason: BaseException) -> bool:
        """Note an end of the connection; return True if trying again can't mend it, and it was tried often enough."""
        error = self._refusals.last(reason)
        if error is None:
            return False
        self._connection.error = str(error)
        if self._refusals.ever_up:
            self._give_session_up()
        self._offline.cancel()
        self._enter(ConnectionState.FAILED, str(error), error)
        self._give_up(error)
        return True

    # The session without a connection

    def _watch_offline(self) -> None:
        """Have a message come when the session has been without a connection for too long."""
        limit = self._timing.offline_limit
        if limit is not None and self._session.protocol and not self._offline.started:
            self._offline.send_after(limit, self.ref, messages.OfflineTooLong())

    def _give_session_up(self, _message: messages.OfflineTooLong | None = None) -> None:
        """End what belongs to the session. It is resumed all the same, so that what is still up can be hung up."""
        if self._state != ConnectionState.CONNECTED:
            self._receivers[0].offer(messages.SessionExpired())

    def _give_up(self, error: RelayError) -> None:
        """Answer everybody who waits for a connection."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            future.fail(error)
        self._fail_commands(error.message)

    def _fail_commands(self, why: str) -> None:
        for command in self._outbox.take_all():
            command.fail(NotConnected(f"{command.method} was not sent: {why}"))

    def _enter(self, state: ConnectionState, detail: str, error: RelayError | None = None) -> None:
        if state == self._state:
            return
        self._state = state
        log = logger.warning if state in _TROUBLE else logger.info
        log("connection {}{}", state, f": {detail}" if detail else "")
        self.tell(_CHILD, state, detail, error)

    def _end_all(self) -> None:
        """End the connection at once, and answer everybody who waits: this supervisor stops or has failed."""
        self._connection.cancel_timers()
        self._offline.cancel()
        self._link.connection = None
        if self._connection.ref is not None:
            self._connection.ref.kill()
        self._give_up(ClientStopped("the client was disconnected"))
        leaving, self._leaving = self._leaving, []
        for future in leaving:
            future.resolve(None)

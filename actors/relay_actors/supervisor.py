"""The supervisor: keeps one connection up, and remembers what outlives it.

It owns the session value, the outbox and the decision when to try again:

========== =====================================================================================
state      meaning
========== =====================================================================================
stopped    not asked to connect, or disconnected
connecting a connection actor is opening its socket or logging in
connected  a connection actor is logged in
waiting    the last connection ended; the next starts when the backoff delay is over
failed     the credentials were refused ``refusals_allowed`` times before the first success
========== =====================================================================================

Network trouble is retried for ever; so are refusals after the first success. The backoff is reset only by a login that
lasted ``healthy_after`` seconds.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import msgspec
from gevent.hub import get_hub
from loguru import logger

from relay_actors.backoff import backoff_delay
from relay_actors.connection import ConnectionActor, Login, Neighbours
from relay_actors.errors import AuthenticationFailed, ClientStopped, ConnectFailed, NotConnected, RelayError
from relay_actors.future import GreenletFuture
from relay_actors.greenlet import NO_REPLY, Down, GreenletActor, GreenletRef, NoReply, log_crash
from relay_actors.link import Link
from relay_actors.messages import (
    Abandon,
    ChangeContexts,
    Command,
    Connect,
    ConnectionClosing,
    ConnectionUp,
    Disconnect,
    SessionChanged,
    Shutdown,
    Tick,
)
from relay_actors.outbox import CommandOutbox
from relay_actors.outcome import LoginRefused
from relay_actors.session import Session
from relay_actors.timing import Timing

__all__ = ["Supervisor", "SupervisorState"]


class SupervisorState:
    """Names of the supervisor's states."""

    STOPPED = "stopped"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"
    FAILED = "failed"


class Supervisor(GreenletActor):
    """Starts connection actors one after another; never blocks."""

    def __init__(
        self,
        make_login: Callable[[Session], Login],
        workers: tuple[GreenletRef, GreenletRef],
        link: Link,
        timing: Timing,
        *,
        contexts: tuple[str, ...] = (),
        on_change: Callable[[str, str], None] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__()
        self._make_login = make_login
        self._workers = workers
        self._link = link
        self._timing = timing
        self._on_change = on_change
        self._chance = chance
        self._session = Session(contexts=contexts)
        self._state = SupervisorState.STOPPED
        self._connection: GreenletRef | None = None
        self._outbox = CommandOutbox(timing.outbox_limit)
        self._waiting: list[GreenletFuture[Any]] = []
        self._leaving: list[GreenletFuture[Any]] = []
        self._failures = 0
        self._refusals = 0
        self._ever_up = False
        self._up_since: float | None = None
        self._timer: Any = None

    # Messages

    def on_receive(self, message: Any) -> Any:
        """Handle one message; runs in this actor's greenlet and never blocks."""
        match message:
            case Command():
                return self._keep(message)
            case Abandon():
                self._outbox.drop(message.identity)
            case ConnectionUp():
                self._connected(message)
            case ConnectionClosing():
                self._closing(message)
            case Down():
                self._ended(message)
            case Tick():
                self._retry()
            case SessionChanged():
                self._remember(message)
            case ChangeContexts():
                self._session = msgspec.structs.replace(self._session, contexts=message.contexts)
            case Connect():
                return self._connect()
            case Disconnect():
                return self._disconnect()
            case _:
                logger.warning("{} got an unexpected {}", self, type(message).__name__)
        return None

    def _connect(self) -> NoReply | None:
        if self._state == SupervisorState.CONNECTED:
            return None
        assert self.reply_to is not None
        self._waiting.append(self.reply_to)
        if self._state in {SupervisorState.STOPPED, SupervisorState.FAILED}:
            self._failures = self._refusals = 0
            self._try()
        return NO_REPLY

    def _disconnect(self) -> NoReply | None:
        self._cancel_timer()
        self._link.connection = None
        self._enter(SupervisorState.STOPPED, "disconnected by the client")
        self._session = Session(contexts=self._session.contexts)
        self._link.protocol = ""
        self._ever_up = False
        self._give_up(ClientStopped("the client was disconnected"))
        if self._connection is None:
            return None
        if self._up_since is None:
            self._connection.kill()
        else:
            self._connection.offer(Shutdown())
        assert self.reply_to is not None
        self._leaving.append(self.reply_to)
        return NO_REPLY

    def _keep(self, command: Command) -> NoReply:
        reply_to = self.reply_to
        assert reply_to is not None
        if self._link.connection is not None and self._link.connection.forward(command, reply_to):
            return NO_REPLY  # it was on its way here when the connection came up
        if self._state in {SupervisorState.STOPPED, SupervisorState.FAILED}:
            reply_to.fail(NotConnected(f"{command.method} was not sent: the client is not connected"))
        elif not self._outbox.put(command, reply_to):
            limit = self._timing.outbox_limit
            reply_to.fail(
                NotConnected(f"{command.method} was not sent: {limit} commands wait for the connection already")
            )
        return NO_REPLY

    def _remember(self, message: SessionChanged) -> None:
        if message.forget:
            self._session = self._session.forgotten()
        else:
            self._session = msgspec.structs.replace(self._session, authorization_state=message.authorization_state)

    # The connection's life

    def _retry(self) -> None:
        """Try again after the backoff delay, unless it was called off in the moment it ended."""
        if self._state == SupervisorState.WAITING:
            self._try()

    def _try(self) -> None:
        """Start a connection actor, unless there is one."""
        self._cancel_timer()
        if self._connection is not None:
            return
        self._enter(SupervisorState.CONNECTING, "")
        subscription, messaging = self._workers
        login = self._make_login(self._session)
        self._connection = ConnectionActor.start(login, Neighbours(self.ref, subscription, messaging), self._timing)
        self._connection.monitor(self.ref)

    def _connected(self, message: ConnectionUp) -> None:
        if message.connection is not self._connection or self._state != SupervisorState.CONNECTING:
            return
        wanted = self._session.contexts
        asked = message.session.contexts
        self._session = msgspec.structs.replace(message.session, contexts=wanted)
        self._up_since = time.monotonic()
        self._ever_up = True
        self._refusals = 0
        self._link.protocol = message.session.protocol
        self._link.connection = self._connection
        self._enter(SupervisorState.CONNECTED, "session restored" if message.restored else "new session")
        self._catch_up(asked, wanted)
        for command, future in self._outbox.take_all():
            self._link.forward(command, future)
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            future.resolve(None)

    def _catch_up(self, asked: tuple[str, ...], wanted: tuple[str, ...]) -> None:
        """Tell the server what changed in the desired contexts while the login was on its way."""
        added = [c for c in wanted if c not in asked]
        removed = [c for c in asked if c not in wanted]
        if added:
            self._link.submit("signalwire.receive", {"contexts": added})
        if removed:
            self._link.submit("signalwire.unreceive", {"contexts": removed})

    def _closing(self, message: ConnectionClosing) -> None:
        """Have commands wait in the outbox from here on."""
        if message.connection is self._link.connection:
            self._link.connection = None

    def _ended(self, message: Down) -> None:
        """Decide what follows the end of the connection."""
        if self._connection is None or message.actor_urn != self._connection.actor_urn:
            return
        up_since = self._up_since
        self._connection = None
        self._link.connection = None
        self._up_since = None
        leaving, self._leaving = self._leaving, []
        for future in leaving:
            future.resolve(None)
        if self._state == SupervisorState.STOPPED:
            if self._waiting:
                self._try()  # connect() was called while the old connection was still closing
            return
        if message.reason is not None and self._hopeless(message.reason):
            return
        if up_since is not None and time.monotonic() - up_since >= self._timing.healthy_after:
            self._failures = 0
        self._wait(message.reason)

    def _hopeless(self, reason: BaseException) -> bool:
        """Count an end that trying again can't mend, before the first success; return True for the last allowed."""
        if isinstance(reason, LoginRefused):
            permanent = reason.permanent
        else:
            permanent = getattr(reason, "retryable", True) is False
        if self._ever_up or not permanent:
            return False
        self._refusals += 1
        if self._refusals < self._timing.refusals_allowed:
            return False
        error: RelayError
        if isinstance(reason, LoginRefused):
            error = AuthenticationFailed(
                reason.code, f"login refused {self._refusals} times: {reason.message}", reason.data
            )
        else:
            error = ConnectFailed(f"could not connect in {self._refusals} tries: {reason}")
            error.__cause__ = reason
        self._enter(SupervisorState.FAILED, str(error))
        self._give_up(error)
        return True

    def _wait(self, reason: BaseException | None) -> None:
        """Start the backoff delay before the next try."""
        timing = self._timing
        delay = backoff_delay(self._failures, self._chance(), first=timing.backoff_first, limit=timing.backoff_limit)
        self._failures += 1
        why = str(reason) or type(reason).__name__
        self._enter(SupervisorState.WAITING, f"{why}; try {self._failures} in {delay:.2f} s")
        self._timer = get_hub().loop.timer(delay)
        self._timer.start(self.ref.offer, Tick())

    def _give_up(self, error: RelayError) -> None:
        """Answer everybody who waits for a connection."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            future.fail(error)
        for command, future in self._outbox.take_all():
            future.fail(NotConnected(f"{command.method} was not sent: {error.message}"))

    def _enter(self, state: str, detail: str) -> None:
        if state == self._state:
            return
        self._state = state
        log = logger.warning if state in {SupervisorState.WAITING, SupervisorState.FAILED} else logger.info
        log("connection {}{}", state, f": {detail}" if detail else "")
        if self._on_change is not None:
            try:
                self._on_change(state, detail)
            except Exception as error:  # noqa: BLE001 - an observer must not end the supervisor
                log_crash(error, "an observer of the connection's state failed")

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.close()
            self._timer = None

    def on_stop(self) -> None:
        """Release the timer and answer everybody who waits."""
        self._end(ClientStopped("the client was disconnected"))

    def on_failure(self, *args: Any) -> None:
        """Release the timer and answer everybody who waits."""
        log_crash(args[1], "the supervisor failed")
        self._end(ClientStopped("the supervisor failed"))

    def _end(self, error: RelayError) -> None:
        self._cancel_timer()
        self._link.connection = None
        if self._connection is not None:
            self._connection.kill()
        self._give_up(error)
        leaving, self._leaving = self._leaving, []
        for future in leaving:
            future.resolve(None)

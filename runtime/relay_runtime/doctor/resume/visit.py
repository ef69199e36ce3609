"""A connection of the examination's own: it logs in, hears what comes, and is lost without a word."""

from __future__ import annotations

from typing import Any

import gevent
import msgspec
from gevent.event import AsyncResult, Event

from relay_actors.errors import RelayTimeout
from relay_actors.kit.fork import spawn
from relay_actors.kit.ids import new_id
from relay_actors.session.replies import LoginRefused, read_login
from relay_actors.session.state import Session
from relay_actors.wire.events import AuthorizationStateEvent, RelayEvent, TaskEvent
from relay_actors.wire.events.parse import parse_event
from relay_actors.wire.frames import Frame, acknowledgement, decode_frame, request
from relay_runtime import websocket
from relay_runtime.client import way
from relay_runtime.settings.client import Settings
from relay_runtime.version import AGENT

__all__ = ["Outcome", "Visit"]


class Outcome(msgspec.Struct, frozen=True):
    """What a login that was to resume a session has brought.

    Attributes:
        told: the server's ``session_restored``, or None without it.
        same_name: whether the session has the name that was asked for.
        refused: why the login was refused, or an empty string.
    """

    told: bool | None = None
    same_name: bool = False
    refused: str = ""

    @property
    def restored(self) -> bool:
        """Whether the session was resumed: either sign is enough (protocol 2.2)."""
        return self.told is True or self.same_name

    def __str__(self) -> str:
        """Tell the signs, and no secret."""
        if self.refused:
            return f"refused: {self.refused}"
        told = "absent" if self.told is None else str(self.told).lower()
        signs = f"session_restored is {told}, the name is {'the same' if self.same_name else 'another'}"
        return f"{'resumed' if self.restored else 'not resumed'} ({signs})"


class Visit:
    """One connection, logged in, unless that was refused. It must end within seconds, for it answers no pings.

    It acknowledges nothing but what is its own, so that the server gives the rest to others. Blocks the current
    greenlet until there is a reply to the login.

    Args:
        settings: where to log in, and with what.
        session: what it resumes; a new session if it has no protocol.
        timeout: seconds for the connection, and again for the login.

    Attributes:
        session: what resumes the session from now on.
        outcome: what the login has brought.

    Raises:
        WebSocketError: the connection can't be opened, or has ended before the reply.
        RelayTimeout: there is no reply.
    """

    def __init__(self, settings: Settings, session: Session, timeout: float) -> None:
        self.session = session
        self._tasks: set[tuple[str, Any]] = set()
        self._identity = new_id()
        self._reply: AsyncResult[Frame] = AsyncResult()
        self._state_came = Event()
        self._connection = way.connect(
            settings.endpoint.url,
            ca_file=settings.ca_file,
            open_timeout=timeout,
            user_agent=AGENT,
            proxy=settings.proxy,
        )
        spawn(self._read)
        try:
            self.outcome = self._log_in(settings, timeout)
        except BaseException:
            self.lose()
            raise

    def _log_in(self, settings: Settings, timeout: float) -> Outcome:
        asked = self.session
        params = asked.connect_params(settings.credentials.asked(timeout), AGENT)
        self._connection.send_texts((request(self._identity, "signalwire.connect", params),))
        with gevent.Timeout(timeout, RelayTimeout(f"no reply to a login came within {timeout:g} s")):
            reply = self._reply.get()
        assert reply is not None
        try:
            result = read_login(reply)
        except LoginRefused as error:
            self.lose()
            return Outcome(refused=str(error))
        told, name = result.get("session_restored"), result["protocol"]
        outcome = Outcome(told if isinstance(told, bool) else None, same_name=name == asked.protocol)
        if not outcome.restored:
            state = self.session.authorization_state if self._state_came.is_set() else ""
            self.session = msgspec.structs.replace(self.session, authorization_state=state)
        self.session = msgspec.structs.replace(self.session, protocol=name)
        return outcome

    def wait_for_state(self, timeout: float) -> None:
        """Wait until the server has given an authorization state, for so many seconds at most."""
        self._state_came.wait(timeout)

    def has_heard(self, context: str, mark: str) -> bool:
        """Return whether a task with this mark has come to a context."""
        return (context, mark) in self._tasks

    def lose(self) -> Session:
        """Drop the socket without a close frame, as a killed process does; return what resumes it. Never blocks."""
        self._connection.abort()
        return self.session

    def _read(self) -> None:
        try:
            while True:
                for text in self._connection.receive_batch():
                    frame = decode_frame(text)
                    if isinstance(frame, Frame):
                        self._take(frame)
        except websocket.WebSocketError as error:
            if not self._reply.ready():
                self._reply.set_exception(error)

    def _take(self, frame: Frame) -> None:
        if frame.method is None:
            if frame.id == self._identity and not self._reply.ready():
                self._reply.set(frame)
        elif frame.method == "signalwire.event" and frame.params is not None and self._is_ours(frame):
            self._connection.send_texts((acknowledgement(frame.id),))

    def _is_ours(self, frame: Frame) -> bool:
        assert frame.params is not None
        event: RelayEvent = parse_event(frame.params)
        if isinstance(event, AuthorizationStateEvent) and event.authorization_state:
            self.session = msgspec.structs.replace(self.session, authorization_state=event.authorization_state)
            self._state_came.set()
            return True
        if isinstance(event, TaskEvent):
            mark = event.message.get("mark")
            self._tasks.add((event.context, mark if isinstance(mark, str) else ""))
            return True
        return False

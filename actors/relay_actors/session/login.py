"""Logs a connection in: `signalwire.connect` and what its reply means (protocol 2.2)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

import msgspec

from relay_actors.errors import ConnectionLost
from relay_actors.kit.ids import new_id
from relay_actors.session.replies import read_login
from relay_actors.session.state import Credentials, Session
from relay_actors.session.transport import Connector, Transport
from relay_actors.telemetry.stats import Stats
from relay_actors.wire.frames import Frame, decode_frame, request

__all__ = ["EarlyFlood", "LoggedIn", "Login"]

_EARLY_FRAMES: Final = 1_000
_EARLY_BYTES: Final = 2**20
_POLICY_VIOLATION: Final = 1008  # RFC 6455, section 7.4.1


class EarlyFlood(ConnectionLost):
    """The server sent more before it answered the login than is kept."""


class LoggedIn(msgspec.Struct, frozen=True):
    """What a login has brought.

    Attributes:
        session: the session from now on.
        restored: whether it is the one that was to be resumed.
        early: frames that came before or right behind the reply.
    """

    session: Session
    restored: bool
    early: list[str | bytes]


class Login(msgspec.Struct, frozen=True):
    """All that one connection needs to log in.

    Attributes:
        connector: opens its transport.
        credentials: returns the credentials of this login; may block the current greenlet, and raise.
        session: what it resumes, or a new session.
        agent: how the client names itself.
        stats: where is counted.
    """

    connector: Connector
    credentials: Callable[[], Credentials]
    session: Session
    agent: str
    stats: Stats = msgspec.field(default_factory=Stats)

    def perform(self, transport: Transport, credentials: Credentials) -> LoggedIn:
        """Send ``signalwire.connect`` and take its reply. Blocks the current greenlet; the caller sets the limit.

        What comes before the reply is kept: 1,000 frames, 1 MiB of memory.

        Raises:
            AuthenticationFailed: the credentials were refused.
            EarlyFlood: more than that came; the transport was closed with the code 1008.
            RelayError: the server refused for another reason, or its reply is none.
            Exception: whatever the transport raises at its end.
        """
        identity = new_id()
        params = self.session.connect_params(credentials, self.agent)
        transport.send_texts((request(identity, "signalwire.connect", params),))
        early: list[str | bytes] = []
        size = 0
        while True:
            batch = transport.receive_batch()
            for index, text in enumerate(batch):
                frame = decode_frame(text)
                if isinstance(frame, Frame) and frame.method is None and frame.id == identity:
                    return self._understood(read_login(frame), early + batch[index + 1 :])
                early.append(text)
                size += sys.getsizeof(text)
            if len(early) > _EARLY_FRAMES or size > _EARLY_BYTES:
                del early[:], batch[:]
                transport.close(_POLICY_VIOLATION, "too much before the reply to signalwire.connect")
                raise EarlyFlood(
                    f"the server sent more than {_EARLY_FRAMES:,} frames or {_EARLY_BYTES:,} bytes before it answered "
                    "the login",
                    sent=False,
                )

    def _understood(self, result: dict[str, Any], early: list[str | bytes]) -> LoggedIn:
        protocol, before = result["protocol"], self.session
        # Protocol 2.2.4: either sign is enough.
        restored = bool(before.protocol) and (result.get("session_restored") is True or protocol == before.protocol)
        session = msgspec.structs.replace(before if restored else before.forgotten(), protocol=protocol)
        return LoggedIn(session, restored, early)

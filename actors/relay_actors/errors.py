"""Everything that can go wrong, as one tree.

::

    RelayError(code, message, data)            a command was refused, or could not be carried out
    ├── AuthenticationFailed                   the server refuses these credentials
    ├── ConnectFailed                          the server can't be used as configured (its certificate, its answer)
    ├── CallEnded                              the call a wait or a verb belongs to is over
    │   └── CallGone                           the server does not know the call (404, 410)
    ├── ConnectionLost                         the link dropped; ``sent`` tells whether the command had left
    ├── SessionLost                            the link is back, but the server forgot the session: its calls are gone
    ├── NotConnected                           never connected, or the outbox is full; nothing was sent
    ├── CommandTooLarge                        the server takes no command of that size; ``size`` and ``limit`` in bytes
    ├── ClientStopped                          the client was disconnected while somebody waited
    ├── ClientFailed                           actors of the client failed again and again
    ├── RelayTimeout (also a TimeoutError)     a wait reached its own deadline
    │   └── RequestTimeout                     no reply to a command; ``sent`` tells whether it had left
    ├── DialFailed                             nobody answered; ``reason`` and ``source`` say why
    └── MessageExpired                         a message got no terminal state in time

Apart from them stands `CodeOverdue`, a `gevent.GreenletExit`: it ends code that outlives its call.

``retryable`` tells whether the same thing may work if it is tried again. Local failures carry the code -1, as in
SignalWire's own clients.
"""

from __future__ import annotations

from copy import copy
from typing import Any, Final

import gevent

__all__ = [
    "AuthenticationFailed",
    "CallEnded",
    "CallGone",
    "ClientFailed",
    "ClientStopped",
    "CodeOverdue",
    "CommandTooLarge",
    "ConnectFailed",
    "ConnectionLost",
    "DialFailed",
    "MessageExpired",
    "NotConnected",
    "RelayError",
    "RelayTimeout",
    "RequestTimeout",
    "SessionLost",
]

LOCAL = -1
"""The code of every failure that did not come from the server."""

GONE: Final = frozenset({404, 410})
"""The codes of what the server does not know, or not any more (protocol 12)."""


class RelayError(Exception):
    """A command was refused by the server or could not be carried out.

    Attributes:
        code: the server's result or JSON-RPC code as an integer, or -1 for a local failure.
        message: what happened.
        data: the server's ``data`` (for dial and connect its ``message_data``), or None.
        retryable: whether the same command may succeed later.
    """

    retryable: bool = False

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.data = data

    def __str__(self) -> str:
        return self.message if self.code == LOCAL else f"{self.message} (code {self.code})"

    def renewed(self) -> RelayError:
        """Return a copy to be raised. What is kept for several to raise is never raised itself.

        A traceback keeps the frames of all through which an exception came, and one of them mostly keeps who keeps the
        exception: garbage in a circle, which lies about until the collector comes to it.
        """
        error = copy(self)
        error.__cause__ = self.__cause__
        return error

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle by the fields: the arguments of subclasses differ."""
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(cls: type[RelayError], args: tuple[Any, ...], fields: dict[str, Any]) -> RelayError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(fields)
    return error


class _LocalError(RelayError):
    """A failure with the code -1, made from its message alone."""

    def __init__(self, message: str, data: Any = None) -> None:
        super().__init__(LOCAL, message, data)


class AuthenticationFailed(RelayError):
    """The server refuses the credentials; ``code`` and ``data`` are the server's."""


class ConnectFailed(_LocalError):
    """The server can't be used as configured: trying again changes nothing. The cause says what to mend."""


class CallEnded(_LocalError):
    """The call is over: its waits and verbs end with this.

    Attributes:
        reason: the call's ``end_reason`` (``hangup``, ``busy``, …), or an empty string when the server gave none.
        source: the side that ended it (``inbound``, ``outbound``, ``none``), or an empty string.
    """

    def __init__(self, message: str = "the call has ended", *, reason: str = "", source: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.source = source


class CallGone(CallEnded):
    """The server does not know the call, or not any more (result code 404 or 410)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"the call is gone: {message}", reason="gone")
        self.code = code


class ConnectionLost(_LocalError):
    """The connection dropped before the outcome was known.

    Attributes:
        sent: True when the command had been handed to the socket, so that it may have taken effect.
    """

    retryable = True

    def __init__(self, message: str = "the connection was lost", *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class SessionLost(_LocalError):
    """The connection is back, but the server did not restore the session: its calls and dials are gone."""

    def __init__(self, message: str = "the session was lost: the server did not restore it") -> None:
        super().__init__(message)


class NotConnected(_LocalError):
    """There is no connection to send on, and the command was not sent."""

    retryable = True

    def __init__(self, message: str = "the client is not connected; call connect() first") -> None:
        super().__init__(message)


class CommandTooLarge(_LocalError):
    """A command is larger than the server takes, which would close the connection of all calls over it (1009).

    It is raised by the command over which the server has done so, and from then on in place of sending one as large.
    Say the text in parts, or give the URL of a sound file or of SWML.

    Attributes:
        size: bytes of the command.
        limit: bytes of the smallest command that this server is known not to take.
    """

    def __init__(self, message: str, *, size: int, limit: int) -> None:
        super().__init__(message)
        self.size = size
        self.limit = limit


class ClientStopped(_LocalError):
    """The client was disconnected while something still waited on it."""

    def __init__(self, message: str = "the client was disconnected") -> None:
        super().__init__(message)


class ClientFailed(_LocalError):
    """Actors of the client failed more often than the restart intensity allows; the cause is the last failure."""


class RelayTimeout(_LocalError, TimeoutError):
    """A wait reached its deadline."""

    retryable = True


class RequestTimeout(RelayTimeout):
    """No reply came to a command within its deadline.

    Attributes:
        sent: True when the command had been handed to the socket, so that it may have taken effect.
    """

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class DialFailed(_LocalError):
    """No device of a dial answered.

    Attributes:
        reason: one of the end reasons (``busy``, ``noAnswer``, …), or an empty string.
        source: the side that ended the dial, or an empty string.
    """

    def __init__(self, message: str, *, reason: str = "", source: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.source = source


class MessageExpired(_LocalError):
    """A sent message got no terminal state within the time it is watched."""


class CodeOverdue(gevent.GreenletExit):
    """The call has been over for longer than ``code_linger``: its code is ended. No `Exception`: let it pass."""

"""One connection to the engine, over a socket of gevent's: redis-py speaks on it, and this module opens it.

It serves one greenlet after another, in the thread that has opened it. Each thread has a hub of its own, so that a
second thread may have a line too, and waits on it while the first is blocked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any, Final
from weakref import WeakKeyDictionary

import gevent
from gevent import socket
from gevent.lock import RLock
from gevent.ssl import SSLContext
from redis.backoff import NoBackoff
from redis.connection import AbstractConnection
from redis.exceptions import (
    AuthenticationError,
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.retry import Retry

from relay_actors.kit.fork import spawn
from relay_runtime.fleet.engine import EngineDown, EngineRefused
from relay_runtime.settings.engine_address import EngineAddress
from relay_runtime.websocket.sockets import own

__all__ = ["Line"]

_NAME: Final = "relay-runtime"
_NOT_NOW: Final = (OutOfMemoryError, ReadOnlyError, MasterDownError, ClusterDownError, TryAgainError)
_NOT_NOW_EITHER: Final = ("BUSY", "MISCONF", "NOREPLICAS", "UNKILLABLE")  # redis-py has no classes for them
_BROKEN: Final = (ValueError, AttributeError, TypeError)
"""What redis-py raises where it was closed while somebody read, or where the other side speaks something else."""


class _Connection(AbstractConnection):
    """Speaks the protocol of Redis over a socket of gevent's."""

    host = ""
    port = 0  # redis-py asks for it as it tells of a connect that took too long

    def __init__(self, address: EngineAddress, context: SSLContext | None, timeout: float) -> None:
        self._address = address
        self._context = context
        self.host = address.place  # by which redis-py tells of errors
        super().__init__(
            db=address.db,
            username=address.user or None,
            password=address.password or None,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),  # who asks knows whether to ask again
            client_name=_NAME,
            protocol=2,
        )

    def repr_pieces(self) -> list[tuple[str, str]]:
        return [("place", self._address.place)]

    def _connect(self) -> socket.socket:
        address = self._address
        if address.path:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        else:
            sock = _connected(address.host, address.port, self.socket_connect_timeout)
        own(sock)
        try:
            if address.path:
                sock.settimeout(self.socket_connect_timeout)
                sock.connect(address.path)
            else:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_hostname=address.host)
                own(sock)
            sock.settimeout(self.socket_timeout)
        except BaseException:
            sock.close()
            raise
        return sock

    def _host_error(self) -> str:
        return self._address.place


_lookups: Final[WeakKeyDictionary[Any, dict[tuple[int, str, int], Any]]] = WeakKeyDictionary()
"""What each hub is looking up, by process, name and port: greenlets."""


def _connected(host: str, port: int, timeout: float | None) -> socket.socket:
    if _is_literal(host):
        return socket.create_connection((host, port), timeout)
    error: OSError = TimeoutError("its name is being looked up still")
    for found in _found(host, port, timeout):
        try:
            return socket.create_connection(found[4][:2], timeout)
        except OSError as failed:
            error = failed
    raise error


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _found(host: str, port: int, timeout: float | None) -> list[Any]:
    """Look a name up, together with all who want it now; nothing is found if that takes too long.

    One that hangs holds one of the few threads that a hub has for names, and goes on when nobody waits for it any more:
    a new one each time that the engine is tried would leave none for the name of RELAY's server.
    """
    asking = _lookups.setdefault(gevent.get_hub(), {})
    key = (os.getpid(), host, port)
    lookup = asking.get(key)
    if lookup is None:
        lookup = asking[key] = spawn(_looked_up, asking, key)
        lookup.name = "name of the engine"
    lookup.join(timeout)
    if not lookup.ready():
        return []
    found, error = lookup.value
    if error is not None:
        raise error
    return list(found)


def _looked_up(asking: dict[tuple[int, str, int], Any], key: tuple[int, str, int]) -> tuple[list[Any], OSError | None]:
    try:
        return socket.getaddrinfo(key[1], key[2], type=socket.SOCK_STREAM), None
    except OSError as error:
        return [], error
    finally:
        del asking[key]


class Line:
    """A connection that is opened when it is used, and anew when it has broken.

    Args:
        address: where the engine is.
        context: TLS, for an address that is secure.
        timeout: seconds for a connect, and for each reply.

    Attributes:
        opened: how often it was opened: what was told on a former opening, the engine may have forgotten.
    """

    def __init__(self, address: EngineAddress, context: SSLContext | None, timeout: float) -> None:
        self.opened = 0
        self._address = address
        self._timeout = timeout
        self._connection: Any = _Connection(address, context, timeout)  # redis-py has no types here
        self._using = RLock()

    @property
    def is_open(self) -> bool:
        """Whether it is open, as far as is known."""
        return self._connection._sock is not None

    @property
    def socket(self) -> Any:
        """The socket, for those who wait for it or write on it themselves; None while it is not open."""
        return self._connection._sock

    def open(self) -> None:
        """Open it, unless it is. Blocks the current greenlet.

        Raises:
            EngineDown: nobody answers, or not for now.
            EngineRefused: the engine does not let us in.
        """
        with self._using:
            if not self.is_open:
                with self._translated(), gevent.Timeout(self._timeout, TimeoutError("no answer")):
                    self._connection.connect()
                self.opened += 1

    def call(self, *command: Any, timeout: float | None = None) -> Any:
        """Return the reply to a command. Blocks the current greenlet.

        Args:
            command: its words.
            timeout: seconds to wait for the reply, if it is to take longer than others.

        Raises:
            EngineDown: there is no reply, and whether the command was done is not known; or it can't be done for now.
            EngineRefused: the engine does not let us, or can't do it.
            NoScriptError: the engine does not know the script.
        """
        with self._using:
            self.open()
            with self._translated():
                self._connection.send_command(*command)
                if timeout is None:
                    return self._connection.read_response()
                return self._connection.read_response(timeout=timeout)

    def tell(self, *command: Any) -> None:
        """Send a command to which there is no reply. Blocks the current greenlet until the system has taken it.

        Raises:
            EngineDown: the connection has broken.
        """
        with self._using, self._translated():
            self._connection.send_command(*command)

    def close(self) -> None:
        """Close it. Never blocks."""
        self._connection.disconnect()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except NoScriptError:
            raise
        except (AuthenticationError, NoPermissionError) as error:
            self.close()  # whoever tries again logs in again
            raise EngineRefused(f"the engine at {self._address.place} refuses us: {self._plain(error)}") from None
        except ResponseError as error:
            place, text = self._address.place, self._plain(error)
            if isinstance(error, _NOT_NOW) or str(error).startswith(_NOT_NOW_EITHER):
                raise EngineDown(f"the engine at {place} can't do it now: {text}") from None
            raise EngineRefused(f"the engine at {place} can't do it: {text}") from None
        except (*_BROKEN, RedisError, OSError) as error:
            self.close()
            if error.__context__ is not None and not isinstance(error.__context__, Exception):
                raise error.__context__ from None  # who was to end ends, though the line was closed before
            raise EngineDown(f"the engine at {self._address.place} does not answer: {self._plain(error)}") from None

    def _plain(self, error: BaseException) -> str:
        text = str(error).strip().rstrip(".") or type(error).__name__
        secret = self._address.password  # a server that knows no AUTH repeats what it was told
        return text.replace(secret, "…") if secret else text

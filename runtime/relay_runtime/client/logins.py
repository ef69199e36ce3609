"""Makes what each connection of a client needs to log in: the way to the server, credentials, the session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec
from gevent.hub import get_hub

from relay_actors.session.login import Login
from relay_actors.session.state import FRAME_LIMIT, Session
from relay_actors.session.transport import Transport
from relay_runtime import websocket
from relay_runtime.client import way
from relay_runtime.client.credentials import ClientCredentials
from relay_runtime.client.setup import ClientSetup
from relay_runtime.version import AGENT

__all__ = ["Logins"]

_SHARE: Final = 0.9
"""Of the time for a login, so much is for each step, which says what it was waiting for; the rest is for the reply."""


class Logins:
    """The logins of one client.

    Args:
        setup: where to log in, and with what.

    Attributes:
        credentials: what they bring.
    """

    def __init__(self, setup: ClientSetup) -> None:
        self._setup = setup
        self._tls: Any = None
        self._limit = _SHARE * setup.timing.connect_timeout
        self._good = websocket.LastGood()
        self.credentials = ClientCredentials(setup.settings.credentials, self._limit)
        self._frame_limit = FRAME_LIMIT

    def prepare(self) -> None:
        """Make the TLS context, once and off the hub: reading the certificates takes 100 ms.

        Nothing is made while connections do not go over the network (`way.reach`). Blocks the current greenlet.

        Raises:
            ValueError: the CA file can't be read.
        """
        settings = self._setup.settings
        by_tls = settings.endpoint.secure or (settings.proxy is not None and settings.proxy.secure)
        if not by_tls or self._tls is not None or way.diverted():
            return
        made = get_hub().threadpool.apply(_tls_context, (settings.ca_file,))
        if isinstance(made, Exception):
            raise made
        self._tls = made

    def remember(self, session: Session) -> None:
        """Keep what a session that is over has shown of the server: the size of what it does not take."""
        self._frame_limit = min(self._frame_limit, session.frame_limit)

    def make(self, session: Session, before_write: Callable[[], object] | None = None) -> Login:
        """Return the login of one connection, which resumes ``session`` if it is one. Never blocks.

        Args:
            session: the session, or what a new one is to be like.
            before_write: is called before each write; see `WebSocket.before_write`.
        """
        setup, timing = self._setup, self._setup.timing
        if self._frame_limit < session.frame_limit:
            session = msgspec.structs.replace(session, frame_limit=self._frame_limit)
        connect = partial(
            way.connect,
            setup.settings.endpoint.url,
            ssl_context=self._tls,
            ca_file=None if self._tls is not None else setup.settings.ca_file,
            open_timeout=self._limit,
            close_timeout=timing.close_timeout,
            user_agent=AGENT,
            proxy=setup.settings.proxy,
            good=self._good,
        )

        def connector() -> Transport:
            transport = connect()
            if before_write is not None:
                transport.before_write(before_write)
            return transport

        return Login(setup.tap.through(connector), self.credentials.ask, session, AGENT, setup.stats)


def _tls_context(ca_file: str | None) -> Any:
    """Return the context or the error: gevent prints the traceback of what a thread raises."""
    try:
        return websocket.client_context(ca_file)
    except Exception as error:  # noqa: BLE001 - raised by the caller
        return error

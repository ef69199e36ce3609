"""Who may use the page: a browser that was opened by a URL of ours, and no page of another origin.

Any page may send requests to this machine, and a name that its owner points here (DNS rebinding) would let it read the
answers: both show in ``Origin`` and ``Host``, which no page can set. Other users of this machine can reach the port,
and don't know the token. A token is of one browser: it is spent by the first request that brings it, for a cookie.
"""

from __future__ import annotations

import hmac
import secrets
from collections import deque
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs

__all__ = ["Admission", "RefusedError"]

_HTTP: Final = 80
_BROWSERS: Final = 64  # that are remembered; the one that came first is forgotten then


class RefusedError(Exception):
    """A request that may not be served; the text says why, and what to do."""


class Admission:
    """Checks every request, the opening of a WebSocket too, before anything is done. Never blocks.

    Args:
        port: the port of the page.
        renewed: told when the token was spent: the URL is another one from now on.
    """

    def __init__(self, port: int, renewed: Callable[[], object]) -> None:
        end = "" if port == _HTTP else f":{port}"  # browsers leave it out
        self._hosts = (f"127.0.0.1{end}", f"localhost{end}")
        self._renewed = renewed
        self._name = f"relay_phone_{port}"  # cookies are shared by all ports of a machine
        self._token = secrets.token_urlsafe(24)
        self._browsers: deque[str] = deque(maxlen=_BROWSERS)

    @property
    def url(self) -> str:
        """What one more browser can open; another one as soon as it was."""
        return f"http://{self._hosts[0]}/?token={self._token}"

    def enter(self, environ: dict[str, Any]) -> str | None:
        """Let a browser in if a request brings the token.

        Args:
            environ: the WSGI environment of the request.

        Returns:
            The cookie by which the browser is known from now on, or None when the request brings no token.

        Raises:
            RefusedError: it may not come in.
        """
        given = parse_qs(environ.get("QUERY_STRING", "")).get("token")
        if given is None:
            return None
        self._check_origin(environ)
        if not hmac.compare_digest(given[0].encode(), self._token.encode()):
            if self._is_known(environ):
                return None  # the page is opened again by the URL that it was opened by
            raise RefusedError("this URL was used before, or is of another run: open the one that was printed last")
        self._token = secrets.token_urlsafe(24)
        self._browsers.append(secrets.token_urlsafe(32))
        self._renewed()
        return f"{self._name}={self._browsers[-1]}; Path=/; HttpOnly; SameSite=Strict"

    def check(self, environ: dict[str, Any]) -> None:
        """Let a request pass.

        Args:
            environ: its WSGI environment.

        Raises:
            RefusedError: it may not.
        """
        self._check_origin(environ)
        if not self._is_known(environ):
            raise RefusedError("this browser was not let in: open the URL that was printed last")

    def _check_origin(self, environ: dict[str, Any]) -> None:
        host, origin = environ.get("HTTP_HOST", ""), environ.get("HTTP_ORIGIN")
        if host.lower() not in self._hosts:
            raise RefusedError(f"the header Host must be {' or '.join(self._hosts)}")
        is_opening = "HTTP_UPGRADE" in environ
        if (origin is not None or is_opening) and (origin or "").lower() != f"http://{host}".lower():
            raise RefusedError("pages of other origins may not use this one")

    def _is_known(self, environ: dict[str, Any]) -> bool:
        # By hand: other servers of this machine set cookies too, of which a parser may not like one.
        pairs = (each.strip().partition("=") for each in environ.get("HTTP_COOKIE", "").split(";"))
        given = [value.encode() for name, _, value in pairs if name == self._name]
        return any(hmac.compare_digest(value, each.encode()) for value in given for each in self._browsers)

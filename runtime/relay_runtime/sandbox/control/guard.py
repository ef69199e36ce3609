"""Who may use the control port: no web page, and nobody on another machine without the token.

A browser lets any page send requests to this machine, and a name that a page's owner points at it (DNS rebinding) lets
the page read the answers too. Both show in headers that a page can't set: ``Origin`` and ``Host``.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from typing import Any, Final

from relay_runtime.sandbox.control.request import ProblemError

__all__ = ["Guard", "is_every", "token_for", "unbracketed", "url_host"]

_AUTHORITY: Final = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<name>[\w.-]+))(?::\d{1,5})?", re.ASCII)
_TOKEN: Final = re.compile(r"[!-~]+")


class Guard:
    """Checks every request to the control port, an upgrade to WebSocket too, before anything is done.

    Args:
        host: the address that the port listens on.
        token: what ``Authorization: Bearer …`` has to hold; None demands nothing.
    """

    def __init__(self, host: str, token: str | None) -> None:
        self._host = host.rstrip(".").lower()
        self._token = token

    def check(self, environ: dict[str, Any]) -> None:
        """Let a request pass.

        Args:
            environ: its WSGI environment.

        Raises:
            ProblemError: it may not; the text says why.
        """
        host, origin = environ.get("HTTP_HOST", ""), environ.get("HTTP_ORIGIN")
        if not self._is_here(host):
            raise ProblemError(
                "403 Forbidden", f"the header Host must name this machine, such as {self._host or 'localhost'}"
            )
        if origin is not None and origin.lower() != f"http://{host}".lower():
            raise ProblemError("403 Forbidden", "web pages of other origins may not use this port")
        if self._token is not None and not self._is_given(environ.get("HTTP_AUTHORIZATION", "")):
            raise ProblemError("401 Unauthorized", "give the token of the control port: Authorization: Bearer …")

    def _is_here(self, host: str) -> bool:
        """Return whether a name cannot belong to anybody else."""
        match = _AUTHORITY.fullmatch(host)
        if match is None:
            return False
        name = (match["v6"] or match["name"]).rstrip(".").lower()
        # Where it listens on every address, it can't know its own ones; nobody can point an address elsewhere.
        return name == self._host or is_loopback(name) or (is_every(self._host) and _address(name) is not None)

    def _is_given(self, authorization: str) -> bool:
        assert self._token is not None
        scheme, _, given = authorization.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._token.encode())


def token_for(host: str, token: str | None) -> str | None:
    """Return the token of a control port: the one that is given, else a new one where other machines can reach it.

    Raises:
        ValueError: the one that is given can't stand in a header.
    """
    if token is not None and not _TOKEN.fullmatch(token):
        raise ValueError("control_token must be a text of ASCII letters, digits and signs, without spaces")
    return secrets.token_urlsafe(24) if token is None and not is_loopback(host) else token


def is_loopback(host: str) -> bool:
    """Return whether an address or a name is this machine's own, by its form; no name is looked up."""
    address = _address(host)
    return host == "localhost" or host.endswith(".localhost") if address is None else address.is_loopback


def unbracketed(host: str) -> str:
    """Return an address without the brackets that an IPv6 address has in a URL."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def url_host(host: str) -> str:
    """Return what stands in a URL by which this machine reaches what listens on an address."""
    if is_every(host):
        return "[::1]" if ":" in host else "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def is_every(host: str) -> bool:
    """Return whether listening on an address is listening on every one of this machine."""
    address = _address(host)
    return host == "" if address is None else address.is_unspecified


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None

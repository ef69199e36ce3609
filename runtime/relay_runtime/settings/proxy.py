"""The HTTP proxy on the way to the server: the one that is given, or that of the environment, as other tools read it.

Of ``wss_proxy``, ``https_proxy`` and ``all_proxy`` the first that is set holds, unless ``no_proxy`` exempts the server.
A name in small letters goes before the same in capitals, and switches it off when it is empty. A ``ws://`` URL leads to
this machine, so that the environment's proxy is not for it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Final

import msgspec
import websockets.proxy
from websockets.exceptions import InvalidProxy

from relay_runtime.settings.endpoint import Endpoint, format_authority, is_loopback

__all__ = ["ENVIRONMENT", "OFF", "Proxy", "environment_proxy", "given_proxy", "parse_proxy", "proxy_variable"]

ENVIRONMENT: Final = "environment"
OFF: Final = "off"
_VARIABLES: Final = ("wss_proxy", "https_proxy", "all_proxy")
_ACCEPTED: Final = (
    "http://host:port or https://host:port, with user:password@ before the host if it asks for that, "
    "percent-encoded where they hold other signs than letters and digits"
)


class Proxy(msgspec.Struct, frozen=True):
    """A proxy that opens tunnels by HTTP CONNECT (RFC 9110, section 9.3.6).

    Attributes:
        secure: whether it is spoken to over TLS.
        host: its host name in lower case, or its IP address; IPv6 without brackets.
        port: its TCP port.
        user: the user for Basic authentication, or None for none.
        password: the password; a secret.
    """

    secure: bool
    host: str
    port: int
    user: str | None = None
    password: str = ""

    @property
    def authority(self) -> str:
        """Give ``host:port``, with brackets around an IPv6 address."""
        return format_authority(self.host, self.port)

    def __repr__(self) -> str:
        """Show where it is, and no credentials."""
        return f"<Proxy {self.authority}>"


def parse_proxy(text: str) -> Proxy:
    """Read the URL of a proxy; without a scheme it is ``http://``, and without a port 80, or 443 of ``https://``.

    Raises:
        ValueError: it is none, and the message does not repeat it; or one of SOCKS.
    """
    url = text if "://" in text else f"http://{text}"
    scheme = url.partition("://")[0].lower()
    if scheme.startswith("socks"):
        raise ValueError(f"a SOCKS proxy is not supported; accepted: {_ACCEPTED}")
    if any(each.isspace() or not each.isprintable() for each in text):
        raise ValueError(f"a proxy has no space and no control character in it; accepted: {_ACCEPTED}")
    try:
        found = websockets.proxy.parse_proxy(url)
    except InvalidProxy as error:
        raise ValueError(f"not the URL of a proxy ({error.msg}); accepted: {_ACCEPTED}") from None
    except ValueError:  # it names the part that it can't read, which may be a piece of the password
        raise ValueError(f"the host, the port or the encoding of a proxy is wrong; accepted: {_ACCEPTED}") from None
    if re.search(r":0+/?$", text.rpartition("@")[2]):  # the library takes it for the usual one
        raise ValueError(f"a proxy has no port 0; accepted: {_ACCEPTED}")
    if ":" in (found.username or ""):
        raise ValueError(f"the user of a proxy can't hold a colon (RFC 7617); accepted: {_ACCEPTED}")
    return Proxy(found.scheme == "https", found.host, found.port, found.username, found.password or "")


def given_proxy(text: str | None, endpoint: Endpoint) -> Proxy | None:
    """Return the proxy that was given for a server; None and ``off`` are none.

    Raises:
        ValueError: as for `parse_proxy`; or a token would travel to it in clear.
    """
    if text is None or text == OFF:
        return None
    proxy = parse_proxy(text)
    if not endpoint.secure and not is_loopback(proxy.host):
        raise ValueError(
            f"a ws:// URL is for this machine, and by a proxy on another one the token would travel in clear; {OFF!r} "
            "uses no proxy"
        )
    return proxy


def proxy_variable(endpoint: Endpoint, environ: Mapping[str, str]) -> str:
    """Return the name of the variable that holds the environment's proxy for a server, or an empty text for none."""
    if not endpoint.secure:
        return ""
    variable = next((name for each in _VARIABLES if environ.get(name := _spelt(each, environ))), "")
    exempt = environ.get(_spelt("no_proxy", environ), "")
    return "" if not variable or _is_exempt(endpoint, exempt) else variable


def environment_proxy(endpoint: Endpoint, environ: Mapping[str, str]) -> Proxy | None:
    """Return the proxy that the environment has for a server, or None.

    Raises:
        ValueError: as for `parse_proxy`; the message names the variable.
    """
    variable = proxy_variable(endpoint, environ)
    try:
        return parse_proxy(environ[variable]) if variable else None
    except ValueError as error:
        raise ValueError(
            f"environment variable {variable}: {error}; a proxy of {OFF!r} (RELAY_PROXY) leaves it unused"
        ) from None


def _spelt(name: str, environ: Mapping[str, str]) -> str:
    return name if name in environ else name.upper()


def _is_exempt(endpoint: Endpoint, no_proxy: str) -> bool:
    """Return whether a list has the server: by name, suffix, ``host:port``, address, net, or ``*``."""
    names = endpoint.host.rstrip("."), endpoint.authority
    for entry in no_proxy.lower().replace(",", " ").split():
        suffix = entry.lstrip("*.").rstrip(".")
        if entry == "*" or any(name == suffix or name.endswith(f".{suffix}") for name in names if suffix):
            return True
        if _is_within(endpoint.host, entry.strip("[]")):
            return True
    return False


def _is_within(host: str, net: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(net, strict=False)
    except ValueError:
        return False

"""Where the server is: host names, ports and URLs that a person may write, checked and made one value.

The URL of RELAY is ``wss://<host>`` at the root (protocol 1). The plain scheme ``ws://`` carries the
token in clear and is therefore accepted for loopback addresses only.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

__all__ = ["Endpoint", "format_authority", "is_loopback", "parse_host"]

_DEFAULT_PORTS = {"wss": 443, "ws": 80}
_ACCEPTED = 'a host name, "host:port", "[::1]:port", or a wss:// URL (ws:// for a loopback host only)'
_FORBIDDEN = {
    "@": "credentials do not belong into it; pass project and token on their own",
    "?": "a query is not part of it",
    "#": "a fragment is not part of it",
    "\\": "a path is written with /",
}
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]*)(?::(?P<port>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Name one WebSocket server.

    Args:
        scheme: ``"wss"``, or ``"ws"`` for a loopback host.
        host: Host name in lower case, or an IP address; IPv6 without brackets.
        port: TCP port, 1 to 65535.
        path: Path as it was given, ``""`` when there was none.
    """

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def secure(self) -> bool:
        """Tell whether the connection is made over TLS."""
        return self.scheme == "wss"

    @property
    def authority(self) -> str:
        """Give ``host:port``, with brackets around an IPv6 address."""
        return format_authority(self.host, self.port)

    @property
    def url(self) -> str:
        """Give the URL; the port is left out when it is the scheme's own (443 or 80)."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        if self.port != _DEFAULT_PORTS[self.scheme]:
            shown = f"{shown}:{self.port}"
        return f"{self.scheme}://{shown}{self.path}"


def format_authority(host: str, port: int) -> str:
    """Join a host and a port the way people write them, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_host(host: str) -> Endpoint:
    """Read a host as people write it: a name, ``host:port``, ``[::1]:port``, a ``wss://`` or ``ws://`` URL.

    A bare host means ``wss``, a loopback host too. Never blocks: no name is looked up. What is refused is not
    repeated in the error, since a mistaken value may hold a credential.

    Args:
        host: The text to read.

    Returns:
        The endpoint, its host in lower case.

    Raises:
        ValueError: The text is none of these; the message says what is wrong and what is accepted.
    """
    _refuse_characters(host)
    scheme, separator, rest = host.partition("://")
    if not separator:
        if "/" in host:
            raise ValueError(f"host must not have a path unless it is a URL; accepted: {_ACCEPTED}")
        return _endpoint("wss", host, "")
    scheme = scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        raise ValueError(f"host has a URL scheme other than wss:// or ws://; accepted: {_ACCEPTED}")
    authority, slash, path = rest.partition("/")
    return _endpoint(scheme, authority, slash + path)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine: ``localhost``, 127.0.0.0/8 or ``::1``. Looks no name up."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if address.version == 4:
        return address.is_loopback
    return address == ipaddress.IPv6Address("::1")


def _refuse_characters(text: str) -> None:
    if not text:
        raise ValueError(f"host is empty; accepted: {_ACCEPTED}")
    for position, character in enumerate(text):
        if character in _FORBIDDEN:
            raise ValueError(f"host must not contain {character!r}: {_FORBIDDEN[character]}; accepted: {_ACCEPTED}")
        if character.isspace() or not character.isprintable():
            raise ValueError(
                f"host has a space or control character ({character!r}) at position {position}; accepted: {_ACCEPTED}"
            )
        if not character.isascii():
            raise ValueError(
                f"host has a character outside ASCII at position {position}; write an international name "
                f"in its xn-- form; accepted: {_ACCEPTED}"
            )


def _endpoint(scheme: str, authority: str, path: str) -> Endpoint:
    if authority.count(":") > 1 and "[" not in authority:
        raise ValueError(f"host has an IPv6 address without brackets; write [::1] or [::1]:port; accepted: {_ACCEPTED}")
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise ValueError(f"host has misplaced brackets; accepted: {_ACCEPTED}")
    name = _host(match["host"])
    port = _DEFAULT_PORTS[scheme] if match["port"] is None else _port(match["port"])
    if scheme == "ws" and not is_loopback(name):
        raise ValueError(
            "host is a ws:// URL for another machine: the token would travel in clear; use wss://, "
            "or ws:// with 127.0.0.1, [::1] or localhost"
        )
    return Endpoint(scheme, name, port, path)


def _port(text: str) -> int:
    # isdecimal alone would let other scripts' digits pass; the text is known to be ASCII here. int() of a
    # very long text is refused by Python itself, so its length is checked first.
    if not text.isdecimal() or len(text) > 5 or not 1 <= int(text) <= 65535:
        raise ValueError("host has a bad port; a port is a whole number from 1 to 65535, as in host:443")
    return int(text)


def _host(text: str) -> str:
    if text.startswith("["):
        try:
            address = ipaddress.IPv6Address(text[1:-1])
        except ValueError:
            address = None
        # A scope such as %eth0 names an interface of this machine and has no place in a URL (RFC 9844).
        if address is None or address.scope_id is not None:
            raise ValueError(f"host has no IPv6 address between its brackets; accepted: {_ACCEPTED}")
        return str(address)
    name = text.removesuffix(".").lower()
    labels = name.split(".")
    # A name whose last label is a number is an address (RFC 3696, section 2); resolvers read short and octal
    # forms such as 127.1 in surprising ways, so only the dotted quad passes.
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise ValueError(f"host is not an IPv4 address of four numbers; accepted: {_ACCEPTED}") from None
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(
            "host is not a host name (letters, digits and hyphens; at most 63 characters between two dots, "
            f"RFC 1123); accepted: {_ACCEPTED}"
        )
    return name

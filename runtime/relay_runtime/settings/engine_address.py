"""Where the engine of a fleet is: the URL that a person gives, checked and made one value."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import msgspec

from relay_runtime.settings.endpoint import format_authority

__all__ = ["HOST_NAMES", "HOST_NAMES_ARE", "EngineAddress", "parse_address"]

HOST_NAMES: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What a host may be called in a fleet."""
HOST_NAMES_ARE: Final = "letters, digits, dots, - and _, 100 at most"

_ACCEPTED: Final = (
    "redis://host:6379/0, rediss://user:password@host:6380/0?ca_file=ca.pem, unix:///run/redis.sock?db=0 of a Redis or "
    "Valkey server; local: or local:/path/of/a/directory for the processes of this host alone"
)
_LOCAL: Final = "local:"
_PORT: Final = 6379
_DIGITS: Final = 9  # of the number of a database
_QUERY: Final = frozenset({"db", "ca_file"})


class EngineAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An engine.

    Attributes:
        secure: whether it is spoken to over TLS.
        host: its host name or IP address; empty for a socket of this machine.
        port: its TCP port.
        path: its socket of this machine, or its directory if it is local; or an empty string.
        db: the number of its database.
        user: who logs in, or an empty string.
        password: a secret, or an empty string.
        ca_file: authorities to trust besides the system's, or None.
        local: whether it is no server, but a directory by which this user's processes of this host reach each other;
            without a path it is their private one.
    """

    secure: bool = False
    host: str = ""
    port: int = _PORT
    path: str = ""
    db: int = 0
    user: str = ""
    password: str = ""
    ca_file: str | None = None
    local: bool = False

    @property
    def place(self) -> str:
        """Say where it is, without its password."""
        if self.local:
            return f"{_LOCAL}{self.path}"
        if self.path:
            return f"unix://{self.path}"
        return f"{'rediss' if self.secure else 'redis'}://{format_authority(self.host, self.port)}"

    def shown(self, mask: str) -> str:
        """Return the URL for people, with a mask in the place of its password."""
        who = f"{self.user}:{mask}@" if self.password else f"{self.user}@" if self.user else ""
        db = f"?db={self.db}" if self.path else f"/{self.db}"
        return self.place.replace("://", f"://{who}", 1) + (db if self.db else "")

    def __repr__(self) -> str:
        """Show no password."""
        return f"<EngineAddress {self.place}>"


def parse_address(text: str) -> EngineAddress:
    """Read the URL of an engine.

    Raises:
        ValueError: it is none; the message does not repeat it, for it may hold a password.
    """
    try:
        return _parsed(text)
    except ValueError as error:
        raise ValueError(f"not the URL of a fleet's engine ({error}); accepted: {_ACCEPTED}") from None


def _split(text: str) -> SplitResult:
    if any(each.isspace() or not each.isprintable() for each in text):
        raise ValueError("it has a space or a control character in it")
    try:
        url = urlsplit(text)
        _ = url.hostname, url.port
    except ValueError:
        raise ValueError("its host or port is wrong") from None
    if url.scheme not in {"redis", "rediss", "unix", "local"}:
        raise ValueError("it does not begin with redis://, rediss://, unix:// or local:")
    if url.fragment:
        raise ValueError("it has a # in it, which is written %23")
    return url


def _parsed(text: str) -> EngineAddress:
    url = _split(text)
    host, port = url.hostname or "", url.port
    if url.scheme == "local":
        return _local(url)
    query = _query(url.query)
    if "ca_file" in query and url.scheme != "rediss":
        raise ValueError("ca_file is for rediss://")
    common: dict[str, Any] = {"user": unquote(url.username or ""), "password": unquote(url.password or "")}
    if url.scheme == "unix":
        return EngineAddress(**common, path=_path(url), db=_number(query.get("db", "0")))
    if port == 0:
        raise ValueError("its port is 0")
    path = url.path.removeprefix("/")
    if path and "db" in query:
        raise ValueError("its database is named twice")
    return EngineAddress(
        **common,
        secure=url.scheme == "rediss",
        host=_host(host),
        port=_PORT if port is None else port,
        db=_number(path or query.get("db", "0")),
        ca_file=query.get("ca_file"),
    )


def _local(url: SplitResult) -> EngineAddress:
    if url.netloc or url.query:
        raise ValueError("behind local: it has a host or a ?, where only a directory may be")
    path = unquote(url.path)
    if path and not path.startswith("/"):
        raise ValueError("its directory does not begin with /")
    if "\0" in path:
        raise ValueError("its directory has a NUL in it")
    return EngineAddress(local=True, path=path)


def _query(text: str) -> dict[str, str]:
    pairs = parse_qsl(text, keep_blank_values=True)
    query = dict(pairs)
    if not query.keys() <= _QUERY:  # what else is there may be the end of a password
        raise ValueError("behind the ? it has something else than db and ca_file; a ? in a password is written %3F")
    if len(pairs) > len(query):
        raise ValueError("it names something twice behind the ?")
    if query.get("ca_file") == "":
        raise ValueError("its ca_file is empty")
    return query


def _path(url: SplitResult) -> str:
    path = unquote(url.path)
    if url.netloc.rpartition("@")[2]:
        raise ValueError("it has a host, where unix:// is followed by a path: unix:///run/redis.sock")
    if not path:
        raise ValueError("it has no path")
    if not path.isprintable():
        raise ValueError("its path has a control character in it")
    return path


def _host(host: str) -> str:
    if not host:
        raise ValueError("it has no host")
    try:
        host.encode("idna")
    except UnicodeError:
        raise ValueError("its host is wrong") from None
    return host


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise ValueError("its database is no number")
    return int(text)

"""What a process of a fleet is told: where the engine is, what its host is called, and from what the key follows."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from socket import gethostname
from typing import Any, Final

import msgspec

from relay_runtime.settings.engine_address import HOST_NAMES, HOST_NAMES_ARE, EngineAddress, parse_address

__all__ = ["FleetSettings", "checked_fleet", "checked_host", "machine_id", "missing_extra"]

_SHORTEST: Final = 0.1
_LONGEST: Final = 3600.0
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


class FleetSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a process takes part in a fleet.

    Attributes:
        address: where the engine is.
        host: what this host is called; an empty string: as the machine is.
        secret: from what the key follows that hides sessions in the engine; an empty string: the project's token.
        lease: seconds without a sign of life, after which others take a process's calls over; 0.1 to 3600.

    Raises:
        ValueError: the lease is none.
    """

    address: EngineAddress
    host: str = ""
    secret: str = ""
    lease: float = 10.0

    def __post_init__(self) -> None:
        """Look at the lease."""
        if not _SHORTEST <= self.lease <= _LONGEST:  # a NaN is neither
            raise ValueError(f"lease is {self.lease!r}; accepted are {_SHORTEST:g} to {_LONGEST:g} seconds")

    @classmethod
    def at(cls, url: str, *, host: str = "", secret: str = "", lease: float = 10.0) -> FleetSettings:
        """Return the settings of the fleet whose engine is at a URL, such as ``redis://host``.

        Raises:
            ValueError: it is no URL of an engine, or the host can't be named so.
        """
        if host:
            checked_host(host)
        return cls(address=parse_address(url), host=host, secret=secret, lease=lease)

    def __repr__(self) -> str:
        """Show no secret."""
        return f"<FleetSettings {self.address.place} host={self.host!r}>"


def checked_fleet(fleet: Any, owner: str = "argument fleet=") -> FleetSettings:
    """Return the settings of a fleet, of which the URL may be all.

    Raises:
        TypeError: it is neither a URL nor settings.
        ValueError: it is no URL of an engine.
    """
    if isinstance(fleet, FleetSettings):
        return fleet
    if not isinstance(fleet, str):
        raise TypeError(
            f"{owner} is {type(fleet).__name__}; accepted are a URL such as redis://host, and FleetSettings"
        )
    try:
        return FleetSettings(address=parse_address(fleet))
    except ValueError as error:
        raise ValueError(f"{owner} is {error}") from None


def checked_host(name: str) -> str:
    """Return the name of this host, the machine's own if none is given.

    Raises:
        ValueError: it can't be one.
    """
    name = name or gethostname()
    if not HOST_NAMES.fullmatch(name):
        raise ValueError(f"{name!r} can't be the name of a host; accepted are {HOST_NAMES_ARE}")
    return name


def missing_extra(address: EngineAddress) -> str:
    """Say what is to be installed for a fleet with such an engine; an empty string: nothing."""
    for module in ("cryptography",) if address.local else ("cryptography", "redis"):
        if find_spec(module) is None:
            return f"a fleet needs {module}: pip install 'relay-runtime[fleet]'"
    return ""


def machine_id() -> str:
    """Return what tells this machine from another of its name; after it was started anew it is another."""
    try:
        return _BOOT.read_text().strip()
    except OSError:  # no Linux
        return gethostname()

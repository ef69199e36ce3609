"""The ledgers of a client, for the process around it."""

from __future__ import annotations

from pathlib import Path

from relay_runtime.client.client import RelayClient
from relay_runtime.client.succession import AUTO, OFF, checked_choice
from relay_runtime.fleet.settings import FleetSettings, checked_host, missing_extra
from relay_runtime.settings.engine_address import parse_address
from relay_runtime.settings.private_directory import own_directory
from relay_runtime.websocket.errors import CaFileError
from relay_runtime.websocket.tls import client_context

__all__ = ["has_choice", "has_ledger", "join_fleet", "keep_ledger", "leave_silence_to_parent", "look_for_ledgers"]


def has_choice(client: RelayClient) -> bool:
    """Return whether the program says itself where the client's ledgers are."""
    return client._life.succession.choice is not None


def has_ledger(client: RelayClient) -> bool:
    """Return whether the client's calls are to be written down."""
    return client._life.succession.choice not in {None, OFF}


def keep_ledger(client: RelayClient, choice: str, app: str) -> None:
    """Have the calls of a client that is not connected yet be written down.

    Args:
        client: the client; what its program has chosen goes before.
        choice: ``auto``, ``off`` or a directory.
        app: how its app is named: processes of one name adopt each other's calls.

    Raises:
        ValueError: the directory can't be had.
    """
    succession = client._life.succession
    succession.app = app
    if succession.choice is None:
        succession.choice = checked_choice(choice, "what is given")
    if succession.choice is not None and succession.choice not in {AUTO, OFF}:
        own_directory(Path(succession.choice))


def join_fleet(client: RelayClient, url: str, host: str, key: str) -> None:
    """Have a client that is not connected yet be in a fleet.

    Args:
        client: the client; its ledger is kept already.
        url: of the fleet's engine.
        host: what this host is called; an empty string: as the machine is.
        key: from what follows by what sessions are hidden there; an empty string: the client's token.

    Raises:
        ValueError: it can't be.
    """
    succession = client._life.succession
    if succession.fleet is not None:
        raise ValueError("the app gives its RelayClient a fleet of its own; leave fleet= out")
    if succession.choice == OFF:
        raise ValueError("a fleet needs a ledger, and the ledger is off; give --ledger auto, or a directory")
    if not key and not client.token:
        raise ValueError(
            "a fleet hides sessions by the project's token, and this client has none that is known before its login: "
            "give all its hosts one RELAY_FLEET_KEY"
        )
    address = parse_address(url)
    if told := missing_extra(address):
        raise ValueError(told)
    if address.secure:
        try:
            client_context(address.ca_file)
        except CaFileError as error:
            raise ValueError(str(error)) from None
    settings = FleetSettings(address=address, host=checked_host(host), secret=key)
    succession.join(settings, client, client._actors)


def leave_silence_to_parent(client: RelayClient, timeout: float) -> None:
    """Have the client take over no sooner what a silent worker has than their parent ends that worker.

    Args:
        client: the client, not connected yet.
        timeout: seconds for which a worker may be silent; 0: for ever.
    """
    client._life.succession.takeover_after = timeout or None


def look_for_ledgers(client: RelayClient) -> None:
    """Have the client look at once for what other processes have left. Never blocks."""
    client._life.succession.look()

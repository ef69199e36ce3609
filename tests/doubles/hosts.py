"""Clients of one fleet, each on a host of its own, in one process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import gevent
from gevent.event import Event

from relay_runtime import CallActor, RelayClient
from relay_runtime.fleet.settings import FleetSettings
from relay_runtime.sandbox import Sandbox
from relay_runtime.settings.engine_address import parse_address

__all__ = ["Listener", "hosts"]

LIMIT = 30.0


class Listener(CallActor):
    """Answers, and keeps what it is told."""

    heard: ClassVar[list[Any]] = []

    def run(self) -> None:
        self.answer()
        self.wait_for_ended()

    def on_told(self, value: Any) -> None:
        self.heard.append(value)


@contextmanager
def hosts(sandbox: Sandbox, url: str, folder: Path, *names: str, **options: Any) -> Iterator[list[RelayClient]]:
    """Connect a client on each host, which has its name as its context; return when all are in the fleet."""
    Listener.heard.clear()
    with ExitStack() as stack:
        clients = []
        for name in names:
            place = folder / name
            place.mkdir(mode=0o700, exist_ok=True)
            client = RelayClient(
                sandbox.project,
                sandbox.token,
                host=sandbox.url,
                contexts=[name],
                **{"call_actor": Listener, **options},
                ledger=str(place),
                fleet=FleetSettings(address=parse_address(url), host=name),
            )
            stack.enter_context(client)
            clients.append(client)
        for client in clients:
            until(lambda client=client: fleet_of(client).connected and len(client.fleet.members()) >= len(names))
        yield clients


def fleet_of(client: RelayClient) -> Any:
    status = client.status().fleet
    assert status is not None
    return status


def until(true: Any) -> None:
    """Wait until something is so."""
    with gevent.Timeout(LIMIT, AssertionError("the test waited in vain")):
        while not true():
            Event().wait(0.01)

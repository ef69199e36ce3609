"""An app in virtual time, with the phones of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from relay_runtime import CallActor, RelayClient
from relay_runtime.testing.app import client_of
from relay_runtime.testing.phones import Phones
from relay_runtime.testing.stage import owned_time, stage

__all__ = ["Deaf", "Play", "Played", "Waiting", "playing"]


class Waiting(CallActor):
    """Answers, and waits."""

    def run(self) -> None:
        self.answer()
        self.wait_for_ended()


class Deaf(CallActor):
    """Does not answer."""

    def run(self) -> None:
        self.wait_for_ended()


class Played:
    """What a test holds: ``phones``, ``client``, ``sandbox`` and the ``clock``."""

    def __init__(self, phones: Phones, client: RelayClient, sandbox: Any, clock: Any) -> None:
        self.phones = phones
        self.client = client
        self.sandbox = sandbox
        self.clock = clock


Play = Callable[..., Played]


@contextmanager
def playing(app: Any, contexts: tuple[str, ...] = ("office",), **options: Any) -> Iterator[Played]:
    """Let an app serve calls; at the end every phone is put down."""
    with owned_time() as clock, stage() as sandbox:
        client = client_of(app, contexts=list(contexts), **options)
        phones = Phones(sandbox)
        phones.serve(client)
        with client:
            yield Played(phones, client, sandbox, clock)
            phones.close()

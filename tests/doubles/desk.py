"""A phone, what it tells, and an app at the other end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from doubles.client import client_of

from relay_runtime import RelayClient
from relay_runtime.sandbox import Sandbox
from relay_runtime.softphone.events import Event
from relay_runtime.softphone.handset import Handset
from relay_runtime.softphone.telling import told

__all__ = ["PhoneCall", "phone_call"]

MINE, APP = "+15550100001", "+15550100099"


class PhoneCall:
    """A phone that notes what it tells.

    Attributes:
        handset: the phone.
        events: what it has told.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.handset = Handset(sandbox, MINE, APP)
        self.handset.context = "office"
        self.events: list[Event] = []
        self.handset.watchers.add(self.events.append)
        self._block = ExitStack()

    def serve(self, serve: Callable[[Any], object], *contexts: str) -> RelayClient:
        """Serve calls by a function until the end of the test; return the client."""
        client = client_of(self.sandbox, contexts=list(contexts or ("office",)))
        client.on_call(serve)
        self._block.enter_context(client)
        return client

    @property
    def text(self) -> list[str]:
        """What was told, as lines without their times."""
        return [" ".join(line[11:].split()) for event in self.events for line in told(event)]

    def close(self) -> None:
        self.handset.close()
        self._block.close()


@contextmanager
def phone_call(sandbox: Sandbox) -> Iterator[PhoneCall]:
    """Have a phone at a sandbox."""
    made = PhoneCall(sandbox)
    try:
        yield made
    finally:
        made.close()

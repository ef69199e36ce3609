"""A sandbox whose phone is in the browser, with an app at the other end: real ports, and calls that run fast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import gevent
import pytest
from doubles.client import client_of
from doubles.looking import Looking

from relay_runtime import RelayClient
from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Sandbox
from relay_runtime.softphone.handset import Handset
from relay_runtime.web.browser import Browser

MINE, APP = "+15550100001", "+15550100099"


class Served:
    """A phone in the browser.

    Attributes:
        sandbox, browser, handset: it.
        urls: those that were announced, in order.
        left: what its use has returned.
    """

    def __init__(self, sandbox: Sandbox, stack: ExitStack) -> None:
        self.sandbox = sandbox
        self.urls: list[str] = []
        self.browser = Browser(0, self.urls.append)
        self.handset = Handset(sandbox, MINE, APP)
        self.handset.context = "office"
        self.handset.watchers.add(self.browser.told)
        self.left: list[ExitCode] = []
        self._stack = stack
        self.browser.open()
        stack.callback(self.browser.close)

    def begin(self) -> None:
        """Have it used from now on."""
        using = gevent.spawn(lambda: self.left.append(self.browser.use(self.handset)))
        self._stack.callback(using.join)
        self._stack.callback(self.browser.close)
        gevent.sleep(0)

    def looks(self) -> Looking:
        """Return one more browser, which looks."""
        looking = Looking(self.browser._server.url)
        self._stack.callback(looking.close)
        assert " 101 " in looking.opens()
        return looking

    def serve(self, serve: Callable[[Any], object], *contexts: str) -> RelayClient:
        """Serve calls by a function; return the client."""
        client = client_of(self.sandbox, contexts=list(contexts or ("office",)))
        client.on_call(serve)
        self._stack.enter_context(client)
        return client


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.01) as running:
        yield running
        assert running.errors == []


@pytest.fixture
def served(sandbox: Sandbox) -> Iterator[Served]:
    with ExitStack() as stack:
        yield Served(sandbox, stack)

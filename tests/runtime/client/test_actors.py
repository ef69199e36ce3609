"""The actors of a client belong to the thread that connected it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from doubles.client import OFFICE, THEM, client_of

from relay_runtime import NotConnected, phone
from relay_runtime.client.actors import ClientActors
from relay_runtime.sandbox import Sandbox


def in_a_thread(function: Callable[[], Any]) -> BaseException | None:
    """Return what a function raises in a thread of its own."""
    raised: list[BaseException] = []

    def use() -> None:
        try:
            function()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join(10)
    return raised[0] if raised else None


def test_another_thread_is_refused(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        for use in (lambda: client.execute("signalwire.ping", {}), client.status, client.live_calls):
            assert isinstance(in_a_thread(use), RuntimeError)
        assert client.state == "connected"


def test_commands_before_connect_are_refused(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    with pytest.raises(NotConnected, match=r"connect\(\) first"):
        client.execute("signalwire.ping", {})
    with pytest.raises(NotConnected):
        client.dial([[phone(THEM, from_number=OFFICE)]])
    with pytest.raises(NotConnected):
        client.send_message(to_number=THEM, from_number=OFFICE, body="hello")


def test_while_there_are_no_actors_any_thread_may_become_theirs() -> None:
    actors = ClientActors()
    actors.check_thread()
    assert in_a_thread(actors.check_thread) is None
    actors.tree = object()  # type: ignore[assignment]
    with pytest.raises(RuntimeError, match="belongs to the thread that connected the client"):
        actors.here()

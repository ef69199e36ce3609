"""A client of asyncio whose hub serves a whole process."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import gevent
import pytest
from doubles.awaited import LIMIT, client_of, hub_threads
from doubles.threaded_sandbox import ThreadedSandbox
from gevent.event import Event

from relay_runtime.aio import Call, RelayClient
from relay_runtime.aio.bridge import Bridge
from relay_runtime.aio.lending import client_on_hub, lend
from relay_runtime.sandbox import Caller


def serving(
    client: RelayClient, told: list[str], connected: Callable[[Bridge], object] = lambda _: None
) -> Callable[[Bridge], str]:
    """Return a function that serves as a process does, until the client is disconnected."""
    plain = client_on_hub(client)

    def use(bridge: Bridge) -> str:
        plain.connect()
        connected(bridge)
        told.append(threading.current_thread().name)
        try:
            plain.run()
        finally:
            gevent.sleep(0.01)  # as a port that is closed
            told.append("through")
        return "served"

    return use


def dialled(threaded: ThreadedSandbox) -> None:
    threaded.do(threaded.sandbox.place, Caller("+15550100001").dials("office").waits_for_hangup())


def test_the_settings_of_the_client_on_the_hub_are_those_of_the_client(threaded: ThreadedSandbox) -> None:
    client = client_of(threaded)
    client_on_hub(client).receive(["shop"])
    assert client.contexts == ["office", "shop"]


def test_the_function_runs_on_the_hub_and_calls_are_served_in_the_loop_of_this_thread(
    threaded: ThreadedSandbox,
) -> None:
    client, told, ended = client_of(threaded), list[str](), Event()
    plain = client_on_hub(client)

    def use(_: Bridge) -> str:
        told.append(threading.current_thread().name)
        plain.connect()
        dialled(threaded)
        ended.wait(LIMIT)
        return "served"

    @client.on_call
    async def serve(call: Call) -> None:
        told.append(threading.current_thread().name)
        await call.answer()
        await call.hangup()
        client._joint.bridge.send(ended.set)

    assert lend(client, use) == "served"
    assert told == ["relay-runtime", threading.current_thread().name]
    assert client.state == "stopped"
    assert set(hub_threads()) == {threaded._thread._thread}


def test_what_the_function_raises_is_raised(threaded: ThreadedSandbox) -> None:
    def use(_: Bridge) -> None:
        raise LookupError("a port that can't be had")

    with pytest.raises(LookupError, match="a port"):
        lend(client_of(threaded), use)


def test_whoever_disconnects_the_client_leaves_the_hub_to_the_function(threaded: ThreadedSandbox) -> None:
    client, told = client_of(threaded), list[str]()

    @client.on_change
    async def disconnect(_: object) -> None:
        if client.state == "connected":
            await client.disconnect()
            told.append("disconnected")

    assert lend(client, serving(client, told)) == "served"
    assert sorted(told) == ["disconnected", "relay-runtime", "through"]


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_a_handler_that_ends_the_loop_does_not_end_the_hub_under_the_function(
    error: type[BaseException], threaded: ThreadedSandbox
) -> None:
    client, told = client_of(threaded), list[str]()

    @client.on_call
    async def serve(call: Call) -> None:
        await call.answer()
        raise error

    with pytest.raises(error):
        lend(client, serving(client, told, lambda _: dialled(threaded)))
    assert told == ["relay-runtime", "through"]
    assert client.state == "stopped"


def test_a_loop_that_ends_first_lets_the_function_come_to_its_end(threaded: ThreadedSandbox) -> None:
    client, told = client_of(threaded), list[str]()
    with pytest.raises(SystemExit):
        lend(client, serving(client, told, lambda bridge: bridge.post(sys.exit, 3)))
    assert told == ["relay-runtime", "through"]
    assert client.state == "stopped"

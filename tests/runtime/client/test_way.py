"""The way by which clients reach their server: over the network, or by another that a test has set up."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.client import client_of
from doubles.hub import turns, until
from gevent.event import Event

from relay_runtime import websocket
from relay_runtime.client import way
from relay_runtime.sandbox import Sandbox


def test_without_another_way_it_is_over_the_network(listening: Sandbox) -> None:
    assert not way.diverted()
    with way.connect(listening.url) as opened:
        assert not opened.closed
    with pytest.raises(websocket.ConnectRefusedError):
        way.connect("ws://127.0.0.1:1", open_timeout=5)


def test_another_way_gets_what_the_network_would_and_counts_until_its_block_ends() -> None:
    asked: list[Any] = []

    def how(url: str, **options: Any) -> Any:
        asked.append((url, options))
        return "opened"

    with pytest.raises(LookupError), way.reach(how):
        assert way.diverted()
        assert way.connect("wss://example.signalwire.com", open_timeout=1.0) == "opened"
        raise LookupError
    assert asked == [("wss://example.signalwire.com", {"open_timeout": 1.0})]
    assert not way.diverted()


def test_blocks_need_not_end_in_the_order_of_their_beginning() -> None:
    def begin(how: Any, until_when: Event) -> Any:
        def block() -> None:
            with way.reach(how):
                until_when.wait()

        begun: Any = gevent.spawn(block)
        turns(2)
        return begun

    first_over, second_over = Event(), Event()
    first = begin(lambda _url: "first", first_over)
    second = begin(lambda _url: "second", second_over)
    assert way.connect("x") == "second"
    first_over.set()
    first.get(timeout=10)
    assert way.connect("x") == "second"
    second_over.set()
    second.get(timeout=10)
    assert not way.diverted()


def test_a_client_goes_by_the_way_that_is_in_force_when_it_connects(listening: Sandbox) -> None:
    led: list[str] = []

    def here(url: str, **options: Any) -> websocket.WebSocket:
        led.append(url)
        return websocket.connect(listening.url, **{**options, "ssl_context": None, "ca_file": None})

    with way.reach(here):
        client = client_of(listening, host="example.signalwire.com")
        client.connect()
        listening.cut()
        until(lambda: client.state == "connected" and listening.counters.resumes == 1, "the client to be back")
    assert led == ["wss://example.signalwire.com"] * 2
    client.disconnect()

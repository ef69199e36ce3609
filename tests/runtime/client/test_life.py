"""The life of a client: connecting, running, draining, disconnecting."""

from __future__ import annotations

import math
from typing import Any

import gevent
import pytest
from doubles.client import LIMIT, client_of

from relay_runtime import AuthenticationFailed, RelayTimeout
from relay_runtime.sandbox import Sandbox


def test_it_connects_disconnects_and_connects_again(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    for _ in range(3):
        client.connect(timeout=LIMIT)
        assert client.state == "connected"
        assert client.relay_protocol.startswith("signalwire_")
        client.disconnect()
        assert client.state == "stopped"
        assert client.relay_protocol == ""


def test_network_trouble_is_retried_until_it_is_over(sandbox: Sandbox) -> None:
    sandbox.stop()
    client = client_of(sandbox)
    connecting = gevent.spawn(client.connect, 10)
    gevent.sleep(0.05)
    assert not connecting.ready()
    sandbox.start()
    connecting.get(timeout=LIMIT)
    assert client.state == "connected"
    client.disconnect()


def test_connect_with_a_timeout_says_what_was_wrong(sandbox: Sandbox) -> None:
    sandbox.stop()
    with pytest.raises(RelayTimeout, match="refused"):
        client_of(sandbox).connect(timeout=0.1)


def test_run_returns_after_disconnect(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    running = gevent.spawn(client.run)
    with gevent.Timeout(LIMIT):
        while client.state != "connected":
            gevent.sleep(0.001)
    client.disconnect()
    running.get(timeout=LIMIT)


def test_a_client_that_is_stopped_can_be_disconnected_and_has_nothing_to_drain(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    client.disconnect()
    assert client.drain(0)
    assert client.state == "stopped"


def test_whoever_disconnects_second_waits_for_the_first_and_who_connects_meanwhile_is_connected(
    sandbox: Sandbox,
) -> None:
    client = client_of(sandbox)
    client.connect(timeout=LIMIT)
    tree = client._actors.tree
    assert tree is not None
    first, second = gevent.spawn(client.disconnect), gevent.spawn(client.disconnect)
    second.link(lambda _: stopped.append(tree.root.is_alive()))
    stopped: list[bool] = []
    gevent.sleep(0)
    client.connect(timeout=LIMIT)
    gevent.joinall([first, second], timeout=LIMIT)
    assert stopped == [False]
    assert client.state == "connected"
    client.disconnect()


def test_a_disconnect_that_is_killed_leaves_a_client_that_is_stopped_and_may_connect_again(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    running = gevent.spawn(client.run)
    with gevent.Timeout(LIMIT):
        while client.state != "connected":
            gevent.sleep(0.001)
    ending = gevent.spawn(client.disconnect)
    gevent.sleep(0)
    ending.kill()
    assert client.state == "stopped"
    running.get(timeout=LIMIT)
    client.connect(timeout=LIMIT)
    client.disconnect()


@pytest.mark.parametrize("timeout", [-1, math.inf, math.nan, True, "soon", None])
def test_a_drain_takes_a_number_of_seconds(sandbox: Sandbox, timeout: Any) -> None:
    with pytest.raises(ValueError, match="number of seconds from 0"):
        client_of(sandbox).drain(timeout)


def test_a_drain_without_calls_ends_at_once_and_the_client_can_connect_again(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    with client:
        assert client.drain(LIMIT)
        assert client.state == "stopped"
    with client:
        assert sandbox.session().contexts == {"office"}


def test_a_client_that_fails_ends_run_with_what_failed_it(sandbox: Sandbox) -> None:
    client = client_of(sandbox, token="wrong")
    with pytest.raises(AuthenticationFailed):
        client.run()
    assert client.state == "stopped"

"""The handlers of a client's beginning and of its drain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
import pytest
from doubles.client import LIMIT, OFFICE, THEM, client_of
from doubles.hub import turns, until
from gevent.event import Event

from relay_runtime import ClientStopped, RelayClient, phone, serial
from relay_runtime.sandbox import Callee, Sandbox


def noting(into: list[Any]) -> Callable[[RelayClient], None]:
    """Return a handler that notes whom it got, in which state."""
    return lambda client: into.append((client, client.state))


def dial(client: RelayClient) -> Any:
    return client.dial(serial(phone(THEM, from_number=OFFICE)), dial_timeout=LIMIT)


# on_ready


def test_on_ready_is_called_with_the_client_once_it_is_logged_in(sandbox: Sandbox) -> None:
    client, got = client_of(sandbox), list[Any]()
    assert client.on_ready(handler := noting(got)) is handler
    with client:
        until(lambda: got)
        assert got == [(client, "connected")]


def test_on_ready_is_not_called_by_a_login_that_is_refused(sandbox: Sandbox) -> None:
    client, got = client_of(sandbox, token="wrong"), list[Any]()
    client.on_ready(noting(got))
    with pytest.raises(Exception, match="auth|refused|credentials"):
        client.connect(timeout=LIMIT)
    turns()
    assert got == []


def test_on_ready_is_not_called_by_a_reconnect_and_is_called_by_the_next_connect(sandbox: Sandbox) -> None:
    client, got = client_of(sandbox), list[Any]()
    client.on_ready(noting(got))
    with client:
        until(lambda: got)
        sandbox.faults.cut()
        until(lambda: sandbox.counters.resumes == 1 and client.state == "connected", "the reconnect")
        turns()
        assert len(got) == 1
    with client:
        until(lambda: len(got) == 2)


def test_on_ready_that_is_registered_after_the_login_is_called_at_once(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        got = list[Any]()
        client.on_ready(noting(got))
        until(lambda: got)


def test_on_ready_may_block_and_dial_while_others_go_on(sandbox: Sandbox) -> None:
    sandbox.on_dial(THEM, Callee().answers().waits_for_hangup())
    client, ended = client_of(sandbox), Event()

    @client.on_ready
    def campaign(client: RelayClient) -> None:
        dial(client).hangup()
        ended.set()

    with client:
        assert ended.wait(LIMIT)


def test_a_crash_of_on_ready_is_logged_and_ends_nothing(sandbox: Sandbox, log_lines: list[str]) -> None:
    client = client_of(sandbox)
    client.on_ready(lambda _: 1 / 0)
    with client:
        until(
            lambda: any("the handler of on_ready crashed" in line and "ZeroDivisionError" in line for line in log_lines)
        )
        assert client.state == "connected"


def test_on_ready_that_still_runs_ends_with_the_client_and_that_is_no_crash(
    sandbox: Sandbox, log_lines: list[str]
) -> None:
    client, begun, ends = client_of(sandbox), Event(), list[str]()

    @client.on_ready
    def schedule(_: RelayClient) -> None:
        try:
            begun.set()
            Event().wait()
        finally:
            ends.append("cleaned up")

    with client:
        assert begun.wait(LIMIT)
    until(lambda: ends)
    assert not any("crashed" in line for line in log_lines)


def test_the_end_of_the_client_in_on_ready_is_no_crash(sandbox: Sandbox, log_lines: list[str]) -> None:
    sandbox.on_dial(THEM, Callee().never_answers())
    client, ends = client_of(sandbox), list[BaseException]()

    @client.on_ready
    def campaign(client: RelayClient) -> None:
        try:
            dial(client)
        except ClientStopped as error:
            ends.append(error)
            raise

    with client:
        until(lambda: sandbox.runs(THEM))
    until(lambda: ends)
    assert not any("crashed" in line for line in log_lines)


@pytest.mark.parametrize("how", ["drain", "disconnect"])
def test_on_ready_may_end_the_client_itself_and_come_to_its_own_end(sandbox: Sandbox, how: str) -> None:
    client, through = client_of(sandbox), Event()

    @client.on_ready
    def once(client: RelayClient) -> None:
        getattr(client, how)()
        gevent.sleep(0)
        through.set()

    running = gevent.spawn(client.run)
    running.get(timeout=LIMIT)
    assert through.wait(LIMIT)


# on_drain


def test_on_drain_is_called_while_nothing_is_refused_and_the_drain_waits_for_it(sandbox: Sandbox) -> None:
    sandbox.on_dial(THEM, Callee().answers().waits_for_hangup())
    client, told = client_of(sandbox), list[Any]()

    @client.on_drain
    def last_words(client: RelayClient) -> None:
        told.append(set(sandbox.session().contexts))
        call = dial(client)
        gevent.sleep(0.01)
        call.hangup()
        told.append("called")

    client.connect(timeout=LIMIT)
    assert client.drain(LIMIT)
    assert told == [{"office"}, "called"]
    assert client.state == "stopped"


def test_a_crash_of_on_drain_does_not_stop_the_drain(sandbox: Sandbox, log_lines: list[str]) -> None:
    client = client_of(sandbox)
    client.on_drain(lambda _: 1 / 0)
    client.connect(timeout=LIMIT)
    assert client.drain(LIMIT)
    assert any("the handler of on_drain crashed" in line and "ZeroDivisionError" in line for line in log_lines)


def test_the_drain_goes_on_without_an_on_drain_that_takes_all_of_its_time(
    sandbox: Sandbox, log_lines: list[str]
) -> None:
    client = client_of(sandbox)
    client.on_drain(lambda _: Event().wait())
    client.connect(timeout=LIMIT)
    client.drain(0.05)
    assert client.state == "stopped"
    assert any("the handler of on_drain still runs after 0.05 s: draining without it" in line for line in log_lines)


def test_the_time_of_on_drain_is_time_of_the_drain(sandbox: Sandbox) -> None:
    sandbox.on_dial(THEM, Callee().answers().waits_for_hangup())
    client = client_of(sandbox)
    with client:
        dial(client)
        client.on_drain(lambda _: gevent.sleep(0.2))
        asked: list[float] = []
        tree: Any = client._actors.tree
        drain = tree.drain
        tree.drain = lambda contexts, timeout: asked.append(timeout) or drain(contexts, 0)
        assert not client.drain(30)
        assert 0 < asked[0] <= 29.8


def test_two_drains_call_on_drain_once_and_both_wait_for_it(sandbox: Sandbox) -> None:
    client, calls, goes_on = client_of(sandbox), list[Any](), Event()

    @client.on_drain
    def slowly(client: RelayClient) -> None:
        calls.append(client)
        goes_on.wait(LIMIT)

    client.connect(timeout=LIMIT)
    drains = [gevent.spawn(client.drain, LIMIT) for _ in range(2)]
    until(lambda: calls)
    turns()
    assert not any(each.ready() for each in drains)
    goes_on.set()
    gevent.joinall(drains, timeout=LIMIT, raise_error=True)
    assert calls == [client]


def test_who_disconnects_meanwhile_ends_the_wait_for_on_drain(sandbox: Sandbox) -> None:
    client, begun = client_of(sandbox), Event()
    client.on_drain(lambda _: begun.set() or Event().wait())
    client.connect(timeout=LIMIT)
    draining = gevent.spawn(client.drain, 600)
    assert begun.wait(LIMIT)
    client.disconnect()
    assert draining.get(timeout=LIMIT) is True


def test_a_drain_in_on_drain_does_not_wait_for_itself(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    client.on_drain(lambda client: client.drain(LIMIT))
    client.connect(timeout=LIMIT)
    with gevent.Timeout(LIMIT / 2, AssertionError("it waited for itself")):
        client.drain(LIMIT)


def test_on_drain_is_called_again_by_the_drain_of_the_next_connection_and_never_by_a_disconnect(
    sandbox: Sandbox,
) -> None:
    client, got = client_of(sandbox), list[Any]()
    client.on_drain(noting(got))
    with client:
        pass
    assert got == []
    for count in (1, 2):
        client.connect(timeout=LIMIT)
        client.drain(LIMIT)
        assert len(got) == count


async def coroutine_function(_: RelayClient) -> None: ...


@pytest.mark.parametrize("register", ["on_ready", "on_drain"])
@pytest.mark.parametrize(("handler", "what"), [(5, " is int"), (coroutine_function, ".* is a coroutine function")])
def test_what_would_never_run_is_refused(sandbox: Sandbox, register: str, handler: Any, what: str) -> None:
    with pytest.raises(TypeError, match=f"the handler of {register}{what}"):
        getattr(client_of(sandbox), register)(handler)


def test_what_is_seen_only_when_it_is_called_is_a_crash(sandbox: Sandbox, log_lines: list[str]) -> None:
    client = client_of(sandbox)
    client.on_ready(lambda client: coroutine_function(client))
    with client:
        until(lambda: [line for line in log_lines if "the handler of on_ready crashed" in line])
    assert any("returned a coroutine" in line for line in log_lines)


def test_a_client_that_is_connected_anew_during_on_drain_ends_the_former_drain(sandbox: Sandbox) -> None:
    client, begun = client_of(sandbox), Event()
    client.on_drain(lambda _: begun.set() or Event().wait())
    client.connect(timeout=LIMIT)
    draining = gevent.spawn(client.drain, 600)
    assert begun.wait(LIMIT)
    client.disconnect()
    client.connect(timeout=LIMIT)
    assert draining.get(timeout=LIMIT)
    assert client.state == "connected"
    client.disconnect()

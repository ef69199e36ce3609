"""Credentials that change while a client is connected, against a sandbox that takes others all of a sudden."""

from __future__ import annotations

import threading
from typing import Any

import gevent
import pytest
from doubles.client import LIMIT, QUICK, THEM, client_of
from gevent.event import Event
from gevent.server import StreamServer

from relay_runtime import AuthenticationFailed, ConnectFailed, RelayClient, Timing, phone
from relay_runtime.sandbox import Callee, Sandbox

PATIENT = Timing(backoff_first=1000.0, backoff_limit=1000.0, stop_timeout=0.5, close_timeout=0.5, refusals_allowed=1000)
"""Nobody waits for the next try."""


def until(condition: Any) -> None:
    with gevent.Timeout(LIMIT):
        while not condition():
            gevent.sleep(0.005)


def test_a_function_is_asked_at_each_login_in_the_thread_of_the_client(sandbox: Sandbox) -> None:
    threads: list[int] = []

    def fetched() -> str:
        threads.append(threading.get_ident())
        return sandbox.token

    with client_of(sandbox, token=fetched) as client:
        assert client.token == sandbox.token
        sandbox.cut()
        until(lambda: len(threads) == 2 and client.state == "connected")
    assert set(threads) == {threading.get_ident()}


def test_a_jwt_that_is_rotated_keeps_its_calls(sandbox: Sandbox) -> None:
    sandbox.on_dial(THEM, Callee().answers().waits_for_hangup())
    with client_of(sandbox, token=None, jwt_token=lambda: sandbox.jwt_token) as client:
        call = client.dial([[phone(THEM, from_number=THEM)]], dial_timeout=LIMIT)
        sandbox.settings.change(jwt_token="rotated")
        sandbox.cut()
        until(lambda: client.stats.connections == 2)
        call.play_tts("Still here.").wait(LIMIT)
        assert client.jwt_token == "rotated"


def test_a_renewed_jwt_keeps_its_calls_and_is_given_to_the_server_at_once(
    sandbox: Sandbox, log_lines: list[str]
) -> None:
    sandbox.on_dial(THEM, Callee().answers().waits_for_hangup())
    with client_of(sandbox, token=None, jwt_token=sandbox.jwt_token) as client:
        call = client.dial([[phone(THEM, from_number=THEM)]], dial_timeout=LIMIT)
        sandbox.settings.change(jwt_token="rotated")
        client.renew(jwt_token="rotated")
        until(lambda: any("the server has taken the new JWT" in line for line in log_lines))
        sandbox.cut()
        until(lambda: client.stats.connections == 2)
        call.play_tts("Still here.").wait(LIMIT)
    assert not any("rotated" in line for line in log_lines)


def test_a_server_that_takes_no_jwt_while_connected_costs_a_line(sandbox: Sandbox, log_lines: list[str]) -> None:
    with client_of(sandbox, token=None, jwt_token=sandbox.jwt_token) as client:
        client.renew(jwt_token="not-yet-known")
        until(lambda: any("does not take the new JWT on this connection" in line for line in log_lines))
        sandbox.settings.change(jwt_token="not-yet-known")
        sandbox.cut()
        until(lambda: client.stats.connections == 2)


def test_a_token_is_used_from_the_next_login_on(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        sandbox.settings.change(token="another")
        client.renew(token="another")
        assert client.token == "another"
        assert sandbox.counters.logins_refused == 0
        sandbox.cut()
        until(lambda: client.stats.connections == 2)
    assert sandbox.counters.logins_refused == 0


def test_a_client_that_was_refused_tries_again_at_once(sandbox: Sandbox) -> None:
    client = client_of(sandbox, token="wrong", timing=PATIENT)
    connecting = gevent.spawn(client.connect)
    until(lambda: client.state == "waiting")
    client.renew(token=sandbox.token)
    connecting.get(timeout=LIMIT)
    client.disconnect()


def test_a_refusal_of_what_was_renewed_meanwhile_is_followed_by_a_try_at_once(sandbox: Sandbox) -> None:
    begun, known = Event(), Event()

    def slow() -> str:
        begun.set()
        known.wait(LIMIT)
        return "wrong"

    client = client_of(sandbox, token=slow, timing=PATIENT)
    connecting = gevent.spawn(client.connect)
    assert begun.wait(LIMIT)
    client.renew(token=sandbox.token)
    known.set()
    connecting.get(timeout=LIMIT)
    client.disconnect()
    assert sandbox.counters.logins_refused == 1


def test_refusals_of_before_a_renewal_do_not_count(sandbox: Sandbox) -> None:
    client = client_of(sandbox, token="wrong", timing=QUICK)
    with pytest.raises(AuthenticationFailed):
        client.connect(timeout=LIMIT)
    client.renew(token=sandbox.token)
    client.connect(timeout=LIMIT)
    client.disconnect()


def test_a_function_that_raises_is_told_and_asked_again(sandbox: Sandbox, log_lines: list[str]) -> None:
    tries = []

    def from_the_vault() -> str:
        tries.append(True)
        if len(tries) < 6:
            raise LookupError("the vault is sealed")
        return sandbox.token

    with client_of(sandbox, token=from_the_vault) as client:
        assert client.state == "connected"
    told = "connection waiting: no token by from_the_vault(): it raised LookupError: the vault is sealed; try "
    assert sum(told in line for line in log_lines) == 5


def test_a_function_that_never_returns_is_bounded_by_the_time_for_a_login(
    sandbox: Sandbox, log_lines: list[str]
) -> None:
    timing = Timing(connect_timeout=0.1, backoff_first=0.002, backoff_limit=0.01)
    client = client_of(sandbox, token=lambda: str(Event().wait()), timing=timing)
    connecting = gevent.spawn(client.connect)
    until(lambda: any("did not come within 0.09 s; try 2" in line for line in log_lines))
    client.renew(token=sandbox.token)
    connecting.get(timeout=LIMIT)
    client.disconnect()


def test_a_function_that_returns_no_credential_ends_connect(sandbox: Sandbox) -> None:
    client = client_of(sandbox, token=lambda: None)
    with pytest.raises(ConnectFailed, match="NoneType; accepted is a text"):
        client.connect(timeout=LIMIT)


def test_a_thread_that_fetches_tokens_may_renew_them(listening: Sandbox) -> None:
    with client_of(listening) as client:
        done: list[object] = []

        def fetches() -> None:
            try:
                client.renew(token="another")
                client.renew()
            except ValueError as error:
                done.append(error)

        thread = threading.Thread(target=fetches)
        thread.start()
        until(lambda: done)
        thread.join()
        assert client.token == "another"
        assert "either token= or jwt_token=" in str(done[0])


def test_a_client_that_is_stopped_is_renewed_too(sandbox: Sandbox) -> None:
    client = client_of(sandbox, token="wrong")
    client.renew(token=sandbox.token)
    with client:
        assert client.state == "connected"


@pytest.mark.slow
def test_a_login_that_hangs_says_what_it_was_waiting_for(log_lines: list[str]) -> None:
    server = StreamServer(("127.0.0.1", 0), lambda sock, _: gevent.sleep(LIMIT))
    server.start()
    timing = Timing(connect_timeout=0.1, backoff_first=0.002, backoff_limit=0.01)
    client = RelayClient("p", "t", host=f"ws://127.0.0.1:{server.server_port}", timing=timing)
    connecting = gevent.spawn(client.connect)
    until(lambda: any("the WebSocket handshake did not end within 0.09 s" in line for line in log_lines))
    client.disconnect()
    connecting.join(LIMIT)
    server.stop(timeout=1)


def test_a_jwt_that_is_renewed_during_a_login_is_given_to_the_server_behind_it(
    sandbox: Sandbox, log_lines: list[str]
) -> None:
    sandbox.settings.change(any_credentials=True)
    client = RelayClient(jwt_token="old", host=sandbox.url, contexts=["office"], timing=QUICK)
    sandbox.arm("signalwire.connect", delay=0.05)
    connecting = gevent.spawn(client.connect, LIMIT)
    sandbox.wait_for_request("signalwire.connect", timeout=LIMIT)
    client.renew(jwt_token="new")
    connecting.get(timeout=LIMIT)
    asked = sandbox.wait_for_request("signalwire.reauthenticate", timeout=LIMIT)
    assert "new" not in str(asked)  # the journal masks it
    until(lambda: any("the server has taken the new JWT" in line for line in log_lines))
    assert client.jwt_token == "new"
    client.disconnect()


def test_what_a_function_returns_after_a_renewal_is_not_kept(sandbox: Sandbox) -> None:
    sandbox.settings.change(any_credentials=True)
    asked, answer = Event(), Event()

    def slow() -> str:
        asked.set()
        answer.wait(LIMIT)
        return "old"

    client = RelayClient(jwt_token=slow, host=sandbox.url, contexts=["office"], timing=QUICK)
    connecting = gevent.spawn(client.connect, LIMIT)
    assert asked.wait(LIMIT)
    client.renew(jwt_token="new")
    answer.set()
    connecting.get(timeout=LIMIT)
    sandbox.wait_for_request("signalwire.reauthenticate", timeout=LIMIT)
    assert client.jwt_token == "new"
    client.disconnect()

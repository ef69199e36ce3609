"""The life of a sandbox: start, stop, restart, and nothing left behind."""

from __future__ import annotations

import doctest
import gc
import os
import socket as blocking_socket
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import gevent
import pytest
from doubles.hub import turns
from doubles.ipv6 import has_ipv6
from doubles.raw_client import DialIn, RawClient, phone
from gevent import socket

import relay_runtime
import relay_runtime.sandbox
from relay_runtime.sandbox import Callee, Caller, Sandbox, Status


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.01) as running:
        yield running
        assert running.errors == []


def greenlets() -> list[gevent.Greenlet[..., Any]]:
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, gevent.Greenlet) and not each.dead]


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_nothing_is_left_after_a_stop(dial_in: DialIn) -> None:
    def use() -> None:
        with Sandbox(time_scale=0.01) as sandbox:
            client = dial_in(sandbox)
            client.login(sandbox, "office")
            run = sandbox.place(Caller().dials("office").waits_for_hangup())
            client.answered()
            sandbox.place(Caller().dials("office"))
            client.begin("calling.dial", {"tag": "T", "devices": [[phone("+15550100002", timeout=500)]]})
            client.event("calling.call.dial", dial_state="dialing")
            sandbox.on_dial("+15550100002", Callee().never_answers())
        client.wait_closed()
        client.close()
        assert run.wait(0.1).status is Status.ANSWERED
        assert sandbox.counters.calls_up == 0
        assert sandbox.counters.actions_open == 0
        assert sandbox.exchange.ground.clock.pending == 0
        assert sandbox.sessions() == []
        assert sandbox.errors == []

    use()
    before = len(greenlets()), open_files()
    for _ in range(3):
        use()
    assert len(greenlets()) <= before[0]
    assert open_files() <= before[1]


@pytest.mark.slow
def test_memory_stays_flat_over_many_calls(client: RawClient, sandbox: Sandbox) -> None:
    def serve_calls(count: int) -> int:
        for _ in range(count):
            client.received.clear()
            client.replies.clear()
            run = sandbox.place(Caller().dials("office").waits_for_hangup())
            client.result("calling.end", client.offer())
            run.wait()
        client.result("signalwire.ping")
        sandbox.exchange.runs.clear()
        gc.collect()
        return len(gc.get_objects())

    sandbox.settings.change(journal_frames=10)
    serve_calls(300)
    first = serve_calls(300)
    second = serve_calls(300)
    assert second - first < 3000  # the ids of ended calls; ten objects a call would be leaked calls


def test_a_stopped_sandbox_refuses_connections_and_can_be_started_again(dial_in: DialIn) -> None:
    sandbox = Sandbox()
    sandbox.start()
    with pytest.raises(RuntimeError, match="running already"):
        sandbox.start()
    sandbox.stop()
    sandbox.stop()
    with pytest.raises(OSError, match="refused"):
        dial_in(sandbox)
    sandbox.start()
    assert dial_in(sandbox).login(sandbox)["protocol"]
    sandbox.stop()


def test_a_port_in_use_is_an_oserror() -> None:
    with blocking_socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            Sandbox(port=taken.getsockname()[1]).start()


@pytest.mark.parametrize(("memory", "restored"), [(True, True), (False, False)])
def test_a_restart_keeps_or_forgets_sessions(
    sandbox: Sandbox, client: RawClient, dial_in: DialIn, memory: bool, restored: bool
) -> None:
    run = sandbox.place(Caller().dials("office").waits_for_hangup())
    client.answered()
    state = client.event("signalwire.authorization.state")["authorization_state"]
    url = sandbox.url
    sandbox.restart(memory=memory, down_for=0.01)
    client.wait_closed()
    assert sandbox.url == url
    again = dial_in(sandbox)
    result = again.login(sandbox, "office", protocol=client.session["protocol"], authorization_state=state)
    assert result["session_restored"] is restored
    assert (run.outcome is None) is restored


def handed_in(sandbox: Sandbox) -> RawClient:
    """Return a client on one end of a pair of sockets, whose other end the sandbox is given."""
    ours, theirs = socket.socketpair()
    sandbox.serve_connection(theirs)
    return RawClient("ws://127.0.0.1:80", to=ours)


def test_a_sandbox_without_a_port_listens_nowhere_and_serves_what_it_is_given() -> None:
    before = open_files()
    with Sandbox(port=None, time_scale=0.01) as sandbox:
        assert open_files() == before
        assert (sandbox.url, sandbox.control_url) == ("wss://sandbox.invalid", "")
        client = handed_in(sandbox)
        client.login(sandbox, "office")
        run = sandbox.place(Caller().dials("office").waits_for_hangup())
        client.result("calling.end", client.offer())
        assert run.wait(timeout=10) is not None
        sandbox.restart()
        client.wait_closed()
        assert handed_in(sandbox).login(sandbox)["protocol"]
    assert sandbox.errors == []
    client.close()


def test_a_control_port_that_was_asked_for_is_there_without_another_one() -> None:
    with blocking_socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Sandbox(port=None, control_port=port) as sandbox:
        assert sandbox.control_url == f"http://127.0.0.1:{port}"


def test_a_sandbox_that_is_stopped_or_down_takes_no_connection_that_it_is_given() -> None:
    sandbox = Sandbox(port=None)
    ours, theirs = socket.socketpair()
    with pytest.raises(ConnectionRefusedError, match="refused"):
        sandbox.serve_connection(theirs)
    with sandbox:
        restarts = gevent.spawn(sandbox.restart, down_for=0.05)
        turns()
        with pytest.raises(ConnectionRefusedError, match="refused"):
            sandbox.serve_connection(theirs)
        restarts.get(timeout=10)
    ours.close()
    theirs.close()


def test_a_certificate_without_a_port_is_refused() -> None:
    with pytest.raises(ValueError, match="without a port speaks no TLS"):
        Sandbox(port=None, cert="cert.pem", key="key.pem")


def test_the_port_of_a_restart_is_given_to_nobody_meanwhile() -> None:
    with Sandbox() as sandbox:
        address = ("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
        restarting = gevent.spawn(sandbox.restart, down_for=60.0)
        gevent.sleep(0)  # its first step: nobody listens any more
        with socket.socket() as other:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address)
            with pytest.raises(OSError, match="in use"):
                other.bind(address)
        restarting.kill()


def test_secrets_and_numbers_are_not_in_reprs() -> None:
    with Sandbox(token="PTsecret", jwt_token="eyJsecret") as sandbox:
        run = sandbox.place(Caller("+15550109999").dials("office"))
        shown = repr([sandbox, sandbox.settings, run, run.wait(), run.script, sandbox.counters])
        assert "secret" not in shown
        assert "+1555" not in shown


def test_the_example_in_the_docstring_runs() -> None:
    assert doctest.testmod(relay_runtime.sandbox).failed == 0


def test_the_face_is_sorted_and_true() -> None:
    names = relay_runtime.sandbox.__all__
    assert names == sorted(names)
    assert all(hasattr(relay_runtime.sandbox, name) for name in names)


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
@pytest.mark.parametrize("host", ["::1", "[::1]", "::", "[::]"])
def test_on_ipv6_its_addresses_are_urls_that_clients_take(host: str) -> None:
    with Sandbox(host=host) as sandbox:
        assert sandbox.url.startswith("ws://[::1]:")
        assert sandbox.control_url.startswith("http://[::1]:")
        with relay_runtime.RelayClient(sandbox.project, sandbox.token, host=sandbox.url) as client:
            assert repr(client) == f"<RelayClient {sandbox.url.removeprefix('ws://')} connected>"
        bearer = {"Authorization": f"Bearer {sandbox.control_token}"} if sandbox.control_token else {}
        request = Request(f"{sandbox.control_url}/sessions", headers=bearer)
        assert gevent.get_hub().threadpool.apply(lambda: urlopen(request, timeout=20).status) == 200

"""Faults of logins and of connections, over the control port too."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from doubles.raw_client import DialIn, PlaceCall, RawClient, login_params, resume
from gevent import socket

from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.sandbox.faults.faults import Refusal


@pytest.mark.parametrize(
    ("how", "frame"),
    [
        ("error", ("error", -32002)),
        ("result", ("result", "401")),
        ("capacity", ("error", -32005)),
    ],
)
def test_good_logins_are_refused_in_both_shapes(
    sandbox: Sandbox, dial_in: DialIn, how: Refusal, frame: tuple[str, object]
) -> None:
    sandbox.faults.refuse(how, times=2)
    client = dial_in(sandbox)
    for _ in range(2):
        assert client.request("signalwire.connect", login_params(sandbox))[frame[0]]["code"] == frame[1]
    assert client.login(sandbox)["protocol"]


def test_an_unknown_refusal_is_named(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="how must be one of reset, hang"):
        sandbox.faults.refuse("politely")  # type: ignore[arg-type]


def test_a_reset_reaches_the_client_as_a_reset(sandbox: Sandbox, client: RawClient) -> None:
    errors = []

    def read() -> None:
        try:
            while client.socket.recv(4096):
                pass
        except OSError as error:
            errors.append(error)

    client._reader.kill()
    reading = gevent.spawn(read)
    gevent.sleep(0)
    sandbox.cut(reset=True)
    reading.join(5)
    assert isinstance(errors[0], ConnectionResetError)


def test_a_session_can_be_forgotten_with_its_calls(
    client: RawClient, call: PlaceCall, sandbox: Sandbox, dial_in: DialIn
) -> None:
    run, _ = call(Caller())
    credentials = resume(client)
    sandbox.faults.forget()
    client.wait_closed()
    assert run.wait(1).end_reason == "error"
    assert dial_in(sandbox).login(sandbox, "office", **credentials)["session_restored"] is False
    assert sandbox.counters.calls_up == 0


def test_a_fault_without_a_connection_says_so(sandbox: Sandbox) -> None:
    with pytest.raises(LookupError, match="no session is connected"):
        sandbox.faults.half_open()
    with pytest.raises(LookupError, match="no session is live"):
        sandbox.faults.forget()


@pytest.fixture
def with_ports() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def test_faults_are_set_over_the_control_port(with_ports: Sandbox, dial_in: DialIn) -> None:
    sandbox = with_ports
    dial_in(sandbox).login(sandbox)
    host, port = sandbox.control_url.removeprefix("http://").split(":")

    def post(body: str) -> str:
        with socket.create_connection((host, int(port)), timeout=5) as http:
            http.sendall(
                f"POST /faults HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            return http.makefile().read()

    assert " 200 " in post('{"fault": "disturb", "delay": 0.01}')
    assert sandbox.faults.disturbance.delay == 0.01
    assert "fault must be one of" in post('{"fault": "explode"}')
    assert " 200 " in post('{"fault": "half_open"}')
    peer = sandbox.session().peer
    assert peer is not None
    assert peer.link.deaf

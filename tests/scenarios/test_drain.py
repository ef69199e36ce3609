"""Draining a client: live calls end by themselves, new ones are passed on or refused, and nobody waits for ever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from doubles.one_process import in_one_process
from gevent.event import Event

from relay_runtime import CallActor, ClientStopped, RelayClient, Timing
from relay_runtime.sandbox import Callee, Caller, Sandbox, Status

pytestmark = pytest.mark.scenario

LIMIT = 60.0
DEVICES = [[{"type": "phone", "params": {"from_number": "+15550100099", "to_number": "+15550100002"}}]]


class Patient(CallActor):
    """Answers, and stays until it is told to hang up."""

    answered = Event()
    may_hang_up = Event()

    def run(self) -> None:
        self.answer()
        self.wait_for_answered(5)
        self.answered.set()
        self.may_hang_up.wait()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    Patient.answered, Patient.may_hang_up = Event(), Event()
    with gevent.Timeout(3 * LIMIT, AssertionError("the test waited in vain")), in_one_process() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[RelayClient]:
    made = RelayClient(sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"], call_actor=Patient)
    made.connect(LIMIT)
    yield made
    made.disconnect()


def caller() -> Caller:
    return Caller().dials("office").waits_for_hangup(timeout=LIMIT)


def requests(sandbox: Sandbox, method: str) -> list[Any]:
    frames = (entry["frame"] for entry in sandbox.journal())
    return [frame["params"] for frame in frames if isinstance(frame, dict) and frame.get("method") == method]


def requests_of(session: Any, method: str) -> list[Any]:
    return [entry["frame"]["params"] for entry in session.journal.read() if entry["frame"].get("method") == method]


def draining(sandbox: Sandbox, client: RelayClient, timeout: float = LIMIT) -> Any:
    """Have a greenlet drain a client, and return it when the contexts have been left."""
    drain = gevent.spawn(client.drain, timeout)
    while sandbox.session().contexts:
        gevent.sleep(0.005)
    return drain


def test_a_client_without_calls_leaves_its_contexts_and_stops(sandbox: Sandbox, client: RelayClient) -> None:
    session = sandbox.session()
    assert client.drain(LIMIT) is True
    assert client.state == "stopped"
    assert session.contexts == set()
    assert requests_of(session, "signalwire.unreceive") == [{"contexts": ["office"]}]


def test_a_live_call_ends_by_itself(sandbox: Sandbox, client: RelayClient) -> None:
    run = sandbox.place(caller())
    assert Patient.answered.wait(LIMIT)
    drain = draining(sandbox, client)
    assert run.outcome is None
    Patient.may_hang_up.set()
    assert drain.get(timeout=LIMIT) is True
    assert run.wait(LIMIT).end_source == "outbound"
    assert client.stats.calls_ended == {"hangup": 1}


def test_a_call_that_outlasts_the_timeout_is_hung_up(sandbox: Sandbox, client: RelayClient) -> None:
    run = sandbox.place(caller())
    assert Patient.answered.wait(LIMIT)
    assert client.drain(0.05) is False
    outcome = run.wait(LIMIT)
    assert (outcome.end_reason, outcome.end_source) == ("hangup", "outbound")
    assert client.state == "stopped"


def test_an_offer_that_still_comes_is_passed_on_and_counted(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.place(caller())
    assert Patient.answered.wait(LIMIT)
    drain = draining(sandbox, client)
    session = sandbox.session()
    session.contexts = {"office"}  # a server that offers a call while it still works on the unreceive
    late = sandbox.place(caller())
    assert late.wait(LIMIT).status is Status.PASSED
    Patient.may_hang_up.set()
    assert drain.get(timeout=LIMIT) is True
    assert client.stats.calls_refused == {"drain": 1}
    assert client.stats.calls_admitted == 1


def test_a_new_dial_is_refused_and_rings_nowhere(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.place(caller())
    assert Patient.answered.wait(LIMIT)
    drain = draining(sandbox, client)
    with pytest.raises(ClientStopped, match="draining; it makes no new calls"):
        client.dial(DEVICES)
    assert requests(sandbox, "calling.dial") == []
    Patient.may_hang_up.set()
    assert drain.get(timeout=LIMIT) is True


def test_a_dial_under_way_goes_on_and_its_call_too(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.on_dial("+15550100002", Callee().rings(20).answers().waits_for_hangup(timeout=LIMIT))
    dial = gevent.spawn(client.dial, DEVICES)
    while not requests(sandbox, "calling.dial"):
        gevent.sleep(0.005)
    drain = draining(sandbox, client)
    call = dial.get(timeout=LIMIT)
    assert not drain.ready()
    call.hangup()
    assert drain.get(timeout=LIMIT) is True


def test_who_disconnects_meanwhile_ends_the_drain(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.place(caller())
    assert Patient.answered.wait(LIMIT)
    drain = draining(sandbox, client)
    client.disconnect()
    assert drain.get(timeout=LIMIT) is False


def test_two_drains_at_once_both_end(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.place(caller())
    assert Patient.answered.wait(LIMIT)
    first = draining(sandbox, client)
    second = gevent.spawn(client.drain, LIMIT)
    gevent.sleep(0)
    Patient.may_hang_up.set()
    gevent.joinall([first, second], LIMIT)
    assert first.value is True
    assert second.ready()
    assert second.exception is None


def test_a_drained_client_can_connect_again_with_its_contexts(sandbox: Sandbox, client: RelayClient) -> None:
    client.receive(["shop"])
    assert client.drain(LIMIT) is True
    client.connect(LIMIT)
    assert sandbox.session().contexts == {"office", "shop"}
    Patient.may_hang_up.set()
    assert sandbox.place(caller()).wait(LIMIT).answered


def test_a_reconnect_while_draining_does_not_subscribe_again(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.place(caller())
    assert Patient.answered.wait(LIMIT)
    drain = draining(sandbox, client)
    sandbox.cut()
    while client.stats.connections < 2:
        gevent.sleep(0.01)
    assert sandbox.session().contexts == set()
    Patient.may_hang_up.set()
    assert drain.get(timeout=LIMIT) is True


# Without a connection


def loses_link(sandbox: Sandbox, client: RelayClient) -> None:
    """Cut the link, and let no other one come up."""
    sandbox.faults.refuse("http", times=100_000)
    sandbox.cut()
    while client.state != "waiting":
        gevent.sleep(0.001)


def three_calls(sandbox: Sandbox, client: RelayClient) -> list[str]:
    for _ in range(3):
        sandbox.place(caller())
    while client.stats.calls_answered["inbound"] < 3:
        gevent.sleep(0.005)
    return sorted(status.call_id for status in client.live_calls())


def patient(sandbox: Sandbox, **other: float) -> RelayClient:
    limits: dict[str, Any] = {"stop_timeout": LIMIT, **other}
    client = RelayClient(
        sandbox.project,
        sandbox.token,
        host=sandbox.url,
        contexts=["office"],
        call_actor=Patient,
        timing=Timing(**limits),
    )
    client.connect(LIMIT)
    return client


@pytest.mark.parametrize("how", ["drain", "disconnect"])
def test_a_link_that_comes_back_in_time_has_every_call_hung_up(
    sandbox: Sandbox, how: str, log_lines: list[str]
) -> None:
    client = patient(sandbox, hangup_timeout=LIMIT)
    three_calls(sandbox, client)
    loses_link(sandbox, client)
    ending = gevent.spawn(client.drain, 0) if how == "drain" else gevent.spawn(client.disconnect)
    while not any("hanging up what is still up; live calls: 3" in line for line in log_lines):
        gevent.sleep(0.001)
    assert sandbox.counters.calls_up == 3
    sandbox.faults.calm()
    while sandbox.counters.calls_up:
        gevent.sleep(0.005)
    Patient.may_hang_up.set()
    assert not ending.get(timeout=LIMIT)
    assert sandbox.counters.calls_up == 0
    assert {(run.wait(LIMIT).end_reason, run.wait(LIMIT).end_source) for run in sandbox.runs()} == {
        ("hangup", "outbound")
    }
    assert client.left_up == []
    assert not any("may be up still" in line for line in log_lines)


@pytest.mark.parametrize("how", ["drain", "disconnect"])
def test_calls_that_no_link_came_back_for_are_named_and_not_said_to_be_hung_up(
    sandbox: Sandbox, how: str, log_lines: list[str]
) -> None:
    client = patient(sandbox)
    ids = three_calls(sandbox, client)
    loses_link(sandbox, client)
    ended = client.drain(0.05) if how == "drain" else client.disconnect()
    assert not ended
    assert client.state == "stopped"
    assert sandbox.counters.calls_up == 3
    assert sorted(client.left_up) == ids
    (line,) = [line for line in log_lines if "may be up still" in line]
    assert all(call_id in line for call_id in ids)
    assert not any("hung up" in line for line in log_lines)
    sandbox.faults.calm()
    client.connect(LIMIT)
    assert client.left_up == []  # that was the former life's
    client.disconnect()


@pytest.mark.parametrize(
    "answer", [{"withhold": True, "withhold_events": True}, {"reply": {"code": "500", "message": "not now"}}]
)
def test_a_hangup_that_the_server_does_not_take_is_none(
    sandbox: Sandbox, answer: dict[str, Any], log_lines: list[str]
) -> None:
    client = patient(sandbox, stop_timeout=2, hangup_timeout=LIMIT)
    ids = three_calls(sandbox, client)
    sandbox.arm("calling.end", times=1000, **answer)
    assert client.drain(0) is False
    assert sorted(client.left_up) == ids
    assert not any("hung up" in line for line in log_lines)


def test_a_session_that_the_server_forgot_during_the_drain_ends_no_call_by_itself(
    sandbox: Sandbox, client: RelayClient
) -> None:
    ids = three_calls(sandbox, client)
    drain = draining(sandbox, client)
    sandbox.faults.forget()
    while client.stats.connections < 2:
        gevent.sleep(0.005)
    Patient.may_hang_up.set()
    assert drain.get(timeout=LIMIT) is False
    assert sorted(client.left_up) == ids


def test_a_client_that_is_not_connected_is_drained_already(sandbox: Sandbox) -> None:
    client = RelayClient(sandbox.project, sandbox.token, host=sandbox.url)
    assert client.drain(LIMIT) is True


@pytest.mark.parametrize("timeout", [-1, float("nan"), float("inf"), True, "1", None])
def test_a_timeout_that_is_no_number_of_seconds_is_refused(client: RelayClient, timeout: Any) -> None:
    with pytest.raises(ValueError, match="accepted is a number of seconds from 0"):
        client.drain(timeout)
    assert client.state == "connected"

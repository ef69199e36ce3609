"""Actors of a running client die, and nobody on the line notices; or too many die, and nobody is left on the line."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from doubles.one_process import in_one_process
from doubles.running import running, the_running

from relay_actors.kit.actor import GreenletActor
from relay_actors.messaging.actor import MessagingActor
from relay_actors.routing.subscription import SubscriptionActor
from relay_actors.session.supervisor import ConnectionSupervisor
from relay_runtime import CallActor, CallEnded, Change, ClientFailed, RelayClient, RelayError, SessionLost, Timing
from relay_runtime.sandbox import Caller, Sandbox

pytestmark = pytest.mark.scenario
LIMIT = 60.0
TIMING = Timing(restart_intensity=5, restart_period=LIMIT)


class Patient(CallActor):
    """Answers, waits for an event of the test, says goodbye."""

    async_errors: list[BaseException] = []  # noqa: RUF012 - one list for all on purpose

    def run(self) -> None:
        self.answer()
        self.wait_for("calling.user_event")
        self.play_tts("Goodbye.").wait()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with in_one_process() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[RelayClient]:
    client = connected(sandbox, TIMING)
    yield client
    client.disconnect()


def connected(sandbox: Sandbox, timing: Timing) -> RelayClient:
    client = RelayClient(
        sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"], call_actor=Patient, timing=timing
    )
    client.connect(timeout=LIMIT)
    return client


def until(condition: object, what: str) -> None:
    with gevent.Timeout(LIMIT, AssertionError(f"{what} did not come true")):
        while not condition():  # type: ignore[operator]
            gevent.sleep(0.002)


def answered(sandbox: Sandbox, client: RelayClient, count: int = 1) -> list[str]:
    for number in range(count):
        sandbox.place(Caller(f"+1555010{number:04d}").dials("office").waits_for_hangup(timeout=3000))
    until(lambda: sandbox.counters.answered == count, "the answer")
    return [call.call_id for call in client.live_calls()]


@pytest.mark.parametrize("victim", [SubscriptionActor, MessagingActor, ConnectionSupervisor])
def test_a_call_lives_on_when_an_actor_of_the_client_dies(
    sandbox: Sandbox, client: RelayClient, victim: type[GreenletActor]
) -> None:
    calls = answered(sandbox, client, 3)
    dead = the_running(victim)
    dead.kill()
    until(lambda: running(victim) not in {None, dead}, "the restart")
    until(lambda: client.status().connection.state == "connected", "the connection")
    assert [call.call_id for call in client.live_calls()] == calls
    for call_id in calls:
        sandbox.emit(call_id, "calling.user_event")
    until(lambda: sandbox.counters.ended == 3, "the end of the calls")
    assert {run.wait(LIMIT).end_source for run in sandbox.runs()} == {"outbound"}
    assert all("Goodbye." in run.wait(LIMIT).heard for run in sandbox.runs())
    until(lambda: client.status().calls.active == 0, "every slot is back")
    answered_before = sandbox.counters.answered
    sandbox.place(Caller("+15550109999").dials("office").waits_for_hangup(timeout=3000))
    until(lambda: sandbox.counters.answered == answered_before + 1, "the next call")


def test_events_while_the_router_is_dead_are_not_lost(sandbox: Sandbox, client: RelayClient) -> None:
    (call_id,) = answered(sandbox, client)
    sandbox.emit(call_id, "calling.user_event")
    sandbox.place(Caller("+15550101111").dials("office").waits_for_hangup(timeout=3000))
    the_running(SubscriptionActor).kill()
    until(lambda: sandbox.counters.answered == 2, "the call that was offered meanwhile")
    until(lambda: sandbox.counters.ended == 1, "the end of the call that got its event")


def test_a_message_that_is_watched_gets_its_states_from_the_next_actor(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.settings.time_scale = 0.2
    message = client.send_message(to_number="+15550100001", from_number="+15550100002", body="hello")
    the_running(MessagingActor).kill()
    assert message.wait(LIMIT).event_type == "messaging.state"
    assert message.state == "delivered"


def test_too_many_deaths_fail_the_client_and_leave_nobody_on_the_line(sandbox: Sandbox, client: RelayClient) -> None:
    changes: list[Change] = []
    client.on_change(changes.append)
    ending = gevent.spawn(client.run)
    answered(sandbox, client, 3)
    for _ in range(6):
        dead = the_running(SubscriptionActor)
        dead.kill()
        until(
            lambda dead=dead: client.state == "stopped" or running(SubscriptionActor) not in {None, dead},
            "the restart or the end",
        )
    with pytest.raises(ClientFailed, match="the children of client ended too often; the last was subscription"):
        ending.get(timeout=LIMIT)
    assert sandbox.counters.calls_up == 0  # when run() has returned: nothing is left to a timeout of the server
    assert {run.wait(LIMIT).end_reason for run in sandbox.runs()} == {"error"}
    assert changes[-1].state == "failed"
    assert client.status().calls.live == 0
    client.connect(timeout=LIMIT)  # it can be used again
    assert client.status().connection.state == "connected"


def test_credentials_that_are_revoked_end_run_when_a_setting_says_so(sandbox: Sandbox) -> None:
    timing = Timing(refusals_allowed_later=3)
    client = connected(sandbox, timing)
    ending = gevent.spawn(client.run)
    gevent.sleep(0)
    sandbox.faults.refuse("error", times=10)
    sandbox.cut()
    with pytest.raises(RelayError, match="login refused 3 times"):
        ending.get(timeout=LIMIT)
    assert client.state == "stopped"


class Witness(CallActor):
    """Keeps what ends its wait."""

    seen: list[BaseException] = []  # noqa: RUF012 - shared on purpose

    def run(self) -> None:
        self.answer()
        try:
            self.wait_for("calling.user_event")
        except BaseException as error:
            self.seen.append(error)
            raise


def test_calls_are_given_up_offline_and_hung_up_when_the_session_is_back(sandbox: Sandbox) -> None:
    Witness.seen.clear()
    timing = Timing(offline_limit=5)
    client = RelayClient(
        sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"], call_actor=Witness, timing=timing
    )
    client.connect(timeout=LIMIT)
    answered(sandbox, client)
    sandbox.faults.refuse("http", times=1000)
    sandbox.cut()
    until(lambda: Witness.seen, "the end of the wait")
    assert isinstance(Witness.seen[0], SessionLost)
    assert not isinstance(Witness.seen[0], CallEnded)
    until(lambda: client.status().calls.live == 0, "the end of the call's actor")
    assert sandbox.counters.calls_up == 1
    sandbox.faults._refusals.clear()
    until(lambda: sandbox.counters.calls_up == 0, "nobody is left on the line")
    assert sandbox.runs()[0].wait(LIMIT).end_reason == "error"
    client.disconnect()

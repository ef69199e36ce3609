"""Hang-ups that are lost, refused or never confirmed: nobody is left on the line, and no slot is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import gevent
import pytest
from doubles.one_process import in_one_process
from doubles.running import the_running

from relay_actors.routing.subscription import SubscriptionActor
from relay_runtime import CallActor, CallEnded, RelayClient, RelayTimeout, SessionLost, phone
from relay_runtime.sandbox import Callee, Caller, Sandbox

pytestmark = pytest.mark.scenario

LIMIT = 60.0
THEM = "+15550100001"
LOST: list[dict[str, Any]] = [
    {"cut": "before"},
    {"reply": {"code": "503", "message": "try later"}},
    {"error": {"code": -32603, "message": "internal"}, "times": 3},
]


class Brief(CallActor):
    """Answers; the runtime hangs up."""

    def run(self) -> None:
        self.answer()
        self.wait_for_answered(LIMIT)


class Held(Brief):
    """Stays until it is killed."""

    lives: ClassVar[list[Held]] = []

    def run(self) -> None:
        super().run()
        self.lives.append(self)
        self.wait_for_ended()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with in_one_process() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[RelayClient]:
    client = RelayClient(
        sandbox.project,
        sandbox.token,
        host=sandbox.url,
        contexts=["office"],
        call_actor=Brief,
        max_active_calls=1,
    )
    with client:
        yield client


def until(condition: Callable[[], Any], what: str) -> None:
    with gevent.Timeout(LIMIT, AssertionError(f"{what} did not come true")):
        while not condition():
            gevent.sleep(0.002)


def waits() -> Caller:
    return Caller(THEM).dials("office").waits_for_hangup(timeout=60)


@pytest.mark.parametrize("loss", LOST, ids=["lost", "refused", "refused thrice"])
def test_a_call_is_hung_up_although_its_hangup_got_lost(sandbox: Sandbox, client: RelayClient, loss: Any) -> None:
    sandbox.arm("calling.end", **loss)
    assert sandbox.place(waits()).wait(LIMIT).end_source == "outbound"
    until(lambda: client.stats.calls_ended.total() == 1, "the end of the call")


@pytest.mark.parametrize("loss", LOST, ids=["lost", "refused", "refused thrice"])
def test_nobody_is_left_ringing_although_the_hangup_got_lost(sandbox: Sandbox, client: RelayClient, loss: Any) -> None:
    sandbox.on_dial(THEM, Callee().never_answers())
    sandbox.arm("calling.end", **loss)
    with pytest.raises(RelayTimeout):
        client.dial([[phone(THEM, timeout=3000)]], dial_timeout=10)
    assert sandbox.runs(THEM)[0].wait(LIMIT).end_source == "outbound"


@pytest.mark.parametrize("loss", LOST, ids=["lost", "refused", "refused thrice"])
def test_a_call_whose_actor_was_killed_is_hung_up_although_the_hangup_got_lost(sandbox: Sandbox, loss: Any) -> None:
    client = RelayClient(sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"], call_actor=Held)
    with client:
        sandbox.arm("calling.end", **loss)
        run = sandbox.place(waits())
        until(lambda: Held.lives, "the call")
        Held.lives.pop().actor_ref.kill()
        assert run.wait(LIMIT).end_source == "outbound"


def test_a_router_that_dies_leaves_its_hangups_to_the_next(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.on_dial(THEM, Callee().never_answers())
    sandbox.arm("calling.end", withhold_events=True, delay=0.3, reply={"code": "503"})
    with pytest.raises(RelayTimeout):
        client.dial([[phone(THEM, timeout=3000)]], dial_timeout=10)
    the_running(SubscriptionActor).kill()
    run = sandbox.runs(THEM)[0]
    assert run.wait(LIMIT).end_source == "outbound"


def test_a_hangup_that_is_never_confirmed_ends_the_call_here(sandbox: Sandbox, client: RelayClient) -> None:
    ends: list[str] = []

    @client.on_call
    def serve(call: Any) -> None:
        call.answer()
        call.hangup("busy")
        with pytest.raises(CallEnded):
            call.wait_for("calling.call.play")
        ends.append(call.end_reason)

    sandbox.arm_event("calling.call.state", match={"call_state": "ended"}, withhold=True)
    sandbox.place(waits())
    until(lambda: ends == ["busy"], "the end of the wait")
    until(lambda: client.stats.calls_ended == {"busy": 1}, "the end of the call")
    sandbox.place(waits())
    until(lambda: ends == ["busy"] * 2, "the slot")


@pytest.mark.parametrize("restored", [True, False])
def test_a_dial_that_waits_for_the_connection_is_made_on_the_next_session(
    sandbox: Sandbox, client: RelayClient, restored: bool
) -> None:
    sandbox.on_dial(THEM, Callee().rings(1).answers())
    sandbox.faults.refuse("http", times=2)
    sandbox.faults.cut() if restored else sandbox.faults.forget()
    until(lambda: client.state != "connected", "the loss of the connection")
    call = client.dial([[phone(THEM)]])
    assert call.state == "answered"
    assert len(sandbox.runs(THEM)) == 1
    call.hangup()
    assert sandbox.runs(THEM)[0].wait(LIMIT).end_source == "outbound"


def test_a_leg_of_a_dial_that_was_lost_with_its_session_is_ended(sandbox: Sandbox, client: RelayClient) -> None:
    """The new session is told of a dial that the client has given up with the old one."""
    sandbox.on_dial(THEM, Callee().never_answers())
    dial = gevent.spawn(client.dial, [[phone(THEM, timeout=3000)]], tag="T")
    until(lambda: sandbox.runs(THEM), "the leg")
    sandbox.faults.forget()
    with pytest.raises(SessionLost):
        dial.get(timeout=LIMIT)
    until(lambda: client.state == "connected", "the connection")
    leg = {"call_id": "late", "node_id": "n", "tag": "T", "call_state": "ringing"}
    sandbox.session().event("calling.call.state", leg)
    until(lambda: _ends(sandbox) == ["late"], "the end of the late leg")


def _ends(sandbox: Sandbox) -> list[str]:
    frames = [entry.get("frame", {}) for entry in sandbox.journal() if entry["direction"] == "in"]
    return [frame["params"]["call_id"] for frame in frames if frame.get("method") == "calling.end"]

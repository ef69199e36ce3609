"""Storms: faults by chance, repeated by their seed."""

from __future__ import annotations

import gevent
import pytest
from doubles.one_process import in_one_process
from doubles.raw_client import DialIn, RawClient, login_params
from websockets.exceptions import InvalidHandshake

from relay_runtime.sandbox import Sandbox
from relay_runtime.sandbox.faults.faults import Kind, Refusal


def history_of(seed: int, dial_in: DialIn) -> list[str]:
    with in_one_process(seed=seed) as sandbox:
        client = dial_in(sandbox)
        client.login(sandbox)
        sandbox.faults.storm(every=0.001, kinds=("stall", "malformed"))
        client.judges = False
        client.wait(lambda: len(sandbox.faults.history) >= 8 or client.closed)
        sandbox.faults.calm()
        assert sandbox.errors == []
        return sandbox.faults.history


def test_a_storm_is_repeated_by_its_seed(dial_in: DialIn) -> None:
    first, second = history_of(3, dial_in), history_of(3, dial_in)
    shorter = min(len(first), len(second))
    assert shorter > 0
    assert first[:shorter] == second[:shorter]


@pytest.mark.parametrize(("kind", "restored"), [("disconnect", True), ("restart", False), ("forget", False)])
def test_what_a_storm_does_to_a_session_decides_whether_it_can_be_restored(
    client: RawClient, sandbox: Sandbox, dial_in: DialIn, kind: Kind, restored: bool
) -> None:
    state = client.event("signalwire.authorization.state")["authorization_state"]
    credentials = {"protocol": client.session["protocol"], "authorization_state": state}
    sandbox.faults.strike(kind, sandbox.session())
    if kind != "forget":
        farewell = client.wait(lambda: [f for f in client.received if f.get("method") == "signalwire.disconnect"])[0]
        assert farewell["params"] == {"restart": kind == "restart"}
        client.send({"jsonrpc": "2.0", "id": farewell["id"], "result": {}})
    client.wait_closed()
    assert dial_in(sandbox).login(sandbox, **credentials)["session_restored"] is restored


def test_a_storm_turns_away_the_first_reconnect(client: RawClient, sandbox: Sandbox, dial_in: DialIn) -> None:
    sandbox.faults.strike("refuse", sandbox.session())
    client.wait_closed()
    with pytest.raises((OSError, AssertionError, InvalidHandshake)):
        dial_in(sandbox).login(sandbox)
    assert dial_in(sandbox).login(sandbox)["protocol"]


@pytest.mark.parametrize("how", ["http", "error", "result"])
def test_calm_ends_what_turns_connections_away(sandbox: Sandbox, dial_in: DialIn, how: Refusal) -> None:
    sandbox.faults.refuse(how, times=5)
    kept = sandbox.arm("signalwire.ping", withhold=True)
    sandbox.faults.calm()
    assert dial_in(sandbox).login(sandbox)["protocol"]
    assert sandbox.faults.arms == [kept]


def test_a_storm_of_everything_leaves_a_sandbox_that_works(sandbox: Sandbox, dial_in: DialIn) -> None:
    sandbox.faults.storm(every=0.002)
    for _ in range(30):
        try:
            client = dial_in(sandbox)
        except (OSError, InvalidHandshake):
            continue
        client.judges = False
        client.begin("signalwire.connect", login_params(sandbox))
        client._reader.join(0.02)
    sandbox.faults.calm()
    assert len(sandbox.faults.history) > 5
    with gevent.Timeout(5):
        while any(session.peer for session in sandbox.sessions()):
            for session in sandbox.sessions():
                if session.peer:
                    session.peer.drop()
            gevent.sleep(0.01)
    assert dial_in(sandbox).login(sandbox)["protocol"]
    with pytest.raises(ValueError, match="a storm needs"):
        sandbox.faults.storm(every=1, kinds=("earthquake",))  # type: ignore[arg-type]

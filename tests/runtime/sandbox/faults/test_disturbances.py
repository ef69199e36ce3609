"""What happens to frames on their way, and storms that do things by chance; all by seed."""

import gevent
import pytest
from websockets.exceptions import InvalidHandshake

from relay_runtime.sandbox import Sandbox


def payloads(client, count):
    return [client.begin("signalwire.ping", {"payload": str(number)}) for number in range(count)]


def test_a_delay_keeps_the_order(client, sandbox):
    sandbox.faults.disturb(delay=0.02, jitter=0.02)
    ids = payloads(client, 20)
    client.reply(ids[-1])
    assert [message["id"] for message in client.received if message.get("id") in ids] == ids
    sandbox.faults.calm()
    client.result("signalwire.ping")


def order_with(seed, dial_in, **how):
    with Sandbox(seed=seed) as sandbox:
        client = dial_in(sandbox)
        client.login(sandbox)
        client.event("signalwire.authorization.state")
        sandbox.faults.disturb(**how)
        payloads(client, 30)
        client.wait(lambda: client.replies.get("r31") or len(client.replies) > 25)
        client._reader.join(0.1)
        return [message["id"] for message in client.received if "result" in message][1:]


def test_disturbances_by_chance_are_repeated_by_their_seed(dial_in):
    how = {"duplicate": 0.3, "reorder": 0.3}
    first, second, other = (order_with(seed, dial_in, **how) for seed in (7, 7, 8))
    assert first == second
    assert first != other
    assert len(first) > 30
    assert first != sorted(first, key=lambda request: int(request[1:]))


def test_frames_can_be_lost(client, sandbox):
    sandbox.faults.disturb(lose=1)
    before = sandbox.counters.frames_out
    lost = client.begin("signalwire.ping", {})
    client.wait(lambda: sandbox.counters.frames_out > before)
    sandbox.faults.calm()
    client.result("signalwire.ping")
    assert lost not in client.replies


def test_a_slow_reader_makes_the_client_wait(dial_in):
    with Sandbox() as sandbox:
        client = dial_in(sandbox)
        client.login(sandbox)
        sandbox.faults.disturb(slow_reader=0.02)
        ids = payloads(client, 10)
        client.result("signalwire.ping")
        assert all(request in client.replies for request in ids)


@pytest.mark.parametrize("how", [{"delay": -1}, {"lose": 2}, {"reorder": "often"}])
def test_a_disturbance_out_of_range_is_refused(sandbox, how):
    with pytest.raises(ValueError, match="must be a number from 0 to"):
        sandbox.faults.disturb(**how)


# -- by chance ---------------------------------------------------------------------------------------------


def history_of(seed, dial_in):
    with Sandbox(seed=seed) as sandbox:
        client = dial_in(sandbox)
        client.login(sandbox)
        sandbox.faults.storm(every=0.001, kinds=("stall", "malformed"))
        client.judges = False
        client.wait(lambda: len(sandbox.faults.history) >= 8 or client.closed)
        sandbox.faults.calm()
        assert sandbox.errors == []
        return sandbox.faults.history


def test_a_storm_is_repeated_by_its_seed(dial_in):
    first, second = history_of(3, dial_in), history_of(3, dial_in)
    shorter = min(len(first), len(second))
    assert shorter > 0
    assert first[:shorter] == second[:shorter]


@pytest.mark.parametrize(("kind", "restored"), [("disconnect", True), ("restart", False), ("forget", False)])
def test_what_a_storm_does_to_a_session_decides_whether_it_can_be_restored(client, sandbox, dial_in, kind, restored):
    state = client.event("signalwire.authorization.state")["authorization_state"]
    credentials = {"protocol": client.session["protocol"], "authorization_state": state}
    sandbox.faults.strike(kind, sandbox.session())
    if kind != "forget":
        farewell = client.wait(lambda: [f for f in client.received if f.get("method") == "signalwire.disconnect"])[0]
        assert farewell["params"] == {"restart": kind == "restart"}
        client.send({"jsonrpc": "2.0", "id": farewell["id"], "result": {}})
    client.wait_closed()
    assert dial_in(sandbox).login(sandbox, **credentials)["session_restored"] is restored


def test_a_storm_turns_away_the_first_reconnect(client, sandbox, dial_in):
    sandbox.faults.strike("refuse", sandbox.session())
    client.wait_closed()
    with pytest.raises((OSError, AssertionError, InvalidHandshake)):
        dial_in(sandbox).login(sandbox)
    assert dial_in(sandbox).login(sandbox)["protocol"]


@pytest.mark.parametrize("how", ["http", "error", "result"])
def test_calm_ends_what_turns_connections_away(sandbox, dial_in, how):
    sandbox.faults.refuse(how, times=5)
    kept = sandbox.arm("signalwire.ping", withhold=True)
    sandbox.faults.calm()
    assert dial_in(sandbox).login(sandbox)["protocol"]
    assert sandbox.faults.arms == [kept]


def test_a_storm_of_everything_leaves_a_sandbox_that_works(sandbox, dial_in):
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
        sandbox.faults.storm(every=1, kinds=("earthquake",))


def login_params(sandbox):
    return {
        "version": {"major": 2, "minor": 0, "revision": 0},
        "event_acks": True,
        "authentication": {"project": sandbox.project, "token": sandbox.token},
    }

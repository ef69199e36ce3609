"""Sessions: acknowledgements, resume, the end of a session, server pings, signalwire.disconnect (protocol 2)."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.one_process import in_one_process
from doubles.raw_client import Address, DialIn, RawClient, resume

from relay_runtime.sandbox import Caller, Sandbox, Status


def test_an_event_is_kept_until_it_is_acknowledged(sandbox: Sandbox, dial_in: DialIn) -> None:
    client = dial_in(sandbox, acks=False)
    client.login(sandbox, "office")
    client.event("signalwire.authorization.state")
    assert sandbox.session().unacked == 1
    event_id = next(m["id"] for m in client.received if m.get("method") == "signalwire.event")
    client.send({"jsonrpc": "2.0", "id": event_id, "result": {}})
    client.result("signalwire.ping")
    assert sandbox.session().unacked == 0


def test_a_resumed_session_gets_what_it_missed_and_its_calls_live_on(
    sandbox: Sandbox, dial_in: DialIn, client: RawClient
) -> None:
    run = sandbox.place(Caller().dials("office").waits_for_hangup())
    address = client.answered()
    session = client.session
    credentials = resume(client)
    client.result("calling.play", play(address, "p1", 20))
    sandbox.cut()
    client.wait_closed()
    sandbox.sends_message(from_number="+15550100001", to_number="+15550100002", body="missed", context="office")
    again = dial_in(sandbox)
    result = again.login(sandbox, "office", **credentials)
    assert (result["session_restored"], result["protocol"]) == (True, session["protocol"])
    again.event("messaging.receive", body="missed")
    again.event("calling.call.play", control_id="p1", state="finished")
    assert again.events("signalwire.authorization.state") == []
    assert again.result("calling.end", address)["code"] == "200"
    assert run.wait().status is Status.ANSWERED
    assert sandbox.counters.resumes == 1


@pytest.mark.parametrize(("mode", "copies", "same"), [("same_id", 2, True), ("new_id", 2, False), ("none", 1, True)])
def test_unacknowledged_events_are_redelivered_as_the_setting_says(
    dial_in: DialIn, mode: str, copies: int, same: bool
) -> None:
    with in_one_process(redelivery=mode) as sandbox:
        client = dial_in(sandbox, acks=False)
        client.login(sandbox, "office")
        sandbox.place(Caller().dials("office"))
        client.offer()
        credentials = resume(client)
        sandbox.cut()
        client.wait_closed()
        again = dial_in(sandbox)
        again.login(sandbox, "office", **credentials)
        again.result("signalwire.ping")
        offers = [
            message
            for each in (client, again)
            for message in each.received
            if message.get("params", {}).get("event_type") == "calling.call.receive"
        ]
        assert len(offers) == copies
        assert (len({message["id"] for message in offers}) == 1) is same


def test_an_unknown_protocol_or_a_bad_blob_gives_a_new_session(
    sandbox: Sandbox, dial_in: DialIn, client: RawClient
) -> None:
    for credentials in (
        {"protocol": "signalwire_x_y_z", "authorization_state": "a:b"},
        {"protocol": client.session["protocol"], "authorization_state": "a:b"},
    ):
        result = dial_in(sandbox).login(sandbox, "office", **credentials)
        assert result["session_restored"] is False
        assert result["protocol"] not in {credentials["protocol"], client.session["protocol"]}


def test_a_renewed_blob_voids_the_old_one(sandbox: Sandbox, dial_in: DialIn, client: RawClient) -> None:
    old = resume(client)
    sandbox.session().renew()
    states = client.wait(lambda: client.events("signalwire.authorization.state")[1:])
    new = {**old, "authorization_state": states[0]["authorization_state"]}
    assert dial_in(sandbox).login(sandbox, **old)["session_restored"] is False
    assert dial_in(sandbox).login(sandbox, **new)["session_restored"] is True


def test_a_session_that_nobody_resumes_ends_and_hangs_up_its_calls(dial_in: DialIn) -> None:
    with in_one_process() as sandbox:
        client = dial_in(sandbox)
        client.login(sandbox, "office")
        run = sandbox.place(Caller().dials("office").waits_for_hangup())
        client.answered()
        credentials = resume(client)
        sandbox.cut()
        outcome = run.wait(60)
        assert (outcome.end_reason, outcome.end_source) == ("error", "none")
        result = dial_in(sandbox).login(sandbox, "office", **credentials)
        assert result["session_restored"] is False
        (over,) = sandbox.ended_sessions()
        assert (over.sessionid, over.over, over.end_reason) == (client.session["sessionid"], True, "not_resumed")


def test_a_session_tells_when_and_why_it_ended(sandbox: Sandbox, dial_in: DialIn) -> None:
    def told_to_restart() -> None:
        sandbox.disconnect(restart=True)
        sandbox.cut()

    ends = {
        "restart": told_to_restart,
        "forgotten": sandbox.faults.forget,
        "server_restart": lambda: sandbox.restart(memory=False),
    }
    for end in ends.values():
        client = dial_in(sandbox)
        client.login(sandbox)
        session = sandbox.session()
        assert (session.over, session.ended, session.end_reason) == (False, None, None)
        end()
        client.wait(lambda session=session: session.over)
    over = sandbox.ended_sessions()
    assert [session.end_reason for session in over] == list(ends)
    assert all(session.ended is not None and session.ended >= session.began for session in over)


def test_a_resume_takes_over_from_a_connection_that_still_looks_alive(
    sandbox: Sandbox, dial_in: DialIn, client: RawClient
) -> None:
    credentials = resume(client)
    again = dial_in(sandbox)
    assert again.login(sandbox, "office", **credentials)["session_restored"] is True
    client.wait_closed()
    assert len(sandbox.sessions()) == 1
    assert sandbox.session().peer is not None


def test_contexts_are_those_of_the_newest_connect(sandbox: Sandbox, dial_in: DialIn, client: RawClient) -> None:
    client.result("signalwire.receive", {"contexts": ["sales"]})
    credentials = resume(client)
    sandbox.cut()
    dial_in(sandbox).login(sandbox, "office", **credentials)
    assert sandbox.session().contexts == {"office"}


def test_a_client_that_does_not_answer_pings_is_dropped(dial_in: DialIn) -> None:
    with in_one_process() as sandbox:
        deaf, alive = dial_in(sandbox), dial_in(sandbox)
        deaf.answers_pings = False
        deaf.login(sandbox)
        alive.login(sandbox)
        deaf.wait_closed()
        alive.result("signalwire.ping")
        assert sandbox.counters.deaf == 1
        assert any(message.get("method") == "signalwire.ping" for message in alive.received)


@pytest.mark.parametrize(("restart", "restored"), [(True, False), (False, True), (None, True)])
def test_disconnect_closes_when_answered_and_restart_forgets_the_session(
    sandbox: Sandbox, dial_in: DialIn, client: RawClient, restart: bool | None, restored: bool
) -> None:
    credentials = resume(client)
    sandbox.disconnect(restart=restart)
    frame = client.wait(lambda: [m for m in client.received if m.get("method") == "signalwire.disconnect"])[0]
    assert frame["params"] == ({} if restart is None else {"restart": restart})
    client.send({"jsonrpc": "2.0", "id": frame["id"], "result": {}})
    client.wait_closed()
    result = dial_in(sandbox).login(sandbox, "office", **credentials)
    assert result["session_restored"] is restored


def test_the_journal_has_both_directions_and_no_secret(sandbox: Sandbox, dial_in: DialIn, client: RawClient) -> None:
    credentials = resume(client)
    dial_in(sandbox).login(sandbox, "office", **credentials)
    frames = sandbox.journal(client.session["sessionid"])
    connect = next(e["frame"] for e in frames if e["frame"].get("method") == "signalwire.connect")
    assert connect["params"]["authentication"] == {"project": sandbox.project, "token": "***"}
    assert {entry["direction"] for entry in frames} == {"in", "out"}
    text = repr(frames)
    assert sandbox.token not in text
    assert credentials["authorization_state"] not in text


def play(address: Address, control_id: str, seconds: float) -> dict[str, Any]:
    silence = {"type": "silence", "params": {"duration": seconds}}
    return {**address, "control_id": control_id, "play": [silence]}

"""calling.join_conference and calling.leave_conference (protocol 7.5)."""

from __future__ import annotations

from doubles.raw_client import PlaceCall, RawClient

from relay_runtime.sandbox import Caller, Sandbox


def test_a_conference_starts_fills_empties_and_ends(client: RawClient, call: PlaceCall) -> None:
    _, first = call(Caller("+15550100011"))
    _, second = call(Caller("+15550100012"))
    conference_id = client.do(first, "calling.join_conference", name="standup")["conference_id"]
    assert client.do(second, "calling.join_conference", name="standup")["conference_id"] == conference_id
    assert client.code(second, "calling.join_conference", name="other") == "409"
    client.do(first, "calling.leave_conference", conference_id=conference_id)
    assert client.code(first, "calling.leave_conference", conference_id=conference_id) == "404"
    client.do(second, "calling.end")
    ended = client.event("calling.conference", status="conference-end")
    assert (ended["reason_ended"], "call_id" in ended) == ("last-participant-left", False)
    assert client.states("calling.conference", "status") == [
        "conference-start",
        "participant-join",
        "participant-join",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]


def test_a_conference_can_wait_for_its_host_end_with_it_and_be_full(
    client: RawClient, call: PlaceCall, sandbox: Sandbox
) -> None:
    (_, guest), (_, host), (_, late) = (call(Caller(f"+1555010001{n}")) for n in range(3))
    client.do(guest, "calling.join_conference", name="room", start_on_enter=False)
    assert client.states("calling.conference", "status") == ["participant-join"]
    client.do(host, "calling.join_conference", name="room", end_on_exit=True)
    assert client.code(late, "calling.join_conference", name="room", max_participants=2) == "409"
    client.do(host, "calling.end")
    ended = client.event("calling.conference", status="conference-end")
    assert ended["reason_ended"] == "participant-with-end-conference-on-exit-left"
    assert client.states("calling.conference", "status").count("participant-leave") == 2
    assert sandbox.exchange.conferences.sizes() == {}
    assert sandbox.counters.actions_open == 0

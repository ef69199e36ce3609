"""Conferences and queues (protocol 7.5)."""

from relay_runtime.sandbox import Caller


def test_a_conference_starts_fills_empties_and_ends(client, call):
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


def test_a_conference_can_wait_for_its_host_end_with_it_and_be_full(client, call, sandbox):
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


def queued(client, **match):
    return client.states("calling.call.queue", "status", **match)


def test_a_queued_call_waits_and_leaves(client, call):
    _, address = call(Caller())
    client.do(address, "calling.queue.enter", control_id="q", queue_name="support")
    client.event("calling.call.queue", status="stats")
    assert client.code(address, "calling.queue.leave", control_id="z", queue_name="support") == "404"
    client.do(address, "calling.queue.leave", control_id="q", queue_name="support")
    client.event("calling.call.queue", status="leave")
    assert (queued(client)[0], queued(client)[-1]) == ("enqueue", "leave")


def test_a_queued_call_gives_up_after_its_wait_time(client, call):
    _, address = call(Caller())
    client.do(address, "calling.queue.enter", control_id="q", queue_name="support", wait_time=2)
    client.event("calling.call.queue", status="leave")


def test_a_queued_call_is_taken_by_a_connect(client, call):
    _, waiting = call(Caller("+15550100011"))
    _, agent = call(Caller("+15550100012"))
    client.do(waiting, "calling.queue.enter", control_id="q", queue_name="support")
    device = {"type": "queue", "params": {"queue_name": "support", "node_id": agent["node_id"]}}
    client.do(agent, "calling.connect", devices=[[device]])
    client.event("calling.call.queue", status="dequeue")
    peer = client.event("calling.call.connect", connect_state="connected")["peer"]
    assert peer["call_id"] == waiting["call_id"]
    client.do(agent, "calling.disconnect")
    client.do(agent, "calling.connect", devices=[[device]])
    client.event("calling.call.connect", connect_state="failed")

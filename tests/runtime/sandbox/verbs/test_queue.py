"""calling.queue.enter and calling.queue.leave (protocol 7.5)."""

from __future__ import annotations

from typing import Any

from doubles.raw_client import PlaceCall, RawClient

from relay_runtime.sandbox import Caller


def queued(client: RawClient, **match: Any) -> list[str]:
    return client.states("calling.call.queue", "status", **match)


def test_a_queued_call_waits_and_leaves(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    client.do(address, "calling.queue.enter", control_id="q", queue_name="support")
    client.event("calling.call.queue", status="stats")
    assert client.code(address, "calling.queue.leave", control_id="z", queue_name="support") == "404"
    client.do(address, "calling.queue.leave", control_id="q", queue_name="support")
    client.event("calling.call.queue", status="leave")
    assert (queued(client)[0], queued(client)[-1]) == ("enqueue", "leave")


def test_a_queued_call_gives_up_after_its_wait_time(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    client.do(address, "calling.queue.enter", control_id="q", queue_name="support", wait_time=2)
    client.event("calling.call.queue", status="leave")


def test_a_queued_call_is_taken_by_a_connect(client: RawClient, call: PlaceCall) -> None:
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

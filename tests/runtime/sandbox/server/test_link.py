"""The way of frames to the client: late, twice, out of order, lost, standing still, deaf."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.raw_client import DialIn, RawClient, resume

from relay_runtime.sandbox import Sandbox
from relay_runtime.sandbox.server import link


def payloads(client: RawClient, count: int) -> list[str]:
    return [client.begin("signalwire.ping", {"payload": str(number)}) for number in range(count)]


def test_a_delay_keeps_the_order(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.faults.disturb(delay=0.02, jitter=0.02)
    ids = payloads(client, 20)
    client.reply(ids[-1])
    assert [message["id"] for message in client.received if message.get("id") in ids] == ids
    sandbox.faults.calm()
    client.result("signalwire.ping")


def order_with(seed: int, dial_in: DialIn, **how: Any) -> list[str]:
    with Sandbox(seed=seed) as sandbox:
        client = dial_in(sandbox)
        client.login(sandbox)
        client.event("signalwire.authorization.state")
        sandbox.faults.disturb(**how)
        sent = sandbox.counters.frames_out
        payloads(client, 30)
        client.wait(lambda: sandbox.counters.frames_out >= sent + 30)
        sandbox.faults.calm()
        client.result("signalwire.ping")  # its reply comes behind all of them
        return [message["id"] for message in client.received if "result" in message][1:-1]


def test_disturbances_by_chance_are_repeated_by_their_seed(dial_in: DialIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "_LONGEST_SWAP", 3600.0)  # a frame waits for the next one, not for a moment
    how = {"duplicate": 0.3, "reorder": 0.3}
    first, second, other = (order_with(seed, dial_in, **how) for seed in (7, 7, 8))
    assert first == second
    assert first != other
    assert len(first) > 30
    assert first != sorted(first, key=lambda request: int(request[1:]))


def test_frames_can_be_lost(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.faults.disturb(lose=1)
    before = sandbox.counters.frames_out
    lost = client.begin("signalwire.ping", {})
    client.wait(lambda: sandbox.counters.frames_out > before)
    sandbox.faults.calm()
    client.result("signalwire.ping")
    assert lost not in client.replies


def test_a_slow_reader_makes_the_client_wait(dial_in: DialIn) -> None:
    with Sandbox() as sandbox:
        client = dial_in(sandbox)
        client.login(sandbox)
        sandbox.faults.disturb(slow_reader=0.02)
        ids = payloads(client, 10)
        client.result("signalwire.ping")
        assert all(request in client.replies for request in ids)


def test_a_stalled_connection_goes_on_later_and_loses_nothing(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.faults.stall(0.05)
    ids = [client.begin("signalwire.ping", {"payload": str(number)}) for number in range(5)]
    sandbox.sends_message(from_number="+15550100001", to_number="+15550100002", body="x", context="office")
    client.event("messaging.receive")
    for number, request in enumerate(ids):
        assert client.reply(request)["result"] == {"payload": str(number)}


def test_a_half_open_connection_is_deaf_and_a_resume_replaces_it(dial_in: DialIn) -> None:
    with Sandbox(ping_interval=0.02, ping_timeout=0.02) as sandbox:
        client = dial_in(sandbox)
        client.login(sandbox, "office")
        credentials = resume(client)
        sandbox.faults.half_open()
        lost = client.begin("signalwire.ping", {})
        sandbox.sends_message(from_number="+15550100001", to_number="+15550100002", body="x", context="office")
        gevent.sleep(0.1)  # several server pings long: the sandbox must not drop it
        assert lost not in client.replies
        assert not client.closed
        again = dial_in(sandbox)
        assert again.login(sandbox, "office", **credentials)["session_restored"] is True
        again.event("messaging.receive")
        client.wait_closed()


def test_a_truncated_frame_ends_the_connection(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.faults.truncate()
    request = client.begin("signalwire.ping", {"payload": "x" * 1000})
    client.wait_closed()
    assert request not in client.replies

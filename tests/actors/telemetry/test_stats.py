"""What is counted, and when."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.connected import Wired
from doubles.exchange import Exchange
from doubles.frames import dial_event, event_frame, frame, leg_event, offer, reply, state
from doubles.hub import LIMIT, turns, until
from doubles.started import Started
from doubles.transport import Dropped, ScriptedPeer

from relay_actors.call.call import Call, CallActor
from relay_actors.errors import ConnectionLost, NotConnected, RelayError, RequestTimeout
from relay_actors.session.command import Command
from relay_actors.session.link import Link
from relay_actors.session.messages import Abandon, Shutdown, Tick
from relay_actors.telemetry.histogram import Histogram
from relay_actors.telemetry.stats import LOST, OTHER, REFUSED, TIMEOUT, UNKNOWN, UNSENT, Stats
from relay_actors.timing import Timing

PLAY = "calling.play"


def test_a_client_begins_with_nothing_counted() -> None:
    for value in vars(Stats()).values():
        assert not (value.count if isinstance(value, Histogram) else value)


def test_two_clients_count_apart() -> None:
    first, second = Stats(), Stats()
    first.calls_ended["hangup"] += 1
    first.calls_offered += 1
    assert second.calls_ended["hangup"] == 0
    assert second.calls_offered == 0


# Commands


@pytest.fixture
def peer() -> ScriptedPeer:
    return ScriptedPeer()


def wire(started: Started, peer: ScriptedPeer, **timing: Any) -> Wired:
    wired = Wired(started, peer, Timing(**{"close_timeout": LIMIT, **timing}))
    wired.up()
    return wired


def test_every_reply_counts_into_the_latency_of_its_method_and_a_refusal_as_a_failure_too(
    started: Started, peer: ScriptedPeer
) -> None:
    peer.answers["calling.record"] = {"result": {"code": "400", "message": "bad"}}
    wired = wire(started, peer)
    for _ in range(2):
        wired.send(PLAY).get(timeout=LIMIT)
    with pytest.raises(RelayError):
        wired.send("calling.record").get(timeout=LIMIT)
    latencies = wired.stats.command_seconds
    assert {method: each.count for method, each in latencies.items()} == {PLAY: 2, "calling.record": 1}
    assert 0 <= latencies[PLAY].total < LIMIT
    assert wired.stats.commands_failed == {("calling.record", REFUSED): 1}


def test_a_command_that_is_given_up_has_timed_out_and_its_late_reply_is_unmatched(
    started: Started, peer: ScriptedPeer
) -> None:
    peer.withheld = {PLAY}
    wired = wire(started, peer)
    wired.send(PLAY)
    identity = peer.request(PLAY)["id"]
    wired.actor.ref.tell(Abandon(identity))
    wired.actor.ref.tell(Abandon(identity))
    turns()
    peer.transport.deliver(reply(identity))
    turns()
    assert wired.stats.commands_failed == {(PLAY, TIMEOUT): 1}
    assert wired.stats.replies_unmatched == 1
    assert not wired.stats.command_seconds


def test_a_command_whose_deadline_has_passed_has_timed_out(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {PLAY}
    wired = wire(started, peer)
    future = wired.send(PLAY, seconds=-0.01)
    peer.request(PLAY)
    wired.actor.ref.tell(Tick())
    with pytest.raises(RequestTimeout):
        future.get(timeout=LIMIT)
    assert wired.stats.commands_failed == {(PLAY, TIMEOUT): 1}


def test_commands_in_flight_are_lost_with_the_connection(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {PLAY}
    wired = wire(started, peer)
    futures = [wired.send(PLAY) for _ in range(3)]
    peer.request(PLAY, count=3)
    peer.transport.drop()
    for future in futures:
        with pytest.raises(ConnectionLost):
            future.get(timeout=LIMIT)
    assert wired.stats.commands_failed == {(PLAY, LOST): 3}


def test_a_command_without_a_client_is_unsent() -> None:
    link = Link(Timing(), stats=Stats())
    with pytest.raises(NotConnected):
        link.execute(PLAY, {})
    assert link.stats.commands_failed == {(PLAY, UNSENT): 1}


def test_a_command_that_waits_for_a_connection_in_vain_is_unsent(started: Started) -> None:
    exchange = Exchange(started)
    exchange.link.connection = None
    exchange.supervisor.block = True
    with pytest.raises(RequestTimeout):
        exchange.link.execute(PLAY, {}, timeout=0.01)
    assert exchange.stats.commands_failed == {(PLAY, UNSENT): 1}
    assert isinstance(exchange.supervisor.received[0], Command)


# Frames and connections


def test_events_count_by_type_and_those_without_a_class_as_unknown(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    for event_type in ("calling.call.play", "calling.call.play", "calling.queue", "calling.call.novel", "x.y"):
        peer.push(event_type, {"call_id": "c1"})
    turns()
    assert wired.stats.events == {"calling.call.play": 2, "calling.call.queue": 1, UNKNOWN: 2}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("no json", "json"),
        ("[" * 100_000, "depth"),
        ("[1]", "shape"),
        ('{"id": "1", "method": 5}', "method"),
        ('{"id": "1", "method": "signalwire.event", "params": []}', "params"),
        ('{"id": "1", "method": "signalwire.event", "params": {}}', "event"),
        (frame(id="1", method="signalwire.novel", params={}), "unknown_method"),
    ],
)
def test_a_frame_that_means_nothing_counts_by_what_is_wrong_with_it(
    started: Started, peer: ScriptedPeer, text: Any, kind: str
) -> None:
    wired = wire(started, peer)
    peer.transport.deliver(text)
    turns()
    assert wired.stats.frames_bad == {kind: 1}


def test_the_end_of_a_connection_counts_by_its_error(started: Started, peer: ScriptedPeer) -> None:
    lost, left = wire(started, peer), wire(started, peer)
    peer.transports[0].drop(Dropped("gone"))
    left.actor.ref.tell(Shutdown())
    for wired in (lost, left):
        wired.down()
    assert lost.stats.connections_ended == {"Dropped": 1}
    assert left.stats.connections_ended == {"closed": 1}


# Calls


class Answering(CallActor):
    def run(self) -> None:
        self.answer()
        self.wait_for_ended()


def test_a_call_counts_as_answered_once_and_its_length_when_it_is_over(started: Started) -> None:
    exchange = Exchange(started)
    exchange.gets(offer(), state("answered"), state("answered"))
    assert exchange.stats.calls_answered == {"inbound": 1}
    assert exchange.stats.call_seconds.count == 0
    exchange.gets(state("ended", end_reason="hangup"))
    exchange.is_empty()
    assert exchange.stats.calls_ended == {"hangup": 1}
    assert exchange.stats.call_seconds.count == 1


def test_a_call_that_was_never_answered_does_not_count_as_answered(started: Started) -> None:
    exchange = Exchange(started)
    exchange.gets(offer(), state("ended", end_reason="cancel"))
    assert not exchange.stats.calls_answered
    assert exchange.stats.call_seconds.count == 1


def test_the_time_to_the_first_command_counts_once_a_call(started: Started) -> None:
    exchange = Exchange(started, Answering)
    exchange.gets(offer("c1"), offer("c2"))
    exchange.calls[0].command(PLAY, {})
    assert exchange.stats.first_command_seconds.count == 2


def test_a_dialled_call_counts_as_answered_and_has_no_time_to_its_first_command(started: Started) -> None:
    exchange = Exchange(started)
    outcome = exchange.dials()
    exchange.gets(leg_event("created", "b", "T"), dial_event("answered", "T", winner="b"))
    call: Call = outcome.get(timeout=LIMIT)
    call.command(PLAY, {})
    assert exchange.stats.calls_answered == {"outbound": 1}
    assert exchange.stats.first_command_seconds.count == 0


def test_a_call_over_a_real_connection_counts_the_reply_of_its_own_commands(
    started: Started, peer: ScriptedPeer
) -> None:
    wired = wire(started, peer)
    exchange = Exchange(started, Answering)
    exchange.link.connection = wired.actor.ref
    exchange.gets(offer())
    until(lambda: wired.stats.command_seconds)
    assert set(wired.stats.command_seconds) == {"calling.answer"}


def test_event_frames_that_are_delivered_twice_count_as_two_events(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    again = event_frame("calling.call.play", {"call_id": "c1"}, identity="same")
    peer.transport.deliver(again, again)
    turns()
    assert wired.stats.events == {"calling.call.play": 2}


@pytest.mark.slow
def test_no_text_of_a_server_makes_a_count_of_its_own(started: Started) -> None:
    exchange = Exchange(started, limit=1000)
    for number in range(300):
        call_id = f"c{number}"
        exchange.gets(offer(call_id), state("ended", call_id, end_reason=f"+1555{number:07d}"))
        exchange.is_empty()
    assert exchange.stats.calls_ended == {OTHER: 300}


def test_both_spellings_of_an_end_reason_are_one_and_those_of_our_own_are_kept() -> None:
    stats = Stats()
    for reason in ("no_answer", "noAnswer", "gone", "lost", "passed", "stopped", "transferred", "unknown"):
        stats.call_ended(reason)
    assert stats.calls_ended["noAnswer"] == 2
    assert OTHER not in stats.calls_ended


def test_commands_that_nobody_knows_fail_as_one() -> None:
    stats = Stats()
    for number in range(300):
        stats.command_failed(f"novel.{number}", LOST)
    stats.command_failed(PLAY, LOST)
    assert stats.commands_failed == {(OTHER, LOST): 300, (PLAY, LOST): 1}

"""What a connection does with the frames of a server, hostile ones included (law 5, law 6, protocol 1)."""

from __future__ import annotations

import itertools
import time
from types import SimpleNamespace
from typing import Any

import gevent
import msgspec
import pytest
from doubles.connected import Wired
from doubles.examples import examples
from doubles.frames import event_frame, frame, reply
from doubles.hub import LIMIT, turns, until
from doubles.started import Started
from doubles.transport import FakeTransport, ScriptedPeer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay_actors.kit.log import ThrottledLogger
from relay_actors.kit.throttle import Throttle
from relay_actors.session import connection
from relay_actors.session.messages import EventsReceived
from relay_actors.timing import Timing
from relay_actors.wire import frames
from relay_actors.wire.events import CallStateEvent, MessageReceiveEvent
from relay_actors.wire.frames import decode_frame

QUIET = Timing(close_timeout=LIMIT)


@pytest.fixture
def peer() -> ScriptedPeer:
    return ScriptedPeer()


@pytest.fixture
def wired(started: Started, peer: ScriptedPeer) -> Wired:
    connection = Wired(started, peer, QUIET)
    connection.up()
    return connection


def still_works(wired: Wired) -> None:
    """The connection reads, answers and sends as ever."""
    assert wired.send("calling.answer").get(timeout=LIMIT)["code"] == "200"
    wired.peer.transport.deliver(frame(id="still", method="signalwire.ping", params={"timestamp": 1.5}))
    assert until(lambda: wired.peer.transport.replies("still"))[0]["result"] == {"timestamp": 1.5}


# Events


def test_events_are_handed_on_in_order_with_the_ids_of_their_frames(wired: Wired) -> None:
    frames = [event_frame("calling.call.state", {"call_id": str(n)}, identity=f"e{n}") for n in range(10)]
    wired.peer.transport.deliver(*frames[:7])
    wired.peer.transport.deliver(*frames[7:])
    until(lambda: len(wired.events()) == 10)
    pairs = [pair for batch in wired.subscription.of(EventsReceived) for pair in batch.events]
    assert [(identity, event.call_id) for identity, event in pairs] == [(f"e{n}", str(n)) for n in range(10)]


def test_messages_go_to_the_messaging_actor_and_all_else_to_the_subscription(wired: Wired) -> None:
    for event_type in ("messaging.receive", "calling.call.state", "queuing.relay.tasks", "never.heard.of"):
        wired.peer.push(event_type, {})
    until(lambda: len(wired.events()) == 3)
    assert [type(event) for event in wired.events(wired.messaging)] == [MessageReceiveEvent]
    assert [event.event_type for event in wired.events()] == [
        "calling.call.state",
        "queuing.relay.tasks",
        "never.heard.of",
    ]


@pytest.mark.parametrize("event_type", ["calling.call.state", "messaging.state", "signalwire.authorization.state"])
def test_an_event_is_acknowledged_only_after_it_was_handed_on(wired: Wired, event_type: str) -> None:
    receivers = (wired.subscription, wired.messaging, wired.supervisor)
    handed: list[int] = []

    def mail() -> int:
        return sum(len(actor.mailbox) + len(actor.received) for actor in receivers)

    def took(_transport: FakeTransport, request: dict[str, Any]) -> None:
        handed.append(mail() - before)

    turns()
    before = mail()
    wired.peer.took = took  # type: ignore[method-assign]
    wired.peer.push(event_type, {"call_id": "c1", "authorization_state": "blob"}, identity="e1")
    until(lambda: wired.peer.transport.replies("e1"))
    assert handed == [1]


def test_an_acknowledgement_is_an_empty_result_with_the_same_id(wired: Wired) -> None:
    wired.peer.push("calling.call.state", {"call_id": "c1"}, identity="e1")
    assert until(lambda: wired.peer.transport.replies("e1")) == [{"jsonrpc": "2.0", "id": "e1", "result": {}}]


@pytest.mark.parametrize("identity", [7, 7.5, "", "\u2603", True, ["a"], {"b": 1}, 2**70, -1])
def test_an_id_of_any_type_is_sent_back_as_it_came(wired: Wired, identity: Any) -> None:
    wired.peer.push("calling.call.state", {"call_id": "c1"}, identity=identity)
    until(lambda: wired.events())
    (answer,) = wired.peer.transport.replies()
    assert answer["id"] == identity
    assert type(answer["id"]) is type(identity)


def test_an_event_without_an_id_is_handed_on_and_not_acknowledged(wired: Wired) -> None:
    body = {"event_type": "calling.call.state", "timestamp": 1.0, "params": {"call_id": "c1"}}
    wired.peer.transport.deliver(frame(method="signalwire.event", params=body))
    until(lambda: wired.events())
    assert wired.peer.transport.replies() == []


@pytest.mark.parametrize(
    "params", [None, {}, [], "text", 7, {"event_type": None}, {"event_type": ""}, {"event_type": 5}, {"params": {}}]
)
def test_an_event_that_makes_no_sense_is_acknowledged_and_dropped(wired: Wired, params: Any) -> None:
    wired.peer.transport.deliver(frame(id="e1", method="signalwire.event", params=params))
    assert until(lambda: wired.peer.transport.replies("e1"))[0]["result"] == {}
    assert wired.events() == []
    still_works(wired)


@pytest.mark.parametrize("body", [None, [], "text", 7, {"call_id": 5, "call_state": ["x"]}, {"call_id": None}])
def test_a_body_of_an_odd_shape_is_an_event_without_those_fields(wired: Wired, body: Any) -> None:
    wired.peer.push("calling.call.state", body)
    (event,) = until(lambda: wired.events())
    assert isinstance(event, CallStateEvent)
    assert event.call_state == ""
    still_works(wired)


# Hostile frames

HOSTILE: list[str | bytes] = [
    b"",
    b" ",
    b"not json",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"7",
    b"true",
    b"[{}]",
    b"{}",
    b'{"id":null}',
    b"\xff\xfe\x00",
    b'"\xed\xa0\x80"',
    b'{"id":"x","method":null,"result":null}',
    b'{"id":"x","method":5,"params":{}}',
    b'{"id":"x","method":[],"params":{}}',
    b'{"method":"signalwire.event"}',
    b'{"method":"signalwire.event","params":null}',
    b'{"method":"signalwire.ping","params":null}',
    b'{"method":"no.such.method","params":null}',
    b'{"id":"x","result":{"code":{}}}',
    b'{"id":{},"result":{}}',
    b'{"id":[[]],"error":[]}',
    b'{"id":1e400,"result":{}}',
    b'{"id":"x","method":"signalwire.event","params":{"event_type":"calling.call.state","timestamp":1e999}}',
    b'{"jsonrpc":"1.0","id":"x","result":{},"result":{}}',
    b"[" * 100_000,
    b'{"id":"x","method":"signalwire.event","params":' + b'{"params":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
    b'{"id":"x","result":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
    b'{"id":' + b"9" * 5_000 + b',"result":{}}',
    b'{"id":"' + b"x" * 1_000_000 + b'"}',
    "text instead of bytes",
    "\ud800",
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda value: repr(value[:40]))
def test_no_frame_ends_the_connection(wired: Wired, hostile: str | bytes) -> None:
    wired.peer.transport.deliver(hostile)
    still_works(wired)


def test_all_hostile_frames_in_one_read_do_not_hide_the_good_ones(wired: Wired) -> None:
    good = [event_frame("calling.call.state", {"call_id": str(n)}) for n in range(len(HOSTILE))]
    wired.peer.transport.deliver(*(each for pair in zip(HOSTILE, good, strict=True) for each in pair))
    until(lambda: len(wired.events()) >= len(good))
    ids = [event.call_id for event in wired.events() if event.call_id]
    assert ids == [str(n) for n in range(len(HOSTILE))]


@pytest.mark.parametrize("depth", [*range(150, 260, 10), *range(900, 1_100, 7)])
def test_nesting_of_any_depth_is_survived(wired: Wired, depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    for shape in (
        b'{"id":%b,"method":"signalwire.event","params":{}}',
        b'{"id":"e","method":"signalwire.event","params":{"event_type":"calling.call.state","params":%b}}',
        b'{"id":"e","method":"signalwire.event","params":{"event_type":5,"params":%b}}',
        b'{"id":"e","method":"signalwire.event","params":{"event_type":"calling.call.state","params":{"device":%b,"x":1,'
        b'"call_state":5}}}',
        b'{"id":"p","method":"signalwire.ping","params":{"payload":%b}}',
        b'{"id":"r","result":{"code":"500","message":%b}}',
        b'{"id":"r","error":{"code":"500","message":%b}}',
    ):
        wired.peer.transport.deliver(shape % nested)
    still_works(wired)


def test_a_reply_that_cannot_be_understood_fails_its_command_or_leaves_it_to_its_deadline(wired: Wired) -> None:
    wired.peer.withheld = {"calling.play"}
    future = wired.send()
    identity = wired.peer.request("calling.play")["id"]
    wired.peer.transport.deliver(frame(id=identity, result={"code": {"odd": 1}, "message": ["x"]}))
    with pytest.raises(Exception, match="the server gave no reason|x"):
        future.get(timeout=LIMIT)


def test_a_frame_that_our_own_code_fails_on_does_not_end_the_connection(
    wired: Wired, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    decode = frames.decode_frame

    def fragile(text: Any) -> Any:
        if b"poison" in text:
            raise RuntimeError("poison")
        return decode(text)

    monkeypatch.setattr(connection, "decode_frame", fragile)
    good = [event_frame("calling.call.state", {"call_id": str(n)}, identity=f"e{n}") for n in range(2)]
    wired.peer.transport.deliver(good[0], b'{"poison":1}', good[1])
    assert [event.call_id for event in until(lambda: wired.events())] == ["0", "1"]
    still_works(wired)
    assert any("a frame that could not be handled: RuntimeError" in line for line in log_lines)
    assert not any("poison" in line for line in log_lines)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=10,
)
methods = st.sampled_from(["signalwire.event", "signalwire.ping", "calling.play", "", "x"])
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "event_type": st.sampled_from(["calling.call.state", "messaging.state", "calling.call.receive"]) | anything,
        "timestamp": anything,
        "project_id": anything,
        "context": anything,
        "params": anything,
        "payload": anything,
        "restart": anything,
    },
)
frames_of_any_kind = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text(max_size=3) | anything,
        "method": methods | anything,
        "params": envelopes | anything,
        "result": anything,
        "error": anything,
    },
)


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=st.lists(frames_of_any_kind.map(msgspec.json.encode) | st.binary(max_size=30), min_size=1, max_size=8))
@pytest.mark.slow
def test_no_batch_of_frames_ends_the_connection(batch: list[bytes]) -> None:
    started, peer = Started(), ScriptedPeer()
    wired = Wired(started, peer, QUIET)
    wired.up()
    wired.peer.transport.deliver(*batch)
    still_works(wired)
    started.end()


# Other requests of the server


@pytest.mark.parametrize(
    ("params", "echo"),
    [
        ({"timestamp": 1760000000.5, "payload": "x"}, {"timestamp": 1760000000.5, "payload": "x"}),
        ({"timestamp": 5}, {"timestamp": 5.0}),
        ({"payload": {"any": [1, None]}}, {"payload": {"any": [1, None]}}),
        ({}, {}),
        (None, {}),
        ({"timestamp": "not a number", "payload": ""}, {"payload": ""}),
    ],
)
def test_a_ping_is_answered_with_what_it_brought(wired: Wired, params: Any, echo: dict[str, Any]) -> None:
    wired.peer.transport.deliver(frame(id="p1", method="signalwire.ping", params=params))
    assert until(lambda: wired.peer.transport.replies("p1")) == [{"jsonrpc": "2.0", "id": "p1", "result": echo}]


def test_a_ping_without_an_id_gets_no_answer(wired: Wired) -> None:
    wired.peer.transport.deliver(frame(method="signalwire.ping", params={}))
    still_works(wired)
    assert len(wired.peer.transport.replies()) == 1


@pytest.mark.parametrize(("params", "code"), [({}, -32601), (None, -32601), ([], -32602)])
def test_an_unknown_request_is_refused_by_number(wired: Wired, params: Any, code: int) -> None:
    wired.peer.transport.deliver(frame(id="q1", method="calling.surprise", params=params))
    assert until(lambda: wired.peer.transport.replies("q1"))[0]["error"]["code"] == code
    still_works(wired)


def test_a_refusal_repeats_nothing_of_the_frame(wired: Wired, log_lines: list[str]) -> None:
    secret = "s3cr3t-value"
    wired.peer.transport.deliver(
        frame(id="q1", method="calling.surprise", params=[secret]),
        frame(id="q2", method=[secret], params={}),
        frame(id="q3", method="signalwire.event", params={"event_type": "x", "timestamp": secret, "params": secret}),
        frame(id="q4", result={"code": "500", "message": secret}),
        secret,
        frame(secret=secret),
    )
    still_works(wired)
    assert secret not in str(wired.peer.transport.sent)
    assert not any(secret in line for line in log_lines)


# Load


@pytest.mark.real_time
@pytest.mark.slow
def test_a_blocked_hub_is_not_taken_for_a_dead_server(started: Started, peer: ScriptedPeer) -> None:
    wired = Wired(started, peer, Timing(probe_idle=0.03, probe_timeout=0.03))
    wired.up()
    peer.withheld = {"signalwire.ping"}
    ping = peer.request("signalwire.ping")
    time.sleep(0.15)  # something blocks everybody while the answer comes
    until(lambda: wired.actor._liveness.due() > time.monotonic(), "the look at the clock that was held up")
    peer.transport.deliver(reply(ping["id"]))
    peer.withheld = set()
    peer.request("signalwire.ping", count=2)
    assert wired.actor.ref.is_alive()


def test_a_flood_reaches_the_actor_a_few_reads_at_a_time(wired: Wired) -> None:
    """The reader waits for the actor: a flood fills the socket's buffers, not this process."""
    most = 0
    for number in range(200):
        wired.peer.push("calling.call.state", {"call_id": str(number)})
        turns(1)
        most = max(most, len(wired.actor.mailbox))
    until(lambda: len(wired.events()) == 200)
    assert most <= 4


def test_a_flood_of_frames_that_are_none_is_told_of_rarely(wired: Wired, log_lines: list[str]) -> None:
    now = 0.0
    wired.actor._faults._throttle = ThrottledLogger(Throttle(lambda: now))
    wired.peer.transport.deliver(*[b"{"] * 500)
    still_works(wired)
    now = 60.0
    wired.peer.transport.deliver(b"{", b'{"method":"signalwire.event","id":"e"}')
    still_works(wired)
    assert wired.stats.frames_bad == {"json": 501, "event": 1}
    first, second, third = (line for line in log_lines if "ignored" in line)
    assert "ignored a frame that could not be understood: not JSON" in first
    assert "not JSON; 499 more since the last word" in second
    assert "ignored an event without params or type" in third


# Floods


@pytest.mark.real_time
def test_timers_get_their_turn_between_batches_that_take_long(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count(time.monotonic(), 0.01)  # seconds that each look at the clock takes
    monkeypatch.setattr(connection, "clock", SimpleNamespace(monotonic=ticks.__next__, wall=time.time))
    decoded = 0

    def counted(text: str) -> Any:
        nonlocal decoded
        decoded += 1
        return decode_frame(text)

    monkeypatch.setattr(connection, "decode_frame", counted)
    until_a_timer: list[int] = []

    def sleep() -> None:
        while True:
            before = decoded
            gevent.sleep(1e-6)
            until_a_timer.append(decoded - before)

    transport = wired.peer.transport
    receive, batches = transport.receive_batch, [["{}"] * 32 for _ in range(20)]
    monkeypatch.setattr(transport, "receive_batch", lambda: batches.pop() if batches else receive())
    sleeper = gevent.spawn(sleep)
    transport.deliver("{}")
    until(lambda: decoded == 20 * 32 + 1)
    sleeper.kill()
    assert max(until_a_timer) <= 2 * 32
    still_works(wired)


def test_what_came_before_the_login_is_handled_in_batches(started: Started, peer: ScriptedPeer) -> None:
    early = [event_frame("calling.call.state", {"call_id": str(n)}, identity=f"e{n}") for n in range(300)]
    accept = peer.login

    def answer(params: dict[str, Any]) -> dict[str, Any] | None:
        peer.transport.deliver(*early)
        return accept(params)

    peer.login = answer
    wired = Wired(started, peer, QUIET)
    until(lambda: len(wired.events()) == 300)
    assert [event.call_id for event in wired.events()] == [str(n) for n in range(300)]
    assert max(len(batch.events) for batch in wired.subscription.of(EventsReceived)) == 128
    still_works(wired)

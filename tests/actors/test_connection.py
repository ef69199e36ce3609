"""One connection's life: login, commands, liveness and the end. Its frames: test_connection_frames.py."""

from __future__ import annotations

from typing import Any

import gevent
import msgspec
import pytest
from doubles.connected import CREDENTIALS, Wired
from doubles.frames import event_frame, frame, reply
from doubles.hub import LIMIT, active_watchers, turns, until
from doubles.started import Started
from doubles.transport import Dropped, ScriptedPeer, refused, refused_in_result

from relay_actors.connection import ConnectTimeout, ServerDisconnect
from relay_actors.errors import ConnectionLost, NotConnected, RelayError, RequestTimeout
from relay_actors.messages import (
    Abandon,
    Command,
    ConnectionUp,
    EventsReceived,
    SessionChanged,
    SessionStarted,
    Shutdown,
)
from relay_actors.outcome import LoginRefused
from relay_actors.session import Session
from relay_actors.timing import Timing

SLOW = Timing(close_timeout=LIMIT)
FAST = Timing(probe_idle=0.04, probe_timeout=0.04, connect_timeout=0.05, close_timeout=0.02)


@pytest.fixture
def peer() -> ScriptedPeer:
    return ScriptedPeer()


def wire(started: Started, peer: ScriptedPeer, timing: Timing = SLOW, session: Session | None = None) -> Wired:
    return Wired(started, peer, timing, session)


# Login


def test_the_first_frame_is_the_login(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.send("calling.play")
    wired.up()
    turns()
    assert [request["method"] for request in peer.transport.sent] == ["signalwire.connect", "calling.play"]
    assert peer.transport.sent[0]["params"] == {
        "version": {"major": 2, "minor": 0, "revision": 0},
        "agent": "tests/1.0",
        "event_acks": True,
        "authentication": {"project": "the-project", "token": "PT-secret-token"},
        "contexts": ["office"],
    }


def test_a_login_is_told_to_the_workers_before_the_supervisor(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    up = wired.up()
    assert up.session == Session(protocol="signalwire_1", contexts=("office",))
    assert not up.restored
    assert wired.subscription.received == [SessionStarted(restored=False)]
    assert wired.messaging.received == [SessionStarted(restored=False)]


@pytest.mark.parametrize("refusal", [refused(), refused(-32000), refused_in_result(), refused_in_result(403)])
def test_a_refusal_of_either_shape_ends_the_connection_and_its_socket(
    started: Started, peer: ScriptedPeer, refusal: Any
) -> None:
    peer.login = refusal
    wired = wire(started, peer)
    reason = wired.down()
    assert isinstance(reason, LoginRefused)
    assert reason.permanent
    assert peer.transport.released
    assert wired.supervisor.of(ConnectionUp) == []
    assert wired.subscription.received == []


def test_a_result_with_a_failing_code_is_no_login_though_it_has_a_protocol(
    started: Started, peer: ScriptedPeer
) -> None:
    peer.login = lambda _: {"result": {"protocol": "signalwire_x", "code": "401", "message": "Unauthorized"}}
    assert isinstance(wire(started, peer).down(), LoginRefused)


def test_a_server_that_does_not_answer_the_login_is_no_refusal(started: Started, peer: ScriptedPeer) -> None:
    peer.login = lambda _: None
    wired = wire(started, peer, FAST)
    assert isinstance(wired.down(), ConnectTimeout)
    assert not isinstance(wired.down(), LoginRefused)
    assert peer.transport.released


def test_a_socket_that_does_not_open_in_time_ends_the_connection(started: Started, peer: ScriptedPeer) -> None:
    peer.gate.clear()
    wired = wire(started, peer, FAST)
    assert isinstance(wired.down(), ConnectTimeout)
    assert peer.transports == []


def test_a_socket_that_cannot_be_opened_ends_the_connection_with_its_reason(
    started: Started, peer: ScriptedPeer
) -> None:
    peer.connect_error = OSError("no route to host")
    assert str(wire(started, peer).down()) == "no route to host"


def test_a_socket_that_breaks_during_the_login_ends_the_connection(started: Started, peer: ScriptedPeer) -> None:
    peer.login = lambda _: None
    wired = wire(started, peer)
    until(lambda: peer.transports)
    turns()
    peer.transport.drop(Dropped("cut"))
    assert str(wired.down()) == "cut"


@pytest.mark.parametrize("instant", ["while it opens", "as it opens", "during the login"])
def test_a_connection_that_is_killed_while_it_logs_in_leaves_no_socket(
    started: Started, peer: ScriptedPeer, instant: str
) -> None:
    peer.login = lambda _: None
    if instant != "during the login":
        peer.gate.clear()
    wired = wire(started, peer)
    turns()
    if instant == "as it opens":
        peer.gate.set()
    wired.actor.ref.kill()
    peer.gate.set()
    turns()
    assert all(transport.released for transport in peer.transports)
    assert wired.actor._loop_greenlet is not None
    assert wired.actor._loop_greenlet.dead


def test_what_comes_before_the_reply_to_the_login_is_handled_after_it(started: Started, peer: ScriptedPeer) -> None:
    def login(params: dict[str, Any]) -> dict[str, Any]:
        state = event_frame("signalwire.authorization.state", {"authorization_state": "blob:1"}, identity="e1")
        peer.transport.deliver("not json", b"\xff", state, frame(id="other", result={"protocol": "not this one"}))
        peer.transport.deliver(frame(id="p1", method="signalwire.ping", params={"timestamp": 5.5}))
        return {"result": {"protocol": "signalwire_p"}}

    peer.login = login
    wired = wire(started, peer)
    wired.up()
    turns()
    kinds = [type(message) for message in wired.supervisor.received]
    assert kinds == [ConnectionUp, SessionChanged]
    assert [answer["id"] for answer in peer.transport.replies()] == ["e1", "p1"]


def test_what_comes_right_behind_the_reply_to_the_login_is_handled(started: Started, peer: ScriptedPeer) -> None:
    peer.login = lambda _: None
    wired = wire(started, peer)
    turns()
    identity = peer.transport.sent[0]["id"]
    offer = event_frame("calling.call.receive", {"call_id": "c1", "node_id": "n1"})
    peer.transport.deliver(reply(identity, protocol="signalwire_p"), offer)
    wired.up()
    turns()
    assert [type(m) for m in wired.subscription.received] == [SessionStarted, EventsReceived]


# Restored or not (section 2.2)

KEPT = Session("signalwire_p", "blob:1", ("office",))
VARIANTS = [
    ({"protocol": "signalwire_p", "session_restored": True}, True, "blob:1"),
    ({"protocol": "signalwire_p"}, True, "blob:1"),
    ({"protocol": "signalwire_p", "session_restored": False}, True, "blob:1"),
    ({"protocol": "signalwire_q", "session_restored": True}, True, "blob:1"),
    ({"protocol": "signalwire_q", "session_restored": False}, False, ""),
    ({"protocol": "signalwire_q"}, False, ""),
    ({"protocol": "signalwire_q", "session_restored": "true"}, False, ""),
]


@pytest.mark.parametrize(("result", "restored", "blob"), VARIANTS)
def test_a_session_is_restored_when_the_server_says_so_or_names_the_same_protocol(
    started: Started, peer: ScriptedPeer, result: dict[str, Any], restored: bool, blob: str
) -> None:
    peer.login = lambda _: {"result": result}
    wired = wire(started, peer, session=KEPT)
    up = wired.up()
    assert up.restored is restored
    assert up.session == Session(result["protocol"], blob, ("office",))
    assert wired.subscription.received == [SessionStarted(restored)]


def test_a_first_session_is_never_restored_whatever_the_server_says(started: Started, peer: ScriptedPeer) -> None:
    peer.login = lambda _: {"result": {"protocol": "signalwire_p", "session_restored": True}}
    assert not wire(started, peer).up().restored


def test_a_resume_sends_protocol_and_state(started: Started, peer: ScriptedPeer) -> None:
    wire(started, peer, session=KEPT).up()
    params = peer.transport.sent[0]["params"]
    assert (params["protocol"], params["authorization_state"]) == ("signalwire_p", "blob:1")


def test_a_new_state_of_the_authorization_goes_to_the_supervisor(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    for blob in ("blob:1", "blob:2", ""):
        peer.push("signalwire.authorization.state", {"authorization_state": blob}, identity=f"id {blob}")
    until(lambda: len(peer.transport.replies()) == 3)
    assert [change.authorization_state for change in wired.supervisor.of(SessionChanged)] == ["blob:1", "blob:2"]


# Commands


def test_replies_find_their_commands_in_any_order(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {"a", "b", "c"}
    wired = wire(started, peer)
    wired.up()
    futures = {method: wired.send(method) for method in "abc"}
    turns()
    ids = {request["method"]: request["id"] for request in peer.transport.requests()}
    peer.transport.deliver(*(reply(ids[method], message=method) for method in "cab"))
    for method, future in futures.items():
        assert future.get(timeout=LIMIT)["message"] == method


def test_a_refused_command_raises_what_the_server_said(started: Started, peer: ScriptedPeer) -> None:
    peer.answers["calling.play"] = {"result": {"code": "400", "message": "bad", "data": {"play": ["missing"]}}}
    wired = wire(started, peer)
    wired.up()
    with pytest.raises(RelayError) as refusal:
        wired.send().get(timeout=LIMIT)
    assert (refusal.value.code, refusal.value.data) == (400, {"play": ["missing"]})


def test_a_reply_is_taken_once(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {"calling.play"}
    wired = wire(started, peer)
    wired.up()
    future = wired.send()
    identity = peer.request("calling.play")["id"]
    peer.transport.deliver(reply(identity, message="first"), reply(identity, code="500"))
    assert future.get(timeout=LIMIT)["message"] == "first"
    assert wired.send("calling.answer").get(timeout=LIMIT)


@pytest.mark.parametrize("end", ["drop", "kill", "shutdown"])
def test_a_command_in_flight_ends_as_lost_and_sent(started: Started, peer: ScriptedPeer, end: str) -> None:
    peer.withheld = {"calling.play"}
    wired = wire(started, peer)
    wired.up()
    future = wired.send()
    peer.request("calling.play")
    if end == "drop":
        peer.transport.drop()
    elif end == "kill":
        wired.actor.ref.kill()
    else:
        wired.actor.ref.tell(Shutdown())
    with pytest.raises(ConnectionLost, match=r"before calling\.play was answered") as lost:
        future.get(timeout=LIMIT)
    assert lost.value.sent
    assert future.sent


def test_commands_that_wait_behind_the_end_go_back_to_the_supervisor(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    wired.actor.ref.offer(Dropped("cut"))
    futures = [wired.send(), wired.send()]
    wired.down()
    turns()
    assert len(wired.supervisor.of(Command)) == 2
    assert not any(future.done() or future.sent for future in futures)


def test_commands_fail_when_the_supervisor_is_gone_too(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    wired.supervisor.ref.kill()
    wired.actor.ref.offer(Dropped("cut"))
    with pytest.raises(NotConnected, match=r"calling\.play was not sent: the client has stopped"):
        wired.send().get(timeout=LIMIT)


def test_a_write_that_fails_is_the_loss_of_the_link_and_the_command_was_not_sent(
    started: Started, peer: ScriptedPeer
) -> None:
    wired = wire(started, peer)
    wired.up()
    peer.transport.write_error = Dropped("broken pipe")
    futures = [wired.send(), wired.send()]
    assert str(wired.down()) == "broken pipe"
    turns()
    assert len(wired.supervisor.of(Command)) == 2
    assert not any(future.done() or future.sent for future in futures)


def test_a_socket_that_cannot_be_released_keeps_nobody_waiting(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {"calling.play"}
    wired = wire(started, peer)
    wired.up()
    future = wired.send()
    peer.request("calling.play")
    peer.transport.abort_error = Dropped("already gone")
    peer.transport.drop()
    with pytest.raises(ConnectionLost):
        future.get(timeout=LIMIT)
    wired.down()


def test_a_reply_after_its_command_was_abandoned_is_ignored(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {"calling.play"}
    wired = wire(started, peer)
    wired.up()
    wired.send()
    identity = peer.request("calling.play")["id"]
    wired.actor.ref.tell(Abandon(identity))
    turns()
    peer.transport.deliver(reply(identity))
    assert wired.send("calling.answer").get(timeout=LIMIT)


def test_a_command_that_nobody_waits_for_is_not_kept_for_ever(started: Started, peer: ScriptedPeer) -> None:
    """`calling.end` for a leg that nobody wants has no waiter that could abandon it."""
    peer.withheld = {"calling.end"}
    wired = wire(started, peer, Timing(probe_idle=0.02, probe_timeout=LIMIT))
    wired.up()
    future = wired.send("calling.end", seconds=0.01)
    with pytest.raises(RequestTimeout, match=r"calling\.end timed out; it was sent, but no reply came") as late:
        future.get(timeout=LIMIT)
    assert late.value.sent
    assert wired.actor._pending == {}
    assert wired.actor.ref.is_alive()


# Liveness


def test_one_slow_reply_fails_that_request_alone_then_probes(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {"slow"}
    wired = wire(started, peer)
    wired.up()
    wired.send("slow")
    identity = peer.request("slow")["id"]
    wired.actor.ref.tell(Abandon(identity))
    peer.request("signalwire.ping")
    assert wired.send("fast").get(timeout=LIMIT)
    assert wired.actor.ref.is_alive()


def test_many_slow_replies_send_one_probe(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {"slow", "signalwire.ping"}
    wired = wire(started, peer)
    wired.up()
    for _ in range(5):
        wired.send("slow")
    turns()
    for request in peer.requests("slow"):
        wired.actor.ref.tell(Abandon(request["id"]))
    turns()
    assert len(peer.requests("signalwire.ping")) == 1


def test_an_abandoned_command_that_was_answered_before_sends_no_probe(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    wired.send().get(timeout=LIMIT)
    wired.actor.ref.tell(Abandon(peer.request("calling.play")["id"]))
    turns()
    assert peer.requests("signalwire.ping") == []


def test_a_silent_server_is_probed_and_an_answer_keeps_the_link(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer, FAST)
    wired.up()
    ping = peer.request("signalwire.ping", count=3)
    assert isinstance(ping["params"]["timestamp"], float)
    assert wired.actor.ref.is_alive()


def test_a_half_open_socket_is_found(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {"signalwire.ping"}
    wired = wire(started, peer, FAST)
    wired.up()
    reason = wired.down()
    assert isinstance(reason, ConnectionLost)
    assert "answers no ping" in str(reason)
    assert peer.transport.released
    assert len(peer.requests("signalwire.ping")) == 1


@pytest.mark.parametrize("sign", ["a reply", "an event", "garbage"])
def test_any_frame_is_a_sign_of_life(started: Started, peer: ScriptedPeer, sign: str) -> None:
    peer.withheld = {"signalwire.ping"}
    wired = wire(started, peer, FAST)
    wired.up()
    frames = {"a reply": reply("unknown"), "an event": event_frame("x", {}), "garbage": b"{"}
    for count in range(1, 4):
        peer.request("signalwire.ping", count=count)
        peer.transport.deliver(frames[sign])
    assert wired.actor.ref.is_alive()


# The end


def test_a_shutdown_closes_the_socket_cleanly(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    wired.actor.ref.tell(Shutdown())
    assert wired.down() is None
    assert peer.transport.closed == 1


def test_a_second_shutdown_does_no_harm(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    wired.actor.ref.tell(Shutdown())
    wired.actor.ref.tell(Shutdown())
    assert wired.down() is None


def test_a_close_that_fails_ends_the_connection_all_the_same(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    peer.transport.close_error = Dropped("no close frame")
    wired.actor.ref.tell(Shutdown())
    wired.down()
    assert peer.transport.aborted


def test_a_command_during_the_close_is_not_written(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    wired.actor.ref.tell(Shutdown())
    future = wired.send()
    wired.down()
    turns()
    assert peer.requests("calling.play") == []
    assert len(wired.supervisor.of(Command)) == 1
    assert not future.done()


@pytest.mark.parametrize("error", [Dropped("cut"), gevent.Timeout(1), OSError(104, "reset")])
def test_whatever_the_transport_raises_is_the_loss_of_the_link(
    started: Started, peer: ScriptedPeer, error: BaseException
) -> None:
    wired = wire(started, peer)
    wired.up()
    peer.transport._failure = error  # type: ignore[assignment]
    peer.transport.drop()
    wired.down()
    assert peer.transport.released


def test_what_was_read_before_the_end_is_handled(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    for number in range(20):
        peer.push("calling.call.state", {"call_id": str(number), "call_state": "ringing"})
    peer.transport.drop()
    wired.down()
    turns()
    assert [event.call_id for event in wired.events()] == [str(number) for number in range(20)]


def test_nothing_is_left_when_a_connection_has_ended(started: Started, peer: ScriptedPeer) -> None:
    before = active_watchers()
    for end in ("drop", "shutdown", "announced", "kill"):
        wired = wire(started, peer)
        wired.up()
        if end == "drop":
            peer.transport.drop()
        elif end == "shutdown":
            wired.actor.ref.tell(Shutdown())
        elif end == "announced":
            for _ in range(2):
                peer.transport.deliver(frame(id="d", method="signalwire.disconnect", params={"restart": True}))
            turns()
            peer.transport.drop()
        else:
            wired.actor.ref.kill()
        wired.down()
        turns()
        assert wired.actor._reader is None or wired.actor._reader.dead
    assert active_watchers() == before


# signalwire.disconnect (section 2.6)


def announce(peer: ScriptedPeer, **params: Any) -> None:
    peer.transport.deliver(frame(id="d1", method="signalwire.disconnect", params=params or None))


@pytest.mark.parametrize(("params", "forget"), [({"restart": True}, True), ({"restart": False}, False), ({}, False)])
def test_an_announced_disconnect_is_answered_and_forgets_the_session_on_restart(
    started: Started, peer: ScriptedPeer, params: dict[str, Any], forget: bool
) -> None:
    wired = wire(started, peer)
    wired.up()
    announce(peer, **params)
    until(lambda: peer.transport.replies("d1"))
    assert peer.transport.replies("d1") == [{"jsonrpc": "2.0", "id": "d1", "result": {}}]
    assert [change.forget for change in wired.supervisor.of(SessionChanged)] == [True] * forget


def test_the_answer_to_an_announced_disconnect_is_the_last_frame(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    peer.transport.deliver(
        event_frame("calling.call.state", {"call_id": "c1"}, identity="before"),
        frame(id="d1", method="signalwire.disconnect", params={"restart": False}),
        event_frame("calling.call.state", {"call_id": "c1"}, identity="behind"),
        frame(id="p1", method="signalwire.ping", params={}),
    )
    until(lambda: peer.transport.replies("d1"))
    wired.send()
    peer.push("calling.call.state", {"call_id": "c1"}, identity="later")
    turns()
    assert [sent.get("id") for sent in peer.transport.sent[1:]] == ["before", "d1"]
    assert len(wired.events()) == 3  # handed on though not acknowledged: a resume brings them again


def test_commands_after_an_announced_disconnect_wait_for_the_next_connection(
    started: Started, peer: ScriptedPeer
) -> None:
    wired = wire(started, peer)
    wired.up()
    announce(peer)
    until(lambda: peer.transport.replies("d1"))
    future = wired.send()
    turns()
    assert len(wired.supervisor.of(Command)) == 1
    assert peer.requests("calling.play") == []
    assert not future.sent


def test_a_server_that_announces_and_does_not_close_is_left(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer, FAST)
    wired.up()
    announce(peer, restart=True)
    assert isinstance(wired.down(), ServerDisconnect)
    assert peer.transport.released


def test_a_reply_still_counts_after_an_announced_disconnect(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {"calling.play"}
    wired = wire(started, peer)
    wired.up()
    future = wired.send()
    identity = peer.request("calling.play")["id"]
    announce(peer)
    peer.transport.deliver(reply(identity))
    assert future.get(timeout=LIMIT)["code"] == "200"


# Secrets


def test_no_secret_is_logged_or_shown(started: Started, peer: ScriptedPeer, log_lines: list[str]) -> None:
    peer.withheld = {"calling.play"}
    wired = wire(started, peer, session=Session("signalwire_p", "blob-secret-blob", ("office",)))
    wired.up()
    peer.push("signalwire.authorization.state", {"authorization_state": "new-secret-blob"})
    peer.transport.deliver(msgspec.json.encode({"id": 5, "method": 5, "params": {"token": "echoed-secret"}}))
    wired.send(to_number="+15550100001", token="param-secret")
    turns()
    peer.transport.drop()
    wired.down()
    turns()
    shown = [*log_lines, *map(repr, wired.supervisor.received), *map(repr, wired.subscription.received)]
    shown += [repr(wired.actor), repr(CREDENTIALS), repr(wired.actor._login_data)]
    assert not any("secret" in text or "+1555" in text for text in shown)

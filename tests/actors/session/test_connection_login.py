"""How a connection logs in and is restored, and how the server takes leave of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from doubles.connected import CREDENTIALS, Wired
from doubles.frames import event_frame, frame, reply
from doubles.hub import LIMIT, turns, until
from doubles.started import Started
from doubles.transport import Dropped, ScriptedPeer, refused, refused_in_result

from relay_actors.session.command import Command
from relay_actors.session.connection import ConnectTimeout, ServerDisconnect
from relay_actors.session.messages import ConnectionUp, EventsReceived, SessionChanged, SessionStarted
from relay_actors.session.replies import LoginRefused
from relay_actors.session.state import Session
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


def test_a_login_is_told_to_the_receivers_of_events_before_the_supervisor(started: Started, peer: ScriptedPeer) -> None:
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


# Restored or not (protocol 2.2)

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


# signalwire.disconnect (protocol 2.6)


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


def test_a_flood_of_announced_disconnects_is_told_of_by_one_line(
    started: Started, peer: ScriptedPeer, log_lines: list[str]
) -> None:
    wire(started, peer).up()
    peer.transport.deliver(*(frame(id=f"d{n}", method="signalwire.disconnect", params={}) for n in range(500)))
    until(lambda: peer.transport.replies("d0"))
    turns()
    assert sum("announced" in line for line in log_lines) == 1


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
    shown += [repr(wired.actor), repr(CREDENTIALS), repr(wired.actor._login)]
    assert not any("secret" in text or "+1555" in text for text in shown)

"""The login of a connection: what is sent, what its reply means, and what came beside it."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.connected import CREDENTIALS
from doubles.frames import event_frame, frame
from doubles.hub import LIMIT, turns
from doubles.transport import Dropped, ScriptedPeer, accepted, refused

from relay_actors.session.login import EarlyFlood, LoggedIn, Login
from relay_actors.session.replies import LoginRefused
from relay_actors.session.state import Session

OLD = Session("signalwire_old", "blob", ("office",))


@pytest.fixture
def peer() -> ScriptedPeer:
    return ScriptedPeer()


def log_in(peer: ScriptedPeer, session: Session | None = None) -> LoggedIn:
    return Login(peer.connect, lambda: CREDENTIALS, session or Session(contexts=("office",)), "tests/1.0").perform(
        peer.connect(), CREDENTIALS
    )


def test_a_login_is_one_request_with_all_that_the_session_knows(peer: ScriptedPeer) -> None:
    log_in(peer, OLD)
    (request,) = peer.requests()
    assert request["method"] == "signalwire.connect"
    assert request["params"] == OLD.connect_params(CREDENTIALS, "tests/1.0")


def test_a_first_login_brings_a_session_that_can_be_resumed(peer: ScriptedPeer) -> None:
    done = log_in(peer)
    assert (done.session, done.restored) == (Session("signalwire_1", "", ("office",)), False)


@pytest.mark.parametrize(
    ("result", "restored"),
    [
        ({"protocol": "signalwire_old"}, True),
        ({"protocol": "signalwire_new", "session_restored": True}, True),
        ({"protocol": "signalwire_new", "session_restored": False}, False),
        ({"protocol": "signalwire_new", "session_restored": "true"}, False),
    ],
)
def test_either_sign_of_a_restored_session_is_enough(
    peer: ScriptedPeer, result: dict[str, Any], restored: bool
) -> None:
    peer.login = lambda _: {"result": result}
    done = log_in(peer, OLD)
    blob = "blob" if restored else ""
    assert (done.session, done.restored) == (Session(result["protocol"], blob, ("office",)), restored)


def test_what_came_before_the_reply_and_right_behind_it_is_handed_on_in_order(peer: ScriptedPeer) -> None:
    early, behind = event_frame("calling.call.state", {"n": 1}), event_frame("calling.call.state", {"n": 2})
    peer.login = lambda _: None
    login = Login(peer.connect, lambda: CREDENTIALS, Session(), "tests/1.0")
    transport = peer.connect()
    greenlet = gevent.spawn(login.perform, transport, CREDENTIALS)
    turns()
    identity = transport.sent[0]["id"]
    other = frame(id="another", result={"protocol": "not this one"})
    same = frame(id=identity, method="signalwire.ping", params={})  # a request: the server numbers its own
    transport.deliver(early, other, same, frame(id=identity, result={"protocol": "p"}), behind)
    done = greenlet.get(timeout=LIMIT)
    assert (done.session.protocol, done.early) == ("p", [early, other, same, behind])


@pytest.mark.parametrize(("code", "permanent"), [(-32002, True), (-32603, False)])
def test_a_refusal_says_whether_trying_again_can_help(peer: ScriptedPeer, code: int, permanent: bool) -> None:
    peer.login = refused(code)
    with pytest.raises(LoginRefused) as caught:
        log_in(peer)
    assert caught.value.permanent is permanent


def test_a_transport_that_ends_first_says_so_itself(peer: ScriptedPeer) -> None:
    peer.login = lambda _: None
    transport = peer.connect()
    transport.drop()
    with pytest.raises(Dropped):
        Login(peer.connect, lambda: CREDENTIALS, Session(), "tests/1.0").perform(transport, CREDENTIALS)


def test_a_login_shows_no_secret(peer: ScriptedPeer) -> None:
    peer.login = accepted()
    login = Login(peer.connect, lambda: CREDENTIALS, OLD, "tests/1.0")
    for text in (repr(login), repr(log_in(peer, OLD))):
        assert CREDENTIALS.token not in text
        assert "blob" not in text


def flooded(peer: ScriptedPeer, *batches: list[str | bytes]) -> EarlyFlood:
    """Log in at a server that sends batches and no reply; return how that ends."""
    peer.login = lambda _: None
    login = Login(peer.connect, lambda: CREDENTIALS, Session(), "tests/1.0")
    transport = peer.connect()
    greenlet = gevent.spawn(login.perform, transport, CREDENTIALS)
    for batch in batches:
        turns()
        transport.deliver(*batch)
    with pytest.raises(EarlyFlood) as caught:
        greenlet.get(timeout=LIMIT)
    assert transport.closed == 1
    assert not caught.value.sent
    return caught.value


@pytest.mark.parametrize(
    ("text", "within", "beyond"),
    [("{}", 900, 200), ("x" * 10_000, 100, 10), ("\U0001f600" * 10_000, 25, 5), (b"x" * 10_000, 100, 10)],
)
def test_more_than_is_kept_before_the_reply_ends_the_login_with_a_reason(
    peer: ScriptedPeer, text: str | bytes, within: int, beyond: int
) -> None:
    error = flooded(peer, [text] * within, [text] * beyond)
    assert "more than 1,000 frames or 1,048,576 bytes before it answered the login" in str(error)


def test_the_frames_before_the_reply_are_kept_up_to_the_limit(peer: ScriptedPeer) -> None:
    peer.login = lambda _: None
    login = Login(peer.connect, lambda: CREDENTIALS, Session(), "tests/1.0")
    transport = peer.connect()
    greenlet = gevent.spawn(login.perform, transport, CREDENTIALS)
    turns()
    transport.deliver(*["{}"] * 1000)
    turns()
    transport.deliver(frame(id=transport.sent[0]["id"], result={"protocol": "p"}))
    assert len(greenlet.get(timeout=LIMIT).early) == 1000

"""A connection of the examination's own."""

from __future__ import annotations

import pytest
from doubles.hub import until

from relay_actors.errors import RelayTimeout
from relay_actors.session.state import Session
from relay_runtime.doctor.resume.visit import Outcome, Visit
from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.settings.client import resolve
from relay_runtime.websocket import ConnectError, ConnectionClosed

RESTORED = Outcome(told=True, same_name=True)


def visit(session: Session | None = None, timeout: float = 60.0) -> Visit:
    return Visit(resolve(), session or Session(contexts=("shop",)), timeout)


def test_a_new_session_brings_what_resumes_it(sandbox: Sandbox) -> None:
    visitor = visit()
    visitor.wait_for_state(60.0)
    session = sandbox.session()
    assert visitor.outcome == Outcome(told=False, same_name=False)
    assert visitor.session == Session(session.protocol, session.authorization_state, ("shop",))
    assert session.contexts == {"shop"}
    visitor.lose()


def test_what_was_lost_without_a_close_frame_is_resumed(sandbox: Sandbox) -> None:
    visitor = visit()
    visitor.wait_for_state(60.0)
    (peer,) = sandbox.exchange.peers
    lost = visitor.lose()
    until(lambda: sandbox.session().peer is None)
    assert peer.link._socket.close_code is None
    again = visit(lost)
    assert again.outcome == RESTORED
    assert again.session == lost
    assert sandbox.session().logins == 2
    again.lose()


def test_the_newest_authorization_state_counts(sandbox: Sandbox) -> None:
    visitor = visit()
    visitor.wait_for_state(60.0)
    sandbox.session().renew()
    until(lambda: visitor.session.authorization_state == sandbox.session().authorization_state)
    visitor.lose()


def test_another_session_than_the_one_asked_for_is_not_taken_for_it(sandbox: Sandbox) -> None:
    visitor = visit(Session("signalwire_of_yesterday", "old:state"))
    visitor.wait_for_state(60.0)
    assert visitor.outcome == Outcome(told=False, same_name=False)
    assert visitor.session == Session(sandbox.session().protocol, sandbox.session().authorization_state)
    visitor.lose()


def test_what_resumed_another_session_is_forgotten(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay_runtime.sandbox.calls.session.Session.push_state", lambda _: None)
    visitor = visit(Session("signalwire_of_yesterday", "old:state"))
    assert visitor.session == Session(sandbox.session().protocol)
    visitor.lose()


def test_a_refusal_is_an_outcome_without_secrets(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "not-the-token")
    outcome = visit().outcome
    assert not outcome.restored
    assert str(outcome).startswith("refused: Authentication failed")
    assert "not-the-token" not in str(outcome)


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (RESTORED, "resumed (session_restored is true, the name is the same)"),
        (Outcome(told=True), "resumed (session_restored is true, the name is another)"),
        (Outcome(same_name=True), "resumed (session_restored is absent, the name is the same)"),
        (Outcome(told=False), "not resumed (session_restored is false, the name is another)"),
    ],
)
def test_either_sign_is_enough(outcome: Outcome, text: str) -> None:
    assert outcome.restored is text.startswith("resumed")
    assert str(outcome) == text


@pytest.mark.slow
def test_a_server_that_says_nothing_is_left(sandbox: Sandbox) -> None:
    sandbox.arm("signalwire.connect", withhold=True)
    with pytest.raises(RelayTimeout, match=r"no reply to a login came within 0\.05 s"):
        visit(timeout=0.05)
    until(lambda: not sandbox.exchange.peers, "the end of the connection")


def test_a_connection_that_ends_before_the_reply_is_an_error(sandbox: Sandbox) -> None:
    sandbox.arm("signalwire.connect", cut="before")
    with pytest.raises(ConnectionClosed):
        visit()


def test_a_server_that_cannot_be_reached_is_an_error(sandbox: Sandbox) -> None:
    sandbox.stop()
    with pytest.raises(ConnectError):
        visit()


def test_tasks_are_heard_by_context_and_mark(sandbox: Sandbox) -> None:
    visitor = visit()
    sandbox.sends_task({"mark": "a"}, "shop")
    sandbox.sends_task({"mark": ["odd"]}, "shop")
    until(lambda: visitor.has_heard("shop", "a"))
    assert not visitor.has_heard("shop", "b")
    assert not visitor.has_heard("office", "a")
    until(lambda: sandbox.session().unacked == 0, "the acknowledgements")
    visitor.lose()


def test_what_is_not_its_own_is_left_for_others(sandbox: Sandbox) -> None:
    visitor = visit()
    visitor.wait_for_state(60.0)
    sandbox.place(Caller("+15550100001").dials("shop"))
    sandbox.sends_task({"mark": "behind it"}, "shop")
    until(lambda: visitor.has_heard("shop", "behind it"))
    until(lambda: sandbox.session().unacked == 1)
    assert not sandbox.requests("calling.answer")
    visitor.lose()

"""A supervisor keeps one connection up: connect, disconnect, network trouble, backoff, refusals."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.connected import CREDENTIALS
from doubles.frames import frame
from doubles.hub import LIMIT, active_watchers, turns, until
from doubles.office import QUICK, Office
from doubles.started import Started
from doubles.transport import accepted, refused, refused_in_result

from relay_actors.errors import (
    AuthenticationFailed,
    ClientStopped,
    NotConnected,
)
from relay_actors.kit.child import RestartDue
from relay_actors.session.login import Login
from relay_actors.session.messages import Connect, DescribeConnection, Disconnect, SessionExpired, SessionStarted
from relay_actors.session.supervisor import ConnectionState, ConnectionSupervisor
from relay_actors.timing import Timing


@pytest.fixture
def office(started: Started) -> Office:
    return Office(started)


# Up and down


def test_connect_is_answered_when_the_login_has_worked(office: Office) -> None:
    office.peer.login = lambda _: None
    answer = office.ask(Connect())
    turns()
    assert not answer.done()
    assert not office.link.up
    office.peer.transport.deliver(
        frame(id=office.peer.request("signalwire.connect")["id"], result={"protocol": "signalwire_p"})
    )
    answer.get(timeout=LIMIT)
    assert office.link.up
    assert office.link.protocol == "signalwire_p"
    assert office.states == ["connecting", "connected"]


def test_a_second_connect_starts_no_second_connection(office: Office) -> None:
    answers = [office.ask(Connect()) for _ in range(3)]
    for answer in answers:
        answer.get(timeout=LIMIT)
    office.connect()
    assert office.peer.attempts == 1


def test_disconnect_closes_the_socket_and_is_answered_when_it_is_closed(office: Office) -> None:
    office.connect()
    office.ask(Disconnect()).get(timeout=LIMIT)
    assert office.peer.transport.closed == 1
    assert not office.link.up
    assert office.link.protocol == ""
    assert office.states == ["connecting", "connected", "stopped"]


def test_disconnect_of_a_stopped_supervisor_is_answered_at_once(office: Office) -> None:
    office.ask(Disconnect()).get(timeout=LIMIT)
    assert office.peer.attempts == 0


@pytest.mark.parametrize("phase", ["opening", "logging in", "backing off"])
def test_disconnect_ends_every_attempt_to_connect(office: Office, phase: str) -> None:
    if phase == "opening":
        office.peer.gate.clear()
    elif phase == "logging in":
        office.peer.login = lambda _: None
    else:
        office.peer.connect_error = OSError("no route")
    answer = office.ask(Connect())
    if phase == "backing off":
        office.reaches(ConnectionState.WAITING)
    turns()
    office.ask(Disconnect()).get(timeout=LIMIT)
    with pytest.raises(ClientStopped):
        answer.get(timeout=LIMIT)
    attempts = office.peer.attempts
    turns()
    assert office.peer.attempts == attempts
    assert office.actor.child("connection").due is None
    assert office.states[-1] == ConnectionState.STOPPED
    assert all(transport.released for transport in office.peer.transports)


@pytest.mark.parametrize("phase", ["closing", "opening", "logging in", "backing off"])
def test_connect_after_disconnect_works_in_every_phase(office: Office, phase: str) -> None:
    office.peer.gate.clear()
    if phase == "logging in":
        office.peer.gate.set()
        office.peer.logins.append(lambda _: None)
    elif phase == "backing off":
        office.peer.gate.set()
        office.peer.connect_error = OSError("no route")
    first = office.ask(Connect())
    if phase == "backing off":
        office.reaches(ConnectionState.WAITING)
        office.peer.connect_error = None
    elif phase == "closing":
        office.peer.gate.set()
        first.get(timeout=LIMIT)
    turns()
    ended, second = office.ask(Disconnect()), office.ask(Connect())
    office.peer.gate.set()
    second.get(timeout=LIMIT)
    ended.get(timeout=LIMIT)
    assert office.link.up
    assert office.states[-1] == ConnectionState.CONNECTED
    alive = [transport for transport in office.peer.transports if not transport.released]
    assert len(alive) == 1
    assert office.execute().get(timeout=LIMIT)


def test_connect_disconnect_connect_disconnect_in_one_breath_ends_stopped(office: Office) -> None:
    answers = [office.ask(message) for message in (Connect(), Disconnect(), Connect(), Disconnect())]
    answers[1].get(timeout=LIMIT)
    answers[3].get(timeout=LIMIT)
    turns()
    assert office.states[-1] == ConnectionState.STOPPED
    assert not office.link.up
    for answer in (answers[0], answers[2]):
        with pytest.raises(ClientStopped):
            answer.get(timeout=LIMIT)


def test_a_retry_that_was_due_at_the_same_moment_does_not_undo_a_disconnect(office: Office) -> None:
    office.peer.connect_error = OSError("no route")
    office.ask(Connect())
    office.reaches(ConnectionState.WAITING)
    office.ask(Disconnect())
    office.actor.ref.tell(RestartDue("connection", 1))
    attempts = office.peer.attempts
    turns()
    assert office.states[-1] == ConnectionState.STOPPED
    assert office.peer.attempts == attempts


def test_a_new_client_life_begins_with_a_new_session(office: Office) -> None:
    office.connect()
    office.peer.push("signalwire.authorization.state", {"authorization_state": "blob:1"})
    turns()
    office.ask(Disconnect()).get(timeout=LIMIT)
    office.connect()
    assert "protocol" not in office.logins()[1]
    assert "authorization_state" not in office.logins()[1]
    assert office.logins()[1]["contexts"] == ["office"]


# Network trouble


def test_a_lost_connection_is_made_again_and_resumed(office: Office) -> None:
    office.connect()
    office.peer.push("signalwire.authorization.state", {"authorization_state": "blob:1"})
    turns()
    office.peer.transport.drop()
    office.reaches(ConnectionState.CONNECTED, 2)
    assert office.logins()[1]["protocol"] == "signalwire_1"
    assert office.logins()[1]["authorization_state"] == "blob:1"
    assert office.subscription.of(SessionStarted) == [SessionStarted(restored=False), SessionStarted(restored=True)]


def test_only_the_newest_state_of_the_authorization_is_kept(office: Office) -> None:
    office.connect()
    for number in range(3):
        office.peer.push("signalwire.authorization.state", {"authorization_state": f"blob:{number}"})
    turns()
    office.peer.transport.drop()
    office.reaches(ConnectionState.CONNECTED, 2)
    office.peer.transport.drop()
    office.reaches(ConnectionState.CONNECTED, 3)
    assert [params.get("authorization_state") for params in office.logins()] == [None, "blob:2", "blob:2"]


def test_a_state_that_arrives_with_the_end_of_the_connection_is_kept(office: Office) -> None:
    office.connect()
    office.peer.push("signalwire.authorization.state", {"authorization_state": "last-words"})
    office.peer.transport.drop()
    office.reaches(ConnectionState.CONNECTED, 2)
    assert office.logins()[1]["authorization_state"] == "last-words"


def test_a_session_that_was_not_restored_is_resumed_by_its_new_name(office: Office) -> None:
    office.connect()
    office.peer.push("signalwire.authorization.state", {"authorization_state": "blob:1"})
    turns()
    office.peer.login = lambda _: {"result": {"protocol": "signalwire_new", "session_restored": False}}
    office.peer.transport.drop()
    office.reaches(ConnectionState.CONNECTED, 2)
    office.peer.transport.drop()
    office.reaches(ConnectionState.CONNECTED, 3)
    assert office.logins()[2]["protocol"] == "signalwire_new"
    assert "authorization_state" not in office.logins()[2]


@pytest.mark.parametrize(("restart", "resumed"), [(True, False), (False, True)])
def test_an_announced_disconnect_begins_anew_or_resumes(office: Office, restart: bool, resumed: bool) -> None:
    office.connect()
    office.peer.push("signalwire.authorization.state", {"authorization_state": "blob:1"})
    office.peer.transport.deliver(frame(id="d", method="signalwire.disconnect", params={"restart": restart}))
    turns()
    office.peer.transport.drop()
    office.reaches(ConnectionState.CONNECTED, 2)
    assert ("protocol" in office.logins()[1]) is resumed
    assert ("authorization_state" in office.logins()[1]) is resumed


def test_network_trouble_never_ends_a_client(office: Office) -> None:
    office.peer.connect_error = OSError("no route to host")
    answer = office.ask(Connect())
    until(lambda: office.peer.attempts > 30)
    assert not answer.done()
    office.peer.connect_error = None
    answer.get(timeout=LIMIT)


def test_a_server_that_answers_no_login_is_network_trouble(started: Started) -> None:
    office = Office(started, Timing(backoff_first=0.001, backoff_limit=0.001, connect_timeout=0.005))
    office.peer.login = lambda _: None
    answer = office.ask(Connect())
    until(lambda: office.peer.attempts > 5)
    assert not answer.done()
    office.peer.login = accepted()
    answer.get(timeout=LIMIT)


# Backoff


def delays(office: Office) -> list[float]:
    waits = [d for s, d in zip(office.states, office.details, strict=True) if s == ConnectionState.WAITING]
    return [float(detail.rsplit(" in ", 1)[1].removesuffix(" s")) for detail in waits]


def test_the_delays_double_up_to_the_limit(started: Started) -> None:
    office = Office(started, Timing(backoff_first=0.01, backoff_limit=0.06))
    office.peer.connect_error = OSError("no route")
    office.ask(Connect())
    office.reaches(ConnectionState.WAITING, 6)
    assert delays(office)[:6] == [0.01, 0.02, 0.04, 0.06, 0.06, 0.06]


def test_the_delays_are_jittered_over_the_whole_range(started: Started) -> None:
    chances = iter([0.0, 0.5, 0.25] + [0.0] * 1000)
    office = Office(started, Timing(backoff_first=0.02, backoff_limit=10), chance=lambda: next(chances))
    office.peer.connect_error = OSError("no route")
    office.ask(Connect())
    office.reaches(ConnectionState.WAITING, 3)
    assert delays(office)[:3] == [0.0, 0.02, 0.02]


def test_while_calls_are_live_the_limit_is_lower(started: Started) -> None:
    calls = ["c1"]
    office = Office(started, Timing(backoff_first=0.01, backoff_limit=0.06, backoff_limit_live=0.02), live=calls)
    office.peer.connect_error = OSError("no route")
    office.ask(Connect())
    office.reaches(ConnectionState.WAITING, 5)
    calls.clear()
    count = len(delays(office))
    office.reaches(ConnectionState.WAITING, count + 2)
    assert delays(office)[:5] == [0.01, 0.02, 0.02, 0.02, 0.02]
    assert delays(office)[count + 1] == 0.06


def test_a_call_that_becomes_live_brings_a_far_try_forward(started: Started, log_lines: list[str]) -> None:
    calls: list[str] = []
    timing = Timing(backoff_first=1e3, backoff_limit=1e3, backoff_limit_live=0.01, request_timeout=LIMIT)
    office = Office(started, timing, live=calls)
    office.peer.connect_error = OSError("no route")
    office.ask(Connect())
    office.reaches(ConnectionState.WAITING)
    waits = office.execute("messaging.send")
    turns()
    assert office.actor.child("connection").due is not None
    assert office.peer.attempts == 1  # nobody hurries for a message
    calls.append("c1")
    office.peer.connect_error = None
    office.execute("calling.dial")
    office.reaches(ConnectionState.CONNECTED)
    assert office.states.count(ConnectionState.WAITING) == 1
    assert [line for line in log_lines if "calls are live, so that the next try comes in 0.01 s" in line]
    waits.kill()


def test_the_last_call_that_ends_puts_no_try_off(started: Started) -> None:
    calls = ["c1"]
    timing = Timing(backoff_first=1e3, backoff_limit=1e3, backoff_limit_live=0.05)
    office = Office(started, timing, live=calls)
    office.peer.connect_error = OSError("no route")
    office.ask(Connect())
    office.reaches(ConnectionState.WAITING)
    calls.clear()
    office.peer.connect_error = None
    office.reaches(ConnectionState.CONNECTED)


@pytest.mark.parametrize("end", ["drop", "announced"])
def test_a_login_that_did_not_last_does_not_reset_the_backoff(started: Started, end: str) -> None:
    """A server that takes logins and throws them out must not be hammered."""
    office = Office(started, Timing(backoff_first=0.01, backoff_limit=0.08, close_timeout=0.001, healthy_after=LIMIT))
    office.ask(Connect())
    for count in range(1, 5):
        office.reaches(ConnectionState.CONNECTED, count)
        if end == "announced":
            office.peer.transport.deliver(frame(id="d", method="signalwire.disconnect", params={"restart": False}))
        else:
            office.peer.transport.drop()
        office.reaches(ConnectionState.WAITING, count)
    assert delays(office) == [0.01, 0.02, 0.04, 0.08]


def test_a_login_that_lasted_resets_the_backoff(started: Started) -> None:
    office = Office(started, Timing(backoff_first=0.01, backoff_limit=0.08, healthy_after=0.0))
    office.peer.connect_error = OSError("no route")
    office.ask(Connect())
    office.reaches(ConnectionState.WAITING, 3)
    office.peer.connect_error = None
    office.reaches(ConnectionState.CONNECTED)
    office.peer.transport.drop()
    office.reaches(ConnectionState.CONNECTED, 2)
    assert delays(office)[-1] == 0.01


def test_a_refused_login_does_not_reset_the_backoff(started: Started) -> None:
    """Protocol 17.1: the socket opened, and that is no success."""
    office = Office(started, Timing(backoff_first=0.01, backoff_limit=0.08, healthy_after=0.0))
    office.connect()
    office.peer.login = refused()
    office.peer.transport.drop()
    office.reaches(ConnectionState.WAITING, 4)
    assert delays(office)[:4] == [0.01, 0.02, 0.04, 0.08]


# Refusals


@pytest.mark.parametrize("refusal", [refused(), refused(-32000), refused_in_result()])
def test_three_refusals_before_the_first_success_end_it(office: Office, refusal: Any) -> None:
    office.peer.login = refusal
    with pytest.raises(AuthenticationFailed, match="login refused 3 times: "):
        office.connect()
    turns()
    assert office.peer.attempts == 3
    assert office.states[-1] == ConnectionState.FAILED
    assert all(transport.released for transport in office.peer.transports)


def test_after_a_disconnect_the_limit_before_the_first_success_holds_again(office: Office) -> None:
    office.connect()
    office.ask(Disconnect())
    office.reaches(ConnectionState.STOPPED)
    office.peer.login = refused()
    with pytest.raises(AuthenticationFailed, match="login refused 3 times: "):
        office.connect()
    assert office.peer.attempts == 4


def test_network_trouble_between_refusals_does_not_count(office: Office) -> None:
    office.peer.logins.extend([refused(), refused()])
    office.peer.login = lambda _: None
    answer = office.ask(Connect())
    until(lambda: office.peer.attempts == 3)
    for count in range(3, 8):
        until(lambda count=count: len(office.peer.transports) == count)
        turns()
        office.peer.transport.drop()
    assert not answer.done()
    until(lambda: len(office.peer.transports) == 8)
    office.peer.login = refused()
    turns()
    office.peer.transport.drop()
    with pytest.raises(AuthenticationFailed):
        answer.get(timeout=LIMIT)


def test_a_server_fault_is_no_refusal(office: Office) -> None:
    office.peer.login = refused(-32005, "capacity exceeded")
    answer = office.ask(Connect())
    until(lambda: office.peer.attempts > 5)
    assert not answer.done()


def test_refusals_after_the_first_success_back_off_and_do_not_end_it(office: Office) -> None:
    office.connect()
    office.peer.logins.extend([refused()] * 6)
    office.peer.transport.drop()
    office.reaches(ConnectionState.CONNECTED, 2)
    assert office.peer.attempts == 8


def test_after_a_failure_connect_tries_anew_and_counts_anew(office: Office) -> None:
    office.peer.login = refused()
    for _ in range(2):
        with pytest.raises(AuthenticationFailed):
            office.connect()
    assert office.peer.attempts == 6
    office.peer.login = accepted()
    office.connect()


def test_commands_are_refused_after_the_failure_and_those_that_waited_too(office: Office) -> None:
    office.peer.login = refused()
    answer = office.ask(Connect())
    waiting = office.execute()
    with pytest.raises(AuthenticationFailed):
        answer.get(timeout=LIMIT)
    with pytest.raises(NotConnected, match="login refused 3 times"):
        waiting.get(timeout=LIMIT)
    with pytest.raises(NotConnected, match="the client is not connected"):
        office.execute().get(timeout=LIMIT)


def test_refusals_after_the_first_success_end_it_when_a_setting_says_so(started: Started) -> None:
    timing = Timing(backoff_first=0.001, backoff_limit=0.002, refusals_allowed_later=4)
    office = Office(started, timing)
    office.connect()
    office.peer.login = refused()
    office.peer.transport.drop()
    office.reaches(ConnectionState.FAILED)
    assert office.peer.attempts == 5
    assert office.details[-1].startswith("login refused 4 times: ")
    assert office.subscription.of(SessionExpired) == [SessionExpired()]
    with pytest.raises(NotConnected):
        office.execute().get(timeout=LIMIT)


def test_only_refusals_in_a_row_count_after_the_first_success(started: Started) -> None:
    timing = Timing(backoff_first=0.001, backoff_limit=0.002, refusals_allowed_later=2)
    office = Office(started, timing)
    office.connect()
    for count in range(2, 5):
        office.peer.logins.append(refused())
        office.peer.transport.drop()
        office.reaches(ConnectionState.CONNECTED, count)
    assert ConnectionState.FAILED not in office.states


# Without a connection for too long


def test_a_session_without_a_connection_is_given_up_after_a_while(started: Started) -> None:
    office = Office(started, Timing(backoff_first=0.001, backoff_limit=0.002, offline_limit=0.01))
    office.connect()
    office.peer.connect_error = OSError("no route")
    office.peer.transport.drop()
    until(lambda: office.subscription.of(SessionExpired), "the end of the session")
    attempts = office.peer.attempts
    until(lambda: office.peer.attempts > attempts, "the tries go on")
    office.peer.connect_error = None
    office.reaches(ConnectionState.CONNECTED, 2)
    assert office.logins()[-1]["protocol"] == "signalwire_1"
    assert len(office.subscription.of(SessionExpired)) == 1


def test_a_connection_that_comes_back_in_time_gives_nothing_up(started: Started) -> None:
    before = active_watchers()
    office = Office(started, Timing(backoff_first=0.001, backoff_limit=0.002, offline_limit=LIMIT))
    office.connect()
    office.peer.transport.drop()
    office.reaches(ConnectionState.CONNECTED, 2)
    office.ask(Disconnect()).get(timeout=LIMIT)
    assert office.subscription.of(SessionExpired) == []
    assert active_watchers() == before


# What it tells


def test_it_tells_its_state_and_what_waits(office: Office) -> None:
    office.peer.connect_error = OSError("no route")
    office.ask(Connect())
    office.reaches(ConnectionState.WAITING)
    office.execute()
    turns()
    status, outbox = office.ask(DescribeConnection()).get(timeout=LIMIT)
    assert status.state in {"waiting", "connecting"}
    assert status.attempts >= 1
    assert status.last_error == "no route"
    assert not status.subscribed
    assert outbox == 1
    office.peer.connect_error = None
    office.reaches(ConnectionState.CONNECTED)
    status, outbox = office.ask(DescribeConnection()).get(timeout=LIMIT)
    assert status.state == "connected"
    assert status.up_for is not None
    assert status.subscribed
    assert status.contexts == ("office",)


def test_a_successor_goes_on_with_the_session(started: Started) -> None:
    office = Office(started)
    office.connect()
    session = office.link.session
    assert session.protocol == "signalwire_1"
    office.actor.ref.kill()
    successor = started(
        ConnectionSupervisor(
            lambda each: Login(office.peer.connect, lambda: CREDENTIALS, each, "tests/1.0"),
            (office.subscription.ref, office.messaging.ref),
            office.link,
            QUICK,
            session=session,
            connect=True,
        )
    )
    until(lambda: office.link.up, "the connection of the successor")
    assert office.logins()[-1]["protocol"] == "signalwire_1"
    assert office.link.session.contexts == ("office",)
    assert successor.child("connection").ref is office.link.connection

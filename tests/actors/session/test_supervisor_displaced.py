"""A process whose session was taken over by another one while it was silent."""

from __future__ import annotations

import pytest
from doubles.hub import LIMIT, turns, until
from doubles.noted import Noted
from doubles.office import Office
from doubles.started import Started
from doubles.transport import refused

from relay_actors.errors import NotConnected
from relay_actors.session.messages import ResumeSession, SessionExpired, SessionStarted
from relay_actors.session.state import Session
from relay_actors.session.supervisor import ConnectionState


@pytest.fixture
def noted() -> Noted:
    return Noted()


@pytest.fixture
def office(started: Started, noted: Noted) -> Office:
    return Office(started, ledger=noted)


def test_the_session_is_noted_as_it_changes(office: Office, noted: Noted) -> None:
    office.connect()
    names = [name for kind, name in noted.notes if kind == "session"]
    assert names[0] == ""
    assert set(names[1:]) == {"signalwire_1"}


def test_it_begins_a_new_session_and_gives_the_calls_of_the_former_up(
    office: Office, noted: Noted, log_lines: list[str]
) -> None:
    office.connect()
    noted.owned = False
    office.peer.gate.clear()
    office.peer.transport.drop()
    until(lambda: office.subscription.of(SessionExpired), "the word to the calls")
    assert office.subscription.of(SessionExpired) == [SessionExpired(displaced=True)]
    noted.owned = True
    office.peer.gate.set()
    office.reaches(ConnectionState.CONNECTED, 2)
    assert [login.get("protocol") for login in office.logins()] == [None, None]
    assert office.subscription.of(SessionStarted)[-1] == SessionStarted(restored=False)
    assert len([line for line in log_lines if "another process has taken the session over" in line]) == 1
    office.peer.transport.drop()  # and that one is resumed as any
    office.reaches(ConnectionState.CONNECTED, 3)
    assert office.logins()[-1]["protocol"] == office.link.session.protocol


def test_commands_of_its_calls_are_not_sent_and_those_of_the_new_session_are(office: Office, noted: Noted) -> None:
    office.connect()
    noted.owned = False
    office.peer.gate.clear()
    office.peer.transport.drop()
    early = office.execute("calling.play")  # before it is known
    until(lambda: office.subscription.of(SessionExpired), "the word to the calls")
    noted.owned = True
    late = office.execute("calling.end")
    for each in (early, late):
        with pytest.raises(NotConnected, match="was not sent"):
            each.get(timeout=LIMIT)
    office.peer.gate.set()
    office.reaches(ConnectionState.CONNECTED, 2)
    assert office.execute("calling.answer").get(timeout=LIMIT)["code"] == "200"
    assert [request["method"] for request in office.peer.requests()] == ["signalwire.connect"] * 2 + ["calling.answer"]


def test_one_that_owns_its_session_resumes_it(office: Office) -> None:
    office.connect()
    office.peer.transport.drop()
    office.reaches(ConnectionState.CONNECTED, 2)
    assert office.logins()[-1]["protocol"] == "signalwire_1"
    assert office.subscription.of(SessionExpired) == []


def test_one_that_had_no_session_yet_begins_one_all_the_same(office: Office, noted: Noted) -> None:
    noted.owned = False
    office.connect()
    assert office.link.up


def test_a_session_that_was_another_processs_is_resumed_when_it_is_said_so(office: Office, noted: Noted) -> None:
    office.actor.ref.tell(ResumeSession(Session(protocol="signalwire_7", authorization_state="blob", contexts=("a",))))
    office.connect()
    (login,) = office.logins()
    assert (login["protocol"], login["authorization_state"], login["contexts"]) == ("signalwire_7", "blob", ["a"])
    turns()
    assert office.subscription.of(SessionStarted) == [SessionStarted(restored=True)]
    assert ("session", "signalwire_7") in noted.notes


def test_for_the_calls_of_another_process_a_refused_login_is_not_the_first(office: Office) -> None:
    """Or it would be given up, begun again, and refused again, as fast as it goes."""
    office.actor.ref.tell(ResumeSession(Session(protocol="signalwire_7")))
    office.peer.logins.extend([refused()] * 6)
    office.connect()
    assert [login["protocol"] for login in office.logins()] == ["signalwire_7"] * 7

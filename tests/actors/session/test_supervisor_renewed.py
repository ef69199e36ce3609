"""Credentials that are renewed: when the supervisor tries again."""

from __future__ import annotations

import pytest
from doubles.hub import LIMIT, turns
from doubles.office import Office
from doubles.started import Started
from doubles.transport import accepted, refused

from relay_actors.errors import AuthenticationFailed
from relay_actors.session.messages import Connect, CredentialsRenewed
from relay_actors.timing import Timing

SLOW = Timing(backoff_first=1000.0, backoff_limit=1000.0, close_timeout=0.05)


def test_a_try_that_is_waited_for_is_made_at_once(started: Started) -> None:
    office = Office(started, SLOW)
    office.peer.login = refused()
    connecting = office.ask(Connect())
    office.reaches("waiting")
    office.peer.login = accepted()
    office.actor.ref.offer(CredentialsRenewed())
    connecting.get(timeout=LIMIT)


def test_refusals_are_counted_anew(started: Started) -> None:
    office = Office(started, Timing(backoff_first=1000.0, backoff_limit=1000.0, refusals_allowed=2))
    office.peer.login = refused()
    connecting = office.ask(Connect())
    for count in range(1, 6):
        office.reaches("waiting", count)
        office.actor.ref.offer(CredentialsRenewed())
    office.reaches("waiting", 6)
    assert not connecting.done()
    assert "failed" not in office.states


def test_a_refusal_of_former_credentials_is_followed_by_a_try_at_once(started: Started) -> None:
    office = Office(started, SLOW)
    office.peer.gate.clear()
    office.peer.login = refused()
    connecting = office.ask(Connect())
    office.reaches("connecting")
    office.actor.ref.offer(CredentialsRenewed())
    turns()
    office.peer.gate.set()
    office.reaches("waiting")
    assert len(office.logins()) == 2
    assert not connecting.done()


def test_a_connection_that_is_up_is_left_alone(started: Started) -> None:
    office = Office(started, SLOW)
    office.connect()
    office.actor.ref.offer(CredentialsRenewed())
    turns()
    assert office.states == ["connecting", "connected"]


@pytest.mark.parametrize("connected", [False, True])
def test_a_client_that_has_failed_or_is_stopped_is_left_alone(started: Started, *, connected: bool) -> None:
    office = Office(started, Timing(refusals_allowed=1))
    if connected:
        office.peer.login = refused()
        with pytest.raises(AuthenticationFailed):
            office.connect()
    before = list(office.states)
    office.actor.ref.offer(CredentialsRenewed())
    turns()
    assert office.states == before

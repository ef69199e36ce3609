"""What outlives a connection, and what a login sends of it."""

from __future__ import annotations

import pytest

from relay_actors.session.state import Credentials, Session

SECRETS = Credentials(project="the-project", token="PT-secret")
JWT = Credentials(project="the-project", token="PT-secret", jwt_token="eyJ-secret")


def test_a_fresh_session_sends_neither_protocol_nor_state_nor_empty_contexts() -> None:
    assert Session().connect_params(SECRETS, "agent/1") == {
        "version": {"major": 2, "minor": 0, "revision": 0},
        "agent": "agent/1",
        "event_acks": True,
        "authentication": {"project": "the-project", "token": "PT-secret"},
    }


def test_a_jwt_goes_alone() -> None:
    assert Session().connect_params(JWT, "a")["authentication"] == {"jwt_token": "eyJ-secret"}


def test_a_session_that_can_be_resumed_sends_protocol_state_and_contexts() -> None:
    params = Session("signalwire_p", "blob:tag", ("office", "home")).connect_params(SECRETS, "a")
    assert params["protocol"] == "signalwire_p"
    assert params["authorization_state"] == "blob:tag"
    assert params["contexts"] == ["office", "home"]


def test_a_state_is_not_sent_without_its_protocol() -> None:
    assert "authorization_state" not in Session("", "blob:tag").connect_params(SECRETS, "a")


def test_a_protocol_is_sent_without_a_state() -> None:
    params = Session("signalwire_p").connect_params(SECRETS, "a")
    assert params["protocol"] == "signalwire_p"
    assert "authorization_state" not in params


def test_a_forgotten_session_keeps_what_is_wanted_and_what_the_server_takes() -> None:
    assert Session("p", "s", ("office",), 2000).forgotten() == Session(contexts=("office",), frame_limit=2000)


@pytest.mark.parametrize("value", [SECRETS, JWT, Session("signalwire_p", "blob-secret", ("office",))])
def test_no_secret_is_shown(value: object) -> None:
    for text in (repr(value), str(value), f"{value}", f"{value!r}", repr([value]), repr({"x": value})):
        assert "secret" not in text


def test_session_and_credentials_cannot_be_changed() -> None:
    for value, field in ((SECRETS, "token"), (Session(), "protocol")):
        with pytest.raises(AttributeError):
            setattr(value, field, "other")

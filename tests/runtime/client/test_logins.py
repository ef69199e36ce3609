"""The logins of a client: with what, by which way, and how refusals end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from doubles.client import LIMIT, client_of

from relay_actors.session.state import FRAME_LIMIT, Session
from relay_runtime import AuthenticationFailed, RelayClient, Timing, websocket
from relay_runtime.client import way
from relay_runtime.client.logins import Logins
from relay_runtime.client.setup import ClientSetup
from relay_runtime.sandbox import Sandbox
from relay_runtime.settings.client import resolve


def logins(host: str) -> Logins:
    return Logins(
        ClientSetup(
            settings=resolve(project="the-project", token="the-token", host=host),
            timing=Timing(),
            overload="drop",
            leave_at=None,
            return_at=None,
            when_crashed="hangup",
            observer=None,
            hub_guard=None,
        )
    )


def test_refused_credentials_end_after_three_tries(sandbox: Sandbox) -> None:
    with pytest.raises(AuthenticationFailed) as error:
        client_of(sandbox, token="wrong").connect(timeout=LIMIT)
    assert error.value.code == -32002
    assert sandbox.counters.logins_refused == 3


def test_a_refusal_as_a_failing_result_is_told_apart_too(sandbox: Sandbox) -> None:
    sandbox.settings.change(refusal_shape="result")
    with pytest.raises(AuthenticationFailed) as error:
        client_of(sandbox, token="wrong").connect(timeout=LIMIT)
    assert error.value.code == 401


def test_a_jwt_logs_in(sandbox: Sandbox) -> None:
    with client_of(sandbox, project=None, token=None, jwt_token=sandbox.jwt_token) as client:
        assert client.state == "connected"


def test_a_login_holds_the_credentials_and_the_session_that_it_is_for() -> None:
    session = Session(contexts=("office",), protocol="signalwire_1")
    login = logins("ws://127.0.0.1:1").make(session)
    assert (login.credentials().project, login.credentials().token) == ("the-project", "the-token")
    assert login.session is session


@pytest.mark.parametrize(("host", "made"), [("ws://127.0.0.1:1", 0), ("example.signalwire.com", 1)])
def test_certificates_are_read_once_and_only_where_they_are_needed(
    host: str, made: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str | None] = []
    monkeypatch.setattr(websocket, "client_context", lambda ca_file: read.append(ca_file) or object())
    prepared = logins(host)
    prepared.prepare()
    prepared.prepare()
    assert read == [None] * made


def test_no_certificates_are_read_while_no_connection_goes_over_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str | None] = []
    monkeypatch.setattr(websocket, "client_context", lambda ca_file: read.append(ca_file) or object())
    prepared = logins("example.signalwire.com")
    with way.reach(lambda *_: pytest.fail("nothing connects here")):
        prepared.prepare()
    assert read == []
    prepared.prepare()
    assert read == [None]


@pytest.mark.parametrize("prepared", [True, False])
def test_the_authorities_of_a_user_are_trusted_whether_they_were_read_before_or_not(
    prepared: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "client_context", lambda ca_file: f"context of {ca_file}")
    monkeypatch.setenv("SIGNALWIRE_RELAY_CA_FILE", str(tmp_path / "ca.pem"))
    given: dict[str, Any] = {}

    def how(_url: str, **options: Any) -> Any:
        given.update(options)
        raise LookupError

    of = logins("example.signalwire.com")
    if prepared:
        of.prepare()
    with way.reach(how), pytest.raises(LookupError):
        of.make(Session()).connector()
    context = f"context of {tmp_path / 'ca.pem'}" if prepared else None
    assert (given["ssl_context"], given["ca_file"]) == (context, None if prepared else str(tmp_path / "ca.pem"))


def test_a_ca_file_that_cannot_be_read_ends_connect_and_leaves_the_client_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNALWIRE_RELAY_CA_FILE", str(tmp_path / "none.pem"))
    client = RelayClient(project="p", token="t", host="127.0.0.1:1")
    with pytest.raises(ValueError, match=r"none\.pem"):
        client.connect(timeout=LIMIT)
    assert client.state == "stopped"


def test_what_a_server_does_not_take_is_known_in_the_clients_next_session_too() -> None:
    of = logins("ws://127.0.0.1:1")
    assert of.make(Session()).session.frame_limit == FRAME_LIMIT
    of.remember(Session(frame_limit=5000))
    assert of.make(Session(contexts=("office",))).session == Session(contexts=("office",), frame_limit=5000)
    assert of.make(Session(frame_limit=4000)).session.frame_limit == 4000
    of.remember(Session())
    assert of.make(Session()).session.frame_limit == 5000

"""signalwire.connect: version, credentials, the shapes of a refusal (protocol 2.1 to 2.4)."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.raw_client import DialIn, login_params

from relay_runtime.sandbox import Caller, Sandbox

VERSION = {"major": 2, "minor": 0, "revision": 0}


def test_project_and_token_are_let_in_and_the_state_is_pushed_once(sandbox: Sandbox, dial_in: DialIn) -> None:
    client = dial_in(sandbox)
    result = client.login(sandbox)
    assert result["protocol"].startswith("signalwire_")
    assert result["session_restored"] is False
    assert {"identity", "authorization", "ice_servers", "sessionid", "nodeid"} <= set(result)
    assert "code" not in result
    client.event("signalwire.authorization.state")
    client.result("signalwire.ping")
    assert len(client.events("signalwire.authorization.state")) == 1


def test_a_jwt_alone_is_let_in(sandbox: Sandbox, dial_in: DialIn) -> None:
    params = login_params(sandbox, authentication={"jwt_token": sandbox.jwt_token})
    assert dial_in(sandbox).result("signalwire.connect", params)["protocol"]


@pytest.mark.parametrize(
    "credentials",
    [
        {"project": "sandbox-project", "token": "wrong"},
        {"project": "wrong", "token": "sandbox-token"},
        {"jwt_token": "wrong"},
        {"project": "sandbox-project", "token": "sandbox-token", "jwt_token": "sandbox-jwt"},
        {"token": "sandbox-token"},
        {},
    ],
)
def test_other_credentials_are_refused_with_an_error(
    sandbox: Sandbox, dial_in: DialIn, credentials: dict[str, str]
) -> None:
    frame = dial_in(sandbox).request("signalwire.connect", login_params(sandbox, authentication=credentials))
    assert frame["error"]["code"] == -32002
    assert frame["error"]["data"] == {"signalwire_error_code": "AUTH_REQUIRED"}
    assert sandbox.counters.logins_refused == 1


def test_a_refusal_can_be_a_result_with_code_401(sandbox: Sandbox, dial_in: DialIn) -> None:
    sandbox.settings.change(refusal_shape="result")
    params = login_params(sandbox, authentication={"project": "x", "token": "y"})
    assert dial_in(sandbox).result("signalwire.connect", params) == {"code": "401", "message": "Unauthorized"}


@pytest.mark.parametrize("version", [{"major": 5, "minor": 0, "revision": 0}, {"major": 2, "minor": 1, "revision": 0}])
def test_a_version_it_does_not_speak_is_refused(sandbox: Sandbox, dial_in: DialIn, version: dict[str, int]) -> None:
    frame = dial_in(sandbox).request("signalwire.connect", login_params(sandbox, version=version))
    assert frame["error"]["code"] == -32001


@pytest.mark.parametrize(
    "changes",
    [{"version": None}, {"authentication": None}, {"contexts": "office"}, {"authorization_state": "a:b"}],
)
def test_bad_params_are_refused_and_named(sandbox: Sandbox, dial_in: DialIn, changes: dict[str, Any]) -> None:
    frame = dial_in(sandbox).request("signalwire.connect", login_params(sandbox, **changes))
    assert frame["error"]["code"] == -32602
    assert "signalwire.connect" in frame["error"]["message"]


def test_a_refused_client_may_try_again_on_the_same_socket(sandbox: Sandbox, dial_in: DialIn) -> None:
    client = dial_in(sandbox)
    client.request("signalwire.connect", login_params(sandbox, authentication={"project": "x", "token": "y"}))
    assert client.login(sandbox)["protocol"]


@pytest.mark.parametrize(
    ("credentials", "project"),
    [({"project": "mine", "token": "any"}, "mine"), ({"jwt_token": "any"}, "sandbox-project")],
)
def test_any_credentials_are_let_in_where_that_is_set_and_events_carry_their_project(
    sandbox: Sandbox, dial_in: DialIn, credentials: dict[str, str], project: str
) -> None:
    sandbox.settings.change(any_credentials=True)
    client = dial_in(sandbox)
    client.login(sandbox, "office", authentication=credentials)
    sandbox.place(Caller().dials("office"))
    client.offer()
    sandbox.sends_task({"a": 1}, "office")
    client.event("queuing.relay.tasks")
    carried = {m["params"]["project_id"] for m in client.received if m.get("method") == "signalwire.event"}
    assert carried == {project}
    assert "any" not in repr(sandbox.journal()[0]["frame"]["params"]["authentication"])

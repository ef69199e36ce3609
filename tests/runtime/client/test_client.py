"""The client: its arguments, its properties, any command."""

from __future__ import annotations

import gevent
import pytest
from doubles.client import LIMIT, client_of

from relay_runtime import RelayClient, RelayError
from relay_runtime.sandbox import Caller, Sandbox


def test_everything_falls_back_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", "p")
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "t")
    monkeypatch.setenv("SIGNALWIRE_SPACE", "example.signalwire.com")
    client = RelayClient()
    assert (client.project, client.token, client.host) == ("p", "t", "example.signalwire.com")
    assert client.contexts == []


def test_a_jwt_needs_neither_project_nor_token() -> None:
    client = RelayClient(jwt_token="j")
    assert (client.jwt_token, client.project, client.token) == ("j", "", "")


def test_the_default_host_is_signalwires() -> None:
    assert RelayClient(project="p", token="t").host == "relay.signalwire.com"


def test_the_cap_is_no_attribute_and_the_protocol_is_read_only() -> None:
    client = RelayClient(project="p", token="t")
    assert not hasattr(client, "max_active_calls")
    with pytest.raises(AttributeError):
        client.relay_protocol = "x"  # type: ignore[misc]


def test_no_secret_stands_in_its_repr() -> None:
    client = RelayClient(project="project-1", token="token-1", jwt_token="jwt-1")
    assert not any(secret in repr(client) for secret in ("token-1", "jwt-1", "project-1"))


def test_two_clients_live_side_by_side(sandbox: Sandbox) -> None:
    with client_of(sandbox) as one, client_of(sandbox, contexts=["sales"]) as two:
        assert one.relay_protocol != two.relay_protocol
        for context, client in (("office", one), ("sales", two)):
            sandbox.place(Caller("+15550100001").dials(context).abandons(0.01)).wait(timeout=LIMIT)
            with gevent.Timeout(LIMIT):
                while client.stats.calls_offered < 1:
                    gevent.sleep(0.001)
        assert one.stats.calls_offered == two.stats.calls_offered == 1


def test_execute_returns_the_result_and_raises_what_was_refused(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        assert client.execute("signalwire.ping", {"payload": "x"})["payload"] == "x"
        with pytest.raises(RelayError) as error:
            client.execute("calling.play", {"node_id": "n", "call_id": "c", "control_id": "k", "play": []})
        assert error.value.code in {400, 404}
        with pytest.raises(RelayError) as error:
            client.execute("calling.fly", {})
        assert error.value.code == -32601


@pytest.mark.parametrize("method", ["", None, 7])
def test_a_method_that_is_no_name_is_refused(sandbox: Sandbox, method: str) -> None:
    with pytest.raises(ValueError, match="name of a method on the wire"):
        client_of(sandbox).execute(method, {})


def test_a_client_is_made_of_no_other_class() -> None:
    assert RelayClient.__mro__ == (RelayClient, object)


def test_a_client_holds_its_parts_and_is_made_of_none() -> None:
    assert RelayClient.__mro__ == (RelayClient, object)

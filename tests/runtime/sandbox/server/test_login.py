"""signalwire.connect: version, credentials, the shapes of a refusal (protocol 2.1 to 2.4)."""

import pytest

from relay_runtime.sandbox import Sandbox

VERSION = {"major": 2, "minor": 0, "revision": 0}


def connect_params(sandbox, **changes):
    credentials = {"project": sandbox.project, "token": sandbox.token}
    params = {"version": VERSION, "agent": "raw", "event_acks": True, "authentication": credentials, **changes}
    return {key: value for key, value in params.items() if value is not None}


def test_project_and_token_are_let_in_and_the_state_is_pushed_once(sandbox, dial_in):
    client = dial_in(sandbox)
    result = client.login(sandbox)
    assert result["protocol"].startswith("signalwire_")
    assert result["session_restored"] is False
    assert {"identity", "authorization", "ice_servers", "sessionid", "nodeid"} <= set(result)
    assert "code" not in result
    client.event("signalwire.authorization.state")
    client.result("signalwire.ping")
    assert len(client.events("signalwire.authorization.state")) == 1


def test_a_jwt_alone_is_let_in(sandbox, dial_in):
    params = connect_params(sandbox, authentication={"jwt_token": sandbox.jwt_token})
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
def test_other_credentials_are_refused_with_an_error(sandbox, dial_in, credentials):
    frame = dial_in(sandbox).request("signalwire.connect", connect_params(sandbox, authentication=credentials))
    assert frame["error"]["code"] == -32002
    assert frame["error"]["data"] == {"signalwire_error_code": "AUTH_REQUIRED"}
    assert sandbox.counters.logins_refused == 1


def test_a_refusal_can_be_a_result_with_code_401(sandbox, dial_in):
    sandbox.settings.change(refusal_shape="result")
    params = connect_params(sandbox, authentication={"project": "x", "token": "y"})
    assert dial_in(sandbox).result("signalwire.connect", params) == {"code": "401", "message": "Unauthorized"}


@pytest.mark.parametrize("version", [{"major": 5, "minor": 0, "revision": 0}, {"major": 2, "minor": 1, "revision": 0}])
def test_a_version_it_does_not_speak_is_refused(sandbox, dial_in, version):
    frame = dial_in(sandbox).request("signalwire.connect", connect_params(sandbox, version=version))
    assert frame["error"]["code"] == -32001


@pytest.mark.parametrize(
    "changes",
    [{"version": None}, {"authentication": None}, {"contexts": "office"}, {"authorization_state": "a:b"}],
)
def test_bad_params_are_refused_and_named(sandbox, dial_in, changes):
    frame = dial_in(sandbox).request("signalwire.connect", connect_params(sandbox, **changes))
    assert frame["error"]["code"] == -32602
    assert "signalwire.connect" in frame["error"]["message"]


def test_a_refused_client_may_try_again_on_the_same_socket(sandbox, dial_in):
    client = dial_in(sandbox)
    client.request("signalwire.connect", connect_params(sandbox, authentication={"project": "x", "token": "y"}))
    assert client.login(sandbox)["protocol"]


def test_a_request_before_connect_is_refused(sandbox, dial_in):
    frame = dial_in(sandbox).request("calling.answer", {"node_id": "n", "call_id": "c"})
    assert frame["error"]["code"] == -32600


def test_a_second_connect_on_a_socket_is_refused(client, sandbox):
    assert client.request("signalwire.connect", connect_params(sandbox))["error"]["code"] == -32600


def test_contexts_can_be_added_and_removed_below_version_four(client, sandbox):
    client.result("signalwire.receive", {"contexts": ["sales"]})
    assert sandbox.session().contexts == {"office", "sales"}
    client.result("signalwire.unreceive", {"contexts": ["office"]})
    assert sandbox.session().contexts == {"sales"}
    assert client.result("signalwire.receive", {})["code"] == "400"


def test_version_four_has_no_receive(sandbox, dial_in):
    client = dial_in(sandbox)
    client.login(sandbox, version={"major": 4, "minor": 0, "revision": 0})
    assert client.request("signalwire.receive", {"contexts": ["a"]})["error"]["code"] == -32001


def test_a_ping_is_echoed(client):
    assert client.result("signalwire.ping", {"timestamp": 1.5, "payload": "x"}) == {"timestamp": 1.5, "payload": "x"}


def test_frames_that_are_no_requests_get_errors_and_the_connection_lives(client):
    client.send(b"{nonsense")
    assert client.reply(None)["error"]["code"] == -32700
    client.replies.clear()
    client.send([1, 2])
    assert client.reply(None)["error"]["code"] == -32600
    assert client.request("calling.answer", [1])["error"]["code"] == -32602
    assert client.request("calling.nonsense")["error"]["code"] == -32601
    client.send({"jsonrpc": "2.0", "id": "x", "method": 7, "params": {}})
    assert client.reply("x")["error"]["code"] == -32600
    assert client.result("signalwire.ping") == {}


def test_a_notification_gets_no_reply(client):
    client.send({"jsonrpc": "2.0", "method": "signalwire.ping", "params": {}})
    client.result("signalwire.ping")
    assert None not in client.replies


def test_a_setting_that_makes_no_sense_is_named():
    with pytest.raises(ValueError, match="time_scale must be a number above 0"):
        Sandbox(time_scale=0)
    with pytest.raises(ValueError, match="no setting is called 'tiem_scale'"):
        Sandbox(tiem_scale=1)
    with pytest.raises(ValueError, match="redelivery must be one of same_id, new_id, none"):
        Sandbox(redelivery="twice")
    with pytest.raises(ValueError, match="frame_limit must be a whole number"):
        Sandbox(frame_limit=0)
    with pytest.raises(ValueError, match="audio_lengths must map URLs"):
        Sandbox(audio_lengths={"https://example.com/a.mp3": "long"})
    with pytest.raises(ValueError, match="needs both cert= and key="):
        Sandbox(cert="a.pem")

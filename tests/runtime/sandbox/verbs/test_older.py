"""Methods of older protocol versions and of connectors."""

from __future__ import annotations

from doubles.raw_client import RawClient

from relay_runtime.sandbox import Sandbox

PHONE = {"type": "phone", "params": {"to_number": "+15550100002"}}


def test_legs_of_older_protocols_are_begun_and_wrapped(client: RawClient, sandbox: Sandbox) -> None:
    begun = client.result("calling.begin", {"device": PHONE, "tag": "T"})
    client.event("calling.call.state", call_id=begun["call_id"], call_state="answered")
    address = {"node_id": begun["node_id"], "call_id": begun["call_id"]}
    wrapped = {"protocol": client.session["protocol"], "method": "calling.end", "params": address}
    result = client.result("signalwire.execute", wrapped)
    assert (result["result"]["code"], result["responder_nodeid"]) == ("200", begun["node_id"])
    wrapped["params"] = {**address, "call_id": "nobody"}
    assert client.result("signalwire.execute", wrapped)["result"]["code"] == "404"


def test_a_live_socket_is_reauthenticated(client: RawClient, sandbox: Sandbox) -> None:
    good = {"authentication": {"jwt_token": sandbox.jwt_token}}
    assert client.result("signalwire.reauthenticate", good)["authorization"] == {}
    bad = client.request("signalwire.reauthenticate", {"authentication": {"jwt_token": "x"}})
    assert bad["error"]["code"] == -32002


def test_a_connector_is_configured(client: RawClient) -> None:
    names = ("target", "local_endpoint", "external_endpoint", "relay_connector_id")
    assert "profile" in client.result("provisioning.configure", dict.fromkeys(names, "x"))["configuration"]

"""signalwire.receive and signalwire.unreceive (protocol 2.4)."""

from __future__ import annotations

from doubles.raw_client import DialIn, RawClient

from relay_runtime.sandbox import Sandbox


def test_contexts_can_be_added_and_removed_below_version_four(client: RawClient, sandbox: Sandbox) -> None:
    client.result("signalwire.receive", {"contexts": ["sales"]})
    assert sandbox.session().contexts == {"office", "sales"}
    client.result("signalwire.unreceive", {"contexts": ["office"]})
    assert sandbox.session().contexts == {"sales"}
    assert client.result("signalwire.receive", {})["code"] == "400"


def test_version_four_has_no_receive(sandbox: Sandbox, dial_in: DialIn) -> None:
    client = dial_in(sandbox)
    client.login(sandbox, version={"major": 4, "minor": 0, "revision": 0})
    assert client.request("signalwire.receive", {"contexts": ["a"]})["error"]["code"] == -32001
